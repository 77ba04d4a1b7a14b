"""Which pages of a site programs may ask for: the Robots Exclusion Protocol (RFC 9309)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

MOST_READ = 512_000
"""Bytes of a robots.txt that are read (RFC 9309 2.5 asks for 500 KiB at least)."""
_MOST_RULES = 5_000
_LONGEST = 2_000
_SAFE = "/%:=@!$&'()*+,;~-._?"


@dataclass(frozen=True, slots=True)
class Rule:
    """A path that is allowed or not: `*` stands for anything, `$` for the end."""

    allows: bool
    path: str

    def fits(self, path: str) -> bool:
        """Whether an address's path with its query begins so."""
        ends = self.path.endswith("$")
        first, *parts = self.path.removesuffix("$").split("*")
        if not parts or not path.startswith(first):
            return path == first if ends else path.startswith(first)
        at = len(first)
        for part in parts[:-1]:
            at = path.find(part, at) + len(part)
            if at < len(part):
                return False
        if ends:
            return path.endswith(parts[-1]) and len(path) - len(parts[-1]) >= at
        return parts[-1] in path[at:]


@dataclass(frozen=True, slots=True)
class Robots:
    """What a site lets one program ask for."""

    rules: tuple[Rule, ...] = ()

    def allow(self, path: str) -> bool:
        """Whether a page may be asked for.

        RFC 9309 2.2.2: the longest rule that fits counts; of two as long, the one that allows.
        """
        fitting = [rule for rule in self.rules if rule.fits(path)]
        last = max(fitting, key=lambda rule: (len(rule.path), rule.allows), default=None)
        return last is None or last.allows


ALL = Robots()
NOTHING = Robots((Rule(False, "/"),))


def read_robots(body: bytes, agent: str) -> Robots:
    """What a robots.txt says to one agent, else to all; lines that say nothing are passed over."""
    groups = list(_groups(body[:MOST_READ].decode("utf-8-sig", "replace")))
    # RFC 9309 2.2.1: groups of one name are one; letters' case does not count.
    mine = [rules for agents, rules in groups if agent.casefold() in agents]
    others = [rules for agents, rules in groups if "*" in agents]
    return Robots(tuple(rule for rules in mine or others for rule in rules)[:_MOST_RULES])


def _groups(text: str) -> Iterator[tuple[set[str], list[Rule]]]:
    agents, rules = set[str](), list[Rule]()
    for name, value in _lines(text):
        if name == "user-agent":
            if rules:
                yield agents, rules
                agents, rules = set(), []
            agents.add(_product(value))
        elif name in ("allow", "disallow") and agents and value:
            rules.append(Rule(name == "allow", quote(value[:_LONGEST], safe=_SAFE)))
        elif name in ("allow", "disallow") and agents:
            rules.append(Rule(True, ""))  # an empty rule forbids nothing
    if agents:
        yield agents, rules


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield name.strip().casefold(), value.strip()


def _product(value: str) -> str:
    found = re.match(r"[A-Za-z_-]+", value)
    return "*" if value.startswith("*") else found[0].casefold() if found else ""
