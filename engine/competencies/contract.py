"""The scoring contract: statements and a config in, every learner's levels out, nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from engine.competencies.checked import section
from engine.competencies.config import canonical_json, compile_ruleset
from engine.competencies.counting import TRUST_ALL, Record, Trust, revisions
from engine.competencies.evidence import EvidenceRow, Ruleset, Validation, Weighed
from engine.competencies.reading import (
    Statement,
    authority_key,
    fold_key,
    mapping,
    referred,
    refs_of,
    verb_of,
    when,
)
from engine.competencies.rollup import NodeStanding, roll_up
from engine.competencies.scoring import Standing, standings
from engine.errors import Refused
from xapi.vocabulary import VOIDED


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustTable:
    """Trust as the config states it; who is not listed has the rights of an ordinary key."""

    entries: Mapping[str, Mapping[str, Any]]

    def entry(self, authority: Hashable | None) -> Mapping[str, Any]:
        """What is said of an authority."""
        return self.entries.get(str(authority), {})

    def ceiling(self, authority: Hashable | None) -> str:
        """The strongest class of its evidence: as listed, else that of its right to attest."""
        entry = self.entry(authority)
        return str(entry.get("ceiling", "expert" if entry.get("may_attest") else "system"))

    def lifts_to(self, authority: Hashable | None) -> str | None:
        """What its validations lift to; None without the right to attest."""
        return self.ceiling(authority) if self.entry(authority).get("may_attest") else None

    def may_void(self, authority: Hashable | None) -> bool:
        """Whether it may void statements of others."""
        return bool(self.entry(authority).get("may_void"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Log:
    """A case's statements, weighed and sorted by whom they are about."""

    ruleset: Ruleset
    roles: Mapping[str, str]
    trust: Trust
    formers: Mapping[str, str]
    rows: dict[str, list[EvidenceRow]] = field(default_factory=lambda: defaultdict(list))
    words: dict[str, list[Validation]] = field(default_factory=lambda: defaultdict(list))

    def take(self, weighed: Weighed) -> None:
        for row in weighed.rows:
            former = self.formers.get(row.statement_id.lower())
            self.rows[row.actor].append(row._replace(replaces=former))
        if weighed.validation is not None:
            self.words[weighed.validation.target].append(weighed.validation)

    def record(self, learner: str) -> Record:
        """What one learner's levels are worked out from: her rows and the words on them."""
        rows = self.rows[learner]
        about = {id_ for row in rows for id_ in revisions(row, self.formers)}
        return Record(
            rows=rows,
            validations=[word for id_ in sorted(about) for word in self.words.get(id_, ())],
            ruleset=self.ruleset,
            roles=self.roles,
            trust=self.trust,
            own=frozenset({learner}),
            formers=self.formers,
        )


def score_case(case: Mapping[str, Any]) -> dict[str, Any]:
    """Score a case: `{config, statements, as_of}` to `{AS_OF: {LEARNER: {competencies, rollup}}}`.

    A pure function: the order of the statements, the clock and the machine have no say in it.
    `config_patch`, where present, replaces whole keys of `config`.
    """
    config = {**mapping(case.get("config")), **mapping(case.get("config_patch"))}
    log = _read_log(config, _statements(case.get("statements")))
    return {text: _printed_day(log, day) for text, day in _days(case.get("as_of"))}


def _read_log(config: Mapping[str, Any], statements: list[Statement]) -> _Log:
    ruleset = Ruleset(compile_ruleset(config))
    table = _trust(config, ruleset)
    distinct = _distinct(statements)
    voided = _voided(distinct, table)
    log = _Log(
        ruleset=ruleset,
        roles={fold_key(key): str(role) for key, role in mapping(config.get("validators")).items()},
        trust=table or TRUST_ALL,
        formers=_formers(distinct, voided),
    )
    for id_, statement in distinct.items():
        if id_ not in voided:
            log.take(ruleset.weigh(statement))
    return log


def _trust(config: Mapping[str, Any], ruleset: Ruleset) -> TrustTable | None:
    found, order = config.get("trust"), ruleset.policy.assurance.order
    if found is None:
        return None
    for key, entry in section(config, "trust").items():
        if mapping(entry).get("ceiling", order[0]) not in order:
            raise Refused(
                f"the ceiling {mapping(entry)['ceiling']!r} is no class of assurance.",
                f"Use one of {', '.join(order)}.",
                where=f"trust.{key}",
            )
    return TrustTable(entries={fold_key(key): mapping(entry) for key, entry in found.items()})


def _statements(found: object) -> list[Statement]:
    if not isinstance(found, list):
        raise Refused(
            "a case needs `statements` as a list.", "Give [] for none.", where="statements"
        )
    for at, statement in enumerate(found):
        _refuse_unreadable(statement, f"statements[{at}]")
    return found


def _refuse_unreadable(statement: object, where: str) -> None:
    if not isinstance(statement, Mapping) or not isinstance(statement.get("id"), str):
        raise Refused(
            "a statement is an object with an id.", "Score statements as stored.", where=where
        )
    if when(statement) is None:
        raise Refused(
            "the statement has no time that can be read.",
            "Give `timestamp` in ISO 8601, such as 2026-04-30T10:00:00Z.",
            where=f"{where}.timestamp",
        )


def _days(found: object) -> list[tuple[str, date]]:
    texts = [found] if isinstance(found, str) else found
    if not isinstance(texts, list):
        raise Refused(
            "a case needs `as_of` as a list of dates.", 'Give ["2026-04-30"].', where="as_of"
        )
    return [(str(text), _day(text)) for text in texts]


def _day(text: object) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise Refused(
            f"{text!r} is no date.", "Write it like 2026-04-30.", where="as_of"
        ) from error


def _distinct(statements: Sequence[Statement]) -> dict[str, Statement]:
    """One statement per id: of several the smallest by stored time, then by its text."""
    found: dict[str, tuple[str, str, Statement]] = {}
    for statement in statements:
        entry = (str(statement.get("stored", "")), canonical_json(statement), statement)
        key = statement["id"].lower()
        if key not in found or entry[:2] < found[key][:2]:
            found[key] = entry
    return {id_: statement for id_, (_, _, statement) in found.items()}


def _voided(statements: Mapping[str, Statement], table: TrustTable | None) -> set[str]:
    """The ids of the statements that never happened; a void itself cannot be voided."""
    voids = {id_: one for id_, one in statements.items() if verb_of(one) == VOIDED}
    targets = {id_: referred(one) or "" for id_, one in voids.items()}
    return {
        target
        for id_, target in targets.items()
        if target in statements
        and target not in voids
        and _may_void(statements[id_], statements[target], table)
    }


def _formers(statements: Mapping[str, Statement], voided: set[str]) -> dict[str, str]:
    """What each revision replaced: a voided statement of the same authority, or one not given."""
    named = {id_: refs_of(statement) for id_, statement in statements.items()}
    return {
        id_: former
        for id_, former in named.items()
        if former is not None
        and (former not in statements or former in voided)
        and authority_key(statements.get(former, statements[id_])) == authority_key(statements[id_])
    }


def _may_void(void: Statement, target: Statement, table: TrustTable | None) -> bool:
    """Without a table everybody; with one, the same authority or one that may void others'."""
    if table is None:
        return True
    authority = authority_key(void)
    same = authority is not None and authority == authority_key(target)
    return same or table.may_void(authority)


def _printed_day(log: _Log, day: date) -> dict[str, Any]:
    found = {learner: standings(log.record(learner), day) for learner in sorted(log.rows)}
    return {learner: _printed(log, mine) for learner, mine in found.items() if mine}


def _printed(log: _Log, mine: Mapping[str, Standing]) -> dict[str, Any]:
    nodes = roll_up(mine, log.ruleset.policy.nodes)
    return {
        "competencies": {id_: printed_standing(one) for id_, one in mine.items()},
        "rollup": {id_: printed_node(one) for id_, one in nodes.items()},
    }


def printed_standing(one: Standing) -> dict[str, Any]:
    """A standing in the shape of the contract."""
    return {
        "basis": one.basis,
        "confidence_ppm": one.confidence_ppm,
        "evidence_count": one.evidence_count,
        "explain": [
            {
                "assurance": entry.assurance,
                "contribution": entry.contribution,
                "day": entry.date.isoformat(),
                "kind": entry.kind,
                "statement": entry.statement,
                "weight": entry.weight,
            }
            for entry in one.explain
        ],
        "level": one.level,
        "lifetime_level": one.lifetime_level,
        "negative": list(one.negative),
        "newest": one.newest_date.isoformat(),
        "positive": list(one.positive),
        "score_milli": one.score_milli,
        "support_ppm": list(one.support_ppm),
        "validated_ppm": one.validated_ppm,
    }


def printed_node(one: NodeStanding) -> dict[str, Any]:
    """A node in the shape of the contract: only the reason that applies is printed."""
    reasons = {
        "via": one.via,
        "units": dict(sorted(one.units.items())) if one.units is not None else None,
        "points": one.points,
    }
    return {
        "confidence_ppm": one.confidence_ppm,
        "level": one.level,
        "score_milli": one.score_milli,
        "source": one.source,
        **{name: reason for name, reason in reasons.items() if reason is not None},
    }
