"""The reader of parameters that every resource uses, and the values it takes out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from xapi_samples import BEN, REGISTRATION, SID, TEAM

from xapi.errors import QueryRefused
from xapi.parameters import (
    NAME_LENGTH,
    BadValue,
    Parameters,
    as_boolean,
    as_identified,
    as_iri,
    as_name,
    as_registration,
    as_timestamp,
    as_uuid,
    once,
)


def sent(version="1.0.3", **args):
    return Parameters(
        args, known=("agent", "since"), asked="GET things", topic="state", version=version
    )


def refusal(act):
    with pytest.raises(QueryRefused) as caught:
        act()
    return caught.value


def test_value_that_was_sent_is_converted():
    assert sent(since="2026-03-19T12:00:00Z").read("since", as_timestamp, None) == datetime(
        2026, 3, 19, 12, tzinfo=UTC
    )


def test_value_that_was_not_sent_is_the_default():
    assert sent().read("since", as_timestamp, "never") == "never"


def test_whether_a_parameter_was_sent():
    assert "agent" in sent(agent="x")
    assert "since" not in sent(agent="x")


def test_unknown_parameter_is_refused_at_once():
    refused = refusal(lambda: sent(other="1"))
    assert refused.parameter == "other"
    assert refused.rule == "GET things has no such parameter."
    assert "agent, since" in refused.fix


def test_wrong_case_is_told():
    assert "write agent" in refusal(lambda: sent(Agent="1")).fix


def test_likely_slip_is_told():
    assert "Did you mean since?" in refusal(lambda: sent(sinze="1")).fix


def test_where_nothing_is_known_everything_is_too_much():
    refused = refusal(
        lambda: Parameters({"a": "1"}, known=(), asked="X", topic="state", version="1.0.3")
    )
    assert refused.fix == "Leave it out."


def test_missing_parameter_is_refused():
    refused = refusal(lambda: sent().need("agent", as_identified))
    assert refused.parameter == "agent"
    assert refused.rule == "GET things needs this parameter, which is missing."


@pytest.mark.parametrize(
    ("version", "cited"),
    [("1.0.3", "xAPI 1.0.3 Communication 2.3"), ("2.0.0", "IEEE 9274.1.1 4.1.6.2")],
)
def test_bad_value_is_refused_by_the_clause_of_its_version(version, cited):
    refused = refusal(lambda: sent(version, agent="anna").need("agent", as_identified))
    assert (refused.parameter, refused.clause) == ("agent", cited)
    assert refused.fix


def test_each_parameter_is_sent_once():
    given = [("agent", ["a"]), ("since", ["b"])]
    assert once(given, topic="state", version="1.0.3") == {"agent": "a", "since": "b"}


def test_parameter_sent_twice_is_refused():
    given = [("agent", ["a", "a"])]
    assert refusal(lambda: once(given, topic="state", version="1.0.3")).parameter == "agent"


def test_agent_comes_with_its_key():
    found = as_identified(json.dumps(BEN))
    assert found.agent == BEN
    assert found.key == "https://lms.example.org::ben"


@pytest.mark.parametrize(
    ("convert", "text", "value"),
    [
        (as_uuid, SID.upper(), UUID(SID)),
        (as_registration, REGISTRATION.upper(), REGISTRATION),
        (as_iri, "urn:x:1", "urn:x:1"),
        (as_boolean, "True", True),
        (as_name, "é/ b", "é/ b"),
        (as_name, "a" * NAME_LENGTH, "a" * NAME_LENGTH),
    ],
)
def test_converted(convert, text, value):
    assert convert(text) == value


@pytest.mark.parametrize(
    ("convert", "text"),
    [
        pytest.param(as_uuid, f"{{{SID}}}", id="UUID in braces"),
        pytest.param(as_registration, "true", id="registration that is no UUID"),
        pytest.param(as_iri, "example.org", id="IRI without scheme"),
        pytest.param(as_boolean, "1", id="number for a boolean"),
        pytest.param(as_timestamp, "yesterday", id="timestamp that is none"),
        pytest.param(as_identified, json.dumps(TEAM), id="anonymous group"),
        pytest.param(as_identified, "true", id="JSON that is no agent"),
        pytest.param(as_identified, "{}{", id="no JSON"),
        pytest.param(as_name, "", id="empty name"),
        pytest.param(as_name, "a" * (NAME_LENGTH + 1), id="name too long"),
        pytest.param(as_name, "a\0b", id="NUL in a name"),
        pytest.param(as_name, "\ud800", id="half a character in a name"),
    ],
)
def test_not_converted(convert, text):
    with pytest.raises(BadValue) as caught:
        convert(text)
    assert caught.value.rule.startswith("Expected")
    assert caught.value.fix
