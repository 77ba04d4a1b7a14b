"""The few values that the standard has the record store change."""

from __future__ import annotations

import pytest
from xapi_samples import WEBINAR, full, planned, put, short

from xapi.walk import walk


@pytest.mark.parametrize("name", ["parent", "grouping", "category", "other"])
def test_single_context_activity_becomes_an_array(name):
    statement = put(short(), "context", {"contextActivities": {name: WEBINAR}})
    assert walk(statement, version="1.0.3").changed
    assert statement["context"]["contextActivities"] == {name: [WEBINAR]}


def test_single_context_activity_of_a_substatement_becomes_an_array():
    statement = put(planned(), "object.context.contextActivities", {"parent": WEBINAR})
    assert walk(statement, version="1.0.3").changed
    assert statement["object"]["context"]["contextActivities"]["parent"] == [WEBINAR]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param("2026-03-19T14:05:00-04:00", "2026-03-19T18:05:00Z", id="offset"),
        pytest.param("2026-03-19T14:05:00.1234567-0400", "2026-03-19T18:05:00.1234567Z", id="part"),
        pytest.param("2026-03-19T14:05:00", "2026-03-19T14:05:00Z", id="no zone"),
        pytest.param("20260319T140500Z", "2026-03-19T14:05:00Z", id="basic format"),
    ],
)
def test_two_point_nought_keeps_timestamps_in_utc(sent, kept):
    statement = put(short(), "timestamp", sent)
    assert walk(statement, version="2.0.0").changed
    assert statement["timestamp"] == kept


def test_two_point_nought_converts_the_timestamp_of_a_substatement():
    statement = put(planned(), "object.timestamp", "2030-01-01T00:00:00+01:00")
    assert walk(statement, version="2.0.0").changed
    assert statement["object"]["timestamp"] == "2029-12-31T23:00:00Z"


@pytest.mark.parametrize("sent", ["2026-03-19T14:05:00Z", "2026-03-19T14:05:00.601+00:00"])
def test_two_point_nought_leaves_what_is_utc(sent):
    assert not walk(put(short(), "timestamp", sent), version="2.0.0").changed


def test_one_point_nought_leaves_offsets():
    statement = put(short(), "timestamp", "2026-03-19T14:05:00-04:00")
    assert not walk(statement, version="1.0.3").changed
    assert statement["timestamp"] == "2026-03-19T14:05:00-04:00"


def test_nothing_else_changes():
    statement = full()
    assert not walk(statement, version="1.0.3").changed
    assert statement == full()
