"""Statements that keep every rule are accepted, however unusual."""

from __future__ import annotations

import pytest
from xapi_samples import (
    ATTACHMENT,
    BEN,
    CARA,
    DORA,
    GONE,
    REFERENCE,
    SID,
    TEAM,
    VOIDED,
    full,
    modern,
    planned,
    put,
    short,
)

from xapi.walk import walk

IDENTIFIED = {"objectType": "Group", "mbox": "mailto:team@example.org"}
INTERACTION = "object.definition"
COMPONENTS = [{"id": "a", "description": {"en": "First"}}, {"id": "b"}]


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(short(), id="the least there can be"),
        pytest.param(full(), id="every property"),
        pytest.param(planned(), id="a SubStatement as object"),
        pytest.param(put(short(), "object", REFERENCE), id="a reference as object"),
        pytest.param(
            put(put(short(), "object", REFERENCE), "verb.id", VOIDED), id="a voiding statement"
        ),
        pytest.param(put(short(), "object", {"objectType": "Agent", **BEN}), id="agent as object"),
        pytest.param(put(short(), "object", TEAM), id="anonymous group as object"),
        pytest.param(put(short(), "actor", BEN), id="actor with account"),
        pytest.param(put(short(), "actor", CARA), id="actor with openid"),
        pytest.param(put(short(), "actor", DORA), id="actor with mbox_sha1sum"),
        pytest.param(put(short(), "actor", TEAM), id="anonymous group as actor"),
        pytest.param(put(short(), "actor", IDENTIFIED), id="identified group without members"),
        pytest.param(
            put(short(), "actor", {**IDENTIFIED, "member": []}), id="identified group, no member"
        ),
        pytest.param(put(full(), "context.instructor", TEAM), id="group as instructor"),
        pytest.param(put(full(), "authority", TEAM), id="anonymous group of two as authority"),
        pytest.param(put(full(), "version", "1.0"), id="version 1.0"),
        pytest.param(put(full(), "version", "1.0.9"), id="version 1.0.9"),
        pytest.param(put(full(), "attachments", []), id="no attachments"),
        pytest.param(put(full(), "attachments", [ATTACHMENT]), id="attachment without fileUrl"),
        pytest.param(put(full(), "attachments[0].sha2", "AB" * 48), id="SHA-384 in capitals"),
        pytest.param(
            put(full(), "attachments[0].contentType", "text/plain; charset=ascii"),
            id="media type with a parameter",
        ),
        pytest.param(put(full(), "result", {}), id="empty result"),
        pytest.param(put(full(), "context", {}), id="empty context"),
        pytest.param(put(full(), "context.contextActivities", {}), id="no context activities"),
        pytest.param(put(full(), "result.score", {"scaled": -1}), id="scaled -1"),
        pytest.param(put(full(), "result.score", {"raw": -5.5}), id="raw alone"),
        pytest.param(put(full(), "result.score.raw", 100), id="raw equals max"),
        pytest.param(put(full(), "result.response", ""), id="empty response"),
        pytest.param(put(full(), "actor.name", ""), id="empty name"),
        pytest.param(put(full(), "verb.display", {}), id="empty display"),
        pytest.param(put(full(), "id", SID.upper()), id="id in capitals"),
        pytest.param(put(full(), "timestamp", "2099-01-01T00:00:00Z"), id="time in the future"),
        pytest.param(put(full(), "object.objectType", GONE), id="activity without objectType"),
        pytest.param(put(full(), f"{INTERACTION}.correctResponsesPattern", []), id="no answer"),
        pytest.param(
            put(full(), 'context.extensions["http://example.org/big"]', 10**40), id="big integer"
        ),
    ],
)
def test_accepted(statement, version):
    assert walk(statement, version=version).terms


@pytest.mark.parametrize(
    ("kind", "lists"),
    [
        ("true-false", {}),
        ("choice", {"choices": COMPONENTS}),
        ("fill-in", {}),
        ("long-fill-in", {}),
        ("matching", {"source": COMPONENTS, "target": COMPONENTS}),
        ("performance", {"steps": COMPONENTS}),
        ("sequencing", {"choices": COMPONENTS}),
        ("likert", {"scale": COMPONENTS}),
        ("numeric", {}),
        ("other", {}),
    ],
)
def test_interaction_accepted(kind, lists):
    statement = put(full(), INTERACTION, {"interactionType": kind, **lists})
    assert walk(statement, version="1.0.3").terms


def test_two_point_nought_accepts_agents_and_groups_of_the_context():
    assert walk(modern(), version="2.0.0").terms


def test_two_point_nought_accepts_its_own_version():
    assert walk(put(full(), "version", "2.0.0"), version="2.0.0").terms


def test_depth_inside_extensions_is_no_business_of_the_walk():
    nested = 0
    for _ in range(5000):
        nested = [nested]
    statement = put(short(), "result", {"extensions": {}})
    statement["result"]["extensions"]["http://example.org/deep"] = nested
    assert walk(statement, version="1.0.3").terms
