"""From rows to what people did with ideas.

An idea is known by its number, else by its title within its challenge. Comments, votes and the rest
are about the idea's page; they are part of it (`within`), so they share its tags whenever it comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from engine.api import (
    Activity,
    Actor,
    BadCell,
    Failed,
    Gone,
    ItemRef,
    Line,
    Row,
    Skipped,
    Table,
    Thing,
    excerpt,
    find_sheets,
    is_blank,
    read_id,
)
from plugins.attendance.rows import (
    PERSON,
    Clock,
    clock,
    handle,
    person,
    slug,
    tags_in,
    web_address,
    word,
)
from plugins.ideas import words

VERBS = {
    "submitted": "submitted",
    "pitched": "requested",
    "commented": "commented",
    "voted": "voted-up",
    "voted-down": "voted-down",
    "backed": "backed",
    "shared": "shared",
    "won": "won",
}
IDEA = "idea"
OWN = ("submitted", "pitched")
"""Deeds that bring the idea itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """What a row is about: `key` without "idea:", as the platform writes it."""

    key: str
    title: str
    url: str
    challenge: Thing | None
    tags: tuple[str, ...]
    language: str


def read_deeds(
    body: bytes, settings: Mapping[str, Any]
) -> Iterator[Activity | Gone | Skipped | Failed]:
    """Everything the tables of a file tell.

    :raises BadReport: it holds no such table, or its dates contradict each other.
    """
    tables = find_sheets(body, words.SHAPES).tables
    names = ("created", "decided", "at")
    reader = _Reader(clock=clock(tables, names, settings), site=str(settings["url"]).rstrip("/"))
    for table in tables:
        for line in table.lines:
            try:
                yield from reader.take(table, line)
            except BadCell as bad:
                yield Failed(row=line.number, why=bad.why, mend=bad.mend)


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads rows; an idea that stands in the row of each of its voters is told once."""

    clock: Clock
    site: str
    told: set[str] = field(default_factory=set)

    def take(self, table: Table, line: Line) -> Iterator[Activity | Gone | Skipped]:
        """What one row tells."""
        idea = self._idea(line)
        if word(line["private"]) in words.PRIVATE:
            yield Skipped(row=line.number, why="A private idea.")
            return
        match table.shape:
            case "deeds":
                yield self._deed(line, idea)
            case "comments":
                yield self._comment(line, idea)
            case "votes":
                yield from self._votes(line, idea)
            case "winners":
                yield self._won(line, idea, line.number)
            case _:
                yield from self._submitted(line, idea, line.number)

    def _idea(self, line: Line) -> Idea:
        number, title = _number(line), " ".join(line["title"].split())[:300]
        if not (number or title):
            raise BadCell("Nothing says which idea the row is about.", "Add its number or title.")
        name = " ".join(line["challenge"].split())[:300]
        place = f"{self.site}#challenge/{slug(name)}"
        key = number or (f"{name}|{title}" if name else title)
        return Idea(
            key=key,
            title=title,
            url=web_address(line["url"]) or f"{self.site}#idea/{slug(key)}",
            challenge=Thing(url=place, title=name, type="series") if name else None,
            tags=tags_in(line["tags"]),
            language=line["language"],
        )

    # --- each kind of table

    def _submitted(self, line: Line, idea: Idea, row: Row) -> Iterator[Activity | Gone | Skipped]:
        """An idea with its author, and its prize if it won one."""
        result = word(line["result"])
        if result in words.LEFT_OUT:
            yield Gone(key=f"idea:{idea.key}", rows=(row,))
            return
        if result in words.DRAFT:
            yield Skipped(row=row, why=f"not published: “{line['result'][:40]}”")
            return
        yield self._activity("submitted", idea, row, person(line, "author"), line["created"],
                             said=line["text"])  # fmt: skip
        if _has_won(line):
            yield self._won(line, idea, f"row {line.number}, the prize")

    def _won(self, line: Line, idea: Idea, row: Row) -> Activity | Skipped:
        if "result" in line.columns and not _has_won(line):
            return Skipped(row=row, why="did not win")
        actor = person(line, "author")
        won = self._activity("won", idea, row, actor, line["decided"] or line["created"])
        prize = " ".join(line["result"].split())[:100]
        return replace(won, result={"success": True} | ({"response": prize} if prize else {}))

    def _comment(self, line: Line, idea: Idea) -> Activity:
        said = self._activity("commented", idea, line.number, person(line), line["at"],
                              said=line["said"])  # fmt: skip
        number = line["comment"]
        return replace(said, keys=(f"comment:{number}",)) if number else said

    def _votes(self, line: Line, idea: Idea) -> Iterator[Activity | Gone | Skipped]:
        """A vote; the idea and its author may stand beside it."""
        row: Row = line.number
        voted = any(line[one] for one in PERSON)
        if voted:
            deed = "voted-down" if _is_against(line["vote"]) else "voted"
            yield self._activity(deed, idea, row, person(line), line["at"])
            row = f"row {line.number}, the idea"
        named = any(line[f"author_{one}"] for one in PERSON) and line["created"]
        if named and idea.key not in self.told:
            self.told.add(idea.key)
            yield from self._submitted(line, idea, row)
        elif not voted:
            yield Skipped(row=row, why="nobody voted")

    def _deed(self, line: Line, idea: Idea) -> Activity:
        said = word(line["deed"])
        deed = next((name for name, known in words.DEEDS.items() if said in known), "")
        if not deed:
            raise BadCell(
                f"“{line['deed'][:60]}” is nothing that is known to be done with ideas.",
                "Write submitted, commented, voted, won, pitch, back or share-back.",
            )
        if deed == "voted" and _is_against(line["vote"]):
            deed = "voted-down"
        done = self._activity(deed, idea, line.number, person(line), line["at"], said=line["said"])
        own = deed not in OWN and line["number"]
        return replace(done, keys=(f"{deed}:{line['number']}",)) if own else done

    # --- what all have in common

    def _activity(
        self, deed: str, idea: Idea, row: Row, actor: Actor, when: str, *, said: str = ""
    ) -> Activity:
        about = f"{deed.removesuffix('-down')}:{idea.key}|{handle(actor)}"
        again = f"|{when}" if deed in ("commented", "shared") else ""
        own = deed in OWN
        return Activity(
            rows=(row,),
            keys=(f"idea:{idea.key}",) if own else (f"{about}{again}",),
            actor=actor,
            verb=VERBS[deed],
            type=IDEA,
            url=idea.url,
            title=idea.title or None,
            language=idea.language or None,
            at=self._moment(when),
            within=None if own else ItemRef(f"idea:{idea.key}"),
            parent=idea.challenge,
            tags=idea.tags,
            excerpt=excerpt(said) or None if said else None,
        )

    def _moment(self, when: str) -> datetime:
        return self.clock.at(when)


def _number(line: Line) -> str:
    """The idea's number as written; a spreadsheet may have spoilt it."""
    number = " ".join(line["idea"].split())[:200]
    if not is_blank(number) and not any(map(str.isalpha, number.replace("E", ""))):
        read_id(number, row=line.number)
    return number


def _has_won(line: Line) -> bool:
    """Whether a result is a prize: a word for one, or anything at all under "Award"."""
    said = word(line["result"])
    return said in words.WON or any(
        said.startswith(f"{one} ") or said.endswith(f" {one}")
        for one in ("winner", "prize", "place", "award", "prix", "premio", "preis")
    )


def _is_against(cell: str) -> bool:
    said = cell.strip()
    if said.startswith(("-", "−")) or word(said) in words.DOWN:
        return True
    if not said or word(said) in words.UP:
        return False
    raise BadCell(f"“{cell[:60]}” is no vote that is known.", "Write up or down.")
