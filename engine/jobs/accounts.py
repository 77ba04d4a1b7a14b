"""Whose an LMS's or a source's accounts are: rules are applied to whoever is in the record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import ColumnElement, and_, func, select

from engine.competencies import projector
from engine.competencies.models import line
from engine.db import PORTION, db, portions, reading, transaction
from engine.lrs.models import Origin
from engine.people import accounts, together
from engine.people.accounts import REPORTED, AccountRule
from engine.people.models import PeopleLog
from engine.people.together import Mark

Rules = Mapping[int, AccountRule]


def match_accounts() -> int:
    """Look at every account of the record once; how many were linked to a person."""
    return AccountMatcher().match()


class AccountMatcher:
    """Follows the record: new lines each time, all of it when people, rules or runs have changed.

    How far it came is in memory only: a new one begins with everybody, which does no harm.
    """

    def __init__(self) -> None:
        self._rules: Rules = {}
        self._decision = 0
        self._seq = 0
        self._mark = Mark()

    def match(self) -> int:
        """Link what can be by now; how many accounts. Nothing is asked while no key has a rule."""
        rules = _rules()
        if not rules:
            return 0
        decision, decided = _decisions(self._decision)
        generation, seq = _end()
        mark = _mark(rules)
        if decided or rules != self._rules or mark.fallen != self._mark.fallen:
            linked = _link_all(generation, rules)
        else:
            linked = _link(_pairs(generation, line.c.seq.between(self._seq + 1, seq), rules), rules)
            if mark.last > self._mark.last:
                linked += _link_these(generation, together.accounts_after(self._mark.last), rules)
        self._rules, self._decision, self._seq, self._mark = rules, decision, seq, mark
        return linked


def _rules() -> Rules:
    """The rules of accounts, by origin."""
    table = Origin.__table__
    columns = (table.c.id, table.c.name, table.c.account_rule, table.c.account_home_page)
    with reading() as connection:
        rows = connection.execute(select(*columns).where(table.c.account_rule.is_not(None))).all()
    return {
        row.id: AccountRule(
            names=row.account_rule, home_page=row.account_home_page, by=row.name, origin=row.id
        )
        for row in rows
    }


def _mark(rules: Rules) -> Mark:
    """How far reports have told whose accounts are, if any rule goes by them."""
    is_asked = any(rule.names == REPORTED for rule in rules.values())
    return together.mark() if is_asked else Mark()


def _decisions(after: int) -> tuple[int, bool]:
    """The last decision about people, and whether any since `after` was not a rule's own."""
    table = PeopleLog.__table__
    others = func.count().filter(table.c.by.not_like(f"{accounts.BY}%"))
    query = select(func.coalesce(func.max(table.c.id), after), others).where(table.c.id > after)
    with reading() as connection:
        last, count = connection.execute(query).one()
    return int(last), count > 0


def _end() -> tuple[int, int]:
    """The projection that pages read, and its last line."""
    with reading() as connection:
        generation = projector.serving_in(connection).generation
        last = select(func.max(line.c.seq)).where(line.c.generation == generation)
        return generation, connection.execute(last).scalar() or 0


def _link_all(generation: int, rules: Rules) -> int:
    """Walk through all actors, a portion at a time, so that nobody waits for it."""
    linked = 0
    for part in _actors(generation):
        linked += _link_these(generation, part, rules)
    return linked


def _link_these(generation: int, keys: Iterable[str], rules: Rules) -> int:
    """Link those of these actors that can be; whoever was ever linked is left out early."""
    linked = 0
    found = accounts.unclaimed(keys)
    db.session.rollback()
    for some in portions(found):
        linked += _link(_pairs(generation, line.c.actor.in_(some), rules), rules)
    return linked


def _actors(generation: int) -> Iterator[list[str]]:
    after = ""
    while True:
        some = (line.c.generation == generation) & (line.c.actor > after)
        query = select(line.c.actor).distinct().where(some).order_by(line.c.actor).limit(PORTION)
        with reading() as connection:
            found = list(connection.execute(query).scalars())
        if not found:
            return
        yield found
        after = found[-1]


def _pairs(generation: int, condition: ColumnElement[bool], rules: Rules) -> list[tuple[str, int]]:
    """Which actors come from which origins that have a rule."""
    where = and_(line.c.generation == generation, condition, line.c.origin.in_(sorted(rules)))
    with reading() as connection:
        rows = connection.execute(select(line.c.actor, line.c.origin).distinct().where(where))
        return [(row.actor, row.origin) for row in rows]


def _link(pairs: Iterable[tuple[str, int]], rules: Rules) -> int:
    found: dict[str, list[AccountRule]] = defaultdict(list)
    for actor, origin in pairs:
        found[actor].append(rules[origin])
    if not found:
        return 0
    with transaction():
        return accounts.link_accounts(found)
