"""Statements that break one rule: at every door refused with path, rule, clause and fix."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from attachment_making import CONTENT, attached, post_mixed
from factories import a_statement
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rule_breaking import BROKEN
from werkzeug.test import TestResponse
from xapi_making import STATEMENTS, Lms

from engine.pipeline import reader
from xapi import text

BULK = "/api/v1/statements/bulk"
MANY = settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
VERSIONS = st.sampled_from(["1.0.3", "2.0.0"])
Door = Callable[[Lms, Any, dict[str, str]], TestResponse]


def alone(lms: Lms, broken: Any, spoken: dict[str, str]) -> TestResponse:
    return lms.post(broken, with_=spoken)


def among_others(lms: Lms, broken: Any, spoken: dict[str, str]) -> TestResponse:
    return lms.post([a_statement(), broken, a_statement()], with_=spoken)


def by_put(lms: Lms, broken: Any, spoken: dict[str, str]) -> TestResponse:
    asked = {"statementId": str(broken.get("id", uuid.uuid4()))}
    return lms.send("PUT", STATEMENTS, data=text.dump(broken), query_string=asked, with_=spoken)


def with_attachments(lms: Lms, broken: Any, spoken: dict[str, str]) -> TestResponse:
    return post_mixed(lms, [attached(CONTENT), broken], CONTENT, with_=spoken)


@pytest.fixture
def lms(app: Flask) -> Lms:
    return Lms(app)


@pytest.mark.parametrize("door", [alone, among_others, by_put])
@given(broken=BROKEN, version=VERSIONS)
@MANY
def test_one_broken_rule_refuses_all_that_was_sent(
    lms: Lms, door: Door, broken: Any, version: str
) -> None:
    before = reader().last()
    answer = door(lms, broken, {"X-Experience-API-Version": version})
    assert answer.status_code == 400
    assert {"error", "clause", "fix"} <= set(answer.json)
    assert reader().last() == before


@given(broken=BROKEN, version=VERSIONS)
@MANY
def test_one_broken_rule_spoils_no_other_statement_in_bulk(
    lms: Lms, broken: Any, version: str
) -> None:
    before = reader().count()
    answer = lms.post([a_statement(), broken], BULK, with_={"X-Experience-API-Version": version})
    assert [one["outcome"] for one in answer.json["results"]] == ["stored", "refused"]
    assert answer.json["results"][1]["error"]["fix"]
    assert reader().count() == before + 1
