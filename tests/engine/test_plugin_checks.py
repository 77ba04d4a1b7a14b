"""Validation reports: each thing a plugin declares wrongly is found, with its mend."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from testkit_making import Lines, a, pairs_in, plugin

from engine.api import PluginPage, Privacy, Source, SourceSettings, fields, hookimpl
from engine.host import Host, Plugin, load
from engine.plugin_checks import Finding, Report, report_of
from engine.plugin_checks.cards import cards
from engine.plugin_checks.declared import declared
from engine.plugin_checks.imports import DEPRECATED
from engine.testkit.checking import check
from engine.testkit.kit import write_pairs


def loaded(module: Any) -> Plugin:
    """A plugin as the host takes it in."""
    return load([("odd", module)], installed=False).plugins["odd"]


def found(module: Any) -> set[tuple[str, str, str]]:
    """What there is to find in a plugin's declarations: level, about and why."""
    return {(one.level, one.about, one.why) for one in declared(loaded(module))}


def settings(**members: Any) -> Any:
    """A source with these fields as settings."""
    return a(settings=type("Odd", (SourceSettings,), members))


def text(**metadata: Any) -> fields.String:
    return fields.String(load_default="", metadata={"label": "X", "help": "Y."} | metadata)


class Lax(SourceSettings):
    """Settings that take anything."""

    class Meta:
        unknown = "include"


def polling(**members: Any) -> Any:
    def poll(self: Lines, cursor: Any, fetch: Any, settings: Any) -> Iterator[Any]:
        yield from ()

    return a(poll=poll, settings=type("Odd", (SourceSettings,), {"url": text()}), **members)


def test_a_sound_plugin_gives_no_warning() -> None:
    assert {one.level for one in declared(loaded(plugin(Lines())))} == {"INFO"}


@pytest.mark.parametrize(
    ("module", "level", "about", "why"),
    [
        pytest.param(
            plugin(register_source=hookimpl(lambda: [])), "ERROR", "hooks",
            "There is no hook register_source.", id="a misspelt hook",
        ),
        pytest.param(
            plugin(statements_stored=hookimpl(lambda statements, person: None)), "ERROR", "hooks",
            "statements_stored is not given person.", id="arguments a hook is not given",
        ),
        pytest.param(
            plugin(register_pages=lambda: []), "WARN", "hooks",
            "register_pages is not marked as a hook, so it is never called.",
            id="a hook not marked",
        ),
        pytest.param(
            plugin(register_sources=None), "WARN", "hooks",
            "It implements no hook, so it brings nothing.", id="no hook",
        ),
        pytest.param(
            plugin(a(api_version=2)), "ERROR", "api version",
            "It was made for plugin API 2; this Byway has 1.", id="a newer API",
        ),
        pytest.param(
            plugin(a(privacy=Privacy(reads="name", keeps=("name",)))), "ERROR", "privacy",
            "Privacy.reads is no tuple of words.", id="one word in place of a tuple",
        ),
        pytest.param(
            plugin(a(privacy=None)), "ERROR", "privacy", "It does not declare its privacy.",
            id="no privacy",
        ),
        pytest.param(
            plugin(a(privacy=Privacy(reads=("name",), keeps=()))), "WARN", "privacy",
            "It says that it keeps nothing about people.", id="nothing kept",
        ),
        pytest.param(
            plugin(settings(api_token=text())), "ERROR", "settings",
            "It looks like a secret and would be kept and shown in the clear.", id="a bare secret",
        ),
        pytest.param(
            plugin(settings(password=text(secret=True, identity=True))), "ERROR", "settings",
            "A secret names the system, so a new secret would make it another system.",
            id="a secret identity",
        ),
        pytest.param(
            plugin(settings(url=text(identify=True))), "WARN", "settings",
            "Its metadata has identify, which means nothing.", id="misspelt metadata",
        ),
        pytest.param(
            plugin(settings(url=fields.String(load_default=""))), "WARN", "settings",
            "It has no label, so the form shows its name.", id="no label",
        ),
        pytest.param(
            plugin(settings(url=fields.String(load_default=""))), "INFO", "settings",
            "It has no help text.", id="no help",
        ),
        pytest.param(
            plugin(settings(url=fields.String())), "WARN", "settings",
            "It is neither required nor has a default, so reading it fails when it is left out.",
            id="no default",
        ),
        pytest.param(
            plugin(a(settings=Lax)), "WARN", "settings", "A misspelt setting would pass unseen.",
            id="settings that take anything",
        ),
        pytest.param(
            plugin(a(settings=dict)), "ERROR", "settings", "Its settings are none.", id="no schema"
        ),
        pytest.param(
            plugin(polling()), "WARN", "hosts",
            "It polls and does not say which hosts it calls.", id="hosts not named",
        ),
        pytest.param(
            plugin(polling()), "WARN", "settings",
            "No setting names the system, so all its instances count as one system.",
            id="no identity",
        ),
        pytest.param(
            plugin(polling(hosts=("{link}",))), "ERROR", "hosts", "“{link}” names no setting.",
            id="the host of a setting that is not there",
        ),
        pytest.param(
            plugin(polling(hosts=("https://a.example.org/x",))), "ERROR", "hosts",
            "“https://a.example.org/x” is no host.", id="an address in place of a host",
        ),
        pytest.param(
            plugin(polling(hosts="a.example.org")), "ERROR", "hosts",
            "hosts is no tuple of names.", id="one host in place of a tuple",
        ),
        pytest.param(
            plugin(polling(hosts=("a.example.org", "{url}"))), "INFO", "hosts",
            "It calls the host of its setting url.", id="hosts named",
        ),
    ],
)  # fmt: skip
def test_what_is_declared(module: Any, level: str, about: str, why: str) -> None:
    assert (level, about, why) in found(module)


class Silent(Source):
    """A source that leaves its API version open."""

    name, title, privacy = "silent", "Silent", Lines.privacy

    def activities(self, bundle: Any, settings: Any) -> Iterator[Any]:
        yield from ()


def test_an_api_version_that_is_not_named() -> None:
    why = "It does not say which plugin API it was made for."
    assert ("WARN", "api version", why) in found(plugin(Silent()))


def test_a_misspelt_hook_names_the_one_that_was_meant() -> None:
    first = next(iter(declared(loaded(plugin(register_source=hookimpl(lambda: []))))))
    assert "quarantined" in first.why
    mends = [one.mend for one in declared(loaded(plugin(register_source=hookimpl(lambda: []))))]
    assert "Did you mean register_sources?" in mends


def test_a_hook_that_raises_is_found_though_the_plugin_is_quarantined() -> None:
    broken = plugin(register_sources=hookimpl(lambda: 1 / 0))
    assert ("ERROR", "loading") in {one[:2] for one in found(broken)}
    assert ("ERROR", "sources") in {one[:2] for one in found(broken)}


# What a plugin's files import.


@pytest.fixture
def imported(tmp_path: Path) -> Iterator[Any]:
    """Write a plugin's one file and import it."""

    def write(body: str) -> Any:
        path = tmp_path / "odd_imports.py"
        path.write_text(body)
        spec = importlib.util.spec_from_file_location("odd_imports", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    yield write
    sys.modules.pop("odd_imports", None)


@pytest.mark.parametrize(
    ("line", "level", "why"),
    [
        ("from engine.db import db", "ERROR", "It imports engine.db.db, which may change"),
        ("from engine import host", "ERROR", "It imports engine.host, which may change"),
        ("import urllib.request", "WARN", "It imports urllib.request; Byway does not guard"),
        ("from subprocess import run", "WARN", "It imports subprocess.run; Byway does not guard"),
    ],
)
def test_imports_that_lead_elsewhere(imported: Any, line: str, level: str, why: str) -> None:
    module = imported(f"\n{line}\n")
    [one] = [one for one in declared(loaded(module)) if one.about == "imports"]
    assert (one.level, one.where) == (level, "odd_imports.py, line 2")
    assert one.why.startswith(why)


def test_what_goes_with_the_next_api_is_said(
    imported: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DEPRECATED, "union", "Use Stays.union.")
    module = imported("from engine.api import union")
    [one] = [one for one in declared(loaded(module)) if one.about == "api version"]
    assert (one.level, one.why) == ("WARN", "union goes with plugin API 2.")
    assert one.mend == "Use Stays.union."


def test_the_interface_and_the_kit_may_be_imported(imported: Any) -> None:
    module = imported(
        "from engine.api import Source\nfrom engine import testkit\nimport urllib.parse"
    )
    assert [one for one in declared(loaded(module)) if one.about == "imports"] == []


# The whole report.


def test_a_sound_plugin_with_pairs_passes(tmp_path: Path) -> None:
    module = plugin(Lines())
    pairs = pairs_in(tmp_path)
    write_pairs(module, pairs=pairs)
    report = check(loaded(module), pairs=pairs)
    assert (report.passes, report.counts["ERROR"], report.counts["WARN"]) == (True, 0, 0)
    assert ("INFO", "It brings 1 golden pair.") in {(one.level, one.why) for one in report.findings}


def test_a_plugin_without_pairs_is_warned() -> None:
    report = check(loaded(plugin(Lines())))
    assert report.passes
    assert [one.about for one in report.findings if one.level == "WARN"] == ["golden pairs"]


def test_a_quarantined_plugin_does_not_pass_and_is_not_run() -> None:
    report = check(loaded(plugin(a(privacy=None))))
    assert not report.passes
    assert {one.about for one in report.findings} >= {"loading", "privacy"}
    assert "hostile input" not in {one.about for one in report.findings}


def test_what_the_plugin_raises_is_a_finding_with_its_line() -> None:
    def activities(*_: Any) -> Iterator[Any]:
        raise KeyError("header")

    report = check(loaded(plugin(a(activities=activities))))
    first = report.findings[0]
    assert (first.level, first.about) == ("ERROR", "hostile input")
    assert "KeyError in test_plugin_checks.py, line" in first.why
    assert first.where == "lines: trusts nothing: an empty file"


def test_a_folder_of_pairs_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    pairs = pairs_in(tmp_path)
    (pairs / "settings.json").write_text("[]")
    error = check(loaded(plugin(Lines())), pairs=pairs).findings[0]
    assert (error.level, error.where, error.why) == (
        "ERROR",
        "settings.json",
        "It is no JSON object.",
    )


def test_the_gravest_stand_first_and_scripts_can_read_them() -> None:
    notes = [Finding(level=level, about="x", why=level) for level in ("INFO", "ERROR", "WARN")]
    report = report_of("odd", "1.0", notes)
    assert [one.level for one in report.findings] == ["ERROR", "WARN", "INFO"]
    assert report.as_json()["counts"] == {"ERROR": 1, "WARN": 1, "INFO": 1}
    assert Report(plugin="odd", version="", findings=()).passes


# Cards.


def card(module: Any) -> Any:
    [shown] = cards(load([("odd", module)], installed=False))
    return shown


def test_a_card_says_what_a_plugin_brings() -> None:
    shown = card(plugin(polling(hosts=("{url}",)), __doc__="Odd.\n\nMore."))
    [kind] = shown.kinds
    assert (shown.summary, shown.state, shown.hooks) == ("Odd.", "loaded", ("register_sources",))
    assert (kind.doors, kind.keeps, kind.hosts) == (("file", "poll"), ("email",), ("{url}",))


def test_a_card_of_a_quarantined_plugin_says_why() -> None:
    shown = card(plugin(a(privacy=None)))
    assert (shown.state, "privacy" in shown.trouble) == ("quarantined", True)


def test_an_installed_plugin_names_its_maker() -> None:
    [zoom] = [one for one in cards(load()) if one.name == "zoom"]
    assert (zoom.author, zoom.kinds[0].name) == ("byway", "zoom")


def test_a_plugin_that_cannot_be_imported_has_a_card() -> None:
    broken = Plugin(name="odd", version="1.0", module=None, trouble="ImportError: no module")
    [shown] = cards(Host(plugins={"odd": broken}))
    assert (shown.state, shown.kinds) == ("quarantined", ())


def test_a_plugin_of_pages_alone_passes() -> None:
    page = PluginPage(name="about", title="About", html="")
    module = plugin(register_pages=hookimpl(lambda: [page]))
    assert check(loaded(module)).passes
