"""Scoring and rulesets from the shell: pure, fast, and without any instance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_running import Ran, spawned

DATA = Path(__file__).parents[2] / "data" / "competency_cases.json"
GOLDEN = json.loads(DATA.read_text(encoding="utf-8"))
SHIPPED = Path(__file__).parents[3] / "engine" / "competencies" / "shipped" / "ruleset.yaml"
CASE = GOLDEN["cases"][0]
ODD = GOLDEN["config"]["rules"][0] | {"match": {"verb": [{}]}}


@pytest.fixture
def no_instance(tmp_path: Path) -> Path:
    return tmp_path / "nowhere"


def a_case(**change: Any) -> bytes:
    config = GOLDEN["config"] | CASE.get("config_patch", {})
    case = {"config": config, "statements": CASE["statements"], "as_of": list(CASE["expected"])}
    return json.dumps(case | change).encode()


def written(tmp_path: Path, body: bytes, name: str = "file") -> Path:
    file = tmp_path / name
    file.write_bytes(body)
    return file


def test_a_case_is_scored_from_a_file(no_instance: Path, tmp_path: Path) -> None:
    ran = spawned(no_instance, "competencies", "score", written(tmp_path, a_case()))
    assert (ran.code, ran.err) == (0, "")
    assert ran.json == CASE["expected"]


def test_a_case_is_scored_from_standard_input(no_instance: Path) -> None:
    assert (
        spawned(no_instance, "competencies", "score", "-", stdin=a_case()).json
        == (CASE["expected"])
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"config": ', id="broken"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="without config"),
        pytest.param(a_case(config={}), id="an empty config"),
        pytest.param(a_case(config=[]), id="a config that is a list"),
        pytest.param(a_case(config=GOLDEN["config"] | {"rules": [ODD]}), id="an odd rule"),
        pytest.param(a_case(statements={}), id="statements that are none"),
        pytest.param(a_case(statements=[1]), id="a statement that is a number"),
        pytest.param(a_case(as_of=["yesterday"]), id="a day that is none"),
        pytest.param(a_case(as_of=5), id="days that are none"),
    ],
)
def test_what_is_no_case_is_refused_in_plain_words(no_instance: Path, body: bytes) -> None:
    refused(spawned(no_instance, "competencies", "score", "-", stdin=body))


def refused(ran: Ran) -> None:
    """One or two sentences on standard error, and nothing of our insides."""
    assert ran.code == 1
    assert ran.err.strip()
    assert "Traceback" not in ran.err


def test_the_shipped_ruleset_is_compiled(no_instance: Path) -> None:
    ran = spawned(no_instance, "rulesets", "compile", SHIPPED)
    assert (ran.code, ran.json["scale"]["tau_ppm"]) == (0, 600_000)
    assert len(ran.err.removeprefix("sha256 ").strip()) == 64


def test_the_shipped_ruleset_has_no_faults(no_instance: Path) -> None:
    ran = spawned(no_instance, "rulesets", "lint", SHIPPED)
    assert (ran.code, ran.out) == (0, "Nothing to find fault with.\n")


def test_a_fault_is_told_and_ends_with_one(no_instance: Path) -> None:
    broken = SHIPPED.read_bytes().replace(b"kind: declared", b"kind: unheard-of")
    ran = spawned(no_instance, "rulesets", "lint", "-", "--json", stdin=broken)
    assert ran.code == 1
    assert {finding["level"] for finding in ran.json} == {"ERROR"}


@pytest.mark.parametrize("command", ["lint", "compile"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"a: [", id="broken"),
        pytest.param(b"\xff\xfe\x00", id="no UTF-8"),
        pytest.param(b"- a list", id="a list"),
        pytest.param(b"scale: {tau: .inf}", id="no number"),
    ],
)
def test_what_is_no_ruleset_is_refused_in_plain_words(
    no_instance: Path, command: str, body: bytes
) -> None:
    refused(spawned(no_instance, "rulesets", command, "-", stdin=body))


def test_a_missing_file_is_wrong_usage(no_instance: Path) -> None:
    ran = spawned(no_instance, "competencies", "score", "nowhere.json")
    assert (ran.code, "Traceback" in ran.err) == (2, False)


def test_the_version_is_told_at_once(no_instance: Path) -> None:
    from engine import __version__

    assert spawned(no_instance, "--version").out == f"byway, version {__version__}\n"
