"""Statements that break one rule: refused at every door with rule, clause and fix."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from attachment_making import CONTENT, attached, post_mixed
from factories import a_statement
from flask import Flask
from fuzz_making import BULK
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rule_breaking import BROKEN
from werkzeug.test import TestResponse
from xapi_making import Lms

from engine.pipeline import reader

MANY = settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
VERSIONS = ["1.0.3", "2.0.0"]
Door = Callable[[Lms, Any], TestResponse]


def alone(lms: Lms, broken: Any) -> TestResponse:
    return lms.post(broken)


def among_others(lms: Lms, broken: Any) -> TestResponse:
    return lms.post([a_statement(), broken, a_statement()])


def by_put(lms: Lms, broken: Any) -> TestResponse:
    return lms.put(broken, str(broken.get("id", uuid.uuid4())))


def behind_attachments(lms: Lms, broken: Any) -> TestResponse:
    return post_mixed(lms, [attached(CONTENT), broken], CONTENT)


@pytest.fixture
def speaking(app: Flask) -> dict[str, Lms]:
    """Somebody for each version."""
    return {version: Lms(app, version) for version in VERSIONS}


@pytest.mark.parametrize("door", [alone, among_others, by_put, behind_attachments])
@given(broken=BROKEN, version=st.sampled_from(VERSIONS))
@MANY
def test_one_broken_rule_refuses_all_that_was_sent(
    speaking: dict[str, Lms], door: Door, broken: Any, version: str
) -> None:
    before = reader().last()
    answer = door(speaking[version], broken)
    assert answer.status_code == 400
    assert answer.json.keys() >= {"error", "clause", "fix"}
    assert reader().last() == before


@given(broken=BROKEN, version=st.sampled_from(VERSIONS))
@MANY
def test_one_broken_rule_spoils_no_other_statement_in_bulk(
    speaking: dict[str, Lms], broken: Any, version: str
) -> None:
    before = reader().count()
    answer = speaking[version].post([a_statement(), broken], BULK)
    assert [one["outcome"] for one in answer.json["results"]] == ["stored", "refused"]
    assert answer.json["results"][1]["error"]["fix"]
    assert reader().count() == before + 1
