"""One competency of one learner, with all that the sentences about it are made from."""

from __future__ import annotations

import uuid
from collections.abc import Hashable

from flask import url_for
from markupsafe import Markup

from engine import profiles, records
from engine.competencies.counting import Record, count_rows
from engine.competencies.explain import Held, highest_held, raises
from engine.competencies.policy import Policy
from engine.competencies.scoring import Standing
from engine.pipeline import reader as statements
from engine.web import learner_words, words
from engine.web.learner_reader import Reader
from xapi import text

MOST_PIECES = 60
"""The things a level rests on that are told one by one; the smaller ones are told together."""


class Case:
    """Everything about one competency of one person that the sentences are made from."""

    def __init__(self, reader: Reader, competency: str) -> None:
        self.reader, self.id = reader, competency
        self.profile = profiles.profile_of(reader.who.id)
        self.as_of = self.profile.as_of
        self.record: Record = self.profile.record
        self.policy: Policy = self.record.policy
        self.standing: Standing | None = self.profile.standings.get(competency)
        self.level = self.standing.level if self.standing else 0
        self.held = self._held()
        self.best = self.held.level
        self.told = max(self.level, 1)
        self.counted = [
            one for one in count_rows(self.record, self.as_of) if one.row.competency == competency
        ]
        self.raises = raises(self.record, competency, self.as_of)
        self.names = reader.levels
        self.top = len(self.names)
        told = [sid for sid in map(sid_of, self._told_of()) if sid is not None]
        self.stored = statements().many(told)
        self.opinions = records.opinions(told, reader.who.keys)
        self.mutual = records.accepted_by(reader.who.keys) if self.opinions else set()

    @property
    def experts(self) -> set[Hashable]:
        """The experts among those who said something, as `Opinion.who` names them."""
        return {self.record.person(key) for key in self.record.roles}

    def _held(self) -> Held:
        if self.standing is None or self.standing.lifetime_level <= self.level:
            return Held(level=self.level, until=None)
        return highest_held(self.record, self.id, self.as_of)

    def _told_of(self) -> set[str]:
        """The statements that the page speaks of one by one."""
        pieces = self.standing.explain[:MOST_PIECES] if self.standing else ()
        odd = [one.row for one in self.counted if one.row.polarity < 0 or one.weight == 0]
        return {
            *(one.statement for one in pieces),
            *(row.statement_id for row in odd),
            *(one.candidate.statement for one in self.raises if one.candidate.statement),
        }

    @property
    def name(self) -> str:
        """What the competency is called."""
        return self.reader.competency(self.id)

    def have(self, level: int) -> int:
        """How much speaks for a level, in millionths."""
        return self.standing.positive[level - 1] if self.standing else 0

    def against(self, level: int) -> int:
        """How much speaks against it."""
        return self.standing.negative[level - 1] if self.standing else 0

    def asks(self, level: int) -> int:
        """How much it asks for."""
        return learner_words.asked(self.policy, level, self.against(level))

    def level_name(self, level: int) -> str:
        """A level with its number."""
        return f"{level} {self.names[level - 1]}"

    def sentence(self, statement_id: str) -> Markup:
        """The statement as a sentence that opens the line."""
        sid = sid_of(statement_id)
        stored = self.stored.get(sid) if sid else None
        if sid is None or stored is None:
            return Markup("A statement that is no longer kept.")
        accepted = sum(one.verdict > 0 for one in self.opinions.get(sid, ()))
        return words.sentence(
            text.parse(stored.payload),
            href=url_for("learner.item", sid=sid),
            accepted_by=accepted,
            language=self.reader.language,
        )

    def link(self, statement_id: str) -> Markup:
        """The thing a statement is about, as a link that opens the line."""
        sid = sid_of(statement_id)
        stored = self.stored.get(sid) if sid else None
        named = words.title_of(text.parse(stored.payload), self.reader.language) if stored else None
        return Markup('<a href="{}">{}</a>').format(
            url_for("learner.item", sid=sid), named or "this line"
        )

    def source(self, statement_id: str) -> str:
        """Where a statement came from."""
        sid = sid_of(statement_id)
        stored = self.stored.get(sid) if sid else None
        return self.reader.source(stored.origin) if stored else "a source"


def sid_of(text_: str) -> uuid.UUID | None:
    """A statement's id as evidence rows keep it; None for what is none."""
    try:
        return uuid.UUID(text_)
    except ValueError:
        return None
