"""Who reads her own pages: her clock, her language, and the names that things have for her."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request, url_for
from flask_login import current_user
from markupsafe import Markup

from engine.competencies import projector
from engine.competencies.framework_documents import Framework
from engine.competencies.frameworks import in_force
from engine.competencies.models import RulesetRow
from engine.db import db
from engine.lrs.keys import OWN, origins
from engine.moments import from_us, to_us
from engine.people import service as people
from engine.people.service import Who
from engine.web import words

LANGUAGES = ("en", "fr", "es")
OWN_NOTE = "Your own note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody at her own pages, now."""

    who: Who
    now: datetime
    language: str
    origins: Mapping[int, Mapping[str, Any]]
    framework: Framework
    ruleset: RulesetRow
    shorts: Mapping[str, str]

    @classmethod
    def here(cls) -> Reader:
        """Whoever asks for this page."""
        row = db.session.get_one(RulesetRow, projector.serving().ruleset_id)
        framework = in_force(row.config)
        return cls(
            who=current_user.who,
            now=datetime.now(UTC),
            language=request.accept_languages.best_match(LANGUAGES) or "en",
            origins=origins(),
            framework=framework,
            ruleset=row,
            shorts=_shorts([*framework.competencies, *row.config["competencies"]]),
        )

    @property
    def today(self) -> date:
        """The day on her clock."""
        return self.day(to_us(self.now))

    @property
    def zone(self) -> str:
        """The name of her time zone."""
        return self.who.zone

    def day(self, moment: int) -> date:
        """The day of a moment on her clock."""
        return self.local(moment).date()

    def local(self, moment: int) -> datetime:
        """A moment on her clock."""
        return words.local(from_us(moment), self.zone)

    def at(self, day: date, clock: time) -> datetime:
        """The moment at which her clock shows this."""
        there = words.local(self.now, self.zone).tzinfo
        return datetime.combine(day, clock, there if isinstance(there, ZoneInfo) else UTC)

    def midnight(self, day: date) -> int:
        """When a day begins for her, in microseconds."""
        return to_us(self.at(day, time()))

    def following(self, day: date) -> int:
        """When the day after begins for her, in microseconds."""
        return self.midnight(day + timedelta(days=1)) if day < date.max else to_us(self.now)

    def is_own(self, origin: int) -> bool:
        """Whether she noted it down herself."""
        return self.origins.get(origin, {}).get("kind") == OWN

    def source(self, origin: int) -> str:
        """What an origin is called on her pages."""
        if self.is_own(origin):
            return OWN_NOTE
        return words.clean(str(self.origins.get(origin, {}).get("name", ""))) or "Unknown source"

    def withheld(self) -> dict[int, str]:
        """The origins whose legal basis does not hold for her, with what she said about them."""
        said = people.words_of(self.who.id)
        return {
            id_: said.get(id_, "")
            for id_, origin in self.origins.items()
            if origin["kind"] != OWN and not people.allows(str(origin["basis"]), said.get(id_))
        }

    @property
    def levels(self) -> list[str]:
        """The names of the levels, the lowest first."""
        scale = self.ruleset.config["scale"]["levels"]
        named = [self.framework.level(number, self.language) for number in range(1, len(scale) + 1)]
        return [name or str(plain) for name, plain in zip(named, scale, strict=True)]

    def competency(self, id_: str) -> str:
        """What a competency is called."""
        return words.clean(self.framework.name(id_, self.language))

    def competency_url(self, id_: str) -> str:
        """Where a competency is explained."""
        return url_for("learner.why", competency=self.short(id_))

    def competency_link(self, id_: str) -> Markup:
        """A competency's name that leads to its explanation."""
        return Markup('<a href="{}">{}</a>').format(self.competency_url(id_), self.competency(id_))

    def short(self, id_: str) -> str:
        """The last part of a competency's id where it is enough to know it by, else the whole."""
        return self.shorts.get(id_, id_)

    def find(self, given: str) -> str | None:
        """The competency behind an address: its id, its last part, or its id as a path."""
        for id_, short in self.shorts.items():
            # Servers and proxies make one slash of two.
            if given in (id_, short, id_.replace("://", ":/")):
                return id_
        return None


def _shorts(ids: Iterable[str]) -> dict[str, str]:
    """Every known competency, in the framework's order, with the shortest address it can have."""
    tails = {id_: id_.rstrip("/#").replace("#", "/").rpartition("/")[2] for id_ in ids}
    often = Counter(tails.values())
    return {id_: tail if tail and often[tail] == 1 else id_ for id_, tail in tails.items()}
