"""When two statements with one id are the same."""

from __future__ import annotations

import pytest
from xapi_samples import (
    ANNA,
    ATTACHMENT,
    BEN,
    DORA,
    GONE,
    REFERENCE,
    REGISTRATION,
    SHA2,
    SID,
    WEBINAR,
    full,
    modern,
    planned,
    put,
)

from xapi.sameness import same

OTHER_ID = "ffffffff-bb56-4c2e-ab83-44982ef22df0"
LOUD_DORA = {"mbox_sha1sum": DORA["mbox_sha1sum"].upper()}
OTHER = {"id": "http://example.org/other"}
ACTIVITIES = "context.contextActivities.parent"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("id", GONE, id="id absent"),
        pytest.param("stored", "2027-01-01T00:00:00Z", id="stored"),
        pytest.param("authority", ANNA, id="authority"),
        pytest.param("version", "1.0.0", id="version"),
        pytest.param("timestamp", GONE, id="timestamp absent"),
        pytest.param("timestamp", "2026-03-19T10:05:00.123-04:00", id="same instant elsewhere"),
        pytest.param("timestamp", "2026-03-19T14:05:00.123456Z", id="beyond milliseconds"),
        pytest.param("verb.display", {"fr": "a assisté à"}, id="verb display"),
        pytest.param("verb.display", GONE, id="verb display absent"),
        pytest.param("object.definition", GONE, id="definition absent"),
        pytest.param("object.definition.name", {"en": "Test"}, id="definition"),
        pytest.param(
            f"{ACTIVITIES}[0].definition", {"name": {"en": "x"}}, id="definition of parent"
        ),
        pytest.param(ACTIVITIES, WEBINAR, id="single activity for an array"),
        pytest.param("context.team.member", [BEN, ANNA], id="order of members"),
        pytest.param("context.registration", REGISTRATION.upper(), id="case of registration"),
        pytest.param("context.statement.id", SID.upper(), id="case of a reference"),
        pytest.param("context.language", "EN-us", id="case of a language tag"),
        pytest.param("actor.mbox", "mailto:anna@EXAMPLE.org", id="case of a domain"),
        pytest.param("attachments[0].fileUrl", GONE, id="fileUrl"),
        pytest.param("attachments[0].sha2", SHA2.upper(), id="case of a hash"),
        pytest.param("attachments[0].display", {"EN": "Certificate"}, id="case of a map's tag"),
        pytest.param("result.score.raw", 80.0, id="80 and 80.0"),
    ],
)
def test_same(path, value):
    assert same(full(), put(full(), path, value))
    assert same(put(full(), path, value), full())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("actor", BEN, id="actor"),
        pytest.param("actor.name", "A.", id="name of the actor"),
        pytest.param("actor.mbox", "mailto:Anna@example.org", id="local part of an address"),
        pytest.param("actor.objectType", GONE, id="objectType left out"),
        pytest.param("verb.id", "http://example.org/other", id="verb"),
        pytest.param("object.id", "http://example.org/other", id="object"),
        pytest.param("object", REFERENCE, id="kind of object"),
        pytest.param("timestamp", "2026-03-19T14:05:00.124Z", id="another instant"),
        pytest.param("result", GONE, id="no result"),
        pytest.param("result.success", GONE, id="no success"),
        pytest.param("result.score.raw", 81, id="score"),
        pytest.param("result.duration", "PT3420S", id="duration in other words"),
        pytest.param("result.extensions", {"http://example.org/x": 1}, id="extension"),
        pytest.param("context.platform", "NovaGob", id="platform"),
        pytest.param("context.registration", OTHER_ID, id="registration"),
        pytest.param("context.statement.id", OTHER_ID, id="statement of the context"),
        pytest.param("context.instructor", ANNA, id="instructor"),
        pytest.param("context.team.member", [ANNA], id="members"),
        pytest.param(ACTIVITIES, [OTHER], id="parent"),
        pytest.param(ACTIVITIES, [WEBINAR, OTHER], id="one more parent"),
        pytest.param("attachments[0].length", 28, id="attachment"),
        pytest.param("attachments", GONE, id="no attachments"),
    ],
)
def test_different(path, value):
    assert not same(full(), put(full(), path, value))
    assert not same(put(full(), path, value), full())


def both(path, one, other, base=full):
    return put(base(), path, one), put(base(), path, other)


@pytest.mark.parametrize(
    ("pair", "answer"),
    [
        pytest.param(both(ACTIVITIES, [WEBINAR, OTHER], [OTHER, WEBINAR]), True, id="order"),
        pytest.param(both("result.duration", "PT0.1237S", "PT0.12S"), True, id="hundredths"),
        pytest.param(both("result.duration", "PT0.13S", "PT0.12S"), False, id="a hundredth"),
        pytest.param(
            both("result.extensions", {"x:y": 1}, {"x:y": True}), False, id="one and true"
        ),
        pytest.param(
            both("result.extensions", {"x:y": [1, 2]}, {"x:y": [2, 1]}), False, id="free order"
        ),
        pytest.param(
            both("attachments", [ATTACHMENT], [{**ATTACHMENT, "fileUrl": "x:y"}]), True, id="where"
        ),
        pytest.param(
            both("object", {**DORA, "objectType": "Agent"}, {**LOUD_DORA, "objectType": "Agent"}),
            True,
            id="case of an address hash",
        ),
        pytest.param(both("object.actor", ANNA, BEN, planned), False, id="planned by another"),
        pytest.param(
            both("object.timestamp", "2030-01-01T01:00:00+01:00", "2030-01-01T00:00:00Z", planned),
            True,
            id="planned for the same instant",
        ),
        pytest.param(
            both("object.timestamp", GONE, "2030-01-01T00:00:00Z", planned),
            False,
            id="planned without time",
        ),
        pytest.param(
            both("object.verb.display", {"en": "a"}, {"en": "b"}, planned),
            True,
            id="planned display",
        ),
        pytest.param(
            both("context.contextAgents[0].agent", ANNA, BEN, modern), False, id="context agent"
        ),
        pytest.param(
            both("context.contextGroups[0].group.member", [ANNA, BEN], [BEN, ANNA], modern),
            True,
            id="members of a context group",
        ),
    ],
)
def test_pair(pair, answer):
    assert same(*pair) is answer


def test_comparing_changes_nothing():
    one, other = full(), full()
    same(one, other)
    assert one == other == full()
