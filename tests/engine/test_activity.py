"""From what a source says to facts, and from facts to a statement."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.activity import agent_of, essence, facts_of, same_essence, statement_of, tag_of
from engine.api import Account, Activity, Actor, Thing
from xapi.vocabulary import TYPES, VERBS, Extension
from xapi.walk import walk

ITEM = uuid.UUID("5b1a1c1e-0d53-5a6b-8f0a-6f7f6d0c7d11")
SID = uuid.UUID("0a1b2c3d-0d53-5a6b-8f0a-6f7f6d0c7d12")
OTHER = uuid.UUID("0a1b2c3d-0d53-5a6b-8f0a-6f7f6d0c7d13")
BO = Actor(name="Bo Lund", email="Bo@Example.org ")
SITE = "https://forum.example.org"


def activity(**more: Any) -> Activity:
    given: dict[str, Any] = {
        "rows": (1,),
        "keys": ("a",),
        "actor": BO,
        "verb": "attended",
        "type": "webinar",
        "title": "Open data",
        "at": datetime(2026, 9, 8, 12, tzinfo=UTC),
    }
    return Activity(**given | more)


def facts(*, target: uuid.UUID | None = None, tags: tuple[str, ...] = (), **more: Any) -> Any:
    agent = agent_of(BO)
    assert agent
    return facts_of(activity(**more), agent=agent, item=ITEM, target=target, tags=tags)


def statement(**more: Any) -> dict[str, Any]:
    return statement_of(facts(**more), sid=SID, target=None, replaces=None)


@pytest.mark.parametrize(
    ("actor", "agent"),
    [
        pytest.param(BO, {"mbox": "mailto:bo@example.org", "name": "Bo Lund"}, id="email"),
        pytest.param(
            Actor(account=Account(home_page=SITE + "/", name="bo")),
            {"account": {"homePage": SITE, "name": "bo"}},
            id="account",
        ),
        pytest.param(
            Actor(email="bo@example.org", account=Account(home_page=SITE, name="bo")),
            {"mbox": "mailto:bo@example.org"},
            id="an email before an account",
        ),
        pytest.param(
            Actor(email=" ", account=Account(home_page=SITE, name="bo")),
            {"account": {"homePage": SITE, "name": "bo"}},
            id="a blank email",
        ),
    ],
)
def test_whom_a_source_knows_becomes_an_agent(actor: Actor, agent: dict[str, Any]) -> None:
    assert agent_of(actor) == {"objectType": "Agent"} | agent


@pytest.mark.parametrize(
    "actor",
    [
        pytest.param(Actor(name="Bo Lund"), id="a name"),
        pytest.param(Actor(), id="nothing"),
        pytest.param(Actor(account=Account(home_page=SITE, name=" ")), id="a blank account"),
    ],
)
def test_a_name_alone_is_nobody(actor: Actor) -> None:
    assert agent_of(actor) is None


@pytest.mark.parametrize(
    ("tag", "compared"),
    [
        ("Open Data", "open-data"),
        ("  open   DATA ", "open-data"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
    ],
)
def test_tags_are_compared_case_folded_with_hyphens(tag: str, compared: str) -> None:
    assert tag_of(tag) == compared


def test_tags_of_the_source_and_of_the_instance_are_kept_once() -> None:
    told = facts(tags=("policy", "Open data"), title="x")
    assert told["tags"] == ["open-data", "policy"]


def test_a_whole_activity_is_a_sound_statement() -> None:
    whole = statement(
        url="https://events.example.org/7",
        language="fr",
        duration=timedelta(minutes=50),
        result={"completion": True},
        parent=Thing(url="https://events.example.org", title="Série", type="series"),
        community=Thing(url=SITE, type="community"),
        excerpt="Bonjour",
        tags=("policy",),
    )
    assert walk(whole, version="2.0.0").changed is False
    assert whole["result"] == {"completion": True, "duration": "PT50M", "response": "Bonjour"}
    assert whole["object"]["definition"] == {"name": {"fr": "Open data"}, "type": TYPES["webinar"]}
    assert whole["context"]["contextActivities"]["parent"][0]["id"] == "https://events.example.org"
    assert whole["context"]["contextActivities"]["grouping"][0]["id"] == SITE


def test_a_verb_has_its_words_and_any_other_stays_an_iri() -> None:
    assert statement()["verb"]["display"]["fr"] == "a assisté à"
    assert statement(verb="https://e.org/v")["verb"] == {"id": "https://e.org/v"}


def test_an_object_without_address_is_named_by_its_item() -> None:
    assert statement()["object"]["id"] == ITEM.urn


def test_a_reference_points_to_the_statement_that_stands() -> None:
    told = statement_of(facts(target=ITEM), sid=SID, target=OTHER, replaces=None)
    assert told["object"] == {"objectType": "StatementRef", "id": str(OTHER)}


def test_a_revision_says_what_it_replaces_and_who_corrected() -> None:
    told = statement_of(facts(), sid=SID, target=None, replaces=OTHER, corrected=True)
    assert told["context"]["extensions"] == {
        Extension.REPLACES: str(OTHER),
        Extension.CORRECTED_BY: "learner",
    }


@pytest.mark.parametrize(
    ("change", "same"),
    [
        pytest.param({"title": "Open Data!"}, True, id="title"),
        pytest.param({"excerpt": "…"}, True, id="excerpt"),
        pytest.param(
            {"at": datetime(2026, 9, 8, 12, 0, 0, 999_000, tzinfo=UTC)}, True, id="0.999 s"
        ),
        pytest.param({"at": datetime(2026, 9, 8, 12, 0, 1, tzinfo=UTC)}, False, id="a second"),
        pytest.param({"verb": "presented"}, False, id="verb"),
        pytest.param({"url": "https://e.org/7"}, False, id="object"),
        pytest.param({"duration": timedelta()}, False, id="no time is not unknown"),
        pytest.param({"result": {"completion": True}}, False, id="result"),
        pytest.param({"tags": ("policy",)}, False, id="tags"),
    ],
)
def test_what_makes_two_reports_differ(change: dict[str, Any], same: bool) -> None:
    assert same_essence(essence(facts()), essence(facts(**change))) is same


def test_the_learners_own_word_is_another_than_the_sources() -> None:
    told = facts()
    words = {essence(told, "source"), essence(told, "learner"), essence(told, "original")}
    assert len(words) == 3


def test_the_title_counts_in_the_learners_own_word() -> None:
    assert essence(facts(), "learner") != essence(facts(title="x"), "learner")


@pytest.mark.parametrize("one", [None, "x@2026-09-08T12:00:00Z"])
def test_nothing_is_the_same_as_nothing_only(one: str | None) -> None:
    assert same_essence(one, None) is (one is None)


def test_every_verb_has_one_address() -> None:
    assert len({verb.iri for verb in VERBS.values()}) == len(VERBS)
