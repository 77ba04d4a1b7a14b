"""JSON and XML as systems export them: liberal with encodings, strict with what can do harm."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable
from contextlib import suppress
from html.entities import html5
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.parsers.expat import errors

from engine.errors import BadReport

DEEPEST = 100
"""How deep anything of use is nested: whoever walks through it may do so in the simple way."""

_AGAIN = "Download or export it again, and send the whole file."

# --- JSON --------------------------------------------------------------------------------------


def read_json(body: bytes, *, what: str = "The file") -> Any:
    """The value that JSON in any usual encoding holds; whole numbers of any length stay exact.

    Half characters become U+FFFD and NUL goes, which no database takes.

    :raises BadReport: it is no JSON, holds what JSON cannot say (NaN), is nested more than DEEPEST
        deep, or is empty; with line and column.
    """
    text = _json_text(body)
    if not text.strip():
        raise BadReport(f"{what} is empty; JSON was expected.", _AGAIN)
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise BadReport(
            f"{what} is not JSON: {error.msg[:100]}{_instead(text)}.",
            _AGAIN,
            where=f"line {error.lineno}, column {error.colno}",
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadReport(f"{what} is not sound JSON: {str(error)[:200]}.", _AGAIN) from error
    if _is_too_deep(value):
        raise BadReport(f"{what} is nested more than {DEEPEST} deep.", _AGAIN)
    return _storable(value) if re.search(r"\\u(?:d[89a-f]|0000)", text, re.IGNORECASE) else value


def _json_text(body: bytes) -> str:
    """RFC 8259 8.1 has UTF-8 only; saved by other programs it comes in others."""
    if wide := wide_encoding(body):
        return body.decode(wide, "replace").removeprefix("\ufeff")
    return body.removeprefix(codecs.BOM_UTF8).decode("utf-8", _WINDOWS).replace("\0", "")


def _no_constant(name: str) -> Any:
    raise ValueError(f"it holds {name}, which JSON cannot say")


def _instead(text: str) -> str:
    """What stands there, when it is plainly something else."""
    start = text.lstrip()[:200].lower()
    return "; it is a web page or XML" if start.startswith("<") else ""


def _is_too_deep(value: Any) -> bool:
    below: list[Any] = [value]
    for _ in range(DEEPEST + 1):
        below = [inner for one in below for inner in _inside(one)]
        if not below:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_storable(name): _storable(inner) for name, inner in value.items()}
    return [_storable(inner) for inner in value] if isinstance(value, list) else value


# --- XML ---------------------------------------------------------------------------------------

_PROLOG = re.compile(r"(?:\s++|<!--.*?-->|<\?.*?\?>)*+", re.DOTALL)
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*?\?>")
_DOCTYPE = re.compile(
    r"""<!DOCTYPE[^\[>"']*+(?:"[^"]*"\s*+|'[^']*'\s*+)*+"""
    r"""(?:\[(?:<!--.*?-->|"[^"]*"|'[^']*'|[^\]"'])*+\]\s*+)?+>""",
    re.DOTALL | re.IGNORECASE,
)
# Older systems name the XHTML character sets, which nobody needs to fetch.
_CHARACTER_SETS = re.compile(
    r'<!ENTITY\s+%\s+\w+\s+PUBLIC\s+"-//W3C//ENTITIES [^"]*"\s+"[^"]*"\s*>', re.IGNORECASE
)
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&(?:#(?:x([0-9a-f]{1,8})|([0-9]{1,9}))|([a-z][a-z0-9]{1,31}));", re.I)
_ROOT = re.compile(r"(<[^\s/>]+)[^>]*")
_DECLARED = re.compile(r"\sxmlns:([\w.\-]+)\s*=")
_PREFIX = re.compile(
    r"</?([A-Za-z_][\w.\-]{0,60}):|\s([A-Za-z_][\w.\-]{0,60}):[\w.\-]{1,60}\s?=\s?[\"']"
)
MOST_PREFIXES = 100
"""How many prefixes that a document forgot to declare are declared for it."""
_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})


def read_xml(body: bytes, *, what: str = "The file") -> Element:
    """The outermost element of an XML document; the document type never reaches the parser.

    HTML's named characters (&nbsp;) are understood, characters that XML forbids are left out.
    Prefixes that nobody declared name a namespace of their own: `{undeclared:atom}link`.

    :raises BadReport: it is no XML, breaks off, declares entities, or is nested more than DEEPEST
        deep; with the line.
    """
    text = _REFERENCE.sub(_known, without_declaration(xml_text(body, what=what)))
    try:
        return _parsed(text, what)
    except ParseError as error:
        line, column = error.position
        raise BadReport(
            f"{what} is not sound XML: {error.msg.partition(':')[0]}.",
            _AGAIN,
            where=f"line {line}, column {column + 1}",
        ) from error


def _parsed(text: str, what: str) -> Element:
    try:
        return _built(text, what)
    except ParseError as error:
        if error.code != errors.codes[errors.XML_ERROR_UNBOUND_PREFIX]:
            raise
    return _built(_with_prefixes(text), what)


def _built(text: str, what: str) -> Element:
    parser = XMLParser(target=_Bounded(what))
    parser.feed(text)
    root: Element = parser.close()
    return root


def _with_prefixes(text: str) -> str:
    """The text with every prefix declared, as some exports forget to do, on the same lines."""
    root = _ROOT.match(text, after_prolog(text))
    if root is None:
        return text
    used = {found[1] or found[2] for found in _PREFIX.finditer(text)}
    wanted = sorted(used - {"xml", "xmlns", *_DECLARED.findall(root[0])})[:MOST_PREFIXES]
    added = "".join(f' xmlns:{name}="undeclared:{name}"' for name in wanted)
    return text[: root.end(1)] + added + text[root.end(1) :]


def xml_text(body: bytes, *, media_type: str = "", what: str = "The file") -> str:
    """An XML document as text, on the same lines, without mark, document type and odd characters.

    :raises BadReport: it is empty, or its document type declares entities.
    """
    text = _NOT_XML.sub("", _decoded(body, media_type))
    text = text[:100].replace("\ufeff", "") + text[100:]
    if not text.strip():
        raise BadReport(f"{what} is empty; XML was expected.", _AGAIN)
    return _without_doctype(text, what)


def without_declaration(text: str) -> str:
    """The same lines without `<?xml ...?>`, whose encoding is no longer true of a text."""
    found = _DECLARATION.match(text)
    return "\n" * found[0].count("\n") + text[found.end() :] if found else text


def _without_doctype(text: str, what: str) -> str:
    start = after_prolog(text)
    if text[start : start + 9].upper() != "<!DOCTYPE":
        return text
    doctype, where = _DOCTYPE.match(text, start), f"line {text.count(chr(10), 0, start) + 1}"
    if doctype is None:
        raise BadReport(
            f"{what} breaks off: its document type declaration does not end.", _AGAIN, where=where
        )
    if "<!ENTITY" in _CHARACTER_SETS.sub("", doctype[0]).upper():
        raise BadReport(
            f"{what} declares entities of its own (<!ENTITY …>), which can hide files or exhaust "
            "memory, and nothing that is read here needs them.",
            "Ask whoever made it for one without a document type declaration.",
            where=where,
        )
    return text[:start] + "\n" * doctype[0].count("\n") + text[doctype.end() :]


def after_prolog(text: str) -> int:
    """Where the first thing stands that is no space, comment or processing instruction."""
    found = _PROLOG.match(text)
    return found.end() if found else 0


def _known(reference: re.Match[str]) -> str:
    """A reference that the parser knows: one to a character that XML allows."""
    hexadecimal, decimal, name = reference.groups()
    if name in _OWN:
        return reference[0]
    if name:
        letters = html5.get(f"{name};")
        return "".join(f"&#{ord(one)};" for one in letters) if letters else f"&amp;{name};"
    number = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return "" if number > 0x10FFFF or _NOT_XML.match(chr(number)) else reference[0]


class _Bounded(TreeBuilder):
    """Builds the tree and refuses one that nobody could walk through."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what
        self.depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self.depth += 1
        if self.depth > DEEPEST:
            raise BadReport(f"{self.what} is nested more than {DEEPEST} deep.", _AGAIN)
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self.depth -= 1
        return super().end(tag)


# --- encodings ---------------------------------------------------------------------------------


def _windows(error: UnicodeError) -> tuple[str, int]:
    """Read what is no UTF-8 as Windows' Latin-1: the rest of the text may well be UTF-8."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


_WINDOWS = "byway-windows"
codecs.register_error(_WINDOWS, _windows)


def _decoded(body: bytes, media_type: str) -> str:
    """Believe the bytes before what is said of them: many declare a wrong encoding."""
    if wide := wide_encoding(body):
        return body.decode(wide, "replace")
    body = body.removeprefix(codecs.BOM_UTF8)
    declared = _declared(body, media_type)
    # 7-bit encodings would pass as UTF-8 and read as garbage.
    first = [declared] if declared.startswith(("iso2022", "hz", "utf-7")) else []
    for encoding in [*first, "utf-8", declared]:
        with suppress(UnicodeError, LookupError, ValueError):
            return body.decode(encoding)
    return body.decode("utf-8", _WINDOWS)


def wide_encoding(body: bytes) -> str:
    """UTF-16 or UTF-32, by its mark or by the zeros between the first characters; else nothing."""
    if body.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(body) >= 2 and not body[0] and body[1]:
        return "utf-16-be"
    return "utf-16-le" if len(body) >= 2 and body[0] and not body[1] else ""


def _declared(body: bytes, media_type: str) -> str:
    """The codec named in the XML declaration, else in the media type, else UTF-8."""
    head = body[:300].decode("latin-1")
    named = re.search(r"""<\?xml[^>]*\bencoding\s*=\s*["']([\w.\-:]+)""", head) or re.search(
        r"""charset\s*=\s*["']?([\w.\-:]+)""", media_type, re.IGNORECASE
    )
    try:
        codec = codecs.lookup(named[1]).name if named else "utf-8"
    except LookupError:
        return "utf-8"
    # Latin-1 on the web is Windows'; the others are no encodings of a document.
    odd = {"iso8859-1", "ascii", "idna", "punycode", "unicode_escape", "raw_unicode_escape"}
    return "cp1252" if codec in odd else codec
