"""XML exports: Special:Export, and the dumps that a wiki's administrator makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from engine.api import BadReport, Failed, Skipped, read_xml
from plugins.forums.moments import moment_of
from plugins.mediawiki.wiki import MEND, Found, Save, user_of

_PACKED = {
    b"BZh": "bzip2",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf": "7z",
    b"PK": "ZIP",
    b"\xfd7zXZ": "xz",
}


def read_dump(body: bytes) -> Iterator[Found]:
    """Every revision of an export.

    :raises BadReport: it is packed, no XML, or not MediaWiki's.
    """
    for mark, name in _PACKED.items():
        if body.startswith(mark):
            raise BadReport(
                f"The export is packed with {name}.", "Unpack it, and give the XML file in it."
            )
    root = read_xml(body, what="The export")
    if _local(root) != "mediawiki":
        raise BadReport(
            f"Expected an export of MediaWiki, <mediawiki>, found <{_local(root)[:60]}>.",
            "On the wiki open Special:Export, and save what it gives.",
        )
    names = _namespaces(root)
    pages = [one for one in root if _local(one) == "page"]
    tells_parents = any(_local(one) == "parentid" for one in root.iter())
    for number, page in enumerate(pages, start=1):
        yield from _page(page, f"page {number}", names, tells_parents=tells_parents)


def _namespaces(root: Element) -> Mapping[str, int]:
    """Names of namespaces -> their numbers; exports before 0.6 say no number at each page."""
    named = (one for one in root.iter() if _local(one) == "namespace")
    return {
        (one.text or "").strip(): int(one.get("key", ""))
        for one in named
        if one.get("key", "").lstrip("-").isdecimal()
    }


def _page(
    page: Element, row: str, names: Mapping[str, int], *, tells_parents: bool
) -> Iterator[Found]:
    title, number, written = _text(page, "title"), _text(page, "id"), _text(page, "ns")
    prefix = title.partition(":")[0] if ":" in title else ""
    is_number = written.lstrip("-").isdecimal() and len(written) < 8
    namespace = int(written) if is_number else names.get(prefix, 0)
    revisions = [one for one in page if _local(one) == "revision"]
    if not title or not number.isdecimal():
        yield Failed(row=row, why="The page has no title or no number.", mend=MEND)
        return
    for place, revision in enumerate(revisions, start=1):
        knows = tells_parents or (len(revisions) > 1 and place == 1)
        yield _revision(
            revision,
            f"{row}, revision {place}",
            (number, title, namespace),
            is_new=knows and not _text(revision, "parentid"),
        )


def _revision(
    revision: Element, row: str, page: tuple[str, str, int], *, is_new: bool
) -> Save | Skipped | Failed:
    stamp = _text(revision, "timestamp")
    at = moment_of(stamp)
    contributor = _child(revision, "contributor")
    if contributor is None or contributor.get("deleted") or revision.get("deleted"):
        return Skipped(row=row, why="Hidden by the wiki.")
    if at is None:
        why = f"Expected a time such as 2026-09-08T15:01:00Z, found “{stamp[:40]}”."
        return Failed(row=row, why=why, mend=MEND)
    number, title, namespace = page
    return Save(
        row=row,
        page=number,
        title=title,
        namespace=namespace,
        user=user_of(_text(contributor, "username") or _text(contributor, "ip")),
        stamp=stamp,
        at=at,
        is_new=is_new,
        is_minor=_child(revision, "minor") is not None,
    )


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _child(element: Element, name: str) -> Element | None:
    return next((one for one in element if _local(one) == name), None)


def _text(element: Element, name: str) -> str:
    found = _child(element, name)
    return ((found.text if found is not None else "") or "").strip()
