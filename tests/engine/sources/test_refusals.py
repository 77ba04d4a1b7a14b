"""A file is refused whole, with nothing stored; a hostile row fails by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from types import ModuleType
from typing import Any

import pytest
import toy
from looking import adds_up, count_statements, ended, live_statements, run, state_of, table_sizes
from toy import crash, did, file, refuse

from engine.api import (
    Account,
    Activity,
    Actor,
    Delivery,
    Gone,
    ItemRef,
    Privacy,
    Skipped,
    Source,
    Thing,
    hookimpl,
)
from engine.db import transaction
from engine.errors import BadReport, Refused
from engine.sources import arranging, doors, instances, reading, runs

GOOD: dict[str, Any] = {
    "rows": (1,),
    "keys": ("good",),
    "actor": Actor(email="bo@example.org"),
    "verb": "attended",
    "at": datetime(2026, 9, 8, 12, tzinfo=UTC),
}


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize(
    "bad", [pytest.param(refuse(), id="refused"), pytest.param(crash(), id="a bug in the plugin")]
)
@pytest.mark.parametrize("rows", [0, 3, 450])
def test_a_refused_file_leaves_nothing(bad: dict[str, Any], rows: int) -> None:
    before = table_sizes()
    with pytest.raises(BadReport):
        run(*(did(f"key {row}") for row in range(rows)), bad)
    assert table_sizes() | {"lease": 0} == before | {"lease": 0}


@pytest.mark.usefixtures("toys")
def test_a_bug_is_told_with_the_plugin_and_the_place_and_no_data() -> None:
    with pytest.raises(BadReport) as refusal:
        run(did("a"), crash("bo@example.org"))
    assert refusal.value.why.startswith("The plugin toy failed: KeyError in toy.py, line ")
    assert "bo@" not in str(refusal.value)


@pytest.mark.usefixtures("toys")
def test_a_file_that_is_no_json_is_a_bug_of_the_toy() -> None:
    with pytest.raises(BadReport, match="JSONDecodeError"):
        runs.run_file("t", toy.Delivery(body=b"{"))


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize("bad", [refuse(), crash()], ids=["refused", "a bug"])
def test_a_refused_webhook_stays_on_its_run(bad: dict[str, Any]) -> None:
    taken = doors.receive("t", {"x-secret": ""}, {}, file(did("a"), bad).body)
    assert isinstance(taken, int)
    with pytest.raises(BadReport):
        runs.process(taken)
    kept = state_of(taken)
    assert (kept.state, kept.rows, kept.counts) == ("refused", 0, {})
    assert kept.why
    assert count_statements() == 0
    assert doors.unfinished() == []


class Fickle(Source):
    """Says something else in every reading: the first is sound, the second breaks off."""

    name = "fickle"
    title = "Fickle"
    privacy = Privacy(reads=(), keeps=())

    def __init__(self) -> None:
        self.readings = 0

    def activities(self, bundle: Any, settings: Any) -> Iterator[Any]:
        self.readings += 1
        for number in range(400):
            yield Activity(**GOOD | {"keys": (f"k{number}",)})
        if self.readings > 1:
            raise BadReport("Broken.", "Mend it.")


def plugin(source: Source) -> ModuleType:
    module = ModuleType("made")

    @hookimpl
    def register_sources() -> list[Source]:
        return [source]

    module.register_sources = register_sources  # type: ignore[attr-defined]
    return module


def test_what_a_fickle_plugin_let_through_is_taken_back(
    make_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arranging, "KEPT", 100)  # so it is read twice
    monkeypatch.setattr(reading, "BATCH", 200)
    with make_app([("fickle", plugin(Fickle()))]).app_context():
        with transaction():
            instances.add("fickle", "f", {}, basis="notice")
        with pytest.raises(BadReport):
            runs.run_file("f", file())
        assert live_statements() == 0


class Mirror(Source):
    """Says whatever it was given."""

    name = "mirror"
    title = "Mirror"
    privacy = Privacy(reads=(), keeps=())
    said: tuple[Any, ...] = ()

    def activities(self, bundle: Any, settings: Any) -> Iterator[Any]:
        yield from self.said


@pytest.fixture
def mirror(make_app: Any) -> Iterator[Mirror]:
    """A source that says what a test tells it to."""
    source = Mirror()
    with make_app([("mirror", plugin(source))]).app_context():
        with transaction():
            instances.add("mirror", "m", {}, basis="notice")
        yield source


def mirrored(mirror: Mirror, *said: Any) -> runs.Report:
    mirror.said = said
    return runs.run_file("m", file())


DEEP: dict[str, Any] = {}
DEEP["more"] = DEEP


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"keys": ()}, id="no key"),
        pytest.param({"keys": ("",)}, id="an empty key"),
        pytest.param({"keys": (" ",)}, id="a blank key"),
        pytest.param({"keys": (7,)}, id="a key that is a number"),
        pytest.param({"keys": "abc"}, id="keys that are one text"),
        pytest.param({"keys": ("k" * 2000,)}, id="a key of 2,000 characters"),
        pytest.param({"keys": ("a\x00b",)}, id="a null character"),
        pytest.param({"keys": ("a\ud800",)}, id="half a character"),
        pytest.param({"keys": tuple(map(str, range(99)))}, id="99 keys"),
        pytest.param({"actor": None}, id="nobody"),
        pytest.param({"actor": "bo@example.org"}, id="an actor that is a text"),
        pytest.param({"actor": Actor(email=7)}, id="an email that is a number"),  # type: ignore[arg-type]
        pytest.param({"actor": Actor(email="not an email")}, id="no email"),
        pytest.param({"actor": Actor(email="a@b" + "c" * 999)}, id="a huge email"),
        pytest.param(
            {"actor": Actor(account=Account(home_page="nowhere", name="bo"))}, id="no home page"
        ),
        pytest.param({"actor": ItemRef("good")}, id="done by itself"),
        pytest.param({"object": ItemRef("good")}, id="about itself"),
        pytest.param({"object": "good"}, id="an object that is a text"),
        pytest.param({"verb": ""}, id="no verb"),
        pytest.param({"verb": "attended well"}, id="a verb that is no IRI"),
        pytest.param({"verb": None}, id="a verb that is None"),
        pytest.param({"type": "a kind"}, id="a type that is no IRI"),
        pytest.param({"url": "no address"}, id="an address that is no IRI"),
        pytest.param({"url": "https://e.org/" + "x" * 9999}, id="a huge address"),
        pytest.param({"parent": Thing(url="")}, id="a parent without address"),
        pytest.param({"parent": "https://e.org"}, id="a parent that is a text"),
        pytest.param({"community": Thing(url="here")}, id="a community that is no IRI"),
        pytest.param({"at": None}, id="no time"),
        pytest.param({"at": "2026-09-08"}, id="a time that is a text"),
        pytest.param({"at": date(2026, 9, 8)}, id="a date"),
        pytest.param({"at": datetime(2026, 9, 8)}, id="a time without zone"),  # noqa: DTZ001
        pytest.param({"at": datetime(1, 1, 1, tzinfo=UTC)}, id="the year 1"),
        pytest.param(
            {"at": datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=9)))},
            id="after the year 9999",
        ),
        pytest.param({"reported_at": datetime(2026, 9, 8)}, id="a report without zone"),  # noqa: DTZ001
        pytest.param({"duration": timedelta(seconds=-1)}, id="a negative duration"),
        pytest.param({"duration": timedelta.max}, id="a duration without end"),
        pytest.param({"duration": 30}, id="a duration that is a number"),
        pytest.param({"result": {"score": {"scaled": float("nan")}}}, id="NaN"),
        pytest.param({"result": {"score": {"scaled": float("inf")}}}, id="infinity"),
        pytest.param({"result": {"score": {"scaled": 2}}}, id="a score above one"),
        pytest.param({"result": {"extensions": {"https://e.org/x": {1, 2}}}}, id="a set"),
        pytest.param({"result": DEEP}, id="a result in itself"),
        pytest.param({"result": {7: 1}}, id="a member that is a number"),
        pytest.param({"result": {"response": "x" * 99_999}}, id="a huge result"),
        pytest.param({"result": "passed"}, id="a result that is a text"),
        pytest.param({"tags": ("x" * 999,)}, id="a huge tag"),
        pytest.param({"tags": tuple(map(str, range(999)))}, id="999 tags"),
        pytest.param({"tags": "policy"}, id="tags that are one text"),
        pytest.param({"title": 7}, id="a title that is a number"),
        pytest.param({"excerpt": b"x"}, id="an excerpt of bytes"),
        pytest.param({"within": "topic"}, id="part of a text"),
        pytest.param({"within": ItemRef("x" * 9999)}, id="part of an endless key"),
        pytest.param({"within": ItemRef("a\0")}, id="part of a key with NUL"),
    ],
)
def test_a_hostile_row_fails_with_a_reason_and_the_rest_go_on(
    mirror: Mirror, bad: dict[str, Any]
) -> None:
    good = GOOD | {"keys": ("other",), "rows": (9,)}
    report = mirrored(mirror, Activity(**{**GOOD, "rows": (1, 2), **bad}), Activity(**good))
    assert ended(report) == {"new": 1, "failed": 2}
    assert adds_up(report)
    assert all(problem["why"] for problem in report.problems)


@pytest.mark.parametrize(
    ("odd", "found"),
    [
        pytest.param({"title": "x" * 9999}, "x" * 500, id="a long title is cut"),
        pytest.param({"title": "a\x00\ud800b"}, "ab", id="broken characters are left out"),
        pytest.param({"title": "  "}, None, id="a blank title is none"),
        pytest.param({"title": "a\u202eb\u200bc"}, "abc", id="marks that hide are left out"),
    ],
)
def test_texts_that_are_only_shown_are_mended(
    mirror: Mirror, odd: dict[str, Any], found: str | None
) -> None:
    (statement,) = mirrored(mirror, Activity(**GOOD | odd)).statements
    names = statement["object"].get("definition", {}).get("name", {})
    assert names.get("und") == found


def test_a_name_is_not_turned_around(mirror: Mirror) -> None:
    actor = Actor(name="Bo\u202e", email="bo@example.org")
    (statement,) = mirrored(mirror, Activity(**GOOD | {"actor": actor})).statements
    assert statement["actor"]["name"] == "Bo"


@pytest.mark.parametrize(
    ("language", "kept"),
    [("fr", "fr"), ("en_CA", "en-CA"), ("Français (Canada)", "und"), (7, "und"), ("", "und")],
)
def test_a_language_that_is_none_is_left_out(mirror: Mirror, language: Any, kept: str) -> None:
    odd = GOOD | {"language": language, "title": "Open data"}
    (statement,) = mirrored(mirror, Activity(**odd)).statements
    assert statement["object"]["definition"]["name"] == {kept: "Open data"}


def test_a_hundred_tags_are_kept(mirror: Mirror) -> None:
    tags = tuple(f"tag {number}" for number in range(100))
    (statement,) = mirrored(mirror, Activity(**GOOD | {"tags": tags})).statements
    (kept,) = statement["context"]["extensions"].values()
    assert len(kept) == 100


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(None, id="None"),
        pytest.param({"keys": ["a"]}, id="a dict"),
        pytest.param(Activity(**GOOD | {"rows": ()}), id="an activity in no row"),
        pytest.param(Activity(**GOOD | {"rows": 7}), id="rows that are a number"),
        pytest.param(Activity(**GOOD | {"rows": (None,)}), id="a row that is None"),
        pytest.param(Gone(key="a", rows=()), id="a deletion in no row"),
        pytest.param(Skipped(row=("a",), why=""), id="a skipped row that is a tuple"),  # type: ignore[arg-type]
    ],
)
def test_what_no_source_may_say_refuses_the_file_and_names_the_plugin(
    mirror: Mirror, wrong: Any
) -> None:
    with pytest.raises(BadReport) as refusal:
        mirrored(mirror, Activity(**GOOD), wrong)
    assert "The plugin mirror" in refusal.value.why
    assert count_statements() == 0


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("", id="empty"),
        pytest.param(None, id="None"),
        pytest.param("k" * 2000, id="huge"),
    ],
)
def test_a_hostile_deletion_fails(mirror: Mirror, key: Any) -> None:
    assert ended(mirrored(mirror, Gone(key=key, rows=(1, 2)))) == {"failed": 2}


@pytest.mark.usefixtures("toys")
def test_a_source_that_is_not_there() -> None:
    with pytest.raises(Refused) as refusal:
        run(did("a"), name="nowhere")
    assert refusal.value.mend == "There are: t."


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("name", "where"),
    [pytest.param("a.csv", "a.csv", id="its name"), pytest.param("", "the delivery", id="none")],
)
def test_a_file_of_the_wrong_shape_is_named(name: str, where: str) -> None:
    add_zoom()
    with pytest.raises(Refused) as refusal:
        runs.preview("zoom", Delivery(body=b"hello,world\n1,2\n", name=name))
    assert refusal.value.where == where


@pytest.mark.usefixtures("app")
def test_a_guessed_encoding_is_said_and_counts_no_row() -> None:
    add_zoom()
    delivery = Delivery(body=GUESSED.encode("cp1252"), name="guessed.csv")
    seen, done = runs.preview("zoom", delivery), runs.run_file("zoom", delivery)
    assert [problem["where"] for problem in seen.problems] == ["guessed.csv"]
    assert (done.problems, done.rows, done.counts["new"]) == (seen.problems, 1, 1)


GUESSED = (
    "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes)\n"
    "Zoé,zoe@example.org,2026-09-18 12:01:10,2026-09-18 12:57:00,56\n"
)


def add_zoom() -> None:
    with transaction():
        instances.add("zoom", "zoom", {"timezone": "UTC"}, basis="notice")
