"""What a statement says about its attachments."""

from __future__ import annotations

from typing import Any

from xapi.rules import missing, must, unknown_key
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
