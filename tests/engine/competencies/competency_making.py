"""Statements, cases and scores for the tests of the competency model."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from engine.competencies.config import compile_ruleset
from engine.competencies.contract import score_case
from engine.competencies.counting import Record
from engine.competencies.evidence import Ruleset
from xapi.vocabulary import Extension

DATA = Path(__file__).parents[2] / "data" / "competency_cases.json"
GOLDEN: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
CONFIG: dict[str, Any] = GOLDEN["config"]
SHIPPED_FOLDER = Path(compile_ruleset.__code__.co_filename).parent / "shipped"

WEBINAR = "http://id.tincanapi.com/activitytype/webinar"
REPLY = "http://id.tincanapi.com/activitytype/forum-reply"
COMPETENCY = "https://w3id.org/xapi/tla/activity-types/competency"
ATTENDED = "http://adlnet.gov/expapi/verbs/attended"
READ = "http://activitystrea.ms/read"
REPLIED = "http://id.tincanapi.com/verb/replied"
HOSTED = "http://activitystrea.ms/host"
SCORED = "http://adlnet.gov/expapi/verbs/scored"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
VERIFIED = "https://w3id.org/xapi/tla/verbs/verified"
ACCEPT = "http://activitystrea.ms/accept"
REJECT = "http://activitystrea.ms/reject"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
LEAD = "lead"
MANAGER = "manager"
RULESET = Ruleset(CONFIG)


def agent(name: str) -> dict[str, Any]:
    return {"objectType": "Agent", "mbox": f"mailto:{name}@gov.example"}


def key(name: str) -> str:
    return f"mailto:{name}@gov.example"


def did(
    verb: str,
    thing: str,
    who: str = "a",
    on: str = "2026-01-05",
    *,
    tags: tuple[str, ...] = ("community",),
    kind: str | None = None,
    result: dict[str, Any] | None = None,
    context: dict[str, Any] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """One statement; its id follows from what it says, `fields` replace whole parts of it."""
    moment = on if "T" in on else f"{on}T10:00:00Z"
    definition = {"definition": {"type": kind}} if kind else {}
    statement = {
        "actor": agent(who),
        "verb": {"id": verb},
        "object": {"id": thing, "objectType": "Activity", **definition},
        "context": {"extensions": {Extension.TAGS: list(tags)}, **(context or {})},
        "timestamp": moment,
        "stored": moment,
        **({"result": result} if result else {}),
        **fields,
    }
    named = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(statement, sort_keys=True))
    return {"id": str(named), **statement}


def answered(thing: str, who: str = "a", on: str = "2026-01-05", **fields: Any) -> dict[str, Any]:
    return did(REPLIED, thing, who, on, kind=REPLY, **fields)


def attended(
    thing: str, who: str = "a", on: str = "2026-01-05", duration: str = "PT45M", **fields: Any
) -> dict[str, Any]:
    return did(ATTENDED, thing, who, on, kind=WEBINAR, result={"duration": duration}, **fields)


def scored(thing: str, scaled: object, **fields: Any) -> dict[str, Any]:
    return did(SCORED, thing, tags=("data",), result={"score": {"scaled": scaled}}, **fields)


def attested(by: str, level: object = None, who: str = "a", **fields: Any) -> dict[str, Any]:
    stated = {"result": {"score": {"raw": level}}} if level is not None else {}
    context = {"context": {"instructor": agent(by)}}
    return did(VERIFIED, "c:community", who, kind=COMPETENCY, **{**stated, **context, **fields})


def about(
    verb: str, statement: dict[str, Any], by: str, on: str = "2026-01-06", level: object = None
) -> dict[str, Any]:
    """Somebody's word on a statement, or its voiding."""
    stated = {"result": {"score": {"raw": level}}} if level is not None else {}
    target = {"object": {"objectType": "StatementRef", "id": statement["id"]}}
    return did(verb, "", by, on, tags=(), **{**stated, **target})


def scores(
    statements: list[dict[str, Any]], as_of: str = "2026-02-01", **patch: Any
) -> dict[str, Any]:
    """All learners' results on one day, under the cases' config."""
    case = {"config": {**CONFIG, **patch}, "statements": statements, "as_of": [as_of]}
    found: dict[str, Any] = score_case(case)[as_of]
    return found


def mine(
    statements: list[dict[str, Any]],
    as_of: str = "2026-02-01",
    competency: str = "c:community",
    **patch: Any,
) -> dict[str, Any]:
    """What the learner called a has in one competency."""
    found: dict[str, Any] = scores(statements, as_of, **patch)[key("a")]["competencies"][competency]
    return found


def node(
    statements: list[dict[str, Any]], id_: str, as_of: str = "2026-02-01", **patch: Any
) -> dict[str, Any]:
    """Where the learner called a stands in one node."""
    found: dict[str, Any] = scores(statements, as_of, **patch)[key("a")]["rollup"][id_]
    return found


def record(*statements: dict[str, Any], **fields: Any) -> Record:
    """The record of the learner called a, to whom the lead is an expert."""
    weighed = [RULESET.weigh(one) for one in statements]
    return Record(
        rows=[row for one in weighed for row in one.rows if row.actor == key("a")],
        validations=[one.validation for one in weighed if one.validation],
        ruleset=RULESET,
        roles={key(LEAD): "expert"},
        **{"own": frozenset({key("a")}), **fields},
    )
