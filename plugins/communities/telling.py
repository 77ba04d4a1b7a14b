"""From the rows of an archive to what members did in their communities, and in which role."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from engine.api import (
    Account,
    Activity,
    Actor,
    BadCell,
    Dates,
    Failed,
    Gone,
    ItemRef,
    Line,
    Skipped,
    Thing,
    clean_name,
    excerpt,
    read_dates,
    read_email,
)
from plugins.communities.archive import Archive, Told

# What a platform calls its kinds of contributions -> verb and type; the first that fits counts.
KINDS: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(words, re.IGNORECASE), verb, kind)
    for words, verb, kind in (
        (r"repl|respuesta|réponse|answer", "replied", "forum-reply"),
        (r"comment", "commented", "article"),
        (r"comentario", "commented", "article"),
        (r"question|pregunta", "asked", "question"),
        (r"attend|event|evento|événement|asisten", "attended", "event"),
        (r"blog|article|artículo|news|noticia", "authored", "article"),
        (r"wiki|page|página", "authored", "webpage"),
        (r"doc|file|fichier|archivo|librar|link|enlace|resource|recurso", "shared", "webpage"),
        (r"thread|topic|discussion|discusión|debate|forum|foro|tema|post", "created", "discussion"),
    )
)
_FACILITATES = re.compile(
    r"facilit|moderat|modérat|anima|dinamiza|moderad|owner|leader|coordina|admin", re.IGNORECASE
)
_CLOSED = re.compile(r"^(?:private|closed|hidden|secret|restricted|invit|priv|fermé|cerrad|ocult"
                     r"|yes|true|1|oui|sí)", re.IGNORECASE)  # fmt: skip
_NOT = re.compile(r"^(?:|no|non|false|0|n)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person as the list of members knows her."""

    name: str
    email: str


@dataclass(slots=True, kw_only=True)
class Platform:
    """The platform, one archive of it, and what the archive says of people and communities."""

    url: str
    archive: Archive
    dates: Dates
    only: frozenset[str]
    people: dict[str, Member]
    facilitators: frozenset[tuple[str, str]]
    addresses: dict[str, str]
    closed: frozenset[str]

    @classmethod
    def of(cls, settings: Mapping[str, Any], archive: Archive) -> Platform:
        told = [*archive.contributions, *archive.members]
        dates = read_dates(
            [(one.row, one.line["at"]) for one in told if one.line["at"]],
            zone=settings["timezone"],
            order=settings.get("date_order") or None,
        )
        members = [one.line for one in archive.members]
        listed = [one.line for one in archive.communities]
        return cls(
            url=settings["url"],
            archive=archive,
            dates=dates,
            only=frozenset(_folded(name) for name in settings.get("communities") or []),
            people={
                one["person"]: Member(name=one["name"], email=one["email"])
                for one in members
                if one["person"]
            },
            facilitators=frozenset(
                (_folded(one["community"]), handle)
                for one in members
                if _FACILITATES.search(one["role"])
                for handle in _handles(one)
            ),
            addresses={_folded(one["community"]): one["url"] for one in listed if one["url"]},
            closed=frozenset(
                _folded(one["community"]) for one in listed if _CLOSED.match(one["access"])
            ),
        )

    def read(self) -> Iterator[Activity | Gone | Skipped | Failed]:
        for told in self.archive.contributions:
            yield self.safely(told, self.contribution)
        for told in self.archive.members:
            yield self.safely(told, self.membership)

    def safely(self, told: Told, read: Any) -> Activity | Gone | Skipped | Failed:
        if why := self.left_out(told.line["community"]):
            return Skipped(row=told.row, why=why)
        try:
            outcome: Activity | Gone | Skipped = read(told)
        except BadCell as bad:
            return Failed(row=told.row, why=bad.why, mend=bad.mend)
        return outcome

    def left_out(self, community: str) -> str | None:
        name = _folded(community)
        if self.only:
            return None if name in self.only else "Another community than those that are read."
        return "A private community." if name in self.closed else None

    def contribution(self, told: Told) -> Activity | Gone:
        line = told.line
        verb, kind = self.kind_of(line)
        key = self.key_of(line)
        if not _NOT.match(line["deleted"].strip()):
            return Gone(key=key, rows=(told.row,))
        thread = line["thread"] if line["thread"] != line["id"] else ""
        is_reply = verb in ("replied", "commented") and thread
        return Activity(
            rows=(told.row,),
            keys=(key,),
            actor=self.actor(line),
            verb=verb,
            type=kind,
            url=_web(line["url"]),
            title=line["title"] or None,
            at=self.moment(line["at"]),
            within=ItemRef(f"item:{thread}") if is_reply else None,
            community=self.community(line["community"]),
            tags=self.tags_of(line),
            excerpt=excerpt(line["text"]) or None,
        )

    def membership(self, told: Told) -> Activity | Skipped:
        """To facilitate a community is something somebody does; to be in the list is not."""
        line = told.line
        if not _FACILITATES.search(line["role"]):
            return Skipped(row=told.row, why="A member; being one is no activity.")
        if not line["at"]:
            return Skipped(row=told.row, why="A facilitator, without a date since when.")
        community = self.community(line["community"])
        handle = next(iter(_handles(line)), "")
        return Activity(
            rows=(told.row,),
            keys=(f"role:{line['community']}|{handle}",),
            actor=self.actor(line),
            verb="hosted",
            type="community",
            url=community.url if community else None,
            title=line["community"] or None,
            at=self.moment(line["at"]),
            tags=(line["community"], "facilitator"),
        )

    def kind_of(self, line: Line) -> tuple[str, str]:
        """What sort of contribution it is; without a column for it, a post of a thread."""
        if line["kind"]:
            for words, verb, kind in KINDS:
                if words.search(line["kind"]):
                    return verb, kind
            raise BadCell(
                f"The type “{line['kind'][:60]}” is none that is known.",
                "Expected discussion, reply, comment, question, blog, wiki, document or event.",
            )
        is_reply = (line["thread"] and line["thread"] != line["id"]) or _is_answer(line["title"])
        return ("replied", "forum-reply") if is_reply else ("created", "discussion")

    def key_of(self, line: Line) -> str:
        """The platform's own id; without one, what makes the row different from all others."""
        if line["id"]:
            # One event has many rows: each attendance is an item of its own.
            if self.kind_of(line)[0] == "attended":
                return f"item:{line['id']}|{next(iter(_handles(line)), '')}"
            return f"item:{line['id']}"
        handle = next(iter(_handles(line)), "")
        return f"row:{line['community']}|{line['at']}|{handle}|{line['title']}"[:1000]

    def actor(self, line: Line) -> Actor:
        known = self.people.get(line["person"])
        name = clean_name(line["name"] or (known.name if known else ""))
        email = read_email(line["email"] or (known.email if known else ""))
        number = line["person"]
        account = Account(home_page=self.url, name=number) if number else None
        if not (name or email or account):
            raise BadCell("Nobody is named.", "Fill in who it was, by email or member id.")
        return Actor(name=name or None, email=email, account=account)

    def moment(self, written: str) -> datetime:
        """The moment; a day alone is taken at noon, which is the same day in every zone near."""
        return self.dates.at(written if ":" in written else f"{written} 12:00")

    def community(self, name: str) -> Thing | None:
        if not name:
            return None
        address = _web(self.addresses.get(_folded(name), ""))
        where = address or f"{self.url}/{quote('-'.join(name.casefold().split()))}"
        return Thing(url=where, title=name, type="community")

    def tags_of(self, line: Line) -> tuple[str, ...]:
        tags = [tag.strip() for tag in re.split(r"[,;|]", line["tags"])]
        name = _folded(line["community"])
        leads = any((name, handle) in self.facilitators for handle in _handles(line))
        whole = [line["community"], *tags, "facilitator" if leads else ""]
        return tuple(dict.fromkeys(tag[:200] for tag in whole if tag))


def _handles(line: Line) -> list[str]:
    """What a person is known by in a row, the surest first."""
    return [one for one in (line["person"], line["email"].lower(), line["name"]) if one]


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _is_answer(title: str) -> bool:
    return bool(re.match(r"\s*(?:re|rv|tr|aw)\s*:", title, re.IGNORECASE))


def _web(address: str) -> str | None:
    return address if re.fullmatch(r"https?://[^\s<>\"]{3,1900}", address) else None
