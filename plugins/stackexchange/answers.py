"""What the API answers: questions, answers and comments, wrapped in `items`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import unescape

from engine.api import Activity, BadReport, Failed, Gone, Skipped, read_json
from plugins.forums.record import Record, failed, found
from plugins.stackexchange.site import Author, Post, Site

MEND = "Give what the API answered to /questions, /answers or /comments, unchanged."


def read_answer(site: Site, body: bytes) -> Iterator[Activity | Gone | Skipped | Failed]:
    """Every item of an answer, and of a list of answers.

    :raises BadReport: it is no answer of the API, or the API's own refusal.
    """
    value = read_json(body, what="The answer of the API")
    if isinstance(value, list) and value and all(map(_is_item, value)):
        value = {"items": value}
    pages = value if isinstance(value, list) and value else [value]
    items = [
        item
        for number, page in enumerate(pages)
        for item in _items(Record(page, f"[{number}]" if page is not value else ""))
    ]
    written = {str(one.get("answer_id")): one for one in _with_answers(items)}
    for item in items:
        yield from _read(site, item, written)


def _is_item(value: object) -> bool:
    return isinstance(value, dict) and ("question_id" in value or "comment_id" in value)


def _items(page: Record) -> list[Record]:
    if page.get("error_id"):
        why = page.text("error_message") or "an error"
        raise BadReport(f"The API refused: {why[:200]}.", MEND, where=page.row)
    if not isinstance(page.get("items"), list):
        raise BadReport(f"Expected items, found {found(page.members)}.", MEND, where=page.row)
    return page.records("items")


def _with_answers(items: list[Record]) -> Iterator[Record]:
    """The answers among items, and those that a fuller filter put inside their questions."""
    for item in items:
        if isinstance(item.members, dict):
            yield item
            inner = item.members.get("answers")
            if isinstance(inner, list):
                yield from (one for one in item.records("answers") if isinstance(one.members, dict))


Written = Mapping[str, Record]


def _read(site: Site, item: Record, written: Written) -> Iterator[Activity | Skipped | Failed]:
    try:
        if item.get("comment_id"):
            yield _comment(site, item)
            return
        if not item.get("question_id"):
            raise BadReport(
                f"Expected a question, an answer or a comment, found {found(item.members)}.",
                MEND,
                where=item.row,
            )
        post = _post(item)
        yield site.post(post)
    except BadReport as error:
        yield failed(error)
        return
    for name in ("answers", "comments"):
        for inner in item.records(name) if isinstance(item.get(name), list) else ():
            yield from _read(site, inner, written)
    if post.parent is None and item.get("accepted_answer_id") and post.author.number:
        yield _accepted(site, item, post, written)


def _accepted(site: Site, item: Record, post: Post, written: Written) -> Activity | Failed:
    try:
        answer = item.digits("accepted_answer_id")
        told = written.get(answer)
        at = (told.seconds("creation_date") if told else None) or post.at
        return site.accepted(item.at("accepted_answer_id"), post.id, answer, at)
    except BadReport as error:
        return failed(error)


def _post(item: Record) -> Post:
    is_answer = bool(item.get("answer_id"))
    at = item.seconds("creation_date")
    if at is None:
        raise item.wrong("creation_date", "a time in seconds since 1970")
    tags = item.get("tags")
    return Post(
        row=item.row,
        id=item.digits("answer_id" if is_answer else "question_id"),
        parent=item.digits("question_id") if is_answer else None,
        author=_author(item),
        at=at,
        title=unescape(item.text("title") or "") or None,
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        html=item.text("body") or "",
    )


def _comment(site: Site, item: Record) -> Activity | Skipped:
    at = item.seconds("creation_date")
    if at is None:
        raise item.wrong("creation_date", "a time in seconds since 1970")
    number, post = item.digits("comment_id"), item.digits("post_id")
    return site.comment(item.row, number, post, _author(item), at, item.text("body") or "")


def _author(item: Record) -> Author:
    owner = item.record("owner")
    is_gone = owner.get("user_type") == "does_not_exist" or not owner.get("user_id")
    negative = owner.get("user_id") == -1
    number = "-1" if negative else None if is_gone else owner.digits("user_id")
    return Author(number=number, name=unescape(owner.text("display_name") or "") or None)
