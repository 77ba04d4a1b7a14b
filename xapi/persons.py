"""The Person that GET agents answers with: one agent, with all that is known of her as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from xapi.actors import IDENTIFIERS, key, parse_key

MOST_NAMES = 50
MOST_IDENTIFIERS = 200


def names(statement: dict[str, Any], wanted: str) -> Iterator[str]:
    """What the actor and object of a statement call the agent with this key."""
    for found in (statement["actor"], statement["object"]):
        for agent in (found, *found.get("member", ())):
            if agent.get("name") and key(agent) == wanted:
                yield agent["name"]


# xAPI 1.0.3 Communication 2.4: nothing known of an agent still makes a Person of what was asked
def person(
    agent: dict[str, Any], names: Iterable[str] = (), keys: Iterable[str] = ()
) -> dict[str, Any]:
    """The Person of an agent as it was sent, with further names and identifiers, each once.

    :param keys: her identifiers as `xapi.actors.key` writes them; others are left out.
    """
    asked = key(agent)
    called = dict.fromkeys(name for name in (agent.get("name"), *names) if name)
    found: dict[str, Any] = {"objectType": "Person"}
    if called:
        found["name"] = list(islice(called, MOST_NAMES))
    others = sorted({*keys} - {asked})[:MOST_IDENTIFIERS]
    for identity in (agent, *_agents(others)):
        for kind in IDENTIFIERS:
            if kind in identity:
                found.setdefault(kind, []).append(identity[kind])
    return found


def _agents(keys: Iterable[str]) -> Iterator[dict[str, Any]]:
    for one in keys:
        with suppress(ValueError):
            yield parse_key(one)
