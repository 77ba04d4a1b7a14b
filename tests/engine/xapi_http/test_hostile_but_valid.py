"""Statements that keep every rule and mean no good: taken, found again, and in nobody's way."""

from __future__ import annotations

from typing import Any

import pytest
from factories import a_person
from flask import Flask
from learner_visits import catch_up, sign_in
from live_log import answered, where
from xapi_making import Lms

from xapi import text
from xapi.vocabulary import Extension

pytestmark = pytest.mark.both_databases

LONG = "x" * 10_000
THING = "https://forum.example.org/t/9"
AN_ID = "8f87ccde-bb56-4c2e-ab83-44982ef22df0"


def account(home: str = "https://lms.example.org", name: str = "bo") -> dict[str, Any]:
    return {"actor": {"account": {"homePage": home, "name": name}}}


def said(**extensions: Any) -> dict[str, Any]:
    return {"context": {"extensions": {Extension.TAGS: ["data"], **extensions}}}


def thing(**definition: Any) -> dict[str, Any]:
    return {"object": {"id": THING, "definition": definition}}


def scored(**score: Any) -> dict[str, Any]:
    return {"result": {"score": score}}


def group(size: int) -> dict[str, Any]:
    members = [{"mbox": f"mailto:bo{number}@example.org"} for number in range(size)]
    return {"actor": {"objectType": "Group", "member": members}}


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else {}


HOSTILE = [
    pytest.param(thing(name={"en": "\0a\0"}), id="a NUL in the title"),
    pytest.param(account(name="b\0o"), id="a NUL in the name of an account"),
    pytest.param(said(**{Extension.TAGS: ["data", "\0", LONG]}), id="a NUL in a tag"),
    pytest.param(said(**{Extension.TAGS: 7}), id="tags that are a number"),
    pytest.param(said(**{Extension.REPLACES: LONG}), id="a long text in place of an earlier id"),
    pytest.param(said(**{Extension.REPLACES: "\0"}), id="a NUL in place of an earlier id"),
    pytest.param(said(**{Extension.REPLACES: {AN_ID: [AN_ID]}}), id="an object for an earlier id"),
    pytest.param(said(**{Extension.CORRECTED_BY: [None]}), id="a correction by nobody"),
    pytest.param(said(**{"urn:x:deep": nested(90)}), id="nested extensions"),
    pytest.param(account(name="é" * 10_000), id="a long name of an account"),
    pytest.param(account(home=f"https://lms.example.org/{LONG}"), id="a long home page"),
    pytest.param({"actor": {"mbox": f"mailto:{LONG}@example.org"}}, id="a long address"),
    pytest.param({"actor": {"openid": "https://" + "😀" * 3_000}}, id="a long OpenID"),
    pytest.param({"verb": {"id": f"urn:x:{LONG}"}}, id="a long verb"),
    pytest.param({"object": {"id": f"https://example.org/{LONG}"}}, id="a long activity"),
    pytest.param(thing(type=f"urn:x:{LONG}"), id="a long type"),
    pytest.param(thing(name={"en": LONG * 10}), id="a long title"),
    pytest.param(thing(name={"en": "\u202e\ufffe\x7f<script>%s'"}), id="an odd title"),
    pytest.param(group(2_000), id="a crowd"),
    pytest.param({"timestamp": "0001-01-01T00:00:00Z"}, id="the first day"),
    pytest.param({"timestamp": "9999-12-31T23:59:59.999999999Z"}, id="the last day"),
    pytest.param(scored(raw=10**400, max=10**401), id="a huge score"),
    pytest.param(scored(scaled=1e-320), id="a tiny score"),
    pytest.param({"result": {"duration": f"P{'9' * 190}Y"}}, id="a long duration"),
]


@pytest.mark.parametrize("members", HOSTILE)
def test_is_kept_as_it_came_and_found_by_what_it_names(app: Flask, members: dict[str, Any]) -> None:
    lms, statement = Lms(app), answered() | members
    assert lms.post([statement, answered("ines@example.org", "2")]).status_code == 200
    agent = statement["actor"].get("member", [statement["actor"]])[-1]
    asked = {"verb": statement["verb"]["id"], "activity": statement["object"]["id"]}
    [kept] = text.parse(lms.get(agent=text.dump(agent).decode(), **asked).data)["statements"]
    assert {name: kept[name] for name in statement} == statement


def test_keeps_nobody_else_from_her_level(app: Flask) -> None:
    a_person()
    hostile = [answered("ines@example.org") | param.values[0] for param in HOSTILE]
    assert Lms(app).post([*hostile, answered(thing="2")]).status_code == 200
    assert where() is not None


@pytest.mark.parametrize("members", HOSTILE)
def test_is_shown_to_whom_it_is_about(app: Flask, members: dict[str, Any]) -> None:
    who, statement = a_person(), answered() | members | {"actor": answered()["actor"]}
    Lms(app).post(statement)
    catch_up(app)
    visit = sign_in(app, who)
    assert "Bo Lund" in visit.html("/learning")
    assert "Bo Lund" in visit.html(f"/learning/{statement['id']}")
