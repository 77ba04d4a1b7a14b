"""What a plugin author imports: the values a source speaks in, and the class it extends.

A source turns deliveries (bytes that arrived) into activities (what somebody did). It knows
nothing of statements, competencies or the database; `activities` is a pure function of its input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pluggy
from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from engine.errors import BadReport, Refused, Unauthorized
from engine.reading import (
    BadCell,
    Dates,
    Fetch,
    Fetched,
    Line,
    Member,
    Shape,
    Sheet,
    Table,
    Text,
    Unanswered,
    Worksheet,
    accepted,
    clean_name,
    decode,
    excerpt,
    find_sheets,
    find_tables,
    is_blank,
    is_zip,
    plain,
    read_dates,
    read_email,
    read_id,
    read_json,
    read_number,
    read_records,
    read_workbook,
    read_xml,
    read_zip,
    read_zone,
    union,
    without_phone,
    xml_text,
)
from engine.source_settings import (
    SourceSettings,
    Words,
    interface_address,
    known_zone,
    order_of_dates,
    secret_text,
)

__all__ = [
    "API_VERSION",
    "EXCLUDE",
    "RAISE",
    "Account",
    "Activity",
    "Actor",
    "Answer",
    "BadCell",
    "BadReport",
    "Bundle",
    "Column",
    "Dates",
    "Delivery",
    "Failed",
    "Fetch",
    "Fetched",
    "FrameworkFile",
    "FrameworkFormat",
    "Gone",
    "HookRequest",
    "ItemRef",
    "Line",
    "Member",
    "PluginPage",
    "Privacy",
    "Refused",
    "Row",
    "Schema",
    "Shape",
    "Sheet",
    "Skipped",
    "Source",
    "SourceSettings",
    "Table",
    "Text",
    "Thing",
    "Unanswered",
    "Unauthorized",
    "ValidationError",
    "Words",
    "Worksheet",
    "accepted",
    "clean_name",
    "decode",
    "excerpt",
    "fields",
    "find_sheets",
    "find_tables",
    "hookimpl",
    "interface_address",
    "is_blank",
    "is_zip",
    "known_zone",
    "order_of_dates",
    "plain",
    "read_dates",
    "read_email",
    "read_id",
    "read_json",
    "read_number",
    "read_records",
    "read_workbook",
    "read_xml",
    "read_zip",
    "read_zone",
    "secret_text",
    "union",
    "validate",
    "without_phone",
    "xml_text",
]

API_VERSION = 1
hookimpl = pluggy.HookimplMarker("byway")

Row = int | str
"""Where something stands in its delivery: a 1-based row, or a path such as "posts[3]"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account at a system: `home_page` without a trailing slash, and the name used there."""

    home_page: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person as the source knows her.

    With an email or an account she can be recorded. With a name alone nobody can be matched: the
    row is counted `unmatched` and waits until somebody links it. A name is never an identifier.
    """

    name: str | None = None
    email: str | None = None
    account: Account | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What an activity belongs to: a series, a topic, a blog, a community."""

    url: str
    title: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class ItemRef:
    """Another item of the same source, by one of its keys.

    As `object`: the activity is about that item (an acceptance, a like). As `actor`: done by
    whoever did that item. An item that has not come yet makes the row wait.
    """

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One thing that one person did, in the source's own terms.

    :param rows: the rows it was read from; the first carries the outcome, the others are `merged`.
    :param keys: every key the source knows the item by, as the source writes them: native ids and
        the participant's handle, never a resolved person or a converted time. The first is the
        item's own; two activities that share any key are one item.
    :param actor: who did it, or an `ItemRef` to the item whose doer did it.
    :param verb: a name from `xapi.vocabulary.VERBS`, or an IRI.
    :param type: a name from `xapi.vocabulary.TYPES`, or an IRI: what the object is.
    :param url: the object's address; without one an identifier is minted from the first key.
    :param object: another item this is about; then url, title and type are not used.
    :param within: the item it is part of (a reply's topic): it shares that item's tags, whenever
        they become known or change.
    :param at: when it happened (for a stay: when it ended), with its zone.
    :param duration: how long; None when unknown, which is not zero.
    :param result: further members of an xAPI result (score, success, completion, response).
    :param parent: the series, topic or article it is part of.
    :param community: the community or site it happened in.
    :param tags: the source's own tags and categories.
    :param excerpt: at most 200 characters of plain text.
    :param reported_at: when the report was made, which decides between two reports of one item.
    """

    rows: tuple[Row, ...]
    keys: tuple[str, ...]
    actor: Actor | ItemRef
    verb: str
    at: datetime
    type: str | None = None
    url: str | None = None
    object: ItemRef | None = None
    within: ItemRef | None = None
    title: str | None = None
    language: str | None = None
    duration: timedelta | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    parent: Thing | None = None
    community: Thing | None = None
    tags: tuple[str, ...] = ()
    excerpt: str | None = None
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The source says that this one item was deleted. Absence or an empty feed never mean that."""

    key: str
    rows: tuple[Row, ...]
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A row that is rightly left out: a registrant who did not come, a moderator's note."""

    row: Row
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A row that should have been an activity and could not be read; the rest go on."""

    row: Row
    why: str
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Bytes that arrived through one of an instance's doors.

    :param body: as received.
    :param name: the file's name or the address it came from.
    :param headers: those needed to read the body again (an event's type); never credentials.
    :param bundle: what it belongs together with (a session, a thread); None stands alone.
    :param uid: the system's own id of this delivery; one already known is not read again.
    :param cursor: where polling goes on once this delivery is stored.
    """

    body: bytes
    name: str = ""
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    bundle: str | None = None
    uid: str | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All deliveries kept under one key so far, oldest first; read again each time it grows."""

    key: str | None
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRequest:
    """A webhook call as it came in; header names are lower-case."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to reply to a webhook call that carries no delivery: a handshake, a ping."""

    status: int = 200
    body: bytes = b""
    media_type: str = "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a delivery whose meaning a person is to say.

    :param name: what a mapping calls it: a heading, or a path such as "user.email".
    :param examples: its first values, at most five.
    :param means: the part of a mapping that its name suggests; "" where it suggests none.
    """

    name: str
    examples: tuple[str, ...] = ()
    means: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """What personal data a source reads and what Byway keeps of it; shown before enabling."""

    reads: tuple[str, ...]
    keeps: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkFile:
    """One file of a framework: its `name` as it was given, and its bytes."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkFormat:
    """A file format of competency frameworks.

    `reads(file)` says whether it recognises a file, cheaply and without raising. `read(files,
    options)` gives the framework as a mapping in Byway's own form (docs/frameworks.md), from all
    files of one upload, and raises `BadReport` with row or path for what it cannot read; its
    `remarks`, a list of texts, tell what a person should know of how it was read. `options` are
    what `settings` declares, a marshmallow schema from which the form is made. `write(document)`
    gives the file back, for formats that can be exported, named with `suffix`.

    A `last_resort` reads files of many makes and is asked after all others; `columns(file,
    options)` gives its headings, each with the first value below it, to be named in those options
    that say `"column": True` in their metadata.
    """

    name: str
    title: str
    reads: Callable[[FrameworkFile], bool]
    read: Callable[[Sequence[FrameworkFile], Mapping[str, Any]], dict[str, Any]]
    settings: type[Schema] | None = None
    write: Callable[[Mapping[str, Any]], bytes] | None = None
    suffix: str = ""
    media_type: str = "application/octet-stream"
    last_resort: bool = False
    columns: Callable[[FrameworkFile, Mapping[str, Any]], Sequence[tuple[str, str]]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginPage:
    """A page of text a plugin brings: HTML of its own making, shown inside the layout."""

    name: str
    title: str
    html: str


class Source:
    """A kind of system to collect from; extend it, and register it with `register_sources`.

    :cvar name: short and lower-case; used in commands and addresses.
    :cvar title: what people call it.
    :cvar settings: a `SourceSettings`; the form of an instance is made from it.
    :cvar privacy: mandatory.
    :cvar vouches: "peer" where the system itself authenticates people who accept each other's work.
    :cvar api_version: the plugin API it was made for.
    :cvar hosts: the hosts its `poll` calls; "{url}" stands for the host of its setting `url`.
    :cvar roams: its poll follows addresses it reads; any public host may be asked.
    :cvar mark: two letters shown beside what it brings.
    :cvar maps: for a source that reads what a person maps: the schema of its setting `mapping`,
        a YAML text. The mapping pages are made from it; see "A source that is mapped" in the docs.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    settings: ClassVar[type[SourceSettings]] = SourceSettings
    privacy: ClassVar[Privacy]
    vouches: ClassVar[str | None] = None
    api_version: ClassVar[int] = API_VERSION
    hosts: ClassVar[tuple[str, ...]] = ()
    roams: ClassVar[bool] = False
    mark: ClassVar[str] = ""
    maps: ClassVar[type[Schema] | None] = None

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        """Read a bundle; pure: no clock, no network, no database.

        :raises BadReport: the whole delivery is refused and nothing of it is written.
        """
        raise NotImplementedError

    def remarks(self, bundle: Bundle) -> Iterator[str]:
        """What a person should know of how a delivery was read, such as a guessed encoding."""
        return iter(())

    def columns(self, delivery: Delivery, settings: Mapping[str, Any]) -> Sequence[Column]:
        """The columns of a sample, for who maps them; pure, as `activities` is.

        :param settings: as far as they are known; `mapping` holds the parts that name no column.
        :raises BadReport: it cannot be read, or has no columns.
        """
        raise NotImplementedError

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring what is new since `cursor`; only for systems that can be asked."""
        raise NotImplementedError

    def follow(
        self, announced: Delivery, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring what a webhook call only announced, before the call is read; only where it does.

        What it brings joins the call's run. What cannot be fetched now is told by a delivery.
        """
        raise NotImplementedError

    def receive(self, request: HookRequest, settings: Mapping[str, Any]) -> Delivery | Answer:
        """Take one webhook call after checking its signature over the raw bytes.

        :raises Unauthorized: the signature is missing or wrong; nothing is kept.
        """
        raise NotImplementedError

    @classmethod
    def has_door(cls, door: str) -> bool:
        """Whether this source polls ("poll") or takes webhooks ("receive")."""
        return getattr(cls, door) is not getattr(Source, door)
