"""The parameters of GET statements."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from xapi_samples import ANNA, BEN, REGISTRATION, SID, TEAM

from xapi.errors import QueryRefused
from xapi.query import Query, read_query

NOTHING = Query(
    statement_id=None,
    voided_id=None,
    agent=None,
    verb=None,
    activity=None,
    registration=None,
    related_activities=False,
    related_agents=False,
    since=None,
    until=None,
    limit=0,
    ascending=False,
    format="exact",
    attachments=False,
)
NOON = datetime(2026, 3, 19, 12, tzinfo=UTC)
VERB = "http://adlnet.gov/expapi/verbs/attended"
GROUP = {"objectType": "Group", "mbox": "mailto:team@example.org"}


def test_no_parameters_ask_for_everything():
    assert read_query({}, version="1.0.3") == NOTHING


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("statementId", SID.upper(), "statement_id", UUID(SID)),
        ("voidedStatementId", SID, "voided_id", UUID(SID)),
        ("agent", json.dumps(ANNA), "agent", "mailto:anna@example.org"),
        ("agent", json.dumps(BEN), "agent", "https://lms.example.org::ben"),
        ("agent", json.dumps(GROUP), "agent", "mailto:team@example.org"),
        ("verb", VERB, "verb", VERB),
        ("activity", "urn:x:1", "activity", "urn:x:1"),
        ("registration", REGISTRATION.upper(), "registration", REGISTRATION),
        ("related_activities", "true", "related_activities", True),
        ("related_agents", "true", "related_agents", True),
        ("since", "2026-03-19T12:00:00Z", "since", NOON),
        ("since", "2026-03-19 12:00:00+00:00", "since", NOON),
        ("until", "2026-03-19T08:00:00-04:00", "until", NOON),
        ("limit", "0", "limit", 0),
        ("limit", "25", "limit", 25),
        ("limit", "9" * 30, "limit", 2**31 - 1),
        ("ascending", "true", "ascending", True),
        ("ascending", "True", "ascending", True),
        ("ascending", "false", "ascending", False),
        ("format", "ids", "format", "ids"),
        ("format", "canonical", "format", "canonical"),
        ("attachments", "true", "attachments", True),
    ],
)
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_read(name, text, field, value, version):
    assert getattr(read_query({name: text}, version=version), field) == value


def test_filters_combine():
    query = read_query({"verb": VERB, "limit": "5", "ascending": "true"}, version="2.0.0")
    assert (query.verb, query.limit, query.ascending) == (VERB, 5, True)


def test_id_goes_with_format_and_attachments():
    args = {"statementId": SID, "format": "ids", "attachments": "true"}
    assert read_query(args, version="1.0.3").statement_id == UUID(SID)


BAD_VALUES = [
    ("statementId", "12"),
    ("statementId", ""),
    ("voidedStatementId", f"{{{SID}}}"),
    ("agent", "anna"),
    ("agent", ""),
    ("agent", "{}"),
    ("agent", "[]"),
    ("agent", '{"mbox":"anna@example.org"}'),
    ("agent", '{"mbox":"mailto:a@b.org","mbox":"mailto:c@d.org"}'),
    ("agent", '{"mbox":"mailto:a@b.org","openid":"http://x.org"}'),
    ("agent", '{"Mbox":"mailto:a@b.org"}'),
    ("agent", '{"name":null,"mbox":"mailto:a@b.org"}'),
    ("agent", "[" * 5000),
    ("agent", "\ud800"),
    ("agent", json.dumps(TEAM)),
    ("verb", "attended"),
    ("verb", ""),
    ("activity", "example.org/1"),
    ("registration", "1"),
    ("related_activities", "TRUE"),
    ("related_agents", "1"),
    ("since", "yesterday"),
    ("since", "2026-02-30T00:00:00Z"),
    ("until", "2026-03-19T12:00:00-00:00"),
    ("limit", "-1"),
    ("limit", "1.5"),
    ("limit", ""),
    ("limit", "ten"),
    ("limit", "٣"),
    ("ascending", "yes"),
    ("ascending", ""),
    ("format", "Exact"),
    ("format", "full"),
    ("attachments", "TRUE"),
    ("StatementId", SID),
    ("Verb", VERB),
    ("Limit", "1"),
    ("relatedAgents", "true"),
    ("unknown", "1"),
    ("", ""),
]


@pytest.mark.parametrize(("name", "text"), BAD_VALUES)
def test_refused(name, text):
    with pytest.raises(QueryRefused) as caught:
        read_query({name: text}, version="2.0.0")
    assert caught.value.parameter == name
    assert caught.value.rule
    assert caught.value.clause == "IEEE 9274.1.1 4.1.6.1"
    assert caught.value.fix


@pytest.mark.parametrize("name", ["statementId", "voidedStatementId"])
@pytest.mark.parametrize(
    ("other", "text"),
    [
        ("agent", json.dumps(ANNA)),
        ("verb", VERB),
        ("activity", "urn:x:1"),
        ("registration", REGISTRATION),
        ("related_activities", "false"),
        ("related_agents", "false"),
        ("since", "2026-03-19T12:00:00Z"),
        ("until", "2026-03-19T12:00:00Z"),
        ("limit", "1"),
        ("ascending", "false"),
    ],
)
def test_id_with_a_filter_is_refused(name, other, text):
    with pytest.raises(QueryRefused) as caught:
        read_query({name: SID, other: text}, version="1.0.3")
    assert caught.value.parameter == name
    assert other in caught.value.rule


def test_both_ids_are_refused():
    with pytest.raises(QueryRefused):
        read_query({"statementId": SID, "voidedStatementId": SID}, version="1.0.3")


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        pytest.param("Verb", VERB, "write verb", id="wrong case"),
        pytest.param("relatedAgents", "true", "related_agents", id="misspelt"),
        pytest.param("since", "2026-03-19T12:00:00 01:00", "%2B", id="plus read as space"),
    ],
)
def test_fix_names_the_likely_slip(name, text, hint):
    with pytest.raises(QueryRefused) as caught:
        read_query({name: text}, version="1.0.3")
    assert hint in caught.value.fix
    assert str(caught.value).startswith(name)
