"""The process in which a set of plugins is tried: `python -m engine.cli.plugin_trial`.

Reads the set from standard input and writes what it found to standard output. Whatever a plugin
prints goes elsewhere; whatever it breaks ends with this process.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

import orjson

from engine.host import Host, load
from engine.plugin_checks.cards import card_of
from engine.plugin_sets.generations import Choice
from engine.plugin_sets.loading import candidates
from engine.testkit.checking import check


def main() -> None:
    """Try the set that was asked for."""
    asked = orjson.loads(sys.stdin.buffer.read())
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    logging.getLogger("engine").setLevel(logging.CRITICAL)  # what a plugin raises is reported
    choices = [Choice(**one) for one in asked["choices"]]
    host = load(chosen=candidates(choices, Path(asked["instance"])))
    with answer:
        answer.write(orjson.dumps(_found(host, asked["check"])))
        answer.flush()
        os._exit(0)  # a thread of a plugin must not keep this process


def _found(host: Host, names: list[str]) -> dict[str, Any]:
    troubles = {one.name: one.trouble for one in host.plugins.values() if one.trouble}
    checked = {name: _checked(host, name) for name in names if name in host.plugins}
    return {"troubles": troubles, "checked": checked}


def _checked(host: Host, name: str) -> dict[str, Any]:
    plugin = host.plugins[name]
    report = check(plugin).as_json()
    return {"version": plugin.version, "card": card_of(plugin).as_json(), "report": report}


if __name__ == "__main__":
    main()
