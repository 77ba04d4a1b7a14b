"""One row per rule of statement form: what is put where, and the place the refusal names."""

from __future__ import annotations

import pytest
from xapi_samples import (
    ANNA,
    BEN,
    CARA,
    GONE,
    REFERENCE,
    SHA2,
    SID,
    TEAM,
    VOIDED,
    WEBINAR,
    full,
    modern,
    planned,
    put,
    short,
)

from xapi.errors import StatementRefused
from xapi.walk import walk

GROUP = {"objectType": "Group", "mbox": "mailto:team@example.org", "member": [ANNA]}
SAME = None


def row(path, value, refused=SAME, *, words):
    """A value put at a path; the refusal names that path unless another is given."""
    return pytest.param(path, value, f"$.{refused or path}", id=words)


STATEMENT = [
    row("actor", GONE, words="no actor"),
    row("verb", GONE, words="no verb"),
    row("object", GONE, words="no object"),
    row("Actor", ANNA, words="key in the wrong case"),
    row("objectType", "Statement", words="objectType of a statement"),
    row("iD", SID, words="id in the wrong case"),
    row("id", "8f87ccde", words="id too short"),
    row("id", "{8f87ccde-bb56-4c2e-ab83-44982ef22df0}", words="id in braces"),
    row("id", "8f87ccdebb564c2eab8344982ef22df0", words="id without hyphens"),
    row("id", "8g87ccde-bb56-4c2e-ab83-44982ef22df0", words="id not hexadecimal"),
    row("id", None, words="id null"),
    row("id", 12, words="id a number"),
    row("stored", "yesterday", words="stored no timestamp"),
    row("version", "0.9.9", words="version 0.9.9"),
    row("version", "1.1.0", words="version 1.1.0"),
    row("version", "1.0.", words="version without patch number"),
    row("version", 1.0, words="version a number"),
    row("timestamp", "2026-02-30T00:00:00Z", words="30 February"),
    row("timestamp", 1742393100, words="timestamp a number"),
    row("timestamp", None, words="timestamp null"),
    row("authority", GROUP, words="identified group as authority"),
    row("authority", {"objectType": "Group", "member": [ANNA]}, words="authority of one"),
    row(
        "authority",
        {"objectType": "Group", "member": [ANNA, BEN, CARA]},
        words="authority of three",
    ),
    row("authority.mbox", "mailto:b@example.org", "authority", words="authority identified twice"),
]

ACTORS = [
    row("actor", None, words="actor null"),
    row("actor", [ANNA], words="actor an array"),
    row("actor", "mailto:anna@example.org", words="actor a string"),
    row("actor", {}, words="actor without identifier"),
    row("actor.objectType", "agent", words="objectType in the wrong case"),
    row("actor.objectType", "Person", words="objectType unknown"),
    row("actor.objectType", None, words="objectType null"),
    row("actor.name", 5, words="name a number"),
    row("actor.name", None, words="name null"),
    row("actor.firstName", "Anna", words="unknown key of an agent"),
    row("actor.member", [BEN], words="member of an agent"),
    row("actor.mbox", "anna@example.org", words="mbox without mailto"),
    row("actor.mbox", "mailto:anna", words="mbox without domain"),
    row("actor.mbox", "mailto:an na@example.org", words="mbox with a space"),
    row("actor.mbox", "mailto:a@example.org,b@example.org", words="two addresses in mbox"),
    row("actor.mbox", "", words="mbox empty"),
    row("actor.mbox", None, words="mbox null"),
    row("actor.account", BEN["account"], "actor", words="two identifiers"),
    row("actor", {"mbox_sha1sum": "abc"}, "actor.mbox_sha1sum", words="hash too short"),
    row("actor", {"openid": "id.example.org/cara"}, "actor.openid", words="openid no IRI"),
    row("actor", {"account": "ben"}, "actor.account", words="account a string"),
    row("actor", {"account": {"name": "b"}}, "actor.account.homePage", words="no homePage"),
    row(
        "actor",
        {"account": {"homePage": "http://a.org"}},
        "actor.account.name",
        words="account without name",
    ),
    row(
        "actor",
        {"account": {"homePage": "a.org", "name": "b"}},
        "actor.account.homePage",
        words="homePage without scheme",
    ),
    row(
        "actor",
        {"account": {"homePage": "http://a.org", "name": 7}},
        "actor.account.name",
        words="account name a number",
    ),
    row(
        "actor",
        {"account": {"homePage": "http://a.org", "name": "b", "id": 1}},
        "actor.account.id",
        words="unknown key of an account",
    ),
    row("actor", {"objectType": "Group"}, "actor.member", words="group of nobody"),
    row(
        "actor", {"objectType": "Group", "member": []}, "actor.member", words="group of no members"
    ),
    row(
        "actor",
        {"objectType": "Group", "member": ANNA},
        "actor.member",
        words="member no array",
    ),
    row(
        "actor",
        {"objectType": "Group", "member": [ANNA, TEAM]},
        "actor.member[1]",
        words="group in a group",
    ),
    row(
        "actor",
        {**GROUP, "member": [{"objectType": "Group", "mbox": "mailto:t@example.org"}]},
        "actor.member[0]",
        words="group in an identified group",
    ),
    row(
        "actor",
        {"objectType": "Group", "member": [{"mbox": "x"}]},
        "actor.member[0].mbox",
        words="member with a bad mbox",
    ),
    row(
        "actor",
        {"objectType": "Group", "member": [{**ANNA, "objectType": "agent"}]},
        "actor.member[0].objectType",
        words="member with an unknown objectType",
    ),
    row("actor", {**GROUP, "members": []}, "actor.members", words="unknown key of a group"),
    row("actor", {**GROUP, **BEN}, "actor", words="group identified twice"),
]

VERBS = [
    row("verb", "attended", words="verb a string"),
    row("verb.id", GONE, words="verb without id"),
    row("verb.id", "attended", words="verb id without scheme"),
    row("verb.id", "http://example.org/did it", words="verb id with a space"),
    row("verb.id", "", words="verb id empty"),
    row("verb.display", "attended", words="display no language map"),
    row("verb.display", None, words="display null"),
    row("verb.display.something", "x", words="language tag of nine letters"),
    row("verb.display.en_US", "x", words="language tag with underscore"),
    row("verb.display.en", 5, words="display text a number"),
    row("verb.display.en", None, words="display text null"),
    row("verb.name", "x", words="unknown key of a verb"),
    row("verb.id", VOIDED, "object", words="voided without a reference"),
]

OBJECTS = [
    row("object", "http://example.org/1", words="object a string"),
    row("object.objectType", "activity", words="object type in the wrong case"),
    row("object.objectType", 1, words="object type a number"),
    row("object.id", GONE, words="activity without id"),
    row("object.id", "example.org/1", words="activity id without scheme"),
    row("object.id", None, words="activity id null"),
    row("object.name", "Quiz", words="unknown key of an activity"),
    row("object", ANNA, "object.mbox", words="agent as object without objectType"),
    row("object", {"objectType": "Agent"}, "object", words="agent as object unidentified"),
    row("object.definition", [], words="definition an array"),
    row("object.definition.title", {"en": "x"}, words="unknown key of a definition"),
    row("object.definition.name", "Quiz", words="name no language map"),
    row("object.definition.name.a12345678", "x", words="language tag that starts too long"),
    row("object.definition.description.en", [], words="description text an array"),
    row("object.definition.type", "quiz", words="activity type no IRI"),
    row("object.definition.moreInfo", "www.example.org", words="moreInfo without scheme"),
    row("object.definition.extensions", [], words="extensions an array"),
    row("object.definition.extensions", None, words="extensions null"),
    row('object.definition.extensions["room"]', 1, "object.definition.extensions.room",
        words="extension key no IRI"),
    row("object.definition.interactionType", "Choice", words="interaction in the wrong case"),
    row("object.definition.interactionType", GONE, words="choices without interactionType"),
    row("object.definition.correctResponsesPattern", "a", words="pattern no array"),
    row("object.definition.correctResponsesPattern[0]", 1, words="pattern a number"),
    row("object.definition.scale", [], words="scale under choice"),
    row("object.definition.choices", {}, words="choices no array"),
    row("object.definition.choices[0]", "a", words="component a string"),
    row("object.definition.choices[0].id", 1, words="component id a number"),
    row("object.definition.choices[1].id", "a", words="component id repeated"),
    row("object.definition.choices[0].text", "a", words="unknown key of a component"),
    row("object.definition.choices[0].description", "First", words="description no map"),
    row("object", {"objectType": "StatementRef"}, "object.id", words="reference without id"),
    row("object", {**REFERENCE, "id": "x"}, "object.id", words="reference id no UUID"),
    row("object", {**REFERENCE, "name": 1}, "object.name", words="reference with more"),
]  # fmt: skip

RESULTS = [
    row("result", True, words="result a boolean"),
    row("result.passed", True, words="unknown key of a result"),
    row("result.success", "true", words="success a string"),
    row("result.success", 1, words="success a number"),
    row("result.completion", None, words="completion null"),
    row("result.response", 5, words="response a number"),
    row("result.duration", 3600, words="duration a number"),
    row("result.duration", "P4W1D", words="weeks with days"),
    row("result.duration", "PA1H0M0S", words="duration with a letter too many"),
    row("result.score", 80, words="score a number"),
    row("result.score.percent", 80, words="unknown key of a score"),
    row("result.score.scaled", "0.8", words="scaled a string"),
    row("result.score.scaled", True, words="scaled a boolean"),
    row("result.score.scaled", 80, words="scaled above 1"),
    row("result.score.scaled", 10**100, words="scaled very long"),
    row("result.score.scaled", -1.01, words="scaled below -1"),
    row("result.score.raw", 101, words="raw above max"),
    row("result.score.raw", -1, words="raw below min"),
    row("result.score.raw", float("nan"), words="raw not a number"),
    row("result.score.min", 100, words="min equals max"),
    row("result.score.max", None, words="max null"),
    row('result.extensions["a b"]', 1, words="extension key with a space"),
]

CONTEXTS = [
    row("context", [], words="context an array"),
    row("context.course", "x", words="unknown key of a context"),
    row("context.registration", "1", words="registration no UUID"),
    row("context.instructor", "Cara", words="instructor a string"),
    row("context.instructor.mbox", "x@y.org", "context.instructor", words="instructor twice"),
    row("context.team", ANNA, "context.team.objectType", words="team an agent"),
    row("context.team.objectType", "Agent", words="team says agent"),
    row("context.language", "english!", words="language no tag"),
    row("context.language", "en_US", words="language with underscore"),
    row("context.revision", 2, words="revision a number"),
    row("context.platform", None, words="platform null"),
    row("context.statement", SID, words="context statement a string"),
    row("context.statement.objectType", GONE, words="context statement without objectType"),
    row("context.statement.objectType", "SubStatement", words="context statement no reference"),
    row("context.contextActivities", [WEBINAR], words="context activities an array"),
    row("context.contextActivities.Parent", [WEBINAR], words="context key in the wrong case"),
    row("context.contextActivities.parent", "x", words="parent a string"),
    row("context.contextActivities.parent", None, words="parent null"),
    row("context.contextActivities.parent[0].id", "x", words="parent with a bad id"),
    row("context.contextActivities.parent[0].objectType", "Agent", words="parent an agent"),
    row("context.contextActivities.other", {"id": 1}, "context.contextActivities.other.id",
        words="single activity with a bad id"),
    row("context.contextAgents", [], words="contextAgents before 2.0"),
    row("context.contextGroups", [], words="contextGroups before 2.0"),
]  # fmt: skip

ATTACHMENTS = [
    row("attachments", {}, words="attachments an object"),
    row("attachments[0]", "x", words="attachment a string"),
    row("attachments[0].usageType", GONE, words="no usageType"),
    row("attachments[0].usageType", "certificate", words="usageType no IRI"),
    row("attachments[0].display", GONE, words="no display"),
    row("attachments[0].display", "x", words="attachment display no map"),
    row("attachments[0].description", 5, words="attachment description no map"),
    row("attachments[0].contentType", GONE, words="no contentType"),
    row("attachments[0].contentType", "pdf", words="contentType no media type"),
    row("attachments[0].length", GONE, words="no length"),
    row("attachments[0].length", "27", words="length a string"),
    row("attachments[0].length", 27.5, words="length a fraction"),
    row("attachments[0].length", True, words="length a boolean"),
    row("attachments[0].length", -1, words="length below zero"),
    row("attachments[0].sha2", GONE, words="no sha2"),
    row("attachments[0].sha2", SHA2[:-1], words="sha2 too short"),
    row("attachments[0].fileUrl", "c.pdf", words="fileUrl without scheme"),
    row("attachments[0].size", 27, words="unknown key of an attachment"),
]

ALL = STATEMENT + ACTORS + VERBS + OBJECTS + RESULTS + CONTEXTS + ATTACHMENTS


def refusal(statement, version="1.0.3", **place):
    with pytest.raises(StatementRefused) as caught:
        walk(statement, version=version, **place)
    return caught.value


@pytest.mark.parametrize(("path", "value", "refused"), ALL)
def test_refused_in_its_place(path, value, refused):
    assert refusal(put(full(), path, value)).path == refused


@pytest.mark.parametrize(("path", "value", "refused"), ALL)
def test_refusal_says_rule_clause_and_mend(path, value, refused):
    told = refusal(put(full(), path, value))
    assert told.rule
    assert told.clause.startswith("xAPI 1.0.3 Data ")
    assert told.fix


SUBSTATEMENTS = [
    row("object.actor", GONE, words="no actor"),
    row("object.verb.id", "x", words="bad verb"),
    row("object.id", SID, words="an id"),
    row("object.stored", "2026-01-01T00:00:00Z", words="stored"),
    row("object.version", "1.0.0", words="version"),
    row("object.authority", ANNA, words="authority"),
    row("object.object", planned()["object"], "object.object.objectType", words="nested"),
    row("object.verb.id", VOIDED, "object.object", words="voiding without a reference"),
    row("object.actor", {}, words="unidentified actor"),
    row("object.timestamp", "now", words="bad timestamp"),
    row("object.context.contextActivities.parent[0].id", "x", words="bad parent"),
    row("object.context.contextAgents", [], words="contextAgents before 2.0"),
]


@pytest.mark.parametrize(("path", "value", "refused"), SUBSTATEMENTS)
def test_substatement_refused_in_its_place(path, value, refused):
    assert refusal(put(planned(), path, value)).path == refused


@pytest.mark.parametrize("name", ["revision", "platform"])
@pytest.mark.parametrize(
    "about",
    [
        pytest.param({"objectType": "Agent", **BEN}, id="an agent"),
        pytest.param(TEAM, id="a group"),
        pytest.param(REFERENCE, id="a reference"),
        pytest.param(planned()["object"], id="a SubStatement"),
    ],
)
def test_revision_and_platform_are_for_activities(name, about):
    statement = put(put(short(), "object", about), "context", {name: "x"})
    assert refusal(statement).path == f"$.context.{name}"


NEWER = [
    row("context.contextAgents", {}, words="no array"),
    row("context.contextAgents[0]", [], words="entry no object"),
    row("context.contextAgents[0].objectType", GONE, words="no objectType"),
    row("context.contextAgents[0].objectType", "Agent", words="wrong objectType"),
    row("context.contextAgents[0].agent", GONE, words="no agent"),
    row("context.contextAgents[0].agent", {"key": 1}, "context.contextAgents[0].agent.key",
        words="bad agent"),
    row("context.contextAgents[0].agent", TEAM, "context.contextAgents[0].agent.member",
        words="group as agent"),
    row("context.contextAgents[0].group", TEAM, words="unknown key"),
    row("context.contextAgents[0].relevantTypes", [], words="no relevant types"),
    row("context.contextAgents[0].relevantTypes[0]", "abc", words="relevant type no IRI"),
    row("context.contextGroups[0].objectType", "contextAgent", words="wrong type of group entry"),
    row("context.contextGroups[0].group", ANNA, "context.contextGroups[0].group.objectType",
        words="agent as group"),
    row("context.contextGroups[0].relevantTypes", "x", words="relevant types a string"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "refused"), NEWER)
def test_two_point_nought_refuses_in_its_place(path, value, refused):
    told = refusal(put(modern(), path, value), version="2.0.0")
    assert told.path == refused


@pytest.mark.parametrize("statement", [None, [], "x", 5, True])
def test_what_is_no_object_is_no_statement(statement):
    assert refusal(statement).path == "$"


def test_place_in_a_batch_leads_the_path():
    told = refusal(put(short(), "verb.id", "x"), path="$[3]")
    assert told.path == "$[3].verb.id"


def test_clause_is_that_of_the_version():
    told = refusal(put(short(), "verb.id", "x"), version="2.0.0")
    assert told.clause == "IEEE 9274.1.1 4.2.2.2"


def test_version_of_the_newer_standard_is_refused_under_the_older():
    assert refusal(put(full(), "version", "2.0.0")).path == "$.version"


@pytest.mark.parametrize(
    ("path", "value", "fix"),
    [
        pytest.param("Actor", ANNA, 'write "actor"', id="wrong case"),
        pytest.param("contxt", {}, 'Did you mean "context"?', id="misspelt"),
        pytest.param("object", ANNA, '"objectType": "Agent"', id="agent as object"),
        pytest.param("actor", {"member": [ANNA]}, '"objectType": "Group"', id="group as actor"),
        pytest.param("verb.display", {"en_US": "x"}, '"en-US"', id="underscore in a tag"),
        pytest.param("verb.id", "www.example.org/v", "scheme", id="no scheme"),
        pytest.param("context", {"contextAgents": []}, "2.0.0", id="newer property"),
    ],
)
def test_fix_names_the_likely_slip(path, value, fix):
    assert fix in refusal(put(short(), path, value)).fix


def test_refusal_reads_as_one_line():
    told = str(refusal(put(short(), "actor.mbox", "anna")))
    assert told.startswith('$.actor.mbox: Expected mailto: and one address; got the string "anna".')


def test_long_and_odd_values_are_cut_in_messages():
    told = refusal(put(short(), "verb.id", "\ud800\n" + "x" * 10_000))
    assert len(str(told)) < 500
    assert str(told).isprintable()
