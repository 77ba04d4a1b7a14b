"""The words of ours, as anybody gets them."""

from __future__ import annotations

from flask import Flask

from engine.competencies.evidence import OWN_PROFILE
from xapi import profile


def test_profile_is_served_to_everybody_as_linked_data(app: Flask) -> None:
    answer = app.test_client().get("/xapi-profile")
    assert (answer.status_code, answer.content_type) == (200, profile.MEDIA_TYPE)
    assert answer.get_json(force=True) == profile.document()


def test_profile_may_be_read_by_other_sites(app: Flask) -> None:
    answer = app.test_client().get("/xapi-profile")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_category_of_own_statements_is_a_version_of_it() -> None:
    assert OWN_PROFILE in [version["id"] for version in profile.document()["versions"]]
