"""What a new version of a framework would change, and what stays of the former one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.competencies.framework_documents import RETIRED

Document = Mapping[str, Any]

ADDS_LANGUAGES = "adds_languages"
"""Set by a format whose files each hold one language: what others said before stays."""
UNKEPT = ("remarks", ADDS_LANGUAGES)
"""What a document says of its reading, not of the framework."""
_BY_LANGUAGE = ("title", "label", "description", "alternatives")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A competency that says something else, and in which members."""

    uri: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a document changes about what is kept, by uri.

    `gone` are kept as retired; `head` are members of the framework itself.
    """

    new: tuple[str, ...] = ()
    changed: tuple[Changed, ...] = ()
    gone: tuple[str, ...] = ()
    same: int = 0
    head: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        """Whether anything would change."""
        return bool(self.new or self.changed or self.gone or self.head)


def compare(former: Document | None, document: Document) -> Changes:
    """What a document would change; all of it is new where nothing is kept."""
    document = _with_languages(former, document)
    before, after = _by_uri(former or {}), _by_uri(document)
    both = [uri for uri in after if uri in before]
    changed = [
        Changed(uri=uri, members=members)
        for uri in both
        if (members := _differing(before[uri], after[uri]))
    ]
    return Changes(
        new=tuple(uri for uri in after if uri not in before),
        changed=tuple(changed),
        gone=tuple(
            uri for uri, one in before.items() if uri not in after and one.get("status") != RETIRED
        ),
        same=len(both) - len(changed),
        head=_differing(_head(former), _head(document)) if former else (),
    )


def merged(former: Document | None, document: Document) -> dict[str, Any]:
    """The document as it is kept: with what it no longer has, as retired."""
    document = _with_languages(former, document)
    after = _by_uri(document)
    left = {uri: one for uri, one in _by_uri(former or {}).items() if uri not in after}
    known, scale = {*after, *left}, len(document.get("levels") or ())
    return {
        **_head(document),
        "competencies": [*after.values(), *(_retired(one, known, scale) for one in left.values())],
    }


def _with_languages(former: Document | None, document: Document) -> Document:
    """The document with the languages of the former one, where it only adds some."""
    if former is None or not document.get(ADDS_LANGUAGES):
        return document
    before = _by_uri(former)
    return {
        **_in_all_languages(former, document),
        "competencies": [
            _in_all_languages(before.get(one["uri"], {}), one) for one in document["competencies"]
        ],
    }


def _in_all_languages(before: Document, after: Document) -> dict[str, Any]:
    told = {
        name: {**_labels(before[name]), **_labels(after.get(name))}
        for name in _BY_LANGUAGE
        if before.get(name) and before[name] != after.get(name)
    }
    return {**after, **told}


def _labels(value: Any) -> Mapping[str, Any]:
    """Texts by language; a text alone is English, as the reader of documents takes it."""
    return value if isinstance(value, Mapping) else {"en": value} if value else {}


def _retired(one: Document, known: Iterable[str], scale: int) -> dict[str, Any]:
    """A competency that the framework has no more; it keeps its place only where that is left."""
    levels = one.get("levels") or {}
    kept = {number: words for number, words in levels.items() if int(number) <= scale}
    parents = [parent for parent in one.get("parents") or () if parent in known]
    there = {"parents": parents, "levels": kept}
    return {
        **{name: value for name, value in one.items() if name not in there},
        **{name: value for name, value in there.items() if value},
        "status": RETIRED,
    }


def _by_uri(document: Document) -> dict[str, Document]:
    return {one["uri"]: one for one in document.get("competencies", ())}


def _head(document: Document | None) -> dict[str, Any]:
    """What a document says of the framework as a whole."""
    told = document or {}
    return {name: value for name, value in told.items() if name not in ("competencies", *UNKEPT)}


def _differing(one: Document, other: Document) -> tuple[str, ...]:
    names = sorted({*one, *other})
    return tuple(name for name in names if _plain(one.get(name)) != _plain(other.get(name)))


def _plain(value: Any) -> Any:
    """A value as JSON would keep it: keys are texts, nothing and emptiness are alike."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value if value not in ("", None) else None
