"""rulesets and frameworks at the command line: versions, differences, trying one on history."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_running import Byway
from factories import a_person
from flask import Flask
from live_log import DATA, an_origin, answered, put

from engine import profiles
from engine.competencies import projector, rulesets
from engine.pipeline import reader

SHIPPED = Path(rulesets.__file__).parent / "shipped" / "ruleset.yaml"
FRAMEWORK = "https://w3id.org/byway/frameworks/public-service-learning"


@pytest.fixture(autouse=True)
def history(make_app: Callable[..., Flask]) -> None:
    """Bo, who answered in four threads."""
    with make_app().app_context():
        a_person()
        put(an_origin(), *(answered(thing=str(number)) for number in range(4)))
        profiles.catch_up()


@pytest.fixture
def lighter(tmp_path: Path) -> Path:
    """The shipped rules, answers counting for less."""
    file = tmp_path / "lighter.yaml"
    file.write_bytes(SHIPPED.read_bytes().replace(b"weight: 0.25", b"weight: 0.1"))
    return file


def level(byway: Byway, *more: str) -> int:
    ran = byway(
        "competencies", "profile", "bo@example.org", "--as-of", "2026-09-09", "--json", *more
    )
    found: int = ran.json["competencies"][DATA]["level"]
    return found


def versions(byway: Byway) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = byway("rulesets", "list", "--json").json
    return found


def test_versions_are_listed_the_newest_first(byway: Byway, lighter: Path) -> None:
    byway("rulesets", "publish", lighter)
    states = [(one["title"], one["state"]) for one in versions(byway)]
    assert states[0] == (str(lighter), "building")
    assert states[1][1] == "serving"


def test_a_version_is_shown_by_the_beginning_of_its_hash(byway: Byway) -> None:
    sha256 = versions(byway)[0]["sha256"]
    ran = byway("rulesets", "show", sha256[:8])
    assert (ran.code, ran.err.split()) == (0, ["sha256", sha256])
    assert ran.json["scale"]["tau_ppm"] == 600_000


def test_the_newest_version_is_shown_unless_another_is_named(byway: Byway) -> None:
    assert byway("rulesets", "show").json == byway("rulesets", "compile", SHIPPED).json


@pytest.mark.parametrize("named", ["00000000", "", "a"], ids=["unknown", "nothing", "too short"])
def test_an_unknown_version_is_refused(byway: Byway, named: str) -> None:
    ran = byway("rulesets", "diff", named, named)
    assert (ran.code, "No version" in ran.err) == (1, True)


def test_two_versions_differ_where_they_differ(byway: Byway, lighter: Path) -> None:
    byway("rulesets", "publish", lighter)
    new, old = (one["sha256"] for one in versions(byway))
    found = byway("rulesets", "diff", old, new, "--json").json
    assert {one["where"]: (one["before"], one["after"]) for one in found} == {
        "rules.contributed.weight": (250_000, 100_000),
        "rules.posted.weight": (250_000, 100_000),
    }


def test_a_version_differs_from_a_file(byway: Byway, lighter: Path) -> None:
    ran = byway("rulesets", "diff", versions(byway)[0]["sha256"], lighter)
    assert "  rules.contributed.weight: 250000 > 100000\n" in ran.out


def test_a_version_does_not_differ_from_itself(byway: Byway) -> None:
    sha256 = versions(byway)[0]["sha256"]
    assert byway("rulesets", "diff", sha256, SHIPPED).out == "They are the same.\n"


def weigh(make_app: Callable[..., Flask]) -> None:
    """What the worker does, until the newest version is served."""
    with make_app().app_context():
        projector.advance(reader(), holder="here:1:a")
        projector.release("here:1:a")


def test_old_levels_are_still_to_be_had(
    byway: Byway, lighter: Path, make_app: Callable[..., Flask]
) -> None:
    old = versions(byway)[0]["sha256"]
    byway("rulesets", "publish", lighter)
    weigh(make_app)
    assert (level(byway), level(byway, "--ruleset", old)) == (0, 1)


def test_a_simulation_says_who_moves_and_why(byway: Byway, lighter: Path) -> None:
    ran = byway("rulesets", "simulate", lighter, "--as-of", "2026-09-09")
    assert ran.code == 0
    assert "Bo Lund, Data literacy: level 1 > level 0 (down, " in ran.out
    assert "weight rules.contributed on 4 rows 250000 > 100000" in ran.out


def test_a_simulation_in_json(byway: Byway, lighter: Path) -> None:
    found = byway("rulesets", "simulate", lighter, "--as-of", "2026-09-09", "--json").json
    (moved,) = found["moved"]
    (move,) = moved["moves"]
    assert (moved["learner"]["name"], move["direction"], move["levels"]) == ("Bo Lund", "down", -1)
    assert (found["totals"]["down"], found["competencies"][DATA]["down"]) == (1, 1)
    assert found["differences"][0]["where"] == "rules.contributed.weight"


def test_a_simulation_publishes_nothing(byway: Byway, lighter: Path) -> None:
    before = versions(byway)
    byway("rulesets", "simulate", lighter)
    assert versions(byway) == before


def test_a_candidate_that_does_not_compile_is_refused(byway: Byway, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("scale: {tau: [1]}\nrules: 5", encoding="utf-8")
    ran = byway("rulesets", "simulate", broken)
    assert (ran.code, "Traceback" in ran.err) == (1, False)


def test_a_warning_ends_with_one_only_when_asked(byway: Byway, tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_bytes(
        SHIPPED.read_bytes().replace(b"  attested:    {}", b"  attested: {}\n  new: {}")
    )
    codes = [byway("rulesets", "lint", file, *more).code for more in ([], ["--strict"])]
    assert codes == [0, 1]


def test_a_framework_gives_a_ruleset_to_publish(byway: Byway, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(byway("frameworks", "ruleset", FRAMEWORK).out, encoding="utf-8")
    assert byway("rulesets", "lint", file).out == "Nothing to find fault with.\n"
    totals = byway("rulesets", "simulate", file, "--json").json["totals"]
    assert {name: n for name, n in totals.items() if n} == {"same": totals["same"]}


def test_an_unknown_framework_gives_none(byway: Byway) -> None:
    ran = byway("frameworks", "ruleset", "urn:x:none")
    assert (ran.code, "There is no framework" in ran.err) == (1, True)


def test_help_names_every_command(byway: Byway) -> None:
    told = byway("rulesets", "--help").out
    assert [
        name in told for name in ("lint", "compile", "simulate", "publish", "show", "diff")
    ] == ([True] * 6)


def test_the_shown_config_can_be_published_again(byway: Byway, tmp_path: Path) -> None:
    file = tmp_path / "shown.json"
    file.write_text(json.dumps(byway("rulesets", "show").json), encoding="utf-8")
    byway("rulesets", "publish", file)
    assert len(versions(byway)) == 1
