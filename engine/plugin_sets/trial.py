"""A set is tried in a process of its own before it counts; what breaks there breaks nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from engine.errors import Conflict
from engine.plugin_sets.generations import Choice

CHILD = "engine.cli.plugin_trial"
LONGEST_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found out about one plugin, as scripts read it: its card and its report."""

    version: str
    card: dict[str, Any]
    report: dict[str, Any]

    @property
    def passes(self) -> bool:
        """Whether it may be enabled."""
        return bool(self.report["passes"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How a set loaded: why each quarantined plugin is, and what was checked by name."""

    troubles: dict[str, str]
    checked: dict[str, Checked]


def run(choices: Iterable[Choice], check: Collection[str], instance: Path) -> Tried:
    """Load a set, and check some of its plugins.

    :raises Conflict: the process ended by itself, or took too long; the plugin that did it cannot
        be told from the others that are new in the set.
    """
    asked = {
        "instance": str(instance),
        "choices": [asdict(one) for one in choices],
        "check": sorted(check),
    }
    code, out = _ran([sys.executable, "-m", CHILD], orjson.dumps(asked))
    try:
        told = orjson.loads(out)
        checked = {name: Checked(**told["checked"][name]) for name in check}
        return Tried(troubles=told["troubles"], checked=checked)
    except (ValueError, KeyError, TypeError) as error:  # it did not come to its last line
        how = f"did not end within {LONGEST_S:.0f} s" if code is None else f"ended with {code}"
        mend = "It stops whatever loads it, so nothing was changed. Tell its author."
        names = ", ".join(sorted(check)) or "a plugin"
        raise Conflict(f"The process in which {names} was tried {how}.", mend) from error


def _ran(command: list[str], asked: bytes) -> tuple[int | None, bytes]:
    """Run the child with all that it starts; None for its code when its time was up."""
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        try:
            out, _ = child.communicate(asked, timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            return None, b""
        return child.returncode, out
