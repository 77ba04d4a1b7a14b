"""What a statement says about its attachments, and the bytes that were sent with it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from xapi.errors import StatementRefused
from xapi.multipart import Part
from xapi.rules import came, missing, must, unknown_key
from xapi.shapes import is_media_type, is_sha2, need_iri, need_language_map, need_object

_ATTACHMENT = frozenset(
    {"usageType", "display", "description", "contentType", "length", "sha2", "fileUrl"}
)
_REQUIRED = ("usageType", "display", "contentType", "length", "sha2")

_EXAMPLES = {
    "usageType": '"usageType": "http://example.org/attachments/certificate"',
    "display": '"display": {"en": "Certificate"}',
    "contentType": '"contentType": "application/pdf"',
    "length": '"length": 27',
    "sha2": '"sha2": "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a"',
}
_EXAMPLE = "{" + ", ".join(_EXAMPLES.values()) + "}"

_HASH = "X-Experience-API-Hash"
_ENCODING = "Content-Transfer-Encoding"
_CLAUSE = "xAPI 1.0.3 Communication 1.5.2 / IEEE 9274.1.1 4.1.3"
_SHA2 = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}
"""The hash that writes so many hexadecimal digits."""


def check_attachments(value: Any, path: str) -> None:
    """Refuse what is not an array of descriptions of attachments."""
    if value.__class__ is not list:
        raise must(
            path, "an array of attachments", value, "attachment", f"For example [{_EXAMPLE}]."
        )
    for number, attachment in enumerate(value):
        _check_attachment(attachment, f"{path}[{number}]")


def _check_attachment(value: Any, path: str) -> None:
    need_object(value, path, "an attachment", "attachment", _EXAMPLE)
    if not _ATTACHMENT.issuperset(value):
        raise unknown_key(value, _ATTACHMENT, path, "An attachment", "attachment")
    for name in _REQUIRED:
        if name not in value:
            fix = f"For example {_EXAMPLES[name]}."
            raise missing(path, name, "An attachment", "attachment", fix)
    need_iri(value["usageType"], f"{path}.usageType", "attachment")
    need_language_map(value, "display", path)
    if "description" in value:
        need_language_map(value, "description", path)
    if "fileUrl" in value:
        need_iri(value["fileUrl"], f"{path}.fileUrl", "attachment")
    _check_bytes(value, path)


def _check_bytes(value: dict[str, Any], path: str) -> None:
    length = value["length"]
    if length.__class__ is not int or length < 0:
        fix = f"For example {_EXAMPLES['length']}, the number of bytes."
        raise must(f"{path}.length", "a whole number of bytes", length, "attachment", fix)
    for name, expected, is_form in (
        ("contentType", "a media type", is_media_type),
        ("sha2", "a SHA-2 hash in hexadecimal", is_sha2),
    ):
        if not is_form(value[name]):
            fix = f"For example {_EXAMPLES[name]}."
            raise must(f"{path}.{name}", expected, value[name], "attachment", fix)


def described(
    statement: Mapping[str, Any], path: str = "$"
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a checked statement and its SubStatement say of attachments, each with its JSON path."""
    for number, attachment in enumerate(statement.get("attachments", ())):
        yield f"{path}.attachments[{number}]", attachment
    if statement["object"].get("objectType") == "SubStatement":
        yield from described(statement["object"], f"{path}.object")


def statements_in(parts: Sequence[Part]) -> bytes:
    """The JSON of the first part, which holds all the statements."""
    kind = parts[0].headers.get("content-type") if parts else None
    if kind is None or kind.partition(";")[0].strip().lower() != "application/json":
        raise _refusal(
            "The first part of multipart/mixed holds the statements, as application/json; its "
            f"content type: {_said(kind)}.",
            "Begin with a part whose header is Content-Type: application/json.",
        )
    return parts[0].content


def contents_of(parts: Sequence[Part]) -> dict[str, bytes]:
    """The bytes in the parts after the first, by their hash in lower case, which is verified.

    How long an attachment says it is does not count: the hash alone matches bytes to it.
    """
    return {
        _verified_hash(part, f"Part {number}"): part.content
        for number, part in enumerate(parts[1:], start=2)
    }


def _verified_hash(part: Part, name: str) -> str:
    sha2 = part.headers.get(_HASH.lower())
    if not is_sha2(sha2):
        raise _refusal(
            f"{name} needs the header {_HASH}, a SHA-2 hash in hexadecimal; {_said(sha2)}.",
            "All statements belong in the first part; every other part is an attachment.",
        )
    encoding = part.headers.get(_ENCODING.lower())
    if encoding is None or encoding.lower() != "binary":
        raise _refusal(
            f"{name} needs the header {_ENCODING}: binary; {_said(encoding)}.",
            "Send the bytes as they are, and say so in that header.",
        )
    sha2 = str(sha2).lower()
    found = _SHA2[len(sha2)](part.content).hexdigest()
    if found != sha2:
        raise _refusal(
            f"The bytes of {name.lower()} have the hash {found}, not {sha2}.",
            f"Send the bytes unchanged, with their SHA-2 in {_HASH} and in the attachment's sha2.",
        )
    return sha2


def take(
    statement: Mapping[str, Any], contents: Mapping[str, bytes], path: str = "$"
) -> dict[str, bytes]:
    """Those of the contents that belong to a checked statement, by their hash in lower case.

    Refused when bytes are missing of an attachment that has no fileUrl.
    """
    taken = {}
    for where, attachment in described(statement, path):
        sha2 = attachment["sha2"].lower()
        if sha2 in contents:
            taken[sha2] = contents[sha2]
        elif "fileUrl" not in attachment:
            raise StatementRefused(
                path=where,
                rule=f"The bytes of the attachment {sha2} did not come, and it has no fileUrl.",
                clause=_CLAUSE,
                fix=f"Send multipart/mixed with a part whose {_HASH} is the attachment's sha2, "
                "or add the fileUrl where the bytes lie.",
            )
    return taken


def refuse_surplus(contents: Mapping[str, bytes], taken: Collection[str]) -> None:
    """Refuse bytes that no statement says anything of."""
    for sha2 in contents:
        if sha2 not in taken:
            raise _refusal(
                f"No statement has an attachment with the sha2 {sha2}, whose bytes came.",
                "Describe it in the attachments of a statement, or leave the part out.",
            )


def types_of(statements: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The content type of each attachment of these statements, by its sha2 as it is written."""
    first: dict[str, dict[str, Any]] = {}
    for statement in statements:
        for _, attachment in described(statement):
            first.setdefault(attachment["sha2"].lower(), attachment)
    return {attachment["sha2"]: attachment["contentType"] for attachment in first.values()}


def parts_for(types: Mapping[str, str], contents: Mapping[str, bytes]) -> Iterator[Part]:
    """The parts that follow the statements: one for each attachment whose bytes are there.

    :param types: as `types_of` gives them.
    :param contents: bytes by their hash in lower case.
    """
    for sha2, content_type in types.items():
        if sha2.lower() in contents:
            headers = {"Content-Type": content_type, _ENCODING: "binary", _HASH: sha2}
            yield Part(headers=headers, content=contents[sha2.lower()])


def _said(value: str | None) -> str:
    return "it is missing" if value is None else came(value)


def _refusal(rule: str, fix: str) -> StatementRefused:
    return StatementRefused(path="$", rule=rule, clause=_CLAUSE, fix=fix)
