"""Ideas: who submitted, commented, voted, won, pitched, backed and shared back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sheet_making import done, read, table, workbook
from webinar_making import live, parts, send, site

from engine.api import BadReport, Failed, Gone, ItemRef, Skipped
from plugins.ideas import Ideas

GIVEN = {"url": "https://ideas.example.org", "timezone": "America/Toronto"}
VOTERS = (
    "Idea Id,Idea Title,Public Status Name,Labels,Created Timestamp,Idea Creator Name,"
    "Idea Creator Email Address,User Email Address,Linked Idea Creation Date\n"
)
DEEDS = "Idea ID,Idea,Action,Email,Date,Vote\n"
ROW = {"idea": "7", "title": "Plain letters", "name": "Bo Lund", "email": "bo@example.org",
       "date": "2026-09-17"}  # fmt: skip
HEADINGS = {
    "en": ("Idea ID", "Idea title", "Author", "Author email", "Submitted on"),
    "fr": ("Numéro de l'idée", "Titre de l'idée", "Auteur", "Courriel de l'auteur", "Soumis le"),
    "es": ("ID de la idea", "Título", "Autora", "Correo del autor", "Fecha de envío"),
    "de": ("Ideennummer", "Titel", "Verfasser", "E-Mail-Adresse", "Eingereicht am"),
}


def said(body: bytes | str, **more: Any) -> list[Any]:
    return read(Ideas(), body, GIVEN | more)


@given(language=st.sampled_from(sorted(HEADINGS)), order=st.permutations(sorted(ROW)))
def test_an_export_says_the_same_in_each_language_and_order(
    language: str, order: list[str]
) -> None:
    headings = dict(zip(ROW, HEADINGS[language], strict=True))
    [one] = said(table([ROW], headings, order))
    assert (one.keys, one.title, one.actor.name, one.verb.rsplit("/", 1)[-1]) == (
        ("idea:7",), "Plain letters", "Bo Lund", "submitted",
    )  # fmt: skip


def test_an_idea_in_the_row_of_each_voter_is_told_once() -> None:
    row = '7,Plain letters,Open,"[""a""]",2026-09-07 10:00,Bo,bo@example.org,{},2026-09-08\n'
    body = VOTERS + row.format("ana@example.org") + row.format("cy@example.org")
    assert done(said(body)) == [
        ("ana@example.org", "voted-up"), ("bo@example.org", "submitted"),
        ("cy@example.org", "voted-up"),
    ]  # fmt: skip


EXPORT = "Date/Time,Idea ID,Idea Number,Stage,Author,Title,URL,Owner,Private\n"


def test_an_export_of_a_platform_with_named_months_is_read() -> None:
    [one] = said(f"{EXPORT}18/Aug/20 9:48 PM,317,18,Discuss,bo_l,A map,http://i.example/1,,false")
    assert (one.keys, one.actor.name, f"{one.at:%d.%m.%Y %H:%M}") == (
        ("idea:317",), "bo_l", "18.08.2020 21:48",
    )  # fmt: skip


def test_private_ideas_are_left_out() -> None:
    [one] = said(f"{EXPORT}18/Aug/20 9:48 PM,317,18,Discuss,bo_l,A map,,,true")
    assert isinstance(one, Skipped)


def test_a_display_name_may_look_like_half_an_address() -> None:
    [one] = said(f"{EXPORT}18/Aug/20 9:48 PM,317,18,Discuss,bo@maps,A map,,,false")
    assert (one.actor.name, one.actor.email) == ("bo@maps", None)


@pytest.mark.parametrize(
    ("deed", "verb"),
    [
        pytest.param("Submitted", "submitted", id="submitted"),
        pytest.param("commented", "commented", id="commented"),
        pytest.param("Upvote", "voted-up", id="voted"),
        pytest.param("Pitch", "requested", id="pitch"),
        pytest.param("BACK", "backed", id="back"),
        pytest.param("share-back", "shared", id="share-back"),
        pytest.param("Winner", "won", id="won"),
    ],
)
def test_what_was_done_with_an_idea(deed: str, verb: str) -> None:
    assert done(said(f"{DEEDS}7,Plain letters,{deed},bo@example.org,2026-09-17,")) == [
        ("bo@example.org", verb)
    ]


def test_what_is_done_with_an_idea_shares_its_tags_whenever_it_comes() -> None:
    [one] = said(f"{DEEDS}7,Plain letters,back,bo@example.org,2026-09-17,")
    assert (one.within, one.url) == (ItemRef("idea:7"), "https://ideas.example.org#idea/7")


@pytest.mark.parametrize(
    ("vote", "verb"),
    [pytest.param("-1", "voted-down", id="minus one"),
     pytest.param("+1", "voted-up", id="plus one"),
     pytest.param("Contre", "voted-down", id="French, against")],
)  # fmt: skip
def test_which_way_a_vote_went(vote: str, verb: str) -> None:
    [one] = said(f"{DEEDS}7,Plain letters,vote,bo@example.org,2026-09-17,{vote}")
    assert one.verb.rsplit("/", 1)[-1] == verb


@pytest.mark.parametrize(
    ("award", "verbs"),
    [
        pytest.param("First place", ["submitted", "won"], id="a prize"),
        pytest.param("Winner 2026", ["submitted", "won"], id="a winner of a year"),
        pytest.param("Finalist", ["submitted"], id="a finalist"),
        pytest.param("", ["submitted"], id="nothing"),
    ],
)
def test_who_won(award: str, verbs: list[str]) -> None:
    body = (
        "Submission ID,Title,Submitter email,Submitted at,Award,Award date\n"
        f"S-1,A map,bo@example.org,2026-09-01,{award},2026-09-20"
    )
    assert [verb for _, verb in done(said(body))] == verbs


@pytest.mark.parametrize(
    ("status", "kind"),
    [pytest.param("Draft", Skipped, id="a draft"), pytest.param("Spam", Gone, id="spam"),
     pytest.param("Deleted", Gone, id="deleted")],
)  # fmt: skip
def test_what_is_not_public_is_left_out(status: str, kind: type) -> None:
    [one] = said(
        f"Idea ID,Title,Author email,Created at,Status\n7,A,bo@example.org,2026-09-01,{status}"
    )
    assert isinstance(one, kind)


def test_an_idea_that_was_deleted_is_taken_off_the_record(
    instance_dir: Path, database_url: str
) -> None:
    head = "Idea ID,Title,Author email,Created at,Status\n7,A,bo@example.org,2026-09-01,"
    with site(instance_dir, database_url, "ideas", **GIVEN):
        send("ideas", f"{head}Open".encode())
        send("ideas", f"{head}Deleted".encode())
        assert live() == []


def test_an_idea_from_two_exports_is_one(instance_dir: Path, database_url: str) -> None:
    head = "Idea ID,Title,Author email,Created at\n7,A,bo@example.org,2026-09-01\n"
    with site(instance_dir, database_url, "ideas", **GIVEN):
        send("ideas", head.encode())
        send("ideas", f"{DEEDS}7,A,submitted,bo@example.org,2026-09-01,".encode())
        assert parts(live()) == [("bo@example.org", "submit", "")]


def test_an_unknown_deed_fails_with_those_that_are_known() -> None:
    [one] = said(f"{DEEDS}7,Plain letters,sang,bo@example.org,2026-09-17,")
    assert isinstance(one, Failed)
    assert "share-back" in one.mend


def test_a_comments_text_is_cut_to_an_excerpt_without_markup() -> None:
    head = "Comment ID,Idea ID,Comment,Commenter email,Comment date\n"
    [one] = said(f"{head}c1,7,<b>{'word ' * 100}</b>,bo@example.org,2026-09-17")
    assert (one.keys, len(one.excerpt) <= 200, "<" in one.excerpt) == (("comment:c1",), True, False)


def test_an_id_that_a_spreadsheet_mangled_is_refused() -> None:
    with pytest.raises(BadReport, match="shortened by a spreadsheet"):
        said(f"{DEEDS}5.62E+18,Plain letters,vote,bo@example.org,2026-09-17,")


def test_a_workbook_may_hold_ideas_and_comments() -> None:
    body = workbook(
        ideas=[["Idea ID", "Title", "Author email", "Created at"],
               ["7", "A", "bo@example.org", "2026-09-01"]],
        comments=[["Comment ID", "Idea ID", "Comment", "Commenter email", "Comment date"],
                  ["c1", "7", "Yes", "ana@example.org", "2026-09-02"]],
    )  # fmt: skip
    assert done(said(body)) == [("bo@example.org", "submitted"), ("ana@example.org", "commented")]
