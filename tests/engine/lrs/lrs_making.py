"""Things the record store's tests make: authorities, entries, and the ids a query finds."""

from __future__ import annotations

import uuid
from typing import Any

from factories import HOME, a_statement

from engine.db import transaction
from engine.lrs.keys import authority_of, create_origin
from engine.lrs.reader import Access, Page
from engine.lrs.store import Added, Authority, Entry
from engine.pipeline import entry_of, reader, store
from xapi import text
from xapi.query import read_query
from xapi.vocabulary import VOIDED

EVERYTHING = Access(everything=True)
ANSWERED = "http://adlnet.gov/expapi/verbs/answered"


def an_authority(name: str = "lms", *, may_void: bool = False) -> Authority:
    """An origin of its own, as the store knows it."""
    with transaction():
        origin = create_origin("key", name, home_page=HOME, may_void=may_void)
        return authority_of(origin)


def an_entry(authority: Authority, audience: str = "private", **given: Any) -> Entry:
    """A checked statement; `given` as for `a_statement`."""
    return entry_of(a_statement(**given), authority=authority, audience=audience)


def a_reference(authority: Authority, target: uuid.UUID, **given: Any) -> Entry:
    """A checked statement about another statement."""
    thing = {"objectType": "StatementRef", "id": str(target)}
    return an_entry(authority, **{"verb": ANSWERED, "object": thing, **given})


def a_void(authority: Authority, target: uuid.UUID) -> Entry:
    """A checked voiding statement."""
    return a_reference(authority, target, verb=VOIDED)


def add(*entries: Entry) -> Added:
    """Store entries in one transaction."""
    return store().add(entries)


def add_each(*entries: Entry) -> None:
    """Store entries one transaction after the other."""
    for entry in entries:
        store().add([entry])


def page_of(access: Access = EVERYTHING, after: int | None = None, **filters: str) -> Page:
    """A page of what a query finds."""
    return reader().page(read_query(filters, version="2.0.0"), access, after=after)


def ids_of(page: Page) -> list[uuid.UUID]:
    """The ids on a page, in its order."""
    return [uuid.UUID(text.parse(payload)["id"]) for payload in page.payloads]


def found(access: Access = EVERYTHING, **filters: str) -> list[uuid.UUID]:
    """The ids of one page, in its order."""
    return ids_of(page_of(access, **filters))


def found_by_pages(**filters: str) -> list[uuid.UUID]:
    """The ids of every page, following each page's position."""
    page = page_of(**filters)
    ids = ids_of(page)
    while page.position is not None:
        page = page_of(after=page.position, **filters)
        ids += ids_of(page)
    return ids
