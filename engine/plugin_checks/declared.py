"""What a plugin declares: its hooks, API version, privacy and hosts."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import partial
from typing import Any

from engine import hookspecs
from engine.api import API_VERSION, Privacy, Source
from engine.errors import Refused
from engine.host import Plugin, iterating
from engine.plugin_checks import Finding, Level
from engine.plugin_checks.brought import implementations, sources_of
from engine.plugin_checks.imports import import_findings
from engine.plugin_checks.settings import settings_findings

HOOKS = {
    name: frozenset(inspect.signature(hook).parameters)
    for name, hook in inspect.getmembers(hookspecs, inspect.isfunction)
    if hasattr(hook, "byway_spec")
}
HOST = re.compile(r"\{(\w+)\}|(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+")


def declared(plugin: Plugin) -> Iterator[Finding]:
    """Everything that can be said of a plugin without giving it something to read."""
    if plugin.trouble:
        mend = "Nothing of it is used until this is mended."
        yield _say("ERROR", "loading", "", f"It is quarantined: {plugin.trouble}.", mend)
    if plugin.module is None:
        return
    yield from _hooks(plugin.module)
    yield from import_findings(plugin.module)
    try:
        yield from iterating(plugin.name, partial(_sources, plugin.module))
    except Refused as refusal:
        mend = "Look at what register_sources returns."
        yield _say("ERROR", "sources", "", refusal.why, mend)


def _say(level: Level, about: str, where: str, why: str, mend: str = "") -> Finding:
    return Finding(level=level, about=about, why=why, mend=mend, where=where)


def _hooks(module: Any) -> Iterator[Finding]:
    """Hooks that are unknown, take what is not given, or were not marked."""
    marked = dict(implementations(module))
    for hook, function in marked.items():
        yield _hook(hook, function)
    for name in sorted(HOOKS.keys() - marked.keys()):
        if inspect.isfunction(getattr(module, name, None)):
            why = f"{name} is not marked as a hook, so it is never called."
            yield _say("WARN", "hooks", name, why, "Write @hookimpl above it.")
    if not marked:
        why = "It implements no hook, so it brings nothing."
        yield _say("WARN", "hooks", "", why, "See “Hooks” in docs/plugins.md.")


def _hook(hook: str, function: Any) -> Finding:
    if hook not in HOOKS:
        near = get_close_matches(hook, HOOKS, n=1)
        meant = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(HOOKS))}."
        return _say("ERROR", "hooks", hook, f"There is no hook {hook}.", meant)
    foreign = sorted(inspect.signature(function).parameters.keys() - HOOKS[hook])
    if foreign:
        mend = f"It may take: {', '.join(sorted(HOOKS[hook])) or 'nothing'}."
        return _say("ERROR", "hooks", hook, f"{hook} is not given {', '.join(foreign)}.", mend)
    return _say("INFO", "hooks", hook, f"It implements {hook}.")


def _sources(module: Any) -> Iterator[Finding]:
    for source in sources_of(module):
        name = str(getattr(source, "name", type(source).__name__))
        yield _api_version(source, name)
        yield from settings_findings(source, name)
        yield from _privacy(source, name)
        yield from _hosts(source, name)


def _api_version(source: Source, name: str) -> Finding:
    """Which API a source was made for, and whether it says so itself."""
    made_for = source.api_version
    if made_for != API_VERSION:
        newer = isinstance(made_for, int) and made_for > API_VERSION
        mend = "Upgrade Byway." if newer else "Get a newer version of the plugin."
        why = f"It was made for plugin API {made_for}; this Byway has {API_VERSION}."
        return _say("ERROR", "api version", name, why, mend)
    kinds = [kind for kind in type(source).__mro__ if kind is not Source]
    if not any("api_version" in vars(kind) for kind in kinds):
        why = "It does not say which plugin API it was made for."
        mend = f"Write api_version = {API_VERSION} in {type(source).__name__}."
        return _say("WARN", "api version", name, why, mend)
    why = f"It was made for plugin API {API_VERSION}, which this Byway has."
    return _say("INFO", "api version", name, why)


def _privacy(source: Source, name: str) -> Iterator[Finding]:
    """A declaration that is missing, no list of words, or says nothing."""
    privacy = getattr(source, "privacy", None)
    if not isinstance(privacy, Privacy):
        mend = "Give privacy = Privacy(reads=, keeps=)."
        yield _say("ERROR", "privacy", name, "It does not declare its privacy.", mend)
        return
    yield _part("reads", privacy.reads, name)
    yield _part("keeps", privacy.keeps, name)


def _part(part: str, words: Any, name: str) -> Finding:
    # A tuple of one word without its comma is a text, and each of its letters would be a word.
    if not _are_words(words):
        mend = f'Write {part}=("name", "email"), with a comma after a single word.'
        return _say("ERROR", "privacy", name, f"Privacy.{part} is no tuple of words.", mend)
    if not words:
        why = f"It says that it {part} nothing about people."
        return _say("WARN", "privacy", name, why, "Name at least by what a person is known.")
    return _say("INFO", "privacy", name, f"It {part} {', '.join(words)}.")


def _are_words(found: object) -> bool:
    if not isinstance(found, tuple | list):
        return False
    return all(isinstance(word, str) and word.strip() for word in found)


def _hosts(source: Source, name: str) -> Iterator[Finding]:
    """The hosts a source calls: names, or the setting whose address is called."""
    hosts = source.hosts
    if not _are_words(hosts):
        mend = 'Write hosts = ("api.example.org", "{url}").'
        yield _say("ERROR", "hosts", name, "hosts is no tuple of names.", mend)
        return
    if source.has_door("poll") and not hosts:
        why = "It polls and does not say which hosts it calls."
        mend = 'Write hosts = ("api.example.org",), or ("{url}",) for the setting url.'
        yield _say("WARN", "hosts", name, why, mend)
    yield from (_host(one, source, name) for one in hosts)


def _host(host: str, source: Source, name: str) -> Finding:
    found = HOST.fullmatch(host)
    if not found:
        mend = "Give the host's name alone, in small letters."
        return _say("ERROR", "hosts", name, f"“{host}” is no host.", mend)
    setting = found[1]
    if setting and setting not in source.settings().fields:
        mend = "Name a setting that holds an address."
        return _say("ERROR", "hosts", name, f"“{host}” names no setting.", mend)
    why = f"It calls the host of its setting {setting}." if setting else f"It calls {host}."
    return _say("INFO", "hosts", name, why)
