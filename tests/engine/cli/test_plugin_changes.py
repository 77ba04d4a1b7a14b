"""Plugins from the shell: installed, enabled, disabled, brought back, and said by a file."""

from __future__ import annotations

from pathlib import Path

from cli_running import Byway
from plugin_set_making import a_wheel, source, written


def test_a_wheel_is_installed_enabled_and_brought_back(byway: Byway, tmp_path: Path) -> None:
    wheel = written(a_wheel("talks"), tmp_path)
    assert "byway plugins enable talks 1.0.0" in byway("plugins", "install", wheel).out
    assert "talks                installed (1.0.0)" in byway("plugins", "list").out
    assert byway("plugins", "enable", "talks").out.startswith("Set 1: talks 1.0.0 enabled.")
    assert byway("plugins", "disable", "talks", "--json").json["set"]["number"] == 2
    assert byway("plugins", "rollback").out.startswith("Set 3: Back to set 1.")
    lines = byway("plugins", "history").out.splitlines()
    assert [line.split("  ")[-1].strip() for line in lines] == [
        "Back to set 1, by byway plugins rollback",
        "talks disabled, by byway plugins disable",
        "talks 1.0.0 enabled, by byway plugins enable",
        "What Byway brings",
    ]


def test_a_plugin_that_fails_ends_with_one_and_its_report(byway: Byway, tmp_path: Path) -> None:
    byway("plugins", "install", written(a_wheel(module=source(api=2)), tmp_path))
    ran = byway("plugins", "enable", "sheet", "--json")
    assert ran.code == 1
    assert "made for plugin API 2" in ran.json["why"]
    assert ran.json["reports"][0]["passes"] is False


def test_what_is_no_wheel_is_refused(byway: Byway, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no wheel")
    ran = byway("plugins", "install", tmp_path / "notes.txt")
    assert (ran.code, "notes.txt is not a wheel." in ran.err) == (1, True)


def test_a_version_is_removed(byway: Byway, tmp_path: Path) -> None:
    byway("plugins", "install", written(a_wheel(), tmp_path))
    assert byway("plugins", "remove", "sheet", "1.0.0").out == "sheet 1.0.0 is removed.\n"
    assert byway("plugins", "remove", "sheet", "1.0.0").code == 1


def test_a_wheel_that_is_not_enabled_is_checked(byway: Byway, tmp_path: Path) -> None:
    byway("plugins", "install", written(a_wheel("unused"), tmp_path))
    assert byway("plugins", "check", "unused").out.startswith("unused 1.0.0: may be enabled")


def test_a_file_is_applied_after_a_look(byway: Byway, tmp_path: Path) -> None:
    file = tmp_path / "plugins.yaml"
    file.write_text("plugins:\n  - name: feed\n    enabled: false\n")
    looked = byway("plugins", "apply", file, "--dry-run", "--json")
    assert len(looked.json["changes"]) == 1
    assert byway("plugins", "history", "--json").json["sets"][0]["number"] == 0
    assert byway("plugins", "apply", file, "--json").json["changed"] is True
    assert byway("plugins", "apply", file).out == "It is so already; nothing was changed.\n"
