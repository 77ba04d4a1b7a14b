"""Keys that know a happening by its content: sending a batch again stores nothing."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from attachment_making import CONTENT, attached, post_mixed
from factories import a_statement
from flask import Flask
from xapi_making import Lms

from engine.lrs.rights import Change
from engine.pipeline import reader

pytestmark = pytest.mark.both_databases


def a_moodle(app: Flask, name: str = "moodle", version: str = "1.0.3") -> Lms:
    """A client whose key deduplicates."""
    return Lms(app, version, name=name, more=Change(dedupe=True))


@pytest.fixture(params=["1.0.3", "2.0.0"])
def moodle(app: Flask, request: pytest.FixtureRequest) -> Lms:
    return a_moodle(app, version=request.param)


def viewed(page: int = 1, **members: Any) -> dict[str, Any]:
    """An event as Moodle's logstore sends it: a timestamp, and no id."""
    course = {"id": "https://moodle.example.org/course/view.php?id=7"}
    statement = a_statement(
        verb="http://id.tincanapi.com/verb/viewed",
        thing=f"https://moodle.example.org/mod/page/view.php?id={page}",
        actor={"account": {"homePage": "https://moodle.example.org", "name": "bo"}},
        timestamp="2026-06-10T14:31:41.000Z",
        context={"contextActivities": {"parent": [course]}, "registration": str(uuid.UUID(int=7))},
        **members,
    )
    del statement["id"]
    return statement


def test_batch_sent_again_is_answered_alike_and_stored_once(moodle: Lms) -> None:
    batch = [viewed(1), viewed(2), viewed(3)]
    first, second = moodle.post(batch), moodle.post(batch)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json == second.json
    assert moodle.ids(ascending="true") == first.json


def test_part_of_a_batch_sent_again_is_known(moodle: Lms) -> None:
    first = moodle.post([viewed(1), viewed(2)]).json
    assert moodle.post([viewed(2), viewed(3)]).json[0] == first[1]
    assert reader().count() == 3


def test_two_alike_in_a_batch_are_one(moodle: Lms) -> None:
    answer = moodle.post([viewed(), viewed(2), viewed()])
    assert answer.status_code == 200
    assert answer.json[0] == answer.json[2]
    assert reader().count() == 2


def test_order_of_members_does_not_matter(moodle: Lms) -> None:
    moodle.post(viewed())
    moodle.post(dict(reversed(viewed().items())))
    assert reader().count() == 1


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(viewed(2), id="object"),
        pytest.param(viewed() | {"timestamp": "2026-06-10T14:31:42.000Z"}, id="timestamp"),
        pytest.param(viewed(result={"success": True}), id="result"),
        pytest.param(viewed() | {"actor": {"mbox": "mailto:ann@example.org"}}, id="actor"),
    ],
)
def test_other_content_is_another_statement(moodle: Lms, other: dict[str, Any]) -> None:
    moodle.post([viewed(), other])
    assert reader().count() == 2


def test_without_timestamp_every_statement_is_new(moodle: Lms) -> None:
    statement = viewed()
    del statement["timestamp"]
    moodle.post([statement, statement])
    assert reader().count() == 2


def test_statement_with_an_id_keeps_it(moodle: Lms) -> None:
    statement = a_statement()
    assert moodle.post(statement).json == [statement["id"]]


def test_id_sent_twice_in_a_batch_is_still_refused(moodle: Lms) -> None:
    statement = a_statement()
    answer = moodle.post([statement, statement])
    assert (answer.status_code, answer.json["path"]) == (400, "$[1].id")


def test_id_in_the_address_counts(moodle: Lms) -> None:
    moodle.put(viewed(), str(uuid.uuid4()))
    moodle.put(viewed(), str(uuid.uuid4()))
    assert reader().count() == 2


def test_keys_do_not_share_what_they_know(app: Flask) -> None:
    ours, theirs = a_moodle(app, "ours"), a_moodle(app, "theirs")
    assert ours.post(viewed()).json != theirs.post(viewed()).json
    assert reader().count() == 2


def test_other_keys_store_every_time(app: Flask) -> None:
    lms = Lms(app)
    lms.post([viewed(), viewed()])
    assert reader().count() == 2


def test_statement_with_attachment_sent_again_is_known(moodle: Lms) -> None:
    statement = attached(CONTENT)
    del statement["id"]
    first = post_mixed(moodle, statement, CONTENT).json
    assert post_mixed(moodle, statement, CONTENT).json == first
    assert reader().count() == 1
