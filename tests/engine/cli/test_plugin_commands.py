"""Plugins from the shell: listed, checked, and a new one made."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_running import Byway
from testkit_making import REPORT, Lines, a, pairs_in, plugin

from engine import host
from engine.host import load


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two plugins as if they were installed: a sound one and one without privacy."""
    both = [("sound", plugin(Lines())), ("odd", plugin(a(name="odd", privacy=None)))]
    monkeypatch.setattr("engine.cli.plugins.load", lambda: load(both, installed=False))


def test_the_list_says_what_is_kept_and_who_made_it(byway: Byway) -> None:
    lines = [line.strip() for line in byway("plugins", "list").out.splitlines()]
    assert any(line.startswith("Zoom webinars and meetings (zoom), by file") for line in lines)
    assert any(line.startswith("keeps name, email, time and length") for line in lines)
    assert any(line.endswith("by byway") for line in lines)


def test_the_list_for_scripts_has_cards_and_kinds(byway: Byway) -> None:
    shown = byway("plugins", "list", "--json").json
    [zoom] = [one for one in shown["plugins"] if one["name"] == "zoom"]
    assert (zoom["state"], zoom["quarantined"], zoom["kinds"][0]["doors"][0]) == (
        *("loaded", None),
        "file",
    )
    assert "timezone" in next(one["settings"] for one in shown["sources"] if one["name"] == "zoom")


@pytest.mark.usefixtures("installed")
def test_a_sound_plugin_ends_with_nought(byway: Byway) -> None:
    ran = byway("plugins", "check", "sound")
    assert (ran.code, "sound : may be enabled (0 ERROR" in ran.out) == (0, True)


@pytest.mark.usefixtures("installed")
def test_an_error_ends_with_one_and_says_the_mend(byway: Byway) -> None:
    ran = byway("plugins", "check", "odd")
    assert ran.code == 1
    assert "ERROR privacy: odd: It does not declare its privacy." in ran.out
    assert "Give privacy = Privacy(reads=, keeps=)." in ran.out


@pytest.mark.usefixtures("installed")
def test_all_are_checked_without_a_name(byway: Byway) -> None:
    ran = byway("plugins", "check", "--json")
    assert ran.code == 1
    assert {one["plugin"]: one["passes"] for one in ran.json} == {"sound": True, "odd": False}


@pytest.mark.usefixtures("installed")
def test_a_name_that_is_not_installed_is_refused(byway: Byway) -> None:
    ran = byway("plugins", "check", "other")
    assert (ran.code, ran.err) == (1, 'No plugin "other" is installed. There are: sound, odd.\n')


@pytest.mark.usefixtures("installed")
def test_pairs_elsewhere_are_written_and_then_hold(byway: Byway, tmp_path: Path) -> None:
    pairs = pairs_in(tmp_path, REPORT)
    assert byway("plugins", "check", "sound", "--pairs", pairs).code == 1
    wrote = byway("plugins", "check", "sound", "--pairs", pairs, "--write-pairs")
    assert (wrote.code, wrote.err) == (0, f"{pairs / 'september.expected.json'} written\n")
    assert byway("plugins", "check", "sound", "--pairs", pairs).code == 0


@pytest.mark.usefixtures("installed")
def test_pairs_are_written_of_one_plugin_only(byway: Byway) -> None:
    assert "Name it" in byway("plugins", "check", "--write-pairs").err


def test_a_new_package_is_made_where_it_was_asked_for(byway: Byway, tmp_path: Path) -> None:
    ran = byway("plugins", "new", "lunch-talks", "--directory", tmp_path, "--json")
    assert ran.json == {"package": str(tmp_path / "byway-lunch-talks")}
    assert (tmp_path / "byway-lunch-talks/byway_lunch_talks/__init__.py").is_file()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        pytest.param("Lunch", '"Lunch" cannot name a plugin.', id="capitals"),
        pytest.param("../lunch", '"../lunch" cannot name a plugin.', id="a path"),
        pytest.param("1st", '"1st" cannot name a plugin.', id="a digit first"),
        pytest.param("a--b", '"a--b" cannot name a plugin.', id="two hyphens"),
        pytest.param("a" * 41, "40 at most", id="too long"),
        pytest.param("zoom", 'There is a plugin "zoom" already.', id="a name that is taken"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    byway: Byway, tmp_path: Path, name: str, why: str
) -> None:
    ran = byway("plugins", "new", name, "--directory", tmp_path)
    assert (ran.code, why in ran.err) == (1, True)
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("byway")] == []


def test_a_folder_that_is_there_is_left_alone(byway: Byway, tmp_path: Path) -> None:
    (tmp_path / "byway-lunch").mkdir()
    ran = byway("plugins", "new", "lunch", "--directory", tmp_path)
    assert (ran.code, "is there already; nothing was written" in ran.err) == (1, True)
    assert list((tmp_path / "byway-lunch").iterdir()) == []


def test_the_plugins_that_come_with_byway_have_no_error(byway: Byway) -> None:
    ran = byway("plugins", "check", "--json")
    assert [one["plugin"] for one in ran.json if not one["passes"]] == []
    assert len(ran.json) == len(host.load().plugins)


def test_the_samples_of_a_kind_are_listed_and_copied(byway: Byway, tmp_path: Path) -> None:
    listed = byway("plugins", "samples", "zoom").out.splitlines()
    copied = byway("plugins", "samples", "zoom", "--into", tmp_path / "here").out.splitlines()
    assert copied == [str(tmp_path / "here" / name) for name in listed]
    assert {"webinar.csv", "session/1.csv"} & set(listed)
    assert all((tmp_path / "here" / name).is_file() for name in listed)


def test_a_sample_replaces_no_file(byway: Byway, tmp_path: Path) -> None:
    (tmp_path / "debates.rss").write_text("mine")
    ran = byway("plugins", "samples", "elgg", "--into", tmp_path)
    assert (ran.code, "is there already" in ran.err) == (1, True)
    assert (tmp_path / "debates.rss").read_text() == "mine"
