"""Slack exports: public channels alone, threads, likes, and who is who."""

from __future__ import annotations

import json
from typing import Any

import pytest
from forum_making import kinds, only, read, sample, zipped
from hypothesis import given
from hypothesis import strategies as st

from engine.api import Account, Activity, BadReport, Failed, Gone, ItemRef, Skipped

URL = "https://northmoor.slack.com"
CHANNELS = [{"id": "C1", "name": "evidence"}]
USERS = [{"id": "U1", "real_name": "Ines Roy", "profile": {"email": "Ines.Roy@Northmoor.example"}}]
SAID = {"type": "message", "user": "U1", "text": "We drop ours.", "ts": "1788879660.000200"}


def export(*messages: Any, channels: Any = CHANNELS, **more: Any) -> bytes:
    """An export of one day in one channel."""
    files = {"channels.json": channels, "users.json": USERS, "evidence/2026-09-08.json": messages}
    return zipped({name: json.dumps(value) for name, value in (files | more).items()})


def test_a_message_is_told_with_its_author_and_its_permanent_link() -> None:
    (told,) = read("slack", export(SAID))
    assert (told.verb, told.keys) == ("created", ("message:C1:1788879660.000200",))
    assert told.url == f"{URL}/archives/C1/p1788879660000200"
    assert told.actor.email == "ines.roy@northmoor.example"
    assert told.actor.account == Account(home_page=URL, name="U1")
    assert told.at.isoformat() == "2026-09-08T15:01:00.000200+00:00"


def test_an_answer_belongs_to_the_message_that_began_the_thread() -> None:
    (told,) = read("slack", export(SAID | {"thread_ts": "1788870000.000100"}))
    assert (told.verb, told.within) == ("replied", ItemRef("message:C1:1788870000.000100"))


def test_private_channels_and_direct_messages_are_never_opened() -> None:
    private = {"groups.json": [{"id": "G1", "name": "board"}], "dms.json": [{"id": "D1"}]}
    days = {"board/2026-09-08.json": [SAID], "D1/2026-09-08.json": [SAID]}
    assert len(read("slack", export(SAID, **private, **days))) == 1


def test_a_channel_listed_as_public_but_marked_private_is_not_read() -> None:
    assert read("slack", export(SAID, channels=[CHANNELS[0] | {"is_private": True}])) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"subtype": "channel_join"}, id="joined"),
        pytest.param({"subtype": "bot_message", "bot_id": "B1", "user": None}, id="an app"),
        pytest.param({"user": "USLACKBOT"}, id="Slack's own account"),
        pytest.param({"user": None}, id="nobody"),
        pytest.param({"hidden": True}, id="hidden"),
    ],
)
def test_what_no_member_wrote_is_left_out(change: dict[str, Any]) -> None:
    assert kinds(read("slack", export(SAID | change))) == ["Skipped"]


def test_a_deleted_message_is_gone() -> None:
    (told,) = read("slack", export(SAID | {"subtype": "tombstone"}))
    assert told == Gone(key="message:C1:1788879660.000200", rows=told.rows)


def test_who_approves_twice_likes_once_and_nobody_likes_her_own() -> None:
    reactions = [
        {"name": "+1::skin-tone-3", "users": ["U2", "U1"]},
        {"name": "tada", "users": ["U2"]},
        {"name": "eyes", "users": ["U3"]},
    ]
    likes = [one for one in read("slack", export(SAID | {"reactions": reactions})) if one.object]
    assert [one.keys for one in likes] == [("like:C1:1788879660.000200:U2",)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("a &amp; b &lt;c&gt;", "a & b <c>", id="entities"),
        pytest.param("ask <@U1> in <#C1|evidence>", "ask @… in evidence", id="nobody's name"),
        pytest.param("see <https://x.example/a|our page>", "see our page", id="a link's words"),
        pytest.param("run `rm` or ```\nx\n``` now", "run or now", id="no code"),
        pytest.param("&gt; old\nnew", "new", id="no quotation"),
        pytest.param("*bold* _and_ ~gone~", "bold and gone", id="no marks"),
    ],
)
def test_first_words(text: str, words: str) -> None:
    assert read("slack", export(SAID | {"text": text}))[0].excerpt == words


OF_FILE = {"subtype": "file_share", "text": "<@U1|ines> uploaded a file: <https://x.example|a>"}


def test_what_was_said_of_a_file_is_not_slacks_own_sentence() -> None:
    file = {"title": "Layout", "initial_comment": {"comment": "The new desks."}}
    (told,) = read("slack", export(SAID | OF_FILE | {"file": file}))
    assert (told.title, told.excerpt) == ("The new desks.", "The new desks.")


def test_a_comment_under_a_file_has_its_own_author() -> None:
    comment = {"user": "U1", "comment": "Clear at last."}
    whole = {"subtype": "file_comment", "text": "<@U1> commented on", "comment": comment}
    (told,) = read("slack", export(SAID | whole | {"user": None}))
    assert (told.actor.name, told.excerpt) == ("Ines Roy", "Clear at last.")


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param({**OF_FILE, "file": {"title": "Layout"}}, id="a file, before 2018"),
        pytest.param({"text": "", "files": [{"title": "Layout"}]}, id="a file"),
        pytest.param(
            {"text": "<https://x.example/>", "attachments": [None, {"title": "Layout"}]},
            id="a page",
        ),
    ],
)
def test_a_message_without_words_is_called_after_what_it_shows(shown: dict[str, Any]) -> None:
    (told,) = read("slack", export(SAID | shown))
    assert (told.title, told.excerpt) == ("Layout", None)


def test_a_bad_message_fails_alone() -> None:
    told = read("slack", export(SAID | {"ts": 17}, SAID))
    assert kinds(told) == ["Failed", "Activity"]
    assert only(told, Failed)[0].row == "evidence/2026-09-08.json[0].ts"


def test_an_export_packed_in_a_folder_is_read_too() -> None:
    files = {"channels.json": CHANNELS, "evidence/2026-09-08.json": [SAID]}
    inner = {f"Northmoor export/{name}": json.dumps(value) for name, value in files.items()}
    assert kinds(read("slack", zipped(inner))) == ["Activity"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[]", id="no ZIP"),
        pytest.param(zipped({"a.txt": "x"}), id="another ZIP"),
        pytest.param(zipped({"channels.json": "{}"}), id="channels that are no list"),
        pytest.param(sample("slack", "northmoor.zip")[:-30], id="broken off"),
    ],
)
def test_what_is_no_export_is_refused(body: bytes) -> None:
    with pytest.raises(BadReport) as refusal:
        read("slack", body)
    assert refusal.value.mend


@given(st.dictionaries(st.sampled_from([*SAID, "thread_ts", "reactions", "subtype"]), st.text()))
def test_odd_members_never_break_it(change: dict[str, str]) -> None:
    told = read("slack", export(SAID | change))
    assert all(isinstance(one, Activity | Gone | Skipped | Failed) for one in told)
