"""What the API answers: recent changes, contributions, all revisions, pages, and the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.api import BadReport, Failed, Gone, Skipped, read_json
from plugins.forums.record import Record, found
from plugins.mediawiki.wiki import MEND, NOBODY, Found, Save, user_of

EXPECTED = (
    "what the API answers to list=recentchanges, usercontribs, allrevisions or logevents, or to"
    " prop=revisions, in JSON"
)
_LISTS = ("recentchanges", "usercontribs", "allrevisions", "logevents", "watchlist")


def read_answer(body: bytes) -> Iterator[Found]:
    """Everything in an answer, or in a list of answers.

    :raises BadReport: it is no answer of MediaWiki's API, or its refusal.
    """
    value = read_json(body, what="The answer of the wiki")
    answers = value if isinstance(value, list) and value else [value]
    records = [Record(one, f"[{n}]" if answers is value else "") for n, one in enumerate(answers)]
    for record in records:
        _must_be_an_answer(record)
    for record in records:
        yield from _entries(record.record("query"))


def _must_be_an_answer(answer: Record) -> None:
    members = answer.members
    if isinstance(members, dict) and isinstance(members.get("error"), dict):
        why = str(members["error"].get("info") or members["error"].get("code") or "")[:200]
        raise BadReport(f"The wiki refused: {why}", MEND, where=answer.row)
    query = members.get("query") if isinstance(members, dict) else None
    if not isinstance(query, dict) or not any(name in query for name in (*_LISTS, "pages")):
        is_empty = isinstance(members, dict) and members.get("batchcomplete") is not None
        if is_empty and query is None:
            return
        raise BadReport(f"Expected {EXPECTED}, found {found(members)}.", MEND, where=answer.row)


def _entries(query: Record) -> Iterator[Found]:
    for name in _LISTS:
        for entry in query.records(name):
            yield from _read(entry, name)
    for page in _pages(query):
        yield from _read(page, "allrevisions")


def _pages(query: Record) -> list[Record]:
    """Pages are a list, or in the older form an object by their numbers."""
    value = query.get("pages")
    if isinstance(value, dict):
        return [Record(one, f"{query.at('pages')}.{name}") for name, one in value.items()]
    return query.records("pages")


def _read(entry: Record, name: str) -> Iterator[Found]:
    """An entry of a list; a page's revisions one by one."""
    try:
        if name == "logevents":
            yield _logged(entry)
        elif name == "allrevisions":
            for revision in entry.records("revisions"):
                yield from _read(_inside(revision, entry), "revision")
        elif entry.get("type") not in (None, "edit", "new"):
            kind = found(entry.get("type"))
            yield Skipped(row=entry.row, why=f"A change of the kind {kind}, which is no edit.")
        else:
            yield _save(entry)
    except BadReport as error:
        yield Failed(row=error.where or entry.row, why=error.why, mend=MEND)


def _inside(revision: Record, page: Record) -> Record:
    """A revision with what its page says of itself."""
    own: Any = revision.members
    if not isinstance(own, dict):
        return revision
    shared = {name: page.get(name) for name in ("pageid", "ns", "title")}
    return Record({**own, **shared}, revision.row)


def _save(entry: Record) -> Save | Skipped:
    # The title of a page whose name was hidden is missing.
    title, stamp, at = entry.text("title"), entry.text("timestamp"), entry.moment("timestamp")
    if not title or flag(entry, "userhidden") or flag(entry, "suppressed"):
        return Skipped(row=entry.row, why="Hidden by the wiki.")
    if not stamp or at is None:
        raise entry.wrong("timestamp", "a time such as 2026-09-08T15:01:00Z")
    unnamed = flag(entry, "anon") or flag(entry, "temp")
    return Save(
        row=entry.row,
        page=entry.digits("pageid"),
        title=title,
        namespace=_namespace(entry),
        user=NOBODY if unnamed else user_of(entry.text("user")),
        stamp=stamp,
        at=at,
        is_new=entry.get("type") == "new" or flag(entry, "new") or entry.get("parentid") == 0,
        is_minor=flag(entry, "minor"),
        is_bot=flag(entry, "bot"),
    )


def _logged(entry: Record) -> Gone | Skipped:
    """A page that was deleted: what began it goes with it."""
    is_delete = entry.get("type") == "delete" and entry.get("action") == "delete"
    number = entry.get("logpage") or entry.get("pageid")
    if not is_delete or not number:
        return Skipped(row=entry.row, why="No deletion of a page.")
    name = "logpage" if entry.get("logpage") else "pageid"
    return Gone(
        key=f"page:{entry.digits(name)}",
        rows=(entry.row,),
        reported_at=entry.moment("timestamp"),
    )


def flag(entry: Record, name: str) -> bool:
    """Whether a flag is set: true, or in the older form an empty text that is there at all."""
    return entry.has(name) and entry.get(name) not in (False, None)


def _namespace(entry: Record) -> int:
    number = entry.get("ns")
    if not isinstance(number, int) or isinstance(number, bool):
        raise entry.wrong("ns", "the number of a namespace")
    return number
