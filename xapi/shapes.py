"""The forms of single values: IRIs, UUIDs, language tags, addresses, hashes, media types.

Each `is_...` question takes any value and answers for the exact text. The `need_...` functions
look at one property of an object and raise the offence that names its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from xapi.rules import Offence, came, must, step
from xapi.times import is_duration, read_timestamp

_IRI = re.compile(
    # a scheme, then anything but spaces, control characters and what RFC 3987 leaves out
    r"[A-Za-z][A-Za-z0-9+.-]*:(?!//$)"
    '[^\x00-\x20\x7f-\x9f<>"{}|\\\\^`\ud800-\udfff]+'
)
_MBOX = re.compile(r'mailto:[^\s@<>,;:?"()\\]+@(?:[^\s@<>,;:?"()\[\]\\]+|\[[^\s\[\]]+\])')
_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
_SHA1 = re.compile(r"[0-9A-Fa-f]{40}")
_SHA2 = re.compile(r"[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128}|[0-9A-Fa-f]{56}")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+*-]+[ \t]*(?:;[^\x00-\x1f]*)?")
_STATEMENT_VERSION = re.compile(r"1\.0(?:\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?)?")
_STATEMENT_VERSION_2 = re.compile(r"[12]\.0(?:\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?)?")

_LANGUAGE = re.compile(  # RFC 5646, section 2.1
    r"""
    (?: (?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})          # language, extended language
        (?:-[a-z]{4})?                                       # script
        (?:-(?:[a-z]{2}|[0-9]{3}))?                          # region
        (?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*             # variants
        (?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*                  # extensions
        (?:-x(?:-[a-z0-9]{1,8})+)?
      | x(?:-[a-z0-9]{1,8})+                                 # private use
      | en-gb-oed | sgn-(?:be-fr|be-nl|ch-de)                # grandfathered, irregular
      | i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)
    )
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_SINGLETON = re.compile(r"-[a-z0-9](?=-)")

_REMEMBERED = 4096
_REMEMBERED_LENGTH = 512


def _remembering(matches: Callable[[str], object]) -> Callable[[object], bool]:
    """The question whether a value is text that matches, quick for what was seen before."""
    known: set[object] = set()

    def learn(text: str) -> bool:
        if not matches(text):
            return False
        if len(text) <= _REMEMBERED_LENGTH:
            if len(known) >= _REMEMBERED:
                known.clear()
            known.add(text)
        return True

    def is_form(value: object) -> bool:
        return value.__class__ is str and (value in known or learn(value))

    return is_form


def _is_language_tag(text: str) -> bool:
    if _LANGUAGE.fullmatch(text) is None:
        return False
    public = f"{text.lower()}-".partition("-x-")[0]
    singletons = _SINGLETON.findall(public)
    variants = [part for part in _SINGLETON.split(public)[0].split("-")[1:] if _is_variant(part)]
    return len({*singletons, *variants}) == len(singletons) + len(variants)


def _is_variant(part: str) -> bool:
    return len(part) > 4 or (len(part) == 4 and part[0].isdigit())


is_iri = _remembering(_IRI.fullmatch)
is_mbox = _remembering(_MBOX.fullmatch)
is_language = _remembering(_is_language_tag)
is_media_type = _remembering(_MEDIA_TYPE.fullmatch)


def is_uuid(value: object) -> bool:
    """Whether the value is a UUID in its usual form, of any version, in either case."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def is_sha1(value: object) -> bool:
    """Whether the value is forty hexadecimal digits."""
    return isinstance(value, str) and _SHA1.fullmatch(value) is not None


def is_sha2(value: object) -> bool:
    """Whether the value is a hexadecimal SHA-224, -256, -384 or -512."""
    return isinstance(value, str) and _SHA2.fullmatch(value) is not None


def is_statement_version(value: object, *, newer: bool) -> bool:
    """Whether a statement may carry this version: 1.0 or 1.0.x, and 2.0.x under 2.0."""
    pattern = _STATEMENT_VERSION_2 if newer else _STATEMENT_VERSION
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def is_number(value: object) -> bool:
    """Whether the value is a JSON number: true and false are none, nor is what is not finite."""
    if value.__class__ is float:
        return value - value == 0
    return value.__class__ is int or (value.__class__ is Decimal and value.is_finite())


def need_object(value: object, path: str, what: str, topic: str, example: str) -> None:
    """Refuse anything but a JSON object."""
    if value.__class__ is not dict:
        raise must(path, f"{what}, a JSON object", value, topic, f"Send it as {example}.")


def need_text(holder: dict[str, Any], key: str, path: str, topic: str) -> None:
    """Refuse a present property that is not a string."""
    if holder.get(key, "").__class__ is not str:
        raise must(step(path, key), "a string", holder[key], topic, f'For example "{key}": "text".')


def need_iri(value: object, path: str, topic: str = "iri") -> None:
    """Refuse anything but an absolute IRI."""
    if not is_iri(value):
        raise must(
            path, "an absolute IRI, with a scheme and without spaces", value, topic, _iri_fix(value)
        )


def _iri_fix(value: object) -> str:
    if isinstance(value, str) and re.search(r"\s", value.strip()):
        return 'Encode spaces as %20, for example "http://example.org/my%20page".'
    if isinstance(value, str) and re.match(r"[\w-]+(\.[\w-]+)+(/|$)", value):
        return 'Put the scheme in front, for example "https://example.org/page".'
    return 'For example "http://example.org/page" or "urn:example:page".'


def need_uuid(value: object, path: str, topic: str = "uuid") -> None:
    """Refuse anything but a UUID."""
    if not is_uuid(value):
        fix = 'For example "8f87ccde-bb56-4c2e-ab83-44982ef22df0", with hyphens, without braces.'
        raise must(path, "a UUID", value, topic, fix)


def need_language(value: object, path: str) -> None:
    """Refuse anything but a language tag."""
    if not is_language(value):
        raise must(path, "a language tag by RFC 5646", value, "language", _language_fix(value))


def _language_fix(value: object) -> str:
    if isinstance(value, str) and is_language(value.replace("_", "-")):
        return f'Use hyphens: "{value.replace("_", "-")}".'
    return 'For example "en", "es-MX" or "zh-Hant"; "und" when the language is not known.'


def need_language_map(holder: dict[str, Any], key: str, path: str) -> None:
    """Refuse anything but an object from language tags to strings."""
    value = holder[key]
    if value.__class__ is not dict:
        fix = f'Name the language: "{key}": {{"en": "text"}}.'
        raise must(step(path, key), "a language map", value, "language", fix)
    for tag, text in value.items():
        if text.__class__ is not str or not is_language(tag):
            _refuse_entry(tag, text, step(step(path, key), tag))


def _refuse_entry(tag: object, text: object, path: str) -> None:
    need_language(tag, path)
    raise must(path, "a string in that language", text, "language", 'For example {"en": "text"}.')


def need_extensions(holder: dict[str, Any], path: str) -> None:
    """Refuse extensions that are no object or have a key that is no IRI; values are free."""
    value = holder["extensions"]
    if value.__class__ is not dict:
        fix = 'For example "extensions": {"http://example.org/ext/room": "12"}.'
        raise must(step(path, "extensions"), "an object", value, "extensions", fix)
    for key in value:
        if not is_iri(key):
            fix = 'For example {"http://example.org/ext/room": "12"}.'
            where = step(step(path, "extensions"), key)
            raise Offence(
                where, f"Expected an IRI as key of extensions; {came(key)}.", "extensions", fix
            )


def need_timestamp(value: object, path: str) -> None:
    """Refuse anything but an ISO 8601 date and time that exists."""
    try:
        read_timestamp(value)  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError):
        fix = 'For example "2026-03-19T14:05:00Z" or "2026-03-19T14:05:00.000-04:00".'
        raise must(path, "an ISO 8601 date and time that exists", value, "timestamp", fix) from None


def need_duration(value: object, path: str) -> None:
    """Refuse anything but an ISO 8601 duration."""
    if not (isinstance(value, str) and is_duration(value)):
        fix = 'For example "PT1H30M", "PT57M12.5S" or "P4W" (weeks stand alone).'
        raise must(path, "an ISO 8601 duration", value, "duration", fix)
