"""Archives of communities: many in one, roles, private ones, and headings in three languages."""

from __future__ import annotations

import json

import pytest
from forum_making import kinds, only, read, sample, zipped

from engine.api import BadReport, Failed, Gone, ItemRef, Skipped

HEAD = "Post ID,Thread ID,Type,Community,Email,Title,Body,Posted\n"
ROW = "301,301,Discussion,Policy,ines@northmoor.example,Which dashboards?,Ours,08/09/2026 16:01\n"
SETTINGS = {"date_order": "dmy"}


def test_an_archive_tells_of_all_its_communities_but_private_ones() -> None:
    told = read("communities", sample("communities", "archive.zip"))
    skipped = [one.why for one in only(told, Skipped)]
    assert skipped == ["A private community.", "A member; being one is no activity."]
    assert [one.verb for one in told if hasattr(one, "verb")] == [
        "created", "replied", "authored", "attended", "hosted",
    ]  # fmt: skip


def test_a_private_community_is_read_when_it_is_named() -> None:
    body = sample("communities", "archive.zip")
    told = read("communities", body, communities=["chief OFFICERS"])
    assert [one.title for one in told if hasattr(one, "verb")] == ["Pay"]


def test_who_facilitates_is_marked_in_her_community() -> None:
    told = read("communities", sample("communities", "archive.zip"))
    marked = [one.verb for one in told if "facilitator" in getattr(one, "tags", ())]
    assert marked == ["created", "hosted"]


def test_members_give_name_and_email_to_their_numbers() -> None:
    told = read("communities", sample("communities", "archive.zip"))
    start = next(one for one in told if getattr(one, "verb", "") == "created")
    assert (start.actor.name, start.actor.email) == ("Ines Roy", "ines.roy@northmoor.example")


def test_a_reply_is_part_of_its_thread() -> None:
    told = read("communities", sample("communities", "archive.zip"))
    reply = next(one for one in told if getattr(one, "verb", "") == "replied")
    assert reply.within == ItemRef("item:301")


@pytest.mark.parametrize(
    ("kind", "verb", "type_"),
    [
        pytest.param("Forum post", "created", "discussion", id="forum"),
        pytest.param("Respuesta", "replied", "forum-reply", id="Spanish reply"),
        pytest.param("Commentaire", "commented", "article", id="French comment"),
        pytest.param("Wiki page", "authored", "webpage", id="wiki"),
        pytest.param("Library document", "shared", "webpage", id="document"),
        pytest.param("Question", "asked", "question", id="question"),
    ],
)
def test_kinds_of_contributions(kind: str, verb: str, type_: str) -> None:
    body = HEAD + ROW.replace("Discussion", kind).replace("301,301", "302,")
    (told,) = read("communities", body.encode(), **SETTINGS)
    assert (told.verb, told.type) == (verb, type_)


def test_headings_may_be_spanish_and_the_file_windows_1252() -> None:
    told = read("communities", sample("communities", "facilitator.csv").decode().encode("cp1252"))
    assert [one.title for one in told] == ["¿Qué datos publicáis?"] * 2
    assert told[0].actor.name == "Nora Ibáñez"


def test_a_name_alone_matches_nobody() -> None:
    told = read("communities", sample("communities", "facilitator.csv"))
    assert {(one.actor.email, one.actor.account) for one in told} == {(None, None)}


def test_a_deleted_contribution_is_gone() -> None:
    body = HEAD.replace("Posted", "Posted,Deleted") + ROW.replace("16:01", "16:01,09/09/2026")
    (told,) = read("communities", body.encode(), **SETTINGS)
    assert told == Gone(key="item:301", rows=(2,))


def test_a_day_without_a_time_is_taken_at_noon() -> None:
    body = HEAD + ROW.replace(" 16:01", "")
    (told,) = read("communities", body.encode(), **SETTINGS)
    assert told.at.isoformat() == "2026-09-08T12:00:00+01:00"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("ines@northmoor.example", "ines@", id="half an address"),
        pytest.param("ines@northmoor.example", "", id="nobody"),
        pytest.param("08/09/2026 16:01", "soon", id="no date"),
        pytest.param("Discussion", "Poll", id="an unknown kind"),
    ],
)
def test_a_bad_row_fails_alone(old: str, new: str) -> None:
    body = HEAD + ROW.replace("301", "300") + ROW.replace(old, new)
    told = read("communities", body.encode(), **SETTINGS)
    assert len(only(told, Failed)) == 1
    assert kinds(told)[0] == "Activity"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"Title,Date,Body\nx,2026-09-08,y\n", id="nobody is named"),
        pytest.param(zipped({"a.pdf": "x"}), id="a ZIP without tables"),
        pytest.param((HEAD + ROW).encode(), id="a date that can be read two ways"),
        pytest.param(json.dumps({}).encode(), id="JSON"),
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(BadReport) as refusal:
        read("communities", body)
    assert refusal.value.mend
