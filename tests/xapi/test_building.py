"""Statements that Byway builds itself, and those built with tincan, pass the walk."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import tincan
from xapi_samples import ANNA, BEN, REGISTRATION, SID, TEAM, VOIDED, WEBINAR

from xapi.statements import build, from_tincan, statement_ref, voiding
from xapi.vocabulary import TYPES, VERBS
from xapi.walk import walk

AT = datetime(2026, 3, 19, 14, 5, tzinfo=UTC)
NEW = uuid.UUID("0b1a2c3d-0000-4000-8000-000000000001")
OLD = uuid.UUID(SID)


def attended(**more):
    return build(sid=NEW, actor=ANNA, verb="attended", obj=WEBINAR, at=AT, **more)


def test_built_statement():
    assert attended() == {
        "id": str(NEW),
        "actor": ANNA,
        "verb": {"id": VERBS["attended"].iri, "display": VERBS["attended"].display},
        "object": WEBINAR,
        "timestamp": "2026-03-19T14:05:00.000Z",
    }


def test_built_statement_with_result_and_context():
    built = attended(result={"duration": "PT57M"}, context={"platform": "GovLoop"})
    assert built["result"] == {"duration": "PT57M"}
    assert built["context"] == {"platform": "GovLoop"}


def test_empty_parts_are_left_out():
    assert attended(result={}, context={}) == attended()


def test_verb_may_be_a_verb_or_any_iri():
    verb = VERBS["replied"]
    assert build(sid=NEW, actor=ANNA, verb=verb, obj=WEBINAR, at=AT)["verb"]["id"] == verb.iri
    own = build(sid=NEW, actor=ANNA, verb="urn:x:did", obj=WEBINAR, at=AT)
    assert own["verb"] == {"id": "urn:x:did"}


@pytest.mark.parametrize("name", sorted(VERBS.keys() - {"voided"}))
def test_every_verb_of_the_vocabulary_passes(name):
    built = build(sid=NEW, actor=ANNA, verb=name, obj=WEBINAR, at=AT)
    assert ("v", VERBS[name].iri) in walk(built, version="2.0.0").terms


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_of_the_vocabulary_passes(kind):
    obj = {**WEBINAR, "definition": {"type": TYPES[kind]}}
    assert walk(build(sid=NEW, actor=BEN, verb="read", obj=obj, at=AT), version="1.0.3").terms


def test_voiding_statement_passes_and_voids():
    built = voiding(NEW, OLD, ANNA, AT)
    walked = walk(built, version="1.0.3")
    assert built["verb"]["id"] == VOIDED
    assert (walked.voids, walked.target) == (True, OLD)


def test_reference():
    assert statement_ref(OLD) == {"objectType": "StatementRef", "id": SID}


TINCAN = {
    "everything": tincan.Statement(
        id=SID,
        actor=tincan.Agent(name="Anna", mbox="mailto:anna@example.org"),
        verb=tincan.Verb(id="http://example.org/did", display=tincan.LanguageMap({"en": "did"})),
        object=tincan.Activity(
            id="http://example.org/1",
            definition=tincan.ActivityDefinition(
                name=tincan.LanguageMap({"en": "One"}), type="http://example.org/type"
            ),
        ),
        result=tincan.Result(
            score=tincan.Score(scaled=0.5), duration=timedelta(minutes=57), success=True
        ),
        context=tincan.Context(
            registration=REGISTRATION,
            team=tincan.Group(member=[tincan.Agent(mbox="mailto:ben@example.org")]),
            context_activities=tincan.ContextActivities(
                parent=[tincan.Activity(id="http://example.org/0")]
            ),
            extensions=tincan.Extensions({"http://example.org/x": 1}),
        ),
        timestamp=AT,
    ),
    "account": tincan.Statement(
        actor=tincan.Agent(
            account=tincan.AgentAccount(home_page="https://lms.example.org", name="ben")
        ),
        verb=tincan.Verb(id="http://example.org/did"),
        object=tincan.StatementRef(id=SID),
    ),
    "substatement": tincan.Statement(
        actor=tincan.Group(**TEAM),
        verb=tincan.Verb(id="http://example.org/planned"),
        object=tincan.SubStatement(
            actor=tincan.Agent(mbox="mailto:anna@example.org"),
            verb=tincan.Verb(id="http://example.org/did"),
            object=tincan.Activity(id="http://example.org/1"),
        ),
    ),
}


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize("name", TINCAN)
def test_tincan_statement_passes(name, version):
    assert walk(from_tincan(TINCAN[name]), version=version).terms


def test_tincan_version_is_left_out():
    assert "version" not in from_tincan(TINCAN["everything"])
