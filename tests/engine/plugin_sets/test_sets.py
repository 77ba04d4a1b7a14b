"""Changing the set: tried first, then one generation or nothing; what fails hurts itself alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from plugin_set_making import chosen, installed, source

from engine.api import Delivery
from engine.db import transaction
from engine.errors import Conflict, NotFound
from engine.plugin_sets import generations, sets, trial
from engine.plugin_sets.sets import Unfit
from engine.sources import instances, runs

MakeApp = Callable[..., Flask]
RAISES = '"""Odd."""\nraise RuntimeError("no licence was found")\n'
ENDS = '"""Odd."""\nimport os\nos._exit(7)\n'
WAITS = '"""Odd."""\nimport time\ntime.sleep(600)\n'
PRINTS = "print('{}')\n"
UNSAFE = source().replace('privacy = Privacy(reads=("name",), keeps=("name",))', "hosts = 'x'")


def now() -> tuple[int, dict[str, str]]:
    """The number of the set that counts, and the version of each plugin enabled in it."""
    found = generations.current()
    return found.number, {one.plugin: one.version for one in found.choices if one.enabled}


def sources_of(make_app: MakeApp) -> set[str]:
    """The kinds of sources that a process started now has."""
    return set(make_app().extensions["byway.host"].sources)


def test_what_byway_brings_is_enabled_from_the_start(app: Flask) -> None:
    assert now() == (0, {})
    assert {"zoom", "feed"} <= app.extensions["byway.host"].sources.keys()


@pytest.mark.both_databases
@pytest.mark.usefixtures("app")
def test_an_enabled_plugin_is_loaded_by_the_next_process(make_app: MakeApp) -> None:
    installed("first")
    changed = sets.enable("first", by="odile@example.org")
    assert changed.changed
    assert now() == (1, {"first": "1.0.0"})
    assert changed.generation.by == "odile@example.org"
    assert "first" in sources_of(make_app)


@pytest.mark.usefixtures("app")
def test_its_report_is_kept() -> None:
    installed()
    sets.enable("sheet", by="")
    kept = sets.reports()["sheet", "1.0.0"]
    assert kept.report["passes"]
    assert kept.card["author"] == "Harrow Vale County"
    assert kept.card["kinds"][0]["keeps"] == ["name"]


@pytest.mark.usefixtures("app")
def test_enabling_twice_makes_one_set() -> None:
    installed()
    sets.enable("sheet", by="")
    assert not sets.enable("sheet", by="").changed
    assert now()[0] == 1


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("module", "why"),
    [
        pytest.param(RAISES, "RuntimeError: no licence was found", id="raises when imported"),
        pytest.param(ENDS, "was tried ended with 7", id="ends the process"),
        pytest.param(ENDS.replace("7", "0"), "was tried ended with 0", id="ends it quietly"),
        pytest.param(UNSAFE, "does not declare its privacy", id="does not say what it keeps"),
        pytest.param(source(api=2), "made for plugin API 2; this Byway has 1", id="another API"),
        pytest.param("import engine.db\n" + source(), "It imports engine.db", id="fails a check"),
        pytest.param(source(brings="zoom"), "which is there already", id="a name that is taken"),
    ],
)
def test_a_version_that_fails_is_refused_and_the_old_one_stays(module: str, why: str) -> None:
    chosen(installed())
    installed(version="2.0.0", module=module)
    with pytest.raises(Conflict) as refusal:
        sets.enable("sheet", by="")
    assert why in str(refusal.value)
    assert now() == (1, {"sheet": "1.0.0"})


@pytest.mark.usefixtures("app")
def test_the_report_of_a_version_that_fails_is_kept_and_told() -> None:
    installed(module=UNSAFE)
    with pytest.raises(Unfit) as refusal:
        sets.enable("sheet", by="")
    assert refusal.value.checked["sheet"].report["counts"]["ERROR"] > 0
    assert not sets.reports()["sheet", "1.0.0"].report["passes"]


@pytest.mark.usefixtures("app")
def test_a_plugin_that_does_not_come_to_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "LONGEST_S", 1.0)
    installed(module=WAITS)
    with pytest.raises(Conflict, match="did not end within 1 s"):
        sets.enable("sheet", by="")
    assert now() == (0, {})


@pytest.mark.usefixtures("app")
def test_what_a_plugin_prints_is_no_answer() -> None:
    installed(module=source() + PRINTS)
    assert sets.check("sheet").passes


@pytest.mark.usefixtures("app")
def test_checking_changes_nothing() -> None:
    installed()
    sets.check("sheet", "1.0.0")
    assert now() == (0, {})


@pytest.mark.usefixtures("app")
def test_a_plugin_that_breaks_another_is_refused() -> None:
    chosen(installed("yellow"))
    installed("blue", module=source("blue", brings="yellow"))
    with pytest.raises(Unfit) as refusal:
        sets.enable("blue", by="")
    assert "yellow" in refusal.value.why
    assert now() == (1, {"yellow": "1.0.0"})


@pytest.mark.usefixtures("app")
def test_an_upgrade_is_the_newest_version_and_goes_back() -> None:
    chosen(installed())
    installed(version="1.10.0"), installed(version="1.9.0")
    sets.enable("sheet", by="")
    assert now() == (2, {"sheet": "1.10.0"})
    sets.rollback(by="")
    assert now() == (3, {"sheet": "1.0.0"})


@pytest.mark.usefixtures("app")
def test_a_plugin_of_byway_is_disabled_and_comes_back() -> None:
    sets.disable("tally", by="")
    assert not generations.current().choices[0].enabled
    sets.enable("tally", by="")
    assert now()[1].keys() == {"tally"}


@pytest.mark.usefixtures("app")
def test_the_sources_of_a_disabled_plugin_rest_and_go_on(make_app: MakeApp) -> None:
    with transaction():
        instances.add("zoom", "webinars", {"timezone": "UTC"}, basis="notice")
    chosen(off=["zoom"])
    without = make_app()
    assert "zoom" not in without.extensions["byway.host"].sources
    with without.app_context():
        assert [one.name for one in instances.every()] == ["webinars"]
        with pytest.raises(NotFound):
            runs.preview("webinars", Delivery(body=b"", name="x.csv"))
    chosen()
    assert "zoom" in sources_of(make_app)


@pytest.mark.usefixtures("app")
def test_a_disabled_version_is_the_one_that_comes_back() -> None:
    chosen(installed())
    installed(version="2.0.0")
    sets.disable("sheet", by="")
    assert now() == (2, {})
    sets.enable("sheet", by="")
    assert now() == (3, {"sheet": "1.0.0"})


@pytest.mark.usefixtures("app")
def test_going_back_to_the_first_set_is_what_byway_brings() -> None:
    chosen(installed(), off=["feed"])
    sets.rollback(0, by="")
    assert generations.current().choices == ()
    assert generations.current().why == "Back to set 0"


@pytest.mark.usefixtures("app")
def test_nothing_was_changed_so_there_is_nothing_to_go_back_to() -> None:
    with pytest.raises(NotFound):
        sets.rollback(by="")


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("number", [-1, 2, 10**30], ids=["below", "to come", "far beyond"])
def test_a_set_that_never_was_cannot_come_back(number: int) -> None:
    chosen(installed())
    with pytest.raises(NotFound):
        sets.rollback(number, by="")


@pytest.mark.usefixtures("app")
def test_a_set_whose_wheel_is_gone_cannot_come_back() -> None:
    first = installed()
    chosen(first)
    chosen(installed(version="2.0.0"))
    shutil.rmtree(first.folder)
    with pytest.raises(Unfit, match=r"the wheel of version 1\.0\.0 is not on this machine"):
        sets.rollback(by="")
    assert now() == (2, {"sheet": "2.0.0"})


@pytest.mark.both_databases
@pytest.mark.usefixtures("app")
def test_of_two_changes_at_once_one_is_refused() -> None:
    base = generations.current()
    generations.add(base, (), by="one", why="")
    with pytest.raises(Conflict, match="meanwhile"):
        generations.add(base, (), by="other", why="")
    assert generations.current().by == "one"


@pytest.mark.usefixtures("app")
def test_the_version_that_is_enabled_cannot_be_removed(instance_dir: Path) -> None:
    found = installed()
    chosen(found)
    with pytest.raises(Conflict, match="is enabled"):
        sets.remove("sheet", "1.0.0")
    assert found.folder.is_dir()


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("name", ["nothing", "../zoom", ""])
def test_what_is_not_here_cannot_be_enabled_or_disabled(name: str) -> None:
    with pytest.raises(NotFound):
        sets.enable(name, by="")
    with pytest.raises(NotFound):
        sets.disable(name, by="")


# In a process: the others go on.


def quarantined(make_app: MakeApp) -> dict[str, str]:
    """What a process started now keeps apart, and why; the others must be there."""
    host = make_app().extensions["byway.host"]
    assert {"zoom", "feed"} <= host.sources.keys()
    return {one.name: one.trouble for one in host.plugins.values() if one.trouble}


@pytest.mark.usefixtures("app")
def test_a_plugin_that_fails_after_all_is_quarantined_alone(make_app: MakeApp) -> None:
    chosen(installed("fails", module=RAISES))
    assert quarantined(make_app) == {"fails": "RuntimeError: no licence was found"}


@pytest.mark.usefixtures("app")
def test_a_wheel_that_is_not_on_this_machine_is_quarantined(make_app: MakeApp) -> None:
    found = installed("gone")
    chosen(found)
    shutil.rmtree(found.folder)
    assert "is not on this machine" in quarantined(make_app)["gone"]


@pytest.mark.usefixtures("app")
def test_another_wheel_of_this_version_is_quarantined(make_app: MakeApp) -> None:
    chosen(installed("swapped"))
    sets.disable("swapped", by="")
    sets.remove("swapped", "1.0.0")
    installed("swapped", module=source("swapped") + "\n")
    sets_before = generations.get(1)
    generations.add(generations.current(), sets_before.choices, by="", why="")
    assert "is another wheel on this machine" in quarantined(make_app)["swapped"]


@pytest.mark.usefixtures("app")
def test_a_plugin_can_ask_for_its_own_version(make_app: MakeApp) -> None:
    asks = "from importlib.metadata import version\nversion('byway-asks')\n"
    chosen(installed("asks", module=asks + source("asks")))
    assert quarantined(make_app) == {}
    assert "asks" in sources_of(make_app)
