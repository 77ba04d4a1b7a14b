"""The plugin host: what it takes in, what it quarantines, and that a failure stays where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pluggy
import pytest
import toy
from click.testing import CliRunner
from flask import Flask

from engine import host
from engine.api import FrameworkFormat, PluginPage, Privacy, Source, hookimpl
from engine.cli import byway
from engine.errors import BadReport, NotFound
from engine.host import Host, calling, iterating, load


class Good(Source):
    """All that a source must have."""

    name = "good"
    title = "Good"
    privacy = Privacy(reads=(), keeps=())

    def activities(self, bundle: Any, settings: Any) -> Iterator[Any]:
        yield from ()


def a(**attributes: Any) -> Source:
    """A source like the good one but for some attributes; None takes one away."""
    kept = {name: value for name, value in attributes.items() if value is not None}
    kind = type("Odd", (Good,), kept)
    for name in attributes.keys() - kept.keys():
        setattr(kind, name, None)
    return kind()


def plugin(**hooks: Callable[..., Any]) -> ModuleType:
    module = ModuleType("made")
    for name, hook in hooks.items():
        setattr(module, name, hookimpl(hook))
    return module


def bringing(*sources: Any) -> ModuleType:
    return plugin(register_sources=lambda: list(sources))


def loaded(*modules: Any) -> Host:
    return load([(f"p{place}", module) for place, module in enumerate(modules)], installed=False)


def trouble(*modules: Any) -> str:
    """Why the last of some plugins is quarantined."""
    return list(loaded(*modules).plugins.values())[-1].trouble or ""


def test_a_sound_plugin_brings_its_sources() -> None:
    found = loaded(bringing(Good()))
    assert found.source("good").title == "Good"
    assert found.plugins["p0"].trouble is None


def test_the_installed_plugins_are_loaded() -> None:
    found = load()
    assert {"zoom", "discourse", "feed"} <= found.sources.keys()
    assert not any(one.trouble for one in found.plugins.values())


def raising() -> Any:
    raise ZeroDivisionError("boom")


def misspelt(statement: Any) -> None: ...


def wrong_arguments(statements: Any, person: Any) -> None: ...


@pytest.mark.parametrize(
    ("module", "why"),
    [
        pytest.param(plugin(register_sources=raising), "boom", id="a hook raises"),
        pytest.param(plugin(register_source=lambda: []), "register_source", id="a misspelt hook"),
        pytest.param(plugin(statements_stored=wrong_arguments), "person", id="other arguments"),
        pytest.param(plugin(statements_stored=misspelt), "statement", id="a misspelt argument"),
        pytest.param(plugin(register_sources=lambda: 7), "not iterable", id="it brings a number"),
        pytest.param(bringing("zoom"), "'zoom' is not a Source", id="no source"),
        pytest.param(bringing(Good), "is not a Source", id="a class in place of a source"),
        pytest.param(bringing(a(privacy=None)), "does not declare its privacy", id="no privacy"),
        pytest.param(bringing(a(title=None)), "does not declare its title", id="no title"),
        pytest.param(bringing(a(name=None)), "does not declare its name", id="no name"),
        pytest.param(bringing(a(name="My Source")), "cannot name a source", id="a bad name"),
        pytest.param(bringing(a(settings=dict)), "SourceSettings", id="no settings"),
        pytest.param(bringing(a(api_version=2)), "made for plugin API 2", id="another API"),
        pytest.param(bringing(a(vouches="expert")), "peers only", id="it vouches for experts"),
        pytest.param(
            bringing(a(activities=Source.activities)), "does not say how", id="it reads nothing"
        ),
        pytest.param(bringing(Good(), Good()), "there already", id="one name twice"),
        pytest.param(plugin(register_pages=lambda: ["page"]), "not a PluginPage", id="no page"),
        pytest.param(
            plugin(register_framework_formats=lambda: [7]), "not a FrameworkFormat", id="no format"
        ),
    ],
)
def test_a_broken_plugin_is_quarantined_with_the_reason(module: ModuleType, why: str) -> None:
    found = loaded(module, bringing(a(name="other")))
    assert why in (found.plugins["p0"].trouble or "")
    assert list(found.sources) == ["other"]


def test_a_source_that_is_there_already_quarantines_the_later_plugin() -> None:
    assert "'good', which is there already" in trouble(bringing(Good()), bringing(Good()))


def test_a_plugin_is_taken_in_whole_or_not_at_all() -> None:
    page = PluginPage(name="about", title="About", html="")
    module = plugin(register_sources=lambda: [Good()], register_pages=lambda: [page, "page"])
    found = loaded(module)
    assert (found.sources, found.pages) == ({}, {})


def test_two_plugins_of_one_name() -> None:
    found = load([("p", bringing(Good())), ("p", bringing(a(name="other")))], installed=False)
    assert list(found.sources) == ["good"]
    assert "already called p" in (found.plugins["p (1)"].trouble or "")


@pytest.mark.parametrize("error", [ImportError("no module"), SystemExit(3)])
def test_a_plugin_that_cannot_be_imported(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.setattr(host, "entry_points", lambda **_: [Entry(error)])
    found = load()
    assert type(error).__name__ in (found.plugins["broken"].trouble or "")


class Entry:
    """An installed plugin whose import fails."""

    name = "broken"
    dist = None

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def load(self) -> Any:
        raise self.error


def test_a_hook_under_another_function_name_is_found() -> None:
    module = ModuleType("made")
    module.anything = pluggy.HookimplMarker("byway")(  # type: ignore[attr-defined]
        specname="register_sources"
    )(lambda: [Good()])
    assert list(loaded(module).sources) == ["good"]


def test_every_plugin_is_told_though_one_fails() -> None:
    told: list[Any] = []

    def failing(statements: Any) -> None:
        raise ZeroDivisionError

    def telling(statements: Any) -> None:
        told.extend(statements)

    found = loaded(plugin(statements_stored=failing), plugin(statements_stored=telling))
    found.announce("statements_stored", statements=[{"id": "1"}])
    assert told == [{"id": "1"}]


def test_a_hook_need_not_take_every_argument() -> None:
    told: list[int] = []
    found = loaded(plugin(statements_stored=lambda: told.append(1)))
    found.announce("statements_stored", statements=[])
    assert told == [1]


def test_the_quarantined_are_not_told() -> None:
    told: list[int] = []
    module = plugin(statements_stored=lambda: told.append(1), register_sources=raising)
    loaded(module).announce("statements_stored", statements=[])
    assert told == []


def test_a_source_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(NotFound) as refusal:
        loaded(bringing(Good())).source("bad")
    assert refusal.value.mend == "There are: good."


def test_a_plugins_mistake_is_a_refusal_that_names_it() -> None:
    with pytest.raises(BadReport, match="The plugin good failed: ZeroDivisionError in test_host"):
        calling("good", raising)


def test_a_plugins_own_refusal_passes() -> None:
    with pytest.raises(BadReport) as refusal:
        calling("good", refusing)
    assert refusal.value.why == "No header."


def refusing() -> None:
    raise BadReport("No header.", "Export it again.")


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(raising, id="when called"),
        pytest.param(lambda: None, id="no iterator"),
        pytest.param(lambda: (1 // number for number in (1, 0)), id="on the way"),
    ],
)
def test_a_mistake_while_iterating_is_a_refusal(call: Callable[[], Any]) -> None:
    with pytest.raises(BadReport, match="The plugin good failed"):
        list(iterating("good", call))


def test_what_the_caller_raises_is_the_callers() -> None:
    each = iterating("good", lambda: [1])
    with pytest.raises(KeyError):
        next(raising_key(one) for one in each)


def raising_key(_one: int) -> None:
    raise KeyError


def test_doors_are_those_a_source_has() -> None:
    assert toy.Toy.has_door("poll")
    assert not Good.has_door("receive")


def test_the_site_starts_and_says_why_a_plugin_is_quarantined(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app([("broken", plugin(register_sources=raising)), ("toy", toy)])
    assert app.test_client().get("/").status_code == 200
    monkeypatch.setattr("engine.cli.context.create_app", lambda *_: app)
    shown = CliRunner().invoke(byway, ["plugins", "list"])
    assert "broken               ZeroDivisionError: boom" in shown.output
    assert "toy                  loaded" in shown.output


def test_a_framework_format_and_a_page_are_kept_by_name() -> None:
    form = FrameworkFormat(name="csv", title="CSV", reads=lambda *_: True, read=lambda *_: {})
    page = PluginPage(name="about", title="About", html="")
    found = loaded(plugin(register_framework_formats=lambda: [form], register_pages=lambda: [page]))
    assert (found.formats, found.pages) == ({"csv": form}, {"about": page})
