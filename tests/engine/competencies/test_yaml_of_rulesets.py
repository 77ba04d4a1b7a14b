"""YAML that is no ruleset's: odd, endless, or huge; refused in words, never an accident."""

from __future__ import annotations

import pytest

from engine.competencies.rulesets import checked
from engine.competencies.yaml_reading import read_yaml
from engine.errors import Refused

BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(BOMB, id="aliases of aliases"),
        pytest.param("a: &a [*a]", id="an alias within itself"),
        pytest.param("[" * 3000, id="deep"),
        pytest.param("? [a]\n: 1", id="a list as a key"),
        pytest.param("a: !!int x", id="no number"),
        pytest.param("a: !!python/object:os.system x", id="an object"),
        pytest.param("a: \0", id="a null character"),
        pytest.param("a" * 10_000_001, id="huge"),
    ],
)
def test_text_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_yaml(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("scale: 5\nrules: 7", id="numbers for sections"),
        pytest.param("scale: {tau: 0.6, levels: {a: b}}\nkinds: [x]", id="lists and mappings"),
        pytest.param("rules: [{id: [1], match: 5}]", id="a list as an id"),
        pytest.param("nodes: {a: {children: [[b]]}}", id="lists of lists"),
        pytest.param("aliases: {a: [b]}\nscale: {tau: 0.6}", id="a list as alias"),
        pytest.param("tags: {1: {a: b}}", id="a mapping as tag"),
        pytest.param("profiles: 5", id="a number as profile"),
    ],
)
def test_ruleset_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        checked(text)
