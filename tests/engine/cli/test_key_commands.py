"""Keys from the shell: made for a system, listed, rotated, revoked and changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from cli_running import Byway
from factories import HOME

from engine.cli.clients import CLIENTS
from engine.cli.spans import read_end, read_span
from engine.moments import from_us

DEFAULT = ["statements/write", "statements/read/mine", "state", "profile", "define"]


def create(byway: Byway, *words: object, name: str = "lms") -> dict[str, str]:
    ran = byway("keys", "create", name, *words, "--json")
    assert (ran.code, ran.err) == (0, "")
    made: dict[str, str] = ran.json
    return made


def listed(byway: Byway, *words: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = byway("keys", "list", "--json", *words).json
    return found


def refused(byway: Byway, *words: object) -> str:
    ran = byway("keys", *words)
    assert ran.code == 1
    return ran.err


def test_a_key_says_what_it_is(byway: Byway) -> None:
    made = create(byway)
    [one] = listed(byway)
    assert one.pop("created_at")[:2] == "20"
    assert one == {
        "name": "lms",
        "key": made["key"],
        "in_use": True,
        "scopes": DEFAULT,
        "reads": "mine",
        "communities": [],
        "basis": "notice",
        "ceiling": "system",
        "may_attest": False,
        "dedupe": False,
        "account_rule": None,
        "account_home_page": None,
        "expires_at": None,
        "last_used_at": None,
    }


def test_a_list_reads_well_and_shows_no_secret(byway: Byway) -> None:
    made = create(byway, "--account-rule", "username", "--account-home-page", "https://x.org")
    ran = byway("keys", "list")
    assert made["key"] in ran.out
    assert made["secret"] not in ran.out
    assert "username on https://x.org" in ran.out


def test_the_secret_is_told_with_its_endpoint(byway: Byway) -> None:
    ran = byway("keys", "create", "lms")
    assert f"{HOME}/xapi" in ran.out
    assert "The secret is not shown again." in ran.out


@pytest.mark.parametrize("client", CLIENTS)
def test_a_key_for_a_system_tells_what_to_type_there(byway: Byway, client: str) -> None:
    ran = byway("keys", "create", "lms", "--for", client)
    assert (ran.code, ran.err) == (0, "")
    [one] = listed(byway)
    assert f"{HOME}/xapi\n" in ran.out
    assert f" {one['key']}\n" in ran.out
    assert "{" not in ran.out


@pytest.mark.parametrize(
    ("client", "like"),
    [
        pytest.param("moodle", (DEFAULT, True, "system"), id="moodle"),
        pytest.param("openedx", (DEFAULT, False, "system"), id="openedx"),
        pytest.param("storyline", (["statements/write", "state"], False, "self"), id="storyline"),
    ],
)
def test_a_system_has_a_key_as_it_needs(byway: Byway, client: str, like: tuple[Any, ...]) -> None:
    create(byway, "--for", client)
    [one] = listed(byway)
    assert (one["scopes"], one["dedupe"], one["ceiling"]) == like


def test_what_is_said_outranks_what_a_system_needs(byway: Byway) -> None:
    create(byway, "--for", "moodle", "--no-dedupe")
    assert listed(byway)[0]["dedupe"] is False


def test_a_system_that_sends_shown_names_takes_no_account_rule(byway: Byway) -> None:
    said = refused(byway, "create", "bbb", "--for", "bigbluebutton", "--account-rule", "username")
    assert "the names that people show" in said


def test_a_browsers_key_attests_nothing(byway: Byway) -> None:
    said = refused(byway, "create", "page", "--browser", "--may-attest")
    assert "attests nothing" in said


def test_a_name_in_use_is_refused_with_the_mend(byway: Byway) -> None:
    create(byway)
    assert "`byway keys rotate lms`" in refused(byway, "create", "lms")
    assert len(listed(byway)) == 1


def test_a_community_that_is_not_there_is_refused(byway: Byway) -> None:
    said = refused(byway, "create", "lms", "--reads", "shared", "--community", "policy")
    assert "There is no community policy. There are: none yet." in said


def test_a_key_reads_what_is_shared_with_communities(byway: Byway, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email,communities\nbo@example.org,Policy Hub\n", encoding="utf-8")
    byway("people", "import", file)
    create(byway, "--reads", "shared", "--community", "policy-hub")
    [one] = listed(byway)
    assert (one["reads"], one["communities"], one["scopes"][0]) == (
        "shared",
        ["policy-hub"],
        "statements/read",
    )


def test_a_rotated_key_has_two_secrets_until_the_overlap_ends(byway: Byway) -> None:
    old = create(byway)
    ran = byway("keys", "rotate", "lms", "--overlap", "2h", "--json")
    new, former = listed(byway)
    assert ran.json["key"] == new["key"] != old["key"] == former["key"]
    left = datetime.fromisoformat(former["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=1) < left < timedelta(hours=2)
    assert new["expires_at"] is None


def test_a_key_with_an_end_is_rotated_with_a_new_end(byway: Byway) -> None:
    create(byway, "--expires", "30d")
    assert "--expires 90d" in refused(byway, "rotate", "lms")
    assert byway("keys", "rotate", "lms", "--expires", "90d").code == 0


def test_a_revoked_key_is_listed_among_all_only(byway: Byway) -> None:
    made = create(byway)
    assert f"lms ({made['key']}) has ended." in byway("keys", "revoke", "lms").out
    assert listed(byway) == []
    assert [one["in_use"] for one in listed(byway, "--all")] == [False]
    assert "(ended)" in byway("keys", "list", "--all").out


def test_a_key_is_changed(byway: Byway) -> None:
    create(byway)
    changed = byway(
        *("keys", "set", "lms", "--scope", "state,profile", "--dedupe", "--expires", "9d"),
        *("--account-rule", "email", "--json"),
    ).json
    assert [changed] == listed(byway)
    assert (changed["scopes"], changed["dedupe"]) == (["state", "profile"], True)
    assert changed["account_rule"] == "email"


def test_a_rule_is_taken_away(byway: Byway) -> None:
    create(byway, "--account-rule", "email")
    ran = byway("keys", "set", "lms", "--account-rule", "none")
    assert "accounts   no rule" in ran.out


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("set lms", id="nothing to change"),
        pytest.param("set lms --basis consent", id="a basis, which is not changed"),
        pytest.param("set lms --may-attest", id="trust, which is not changed"),
        pytest.param("create x --expires soon", id="no end"),
        pytest.param("create x --expires 2027-02-30", id="no day"),
        pytest.param("rotate lms --overlap 1y", id="no span"),
        pytest.param("rotate lms --overlap -1h", id="a span below zero"),
        pytest.param("create x --account-rule name", id="a rule by display name"),
        pytest.param("create x --for nothing", id="no such system"),
    ],
)
def test_wrong_usage_ends_with_two(byway: Byway, words: str) -> None:
    create(byway)
    ran = byway("keys", *words.split())
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize("words", ["rotate nobody", "revoke nobody", "set nobody --dedupe"])
def test_a_key_that_is_not_there_is_said(byway: Byway, words: str) -> None:
    assert "There is no key called nobody." in refused(byway, *words.split())


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        pytest.param("0m", 0, id="none"),
        pytest.param("90m", 90, id="minutes"),
        pytest.param("24h", 1440, id="hours"),
        pytest.param("2d", 2880, id="days"),
        pytest.param("1w", 10_080, id="weeks"),
    ],
)
def test_a_span_is_read(text: str, minutes: int) -> None:
    assert read_span(text) == minutes * 60_000_000


@pytest.mark.parametrize("text", ["", "h", "1", "1.5h", "١h", "99999d", "1 h"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        read_span(text)


def test_an_end_is_the_end_of_its_day() -> None:
    assert from_us(read_end("2027-01-31")) == datetime(2027, 1, 31, 23, 59, 59, 999_999, UTC)


def test_an_end_may_be_the_last_day_there_is() -> None:
    assert from_us(read_end("9999-12-31")).year == 9999


def test_an_end_after_a_span_counts_from_now() -> None:
    left = from_us(read_end("24h")) - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(hours=24)
