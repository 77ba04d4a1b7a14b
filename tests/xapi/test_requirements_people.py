"""Agents and groups keep their rules wherever they stand (xAPI 1.0.3 Data 2.4.2)."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from requirement_samples import VERSIONS, is_refused, plan
from xapi_samples import ANNA, BEN, CARA, DORA, TEAM, full, modern, put

AGENT, GROUP = {"objectType": "Agent"}, {"objectType": "Group"}
IDENTIFIERS = [ANNA, BEN, CARA, DORA]
HOME = "http://lms.example.org"

UNIDENTIFIED: list[dict[str, Any]] = [{}, {"name": "Anna"}]
IDENTIFIED_TWICE = [{**one, **other} for one, other in combinations(IDENTIFIERS, 2)]
BAD_MBOXES: list[Any] = ["", "mailto:", "anna@example.org", "mailto:anna", "http://x.org/a", 5, {}]
BAD_HASHES: list[Any] = ["", "abc", "g" * 40, "mailto:anna@example.org", 5]
BAD_OPENIDS: list[Any] = ["", "id.example.org/cara", "/cara", 5]
BAD_ACCOUNTS: list[Any] = [
    "ben",
    {},
    {"homePage": HOME},
    {"name": "ben"},
    {"homePage": "lms.example.org", "name": "ben"},
    {"homePage": 5, "name": "ben"},
    {"homePage": HOME, "name": 5},
    {"homePage": HOME, "name": "ben", "id": "7"},
    {"homepage": HOME, "name": "ben"},
]

IDENTIFIED_BADLY = [
    *({"mbox": value} for value in BAD_MBOXES),
    *({"mbox_sha1sum": value} for value in BAD_HASHES),
    *({"openid": value} for value in BAD_OPENIDS),
    *({"account": value} for value in BAD_ACCOUNTS),
]
BAD_AGENTS = [
    *({**AGENT, **one} for one in (*UNIDENTIFIED, *IDENTIFIED_TWICE, *IDENTIFIED_BADLY)),
    *({**ANNA, "objectType": kind} for kind in ("agent", "Person", "Activity", 5, None)),
    *({**AGENT, **ANNA, "name": name} for name in (5, ["Anna"], None)),
    {**AGENT, **ANNA, "member": [BEN]},
    {**AGENT, **ANNA, "Name": "Anna"},
]
BAD_GROUPS = [
    *({**GROUP, **one} for one in (*UNIDENTIFIED, *IDENTIFIED_TWICE, *IDENTIFIED_BADLY)),
    *({**TEAM, "objectType": kind} for kind in ("group", "Team", 5, None)),
    *({**TEAM, "name": name} for name in (5, None)),
    *({**GROUP, "member": members} for members in ([], {}, "anna", ANNA, None, [5], [[ANNA]])),
    *({**TEAM, "member": [ANNA, one]} for one in IDENTIFIED_BADLY),
    {**TEAM, "member": [TEAM]},
    {**TEAM, "member": [{**GROUP, **CARA}]},
    {**GROUP, **CARA, "member": [TEAM]},
    {**TEAM, "members": []},
]
GOOD_AGENTS = [{**AGENT, **one} for one in IDENTIFIERS] + [{**AGENT, **ANNA, "name": ""}]
GOOD_GROUPS = [
    TEAM,
    {**TEAM, "member": IDENTIFIERS},
    *({**GROUP, **one} for one in IDENTIFIERS),
    *({**TEAM, **one, "name": "Crew"} for one in IDENTIFIERS),
    {**GROUP, **CARA, "member": []},
]

# A statement about an agent takes neither revision nor platform.
BARE: dict[str, Any] = {"context": {"registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7"}}
EITHER = ["actor", "object", "context.instructor"]
INNER = [f"object.{path}" for path in EITHER]
AGENTS = [*EITHER, *INNER, "authority"]
GROUPS = [*EITHER, *INNER, "context.team", "object.context.team"]


def with_(who: Any, path: str) -> Any:
    """A statement with an agent or group in one of its places."""
    statement = plan() if path.startswith("object.") else full()
    above = "object." if path.startswith("object.") else ""
    return put(put(statement, f"{above}context", BARE["context"]), path, who)


def accepted(path: str, people: list[Any], version: str) -> list[Any]:
    """Those of the people who may stand in a place."""
    return [who for who in people if not is_refused(with_(who, path), version)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", AGENTS)
def test_an_agent_that_breaks_a_rule_stands_nowhere(path: str, version: str) -> None:
    assert accepted(path, BAD_AGENTS, version) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", [*GROUPS, "authority"])
def test_a_group_that_breaks_a_rule_stands_nowhere(path: str, version: str) -> None:
    assert accepted(path, BAD_GROUPS, version) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", AGENTS)
def test_an_agent_is_identified_in_each_of_four_ways(path: str, version: str) -> None:
    assert accepted(path, GOOD_AGENTS, version) == GOOD_AGENTS


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", GROUPS)
def test_a_group_is_identified_in_each_of_four_ways_or_not_at_all(path: str, version: str) -> None:
    assert accepted(path, GOOD_GROUPS, version) == GOOD_GROUPS


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", [path for path in AGENTS if path[-6:] != "object"])
def test_outside_the_object_an_agent_need_not_say_so(path: str, version: str) -> None:
    assert accepted(path, IDENTIFIERS, version) == IDENTIFIERS


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", ["object", "object.object"])
def test_an_object_that_is_somebody_has_to_say_so(path: str, version: str) -> None:
    silent = [*IDENTIFIERS, {"member": [ANNA]}, {**ANNA, "member": [BEN]}]
    assert accepted(path, silent, version) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", ["context.team", "object.context.team"])
def test_a_team_is_no_agent(path: str, version: str) -> None:
    assert accepted(path, [*GOOD_AGENTS, *IDENTIFIERS], version) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_group_is_an_authority_only_as_two_agents_without_a_name(version: str) -> None:
    several = [GOOD_GROUPS[1], {**GROUP, "member": [ANNA]}, {**TEAM, **CARA}, {**GROUP, **CARA}]
    assert accepted("authority", several, version) == []
    assert accepted("authority", [TEAM], version) == [TEAM]


@pytest.mark.parametrize(
    ("path", "bad", "good"),
    [
        pytest.param(
            "context.contextAgents[0].agent", [*BAD_AGENTS, TEAM], GOOD_AGENTS, id="agent"
        ),
        pytest.param(
            "context.contextGroups[0].group",
            [*BAD_GROUPS, *GOOD_AGENTS, *IDENTIFIERS],
            GOOD_GROUPS,
            id="group",
        ),
    ],
)
def test_people_of_a_context_keep_the_rules_too(path: str, bad: list[Any], good: list[Any]) -> None:
    assert [who for who in bad if not is_refused(put(modern(), path, who), "2.0.0")] == []
    assert [who for who in good if is_refused(put(modern(), path, who), "2.0.0")] == []
