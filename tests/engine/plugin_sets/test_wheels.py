"""Installing a wheel: what is taken in, what is refused, and that nothing is done by half."""

from __future__ import annotations

from pathlib import Path

import pytest
from plugin_set_making import a_wheel, installed, members, packed, source

from engine.errors import BadReport, Conflict, NotFound, Refused, TooLarge
from engine.plugin_sets import sets, wheels
from engine.plugin_sets.wheels import Wheel

pytestmark = pytest.mark.usefixtures("app")
INFO = "byway_sheet-1.0.0.dist-info"
TOP = "byway_sheet/__init__.py"


def with_(files: dict[str, bytes]) -> Wheel:
    """A sound wheel with more files."""
    return packed(members() | files)


def without(*paths: str) -> Wheel:
    return packed({path: body for path, body in members().items() if path not in paths})


def inside(instance: Path) -> list[str]:
    """What there is in the plugins of an instance."""
    home = instance / "plugins"
    return sorted(one.name for one in home.iterdir()) if home.is_dir() else []


def test_it_is_unpacked_under_its_name_and_version(instance_dir: Path) -> None:
    found = installed()
    assert found.folder == instance_dir / "plugins" / "sheet" / "1.0.0"
    assert (found.folder / TOP).read_text() == source()
    assert inside(instance_dir) == ["sheet"]


def test_nothing_of_it_is_run(instance_dir: Path) -> None:
    installed(module=f"open({str(instance_dir / 'ran')!r}, 'w').close()")
    assert not (instance_dir / "ran").exists()


def test_the_same_wheel_again_is_the_same() -> None:
    assert installed().folder == installed().folder


def test_another_content_is_another_version() -> None:
    first = installed()
    with pytest.raises(Conflict, match="with another content"):
        installed(module=source() + "\n")
    assert (first.folder / TOP).read_text() == source()


def test_versions_are_in_order(instance_dir: Path) -> None:
    installed(version="1.10"), installed(version="1.9"), installed(version="1.9rc1")
    assert [one.version for one in wheels.of(instance_dir, "sheet")] == ["1.9rc1", "1.9", "1.10"]


@pytest.mark.parametrize(
    ("wheel", "why"),
    [
        pytest.param(Wheel(file="x.whl", body=b"PDF"), "x.whl is not a wheel", id="no archive"),
        pytest.param(Wheel(file="x.whl", body=b"PK\x03\x04"), "cannot be unpacked", id="damaged"),
        pytest.param(packed({"a.py": b""}), "It has 0 .dist-info folders", id="an archive"),
        pytest.param(with_({"x-1.dist-info/METADATA": b""}), "It has 2 .dist-", id="two in one"),
        pytest.param(without(f"{INFO}/METADATA"), "It has no METADATA", id="no metadata"),
        pytest.param(without(f"{INFO}/WHEEL"), "It has no WHEEL", id="an egg"),
        pytest.param(
            without(f"{INFO}/entry_points.txt"), "It has no entry_points", id="a library"
        ),
        pytest.param(
            with_({f"{INFO}/METADATA": b"Name: caf\xe9"}), "is not UTF-8", id="Latin-1 metadata"
        ),
        pytest.param(packed(members(entries="[other]\na = b")), "brings 0 plugins", id="no plugin"),
        pytest.param(
            packed(members(entries="[byway.plugins]\na = x\nb = y")), "brings 2 plugins (a, b)",
            id="two plugins",
        ),
        pytest.param(
            packed(members(entries="[byway.plugins]\n../../x = byway_sheet")), 'called "../../x"',
            id="a path as its name",
        ),
        pytest.param(
            packed(members(entries="[byway.plugins]\nsheet = os; x")), "entry point names",
            id="an entry point that is no module",
        ),
        pytest.param(with_({"../evil.py": b""}), "unusable name", id="a way out"),
        pytest.param(with_({"/etc/evil.py": b""}), "unusable name", id="an absolute path"),
        pytest.param(
            with_({"x.data/purelib/../../evil.py": b""}), "unusable name", id="a way out by data"
        ),
        pytest.param(with_({f"{TOP}/x.py": b""}), "the same name", id="a file that is a folder"),
        pytest.param(packed(members(version="newest")), 'the version "newest"', id="no version"),
        pytest.param(
            packed(members(requires=["no-such-package-here>=2"])),
            "no-such-package-here>=2, which is not installed", id="lacks a package",
        ),
        pytest.param(
            packed(members(requires=["flask>=99"])), "flask>=99, and", id="needs a newer package"
        ),
        pytest.param(packed(members(requires=["byway>=99"])), "byway>=99", id="a newer Byway"),
        pytest.param(
            packed(members(requires=["a b c"])), "cannot be understood", id="an odd requirement"
        ),
        pytest.param(
            packed(members(requires=['flask; os_name ~= "posix"'])), "cannot be understood",
            id="a condition that cannot be judged",
        ),
        pytest.param(
            packed(members(requires=['flask; extras == "x"'])), "cannot be understood",
            id="a condition on what is not there",
        ),
        pytest.param(
            packed(members(entries="[byway.plugins]\nsheet")), "a line that names no module",
            id="an entry point without a module",
        ),
        pytest.param(packed(members(python=">=4")), "It needs Python >=4", id="another Python"),
        pytest.param(packed(members(python="new")), "It needs Python new", id="no Python"),
        pytest.param(
            packed(members(tag="cp27-cp27m-win32")), "built for cp27-cp27m-win32",
            id="another machine",
        ),
        pytest.param(
            packed(members(tag="-".join([".".join(["x"] * 2000)] * 3))), "built for x.x",
            id="a tag that stands for eight thousand million",
        ),
        pytest.param(with_({f"{TOP}/{'é' * 200}.py": b""}), "unusable name", id="a long name"),
        pytest.param(packed(members(tag="")), "built for nothing", id="no tag"),
        pytest.param(with_({"json.py": b""}), "a module json", id="hides the standard library"),
        pytest.param(with_({"engine/x.py": b""}), "a module engine", id="hides Byway"),
        pytest.param(with_({"flask/x.py": b""}), "A module flask is installed", id="hides Flask"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_leaves_nothing(
    instance_dir: Path, wheel: Wheel, why: str
) -> None:
    with pytest.raises(BadReport) as refusal:
        sets.install(wheel)
    assert why in refusal.value.why
    assert refusal.value.mend
    assert inside(instance_dir) == []


@pytest.mark.parametrize(
    "requires",
    [
        pytest.param("byway", id="Byway itself"),
        pytest.param("Flask>=1", id="a package that is here"),
        pytest.param("no-such-package-here; extra == 'test'", id="an extra"),
        pytest.param("no-such-package-here; python_version < '3'", id="of another Python"),
    ],
)
def test_what_is_needed_and_here_is_no_hindrance(requires: str) -> None:
    assert sets.install(packed(members(requires=[requires]))).name == "sheet"


def test_what_belongs_beside_its_modules_goes_there() -> None:
    found = sets.install(with_({"x.data/purelib/byway_more.py": b"", "x.data/scripts/run": b""}))
    assert (found.folder / "byway_more.py").is_file()
    assert not list(found.folder.rglob("run"))


def test_a_wheel_that_is_too_large_is_not_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "large.whl"
    path.write_bytes(a_wheel().body)
    monkeypatch.setattr(wheels, "LARGEST", 100)
    with pytest.raises(TooLarge):
        wheels.read_wheel(path)
    with pytest.raises(TooLarge):
        sets.install(a_wheel())


def test_a_disk_that_cannot_be_written_is_a_refusal(instance_dir: Path) -> None:
    (instance_dir / "plugins").write_text("a file where the folder would be")
    with pytest.raises(Refused, match="cannot be written"):
        installed()


def test_a_removed_version_is_gone_and_the_other_stays(instance_dir: Path) -> None:
    installed(), installed(version="2.0.0")
    sets.remove("sheet", "1.0.0")
    assert [one.version for one in wheels.of(instance_dir, "sheet")] == ["2.0.0"]
    sets.remove("sheet", "2.0.0")
    assert inside(instance_dir) == []


def test_a_version_that_is_not_here_cannot_be_removed() -> None:
    installed()
    with pytest.raises(NotFound) as refusal:
        sets.remove("sheet", "3.0.0")
    assert refusal.value.mend == "Versions here: 1.0.0."


@pytest.mark.parametrize("name", ["../sheet", "..", "sheet/1.0.0", ""])
def test_a_path_is_no_name(instance_dir: Path, name: str) -> None:
    installed()
    with pytest.raises(Refused):
        sets.remove(name, "1.0.0")
    assert inside(instance_dir) == ["sheet"]


def test_a_folder_that_was_not_installed_is_passed_over(instance_dir: Path) -> None:
    (instance_dir / "plugins" / "odd" / "1.0").mkdir(parents=True)
    (instance_dir / "plugins" / "odd" / "1.0" / wheels.RECEIPT).write_text("{")
    assert wheels.every(instance_dir) == []
