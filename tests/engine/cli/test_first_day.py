"""The first day of an instance from the shell: every fixed form, through processes of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_running import Ran, spawned
from factories import HOME

REPORT = Path(__file__).parents[2] / "data" / "zoom" / "webinar.csv"
FRAMEWORK = """
uri: https://f.example
title: A framework
levels: [{label: Low}]
competencies: [{uri: "https://f.example/c/1", label: One}]
"""
PEOPLE = """name,email,identifiers,communities,manager
Bo Lund,bo@example.org,https://forum.example.org::bo|https://id.example.org/bo,Policy,ines@example.org
Ines Roy,ines@example.org,,Policy,
"""
REPORTED = {
    *("run", "rows", "new", "corrected", "known", "merged", "skipped", "unmatched", "failed"),
    *("withheld", "problems", "statements"),
}
ZOOM = ("sources", "add", "zoom", "webinars", "--set", "timezone=America/Toronto")

Day = dict[str, Ran]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """What each step of the day came to."""
    place = tmp_path_factory.mktemp("day")
    (place / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (place / "framework.yaml").write_text(FRAMEWORK, encoding="utf-8")
    steps: dict[str, tuple[object, ...]] = {
        "before": ("doctor",),
        "init": ("init",),
        "init again": ("init",),
        "upgrade": ("upgrade",),
        "doctor": ("doctor", "--json"),
        "key": ("keys", "create", "lms", "--scope", "all", "--reads", "all", "--json"),
        "people": ("people", "import", place / "people.csv", "--json"),
        "link": ("people", "link", "bo@example.org", "mailto:bo.two@example.org"),
        "role": ("people", "role", "ines@example.org", "expert"),
        "signin": ("people", "signin", "bo@example.org"),
        "plugins": ("plugins", "list", "--json"),
        "add": (*ZOOM, "--set", "tags=policy", "--basis", "notice"),
        "preview": ("sources", "preview", "webinars", REPORT, "--json"),
        "run": ("sources", "run", "webinars", REPORT, "--json"),
        "again": ("sources", "run", "webinars", REPORT, "--json"),
        "undo": ("sources", "undo", "2"),
        "framework": ("frameworks", "import", place / "framework.yaml"),
        "profile": (
            *("competencies", "profile", "bo@example.org", "--as-of", "2026-09-30", "--json"),
        ),
        "check": ("rebuild", "--check", "--json"),
        "rebuild": ("rebuild", "--json"),
    }
    return {name: spawned(place / "instance", *words) for name, words in steps.items()}


def test_every_step_is_done(day: Day) -> None:
    failed = {name: ran.err for name, ran in day.items() if ran.code}
    assert list(failed) == ["before"]


def test_nothing_is_said_on_standard_error(day: Day) -> None:
    assert {name for name, ran in day.items() if ran.err} == {"before"}


def test_without_an_instance_the_mend_is_said(day: Day) -> None:
    assert (day["before"].code, day["before"].out) == (1, "")
    assert "is not a Byway instance" in day["before"].err
    assert "Run `byway init`" in day["before"].err


def test_making_an_instance_twice_is_harmless(day: Day) -> None:
    assert day["init"].out.startswith("Made an instance")
    assert day["init again"].out.startswith("There is an instance")


def test_the_doctor_finds_all_well(day: Day) -> None:
    found = day["doctor"].json
    assert found["well"]
    assert {"what", "found", "well", "mend"} == set(found["checks"][0])


def test_a_key_is_a_name_and_a_secret(day: Day) -> None:
    assert set(day["key"].json) == {"key", "secret"}


def test_people_are_counted(day: Day) -> None:
    assert day["people"].json == {"created": 2, "updated": 0, "problems": []}


def test_a_sign_in_is_an_address(day: Day) -> None:
    assert day["signin"].out.startswith(f"{HOME}/sign-in/")


def test_the_plugins_say_what_they_bring(day: Day) -> None:
    found = day["plugins"].json
    assert {one["name"] for one in found["plugins"]} >= {"zoom", "discourse", "feed"}
    assert {"name", "title", "reads", "keeps", "polls", "webhook", "settings"} == (
        set(found["sources"][0])
    )


@pytest.mark.parametrize("step", ["preview", "run", "again"])
def test_a_report_has_its_fixed_form(day: Day, step: str) -> None:
    report = day[step].json
    assert set(report) == REPORTED
    counts = REPORTED - {"run", "rows", "problems", "statements"}
    assert sum(report[name] for name in counts) == report["rows"] > 0
    assert {"where", "why", "mend"} == set(report["problems"][0])


def test_a_preview_has_no_run_and_all_statements(day: Day) -> None:
    preview = day["preview"].json
    assert (preview["run"], len(preview["statements"])) == (None, preview["new"])


def test_a_run_is_what_the_preview_showed(day: Day) -> None:
    preview, run = day["preview"].json, day["run"].json
    assert run["run"] == 1
    assert {**run, "run": None, "statements": []} == {**preview, "statements": []}


def test_a_second_run_knows_all(day: Day) -> None:
    assert (day["again"].json["new"], day["again"].json["known"]) == (0, day["run"].json["new"])


def test_a_profile_is_of_a_person_and_a_day(day: Day) -> None:
    found = day["profile"].json
    assert (found["learner"], found["as_of"]) == ("bo@example.org", "2026-09-30")
    assert {"competencies", "rollup", "ruleset"} < set(found)


def test_rebuilding_is_equal(day: Day) -> None:
    check, rebuilt = day["check"].json, day["rebuild"].json
    assert check == rebuilt
    assert set(check) == {"digest", "statements", "learners", "equal"}
    assert (check["equal"], check["statements"]) == (True, day["run"].json["new"])


def test_two_at_once_make_one_instance(tmp_path: Path) -> None:
    ran: list[int] = []

    def init() -> None:
        ran.append(spawned(tmp_path / "instance", "init").code)

    both: list[Callable[[], None]] = [init, init]
    threads = [threading.Thread(target=one) for one in both]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert (ran, spawned(tmp_path / "instance", "rebuild", "--check").code) == ([0, 0], 0)
