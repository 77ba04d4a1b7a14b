"""The set as a file: said once or twice it comes to the same, and it is taken whole or not."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from plugin_set_making import a_wheel, chosen, installed, source, written

from engine.errors import BadReport, NotFound, Refused
from engine.plugin_sets import declared, generations, wheels

pytestmark = pytest.mark.usefixtures("app")


def a_file(folder: Path, text: str) -> Path:
    path = folder / "plugins.yaml"
    path.write_text(text)
    return path


def naming(folder: Path, *, enabled: bool = True, module: str | None = None) -> Path:
    """A file of one plugin and its wheel."""
    wheel = a_wheel(module=module)
    written(wheel, folder / "wheels")
    line = f"name: sheet, version: 1.0.0, wheel: wheels/{wheel.file}, sha256: {wheel.sha256}"
    return a_file(folder, f"plugins:\n  - {{{line}, enabled: {str(enabled).lower()}}}\n")


def enabled() -> dict[str, bool]:
    return {one.plugin: one.enabled for one in generations.current().choices}


def test_a_file_installs_and_enables(tmp_path: Path, instance_dir: Path) -> None:
    assert declared.apply(declared.read(naming(tmp_path)), by="").changed
    assert enabled() == {"sheet": True}
    assert wheels.find(instance_dir, "sheet", "1.0.0")


def test_applying_it_again_changes_nothing(tmp_path: Path) -> None:
    path = naming(tmp_path)
    declared.apply(declared.read(path), by="")
    assert not declared.apply(declared.read(path), by="").changed
    assert generations.number() == 1
    assert declared.differences(declared.read(path)) == []


def test_what_would_change_is_said_and_not_done(tmp_path: Path, instance_dir: Path) -> None:
    said = declared.differences(declared.read(naming(tmp_path)))
    assert said == ["sheet: as Byway brings it -> 1.0.0 enabled"]
    assert wheels.every(instance_dir) == []


def test_a_wheel_that_the_file_does_not_name_is_disabled_and_stays(
    tmp_path: Path, instance_dir: Path
) -> None:
    chosen(installed())
    declared.apply(declared.read(a_file(tmp_path, "plugins: []\n")), by="")
    assert enabled() == {"sheet": False}
    assert wheels.find(instance_dir, "sheet", "1.0.0")


def test_a_plugin_of_byway_is_disabled_by_its_name(tmp_path: Path) -> None:
    declared.apply(declared.read(a_file(tmp_path, "- name: feed\n  enabled: false\n")), by="")
    assert enabled() == {"feed": False}


def test_a_plugin_that_fails_leaves_everything_as_it_was(
    tmp_path: Path, instance_dir: Path
) -> None:
    with pytest.raises(Refused):
        declared.apply(declared.read(naming(tmp_path, module=source(api=9))), by="")
    assert (generations.number(), wheels.every(instance_dir)) == (0, [])


def test_a_wheel_that_the_set_has_stays_when_a_file_fails(
    tmp_path: Path, instance_dir: Path
) -> None:
    chosen(installed())
    wheels.remove(instance_dir, "sheet", "1.0.0")
    written(a_wheel(), tmp_path), written(a_wheel("other", module=source("other", api=9)), tmp_path)
    lines = [f"- {{name: {name}, wheel: {a_wheel(name).file}}}" for name in ("sheet", "other")]
    with pytest.raises(Refused):
        declared.apply(declared.read(a_file(tmp_path, "\n".join(lines))), by="")
    assert [one.name for one in wheels.every(instance_dir)] == ["sheet"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("{", "plugins.yaml: It is no YAML", id="no YAML"),
        pytest.param("a: 1", "Expected a list", id="another mapping"),
        pytest.param("- zoom", "plugins[0]: It has no mapping", id="names alone"),
        pytest.param("- {name: zoom, enable: no}", "plugins[0]: It has enable", id="a slip"),
        pytest.param("- {enabled: false}", "plugins[0]: It has no name", id="no name"),
        pytest.param("- {name: ../zoom}", "It has no name", id="a path"),
        pytest.param("- {name: zoom, version: 1.10}", "version is 1.1.", id="a number"),
        pytest.param(
            "- {name: zoom, enabled: maybe}", "enabled is 'maybe'", id="neither yes nor no"
        ),
        pytest.param("- {name: zoom, sha256: 12}", "sha256 is no digest", id="no digest"),
        pytest.param("- {name: a, wheel: none.whl}", "none.whl cannot be read", id="no such wheel"),
        pytest.param("- {name: a, wheel: plugins.yaml}", "is not a wheel", id="no wheel"),
        pytest.param("- {name: feed}\n- {name: feed}", "feed is there twice", id="twice"),
        pytest.param("[" * 5000, "It is no YAML", id="very deep"),
        pytest.param("\x00", "It is no YAML", id="binary"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(BadReport) as refusal:
        declared.read(a_file(tmp_path, text))
    assert why in str(refusal.value)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param(
            "name: other", "The plugin is to be other, and the wheel has sheet", id="name"
        ),
        pytest.param("name: sheet, version: 2.0.0", "is to be 2.0.0", id="version"),
        pytest.param(f"name: sheet, sha256: {'a' * 64}", "The sha256 is to be aaaa", id="content"),
    ],
)
def test_a_wheel_that_is_not_what_the_line_says_is_refused(
    tmp_path: Path, line: str, why: str
) -> None:
    wheel = written(a_wheel(), tmp_path)
    with pytest.raises(BadReport) as refusal:
        declared.read(a_file(tmp_path, f"- {{{line}, wheel: {wheel.name}}}"))
    assert why in refusal.value.why


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadReport, match="cannot be read"):
        declared.read(tmp_path / "none.yaml")


def test_a_version_that_is_nowhere_is_refused(tmp_path: Path) -> None:
    file = declared.read(a_file(tmp_path, "- {name: sheet, version: 1.0.0}"))
    with pytest.raises(NotFound):
        declared.apply(file, by="")


def test_a_new_file_is_applied_at_a_start_and_only_once(instance_dir: Path) -> None:
    a_file(instance_dir, "- {name: feed, enabled: false}")
    declared.apply_new()
    generations.add(generations.current(), (), by="", why="Somebody changed her mind")
    declared.apply_new()
    assert enabled() == {}


def test_a_file_that_is_named_must_be_there(instance_dir: Path) -> None:
    with pytest.raises(NotFound, match=r"none\.yaml"):
        declared.place(instance_dir, {"BYWAY_PLUGINS_FILE": "none.yaml"})


def test_no_file_is_fine(app: Flask, instance_dir: Path) -> None:
    assert declared.place(instance_dir, {}) is None
    declared.apply_new()
    assert generations.number() == 0
