"""Open handles as a CSV: out for whoever knows, and back in with a preview."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inbox_making import (
    BO,
    FORUM,
    INES,
    NAMED,
    ODILE,
    OPERATOR,
    an_account,
    keys_of,
    link,
    open_handles,
    open_names,
    people,
    seen,
    waits,
)

from engine.db import db
from engine.errors import BadReport
from engine.people import inbox, service
from engine.sources import inbox_csv

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("toys")]
ACCOUNT = f"{FORUM}::bo_l"


def out() -> list[dict[str, str]]:
    db.session.rollback()
    return list(csv.DictReader(io.StringIO("".join(inbox_csv.written()))))


def filled(*rows: tuple[str, ...], header: str = "handle,email,decision,name") -> bytes:
    line = io.StringIO()
    csv.writer(line).writerows(rows)
    return f"{header}\n{line.getvalue()}".encode()


def ended(told: list[inbox_csv.Told]) -> list[str]:
    return [one.outcome for one in told]


def take(body: bytes, **more: Any) -> list[inbox_csv.Told]:
    db.session.rollback()
    done = inbox_csv.take(body, more.get("decider", ODILE))
    db.session.rollback()
    return done


def test_the_file_has_every_open_handle_and_who_it_could_be() -> None:
    people(BO)
    seen(an_account("4711"))
    waits("Bo Lund")
    one, other = out()
    assert (one["handle"], one["source"], one["rows"]) == (f"{FORUM}::4711", "lms", "1")
    assert (one["suggestion"], one["email"]) == ("bo@example.org", "")
    assert (other["handle"], other["suggestion"]) == (NAMED, "")
    assert other["reason"] == "same name as bo@example.org, which is not enough"


def test_no_cell_is_a_formula() -> None:
    people("Bo Lund,+bo@example.org,,4711,\n")
    seen(an_account("4711"), origin="=1+1")
    (one,) = out()
    assert (one["source"], one["suggestion"]) == ("'=1+1", "'+bo@example.org")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_a_cell_is_read_as_it_was_written(text: str) -> None:
    assert inbox_csv._plain(inbox_csv._safe(text.strip())) == text.strip()


def test_a_filled_in_row_is_linked() -> None:
    people(BO)
    seen(an_account("bo_l"))
    assert ended(take(filled((ACCOUNT, "bo@example.org")))) == ["linked"]
    assert ACCOUNT in keys_of()


def test_a_preview_says_the_same_and_changes_nothing() -> None:
    people(BO)
    seen(an_account("bo_l"), an_account("x"))
    waits("Bo Lund")
    body = filled(
        (ACCOUNT, "bo@example.org"),
        (NAMED, "new@example.org", "create", "New"),
        (f"{FORUM}::x", "", "ignore"),
        (ACCOUNT, "nobody@example.org"),
    )
    before = inbox.history()
    told = inbox_csv.preview(body, ODILE)
    assert ended(told) == ["linked", "created", "ignored", "refused"]
    assert (inbox.history(), open_names()) == (before, [NAMED])
    assert take(body) == told


def test_taking_it_twice_changes_nothing() -> None:
    people(BO)
    seen(an_account("bo_l"), an_account("x"))
    waits("Bo Lund")
    body = filled(
        (ACCOUNT, "bo@example.org"), (NAMED, "bo@example.org"), (f"{FORUM}::x", "", "ignore")
    )
    take(body)
    before = inbox.history()
    assert ended(take(body)) == ["already", "already", "already"]
    assert inbox.history() == before


def test_a_name_that_is_linked_is_read() -> None:
    people(BO)
    waits("Bo Lund")
    assert ended(take(filled((NAMED, "bo@example.org")))) == ["linked"]
    assert (open_names(), NAMED in keys_of()) == ([], True)


def test_a_person_is_created_where_it_says_so() -> None:
    seen(an_account("bo_l"))
    assert ended(take(filled((ACCOUNT, "bo@example.org", "create", "Bo Lund")))) == ["created"]
    assert service.get_person("bo@example.org").name == "Bo Lund"


def test_an_empty_row_stays_open() -> None:
    seen(an_account("bo_l"))
    assert ended(take(filled((ACCOUNT, "")))) == ["left"]
    assert open_handles() == [ACCOUNT]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        pytest.param((ACCOUNT, "nobody@example.org"), "Nobody here has", id="unknown person"),
        pytest.param((ACCOUNT, "not an address"), "not an email address", id="no address"),
        pytest.param((ACCOUNT, "bo@example.org", "maybe"), "no decision", id="no decision"),
        pytest.param((ACCOUNT, "", "create"), "no address", id="create without address"),
        pytest.param((ACCOUNT, "bo@example.org", "ignore"), "both ignore", id="both"),
        pytest.param((f"{FORUM}::x", "bo@example.org"), "Nothing came under", id="unknown handle"),
        pytest.param(("Bo Lund", "bo@example.org"), "not an identifier", id="a name"),
        pytest.param(("", "bo@example.org"), "not an identifier", id="no handle"),
    ],
)
def test_a_row_that_cannot_be_is_refused_and_the_rest_go_on(row: tuple[str, ...], why: str) -> None:
    people(BO)
    seen(an_account("bo_l"), an_account("y"))
    told = take(filled(row, (f"{FORUM}::y", "bo@example.org")))
    assert ended(told) == ["refused", "linked"]
    assert why in told[0].why
    assert told[0].mend


def test_two_rows_that_contradict_each_other_are_told() -> None:
    people(BO, INES)
    seen(an_account("bo_l"))
    told = take(filled((ACCOUNT, "bo@example.org"), (ACCOUNT, "ines@example.org")))
    assert ended(told) == ["linked", "refused"]
    assert "already belongs to bo@example.org" in told[1].why


def test_nobody_links_to_herself_by_a_file() -> None:
    people(BO)
    seen(an_account("bo_l"))
    herself = inbox.Decider(name="bo", person_id=service.get_person("bo@example.org").id)
    assert ended(take(filled((ACCOUNT, "bo@example.org")), decider=herself)) == ["refused"]


def test_what_is_somebodys_is_not_put_aside() -> None:
    people(BO)
    seen(an_account("bo_l"))
    link(ACCOUNT)
    assert ended(take(filled((ACCOUNT, "", "ignore")), decider=OPERATOR)) == ["refused"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"email;handle\nbo@example.org;{ACCOUNT}\n".encode(), id="semicolons"),
        pytest.param(f"\ufeffHandle,Email\r\n{ACCOUNT},BO@example.org\r\n".encode(), id="mark"),
        pytest.param(f"note,handle,email\nx,{ACCOUNT},bo@example.org\n".encode(), id="a column"),
        pytest.param(
            f"handle,email\n{ACCOUNT},bo@example.org,,,\n\n".encode("utf-16"), id="UTF-16"
        ),
        pytest.param(f"handle\temail\n{ACCOUNT}\t bo@example.org \n".encode(), id="tabs"),
    ],
)
def test_the_file_is_read_however_it_is_written(body: bytes) -> None:
    people(BO)
    seen(an_account("bo_l"))
    assert ended(take(body)) == ["linked"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"email\nx@example.org\n", id="no handle"),
        pytest.param(b"handle\nx\n", id="nothing to fill in"),
        pytest.param(b"PK\x03\x04", id="a workbook"),
        pytest.param(b'handle,email\n"' + b"x" * 200_000, id="an endless cell"),
        pytest.param(b"handle,email\n" + b"a,b\n" * 10_001, id="too many rows"),
    ],
)
def test_what_is_no_such_file_is_refused_whole(body: bytes) -> None:
    with pytest.raises(BadReport):
        take(body)
