"""What the walk writes down on its way: index terms, the statement referred to, changes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Kinds:
    """Under which kind of term agents and activities found in one place are filed."""

    agent: str
    activity: str


DIRECT = Kinds(agent="a", activity="o")
RELATED = Kinds(agent="A", activity="O")


@dataclass(slots=True)
class Notes:
    """The running notes of one walk over one statement."""

    newer: bool  # whether 2.0 rules hold
    terms: set[tuple[str, str]] = field(default_factory=set)
    target: uuid.UUID | None = None
    voids: bool = False
    changed: bool = False

    def agent(self, kinds: Kinds, key: str) -> None:
        """File an agent; one that the plain filter finds already is not filed as related."""
        if kinds is DIRECT or ("a", key) not in self.terms:
            self.terms.add((kinds.agent, key))

    def activity(self, kinds: Kinds, iri: str) -> None:
        """File an activity; one that the plain filter finds already is not filed as related."""
        if kinds is DIRECT or ("o", iri) not in self.terms:
            self.terms.add((kinds.activity, iri))
