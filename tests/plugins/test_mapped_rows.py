"""What one row of a mapped source comes to: who, what, when, and the key it is known by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from mapped_making import (
    ROW,
    a_table,
    a_workbook,
    an_answer,
    done_in,
    in_json,
    loaded,
    one_of,
    read,
)

from engine.api import (
    Account,
    BadReport,
    Failed,
    Skipped,
)

# --- Values -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        pytest.param("Talk", "Budgets", id="a column"),
        pytest.param("  tALK ", "Budgets", id="however it is written"),
        pytest.param({"const": "A talk"}, "A talk", id="a constant"),
        pytest.param({"template": "{Talk} ({Room})"}, "Budgets (Blue)", id="a template"),
        pytest.param({"template": "{None}, {Empty}"}, None, id="a template of nothing"),
        pytest.param({"first_of": ["Empty", "Room"]}, "Blue", id="the first that says something"),
        pytest.param({"column": "Room", "map": {"BLUE": "Azul"}}, "Azul", id="a translated value"),
        pytest.param({"column": "Room", "map": {"*": "Any"}}, "Any", id="every other value"),
        pytest.param({"column": "Empty", "map": {"": "None"}}, "None", id="an empty cell"),
        pytest.param("None", None, id="a column that is not there"),
    ],
)
def test_a_value_is_read_from(title: Any, expected: str | None) -> None:
    assert done_in(loaded(title=title), Room="Blue", Empty="").title == expected


def test_a_value_that_is_not_translated_fails_with_what_is_known() -> None:
    found = one_of(loaded(verb={"column": "Came", "map": {"yes": "attended"}}), Came="perhaps")
    assert found == Failed(
        row=2,
        why="“perhaps” is none of the values that the mapping knows: “yes”.",
        mend="Add it to the mapping, or “*” for all others, or correct the cell.",
    )


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"verb": {"column": "Came", "map": {"no": "skip"}}}, id="by its value"),
        pytest.param({"skip_when": {"Came": ["absent", "NO"]}}, id="by a condition"),
        pytest.param({"skip_when": {"Left": ""}}, id="by an empty cell"),
    ],
)
def test_a_row_is_left_out(parts: dict[str, Any]) -> None:
    assert isinstance(one_of(loaded(**parts), Came="no", Left=""), Skipped)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("policy, plain language", ("policy", "plain language"), id="commas"),
        pytest.param("policy;budgets|tax", ("policy", "budgets", "tax"), id="other marks"),
        pytest.param("-", (), id="a dash is none"),
    ],
)
def test_tags_are_split(written: str, expected: tuple[str, ...]) -> None:
    assert done_in(loaded(tags="Topics"), Topics=written).tags == expected


def test_tags_are_split_by_what_the_mapping_says() -> None:
    tags = {"column": "Topics", "split": "/"}
    assert done_in(loaded(tags=tags), Topics="a, b / c").tags == ("a, b", "c")


# --- Who ----------------------------------------------------------------------------------------


def test_an_account_needs_its_system() -> None:
    settings = loaded(email=None, account="User", home_page={"const": "https://t.example.org/"})
    actor = done_in(settings, User="bo").actor
    assert actor.account == Account(home_page="https://t.example.org", name="bo")  # type: ignore[union-attr]


def test_a_name_alone_waits_under_it() -> None:
    actor = done_in(loaded(email=None, name="Name"), Name="Bo Lindqvist (Guest)").actor
    assert (actor.name, actor.email) == ("Bo Lindqvist", None)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        pytest.param({"Email": "bo@"}, "“bo@” is not a whole address.", id="half an address"),
        pytest.param({"Email": ""}, "Nobody is named.", id="nobody"),
        pytest.param({"Ended": ""}, "It does not say when it was.", id="no time"),
        pytest.param({"Ended": "soon"}, "“soon” is not a date.", id="no date"),
        pytest.param(
            {"Id": "-"}, "“Id” is empty, and is part of what tells one row from another.", id="key"
        ),
        pytest.param({"Link": "see below"}, "“see below” is no address.", id="no address"),
        pytest.param({"Link": "http://"}, "“http://” is no address.", id="an address of no host"),
        pytest.param({"Took": "long"}, "“long” is no length of time.", id="no length"),
        pytest.param({"Took": "-5"}, "“-5” is no length of time.", id="less than nothing"),
        pytest.param({"Began": "2026-09-18 13:00"}, "It ends before it begins.", id="order"),
    ],
)
def test_a_row_fails_with_its_reason(cells: dict[str, str], why: str) -> None:
    found = one_of(loaded(url="Link", duration="Took", start="Began"), **cells)
    assert isinstance(found, Failed)
    assert found.why == why
    assert found.mend


# --- When ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("2026-09-17 13:00", "2026-09-17T13:00:00+02:00", id="on the mapped clock"),
        pytest.param("2026-09-17T13:00:00Z", "2026-09-17T13:00:00+00:00", id="on its own clock"),
        pytest.param("2026-09-17", "2026-09-17T12:00:00+02:00", id="a day stands at noon"),
        pytest.param("Thu, 17 Sep 2026 13:00:00 GMT", "2026-09-17T13:00:00+00:00", id="mail"),
        pytest.param("Thursday, September 17, 2026 1:00 PM", "2026-09-17T13:00:00+02:00", id="US"),
        pytest.param("jueves, 17 sep 2026 13:00", "2026-09-17T13:00:00+02:00", id="Spanish"),
        pytest.param("1789642800", "2026-09-17T11:00:00+00:00", id="seconds since 1970"),
        pytest.param("1789642800000", "2026-09-17T11:00:00+00:00", id="thousandths"),
        pytest.param("17/09/2026 13:00", "2026-09-17T13:00:00+02:00", id="day first"),
    ],
)
def test_a_moment_is_read(written: str, expected: str) -> None:
    assert done_in(loaded(), Ended=written).at.isoformat() == expected


def test_date_and_time_may_stand_apart() -> None:
    settings = loaded(at={"template": "{Day} {Hour}"})
    assert done_in(settings, Day="17/09/2026", Hour="13:00").at.hour == 13


def test_a_moment_without_a_zone_fails_where_the_mapping_names_none() -> None:
    found = one_of(loaded(zone=None))
    assert isinstance(found, Failed)
    assert "names no time zone" in found.why


def test_a_moment_with_its_zone_needs_none() -> None:
    assert done_in(loaded(zone=None), Ended="2026-09-17 13:00 +0200").at.hour == 13


def test_dates_that_nothing_decides_refuse_the_file() -> None:
    with pytest.raises(BadReport, match="Ambiguous date order"):
        one_of(loaded(), Ended="03/04/2026 10:00")


def test_the_mapping_may_decide_on_dates() -> None:
    found = done_in(loaded(date_order="dmy"), Ended="03/04/2026 10:00")
    assert found.at.month == 4


def test_rows_that_are_left_out_do_not_decide_on_dates() -> None:
    rows = [("1", "A", "17/09/2026 13:00", "bo@x.example"), ("2", "B", "09/17/2026", "skip me")]
    settings = loaded(skip_when={"Email": "skip me"})
    assert isinstance(read(a_table(*rows), settings)[1], Skipped)


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        pytest.param("50", 50, id="minutes"),
        pytest.param("1:30", 90, id="hours and minutes"),
        pytest.param("0:50:30", 50.5, id="with seconds"),
        pytest.param("1 h 5 min", 65, id="in words"),
        pytest.param("2 horas 10 minutos", 130, id="in Spanish words"),
        pytest.param("PT1H", 60, id="ISO 8601"),
        pytest.param("12,5", 12.5, id="a decimal comma"),
    ],
)
def test_a_length_is_read(written: str, minutes: float) -> None:
    found = done_in(loaded(duration="Took"), Took=written)
    assert found.duration == timedelta(minutes=minutes)


def test_a_length_may_be_in_hours() -> None:
    found = done_in(loaded(duration="Took", duration_unit="hours"), Took="1.5")
    assert found.duration == timedelta(minutes=90)


def test_the_length_is_between_start_and_end() -> None:
    found = done_in(loaded(start="Began"), Began="2026-09-17 12:10")
    assert found.duration == timedelta(minutes=50)


def test_the_end_is_start_and_length() -> None:
    found = done_in(loaded(at=None, start="Ended", duration="Took"), Took="50")
    assert found.at.isoformat() == "2026-09-17T13:50:00+02:00"


def test_an_unknown_length_is_not_zero() -> None:
    assert done_in(loaded(duration="Took"), Took="").duration is None


# --- Addresses ----------------------------------------------------------------------------------


def test_spaces_in_addresses_are_escaped() -> None:
    group = {"template": "https://t.example.org/groups/{Room}"}
    found = done_in(loaded(community=group), Room="Blue room")
    assert found.community is not None
    assert found.community.url == "https://t.example.org/groups/Blue%20room"


def test_relative_links_stand_on_the_address_of_the_source() -> None:
    settings = loaded(url="Link") | {"url": "https://t.example.org/api/talks"}
    assert done_in(settings, Link="/t/7").url == "https://t.example.org/t/7"


# --- Keys ---------------------------------------------------------------------------------------


def test_a_bar_in_a_cell_makes_no_other_key() -> None:
    settings = loaded(key=["Id", "Talk"])
    first, second = done_in(settings, Id="a|b", Talk="c"), done_in(settings, Id="a", Talk="b|c")
    assert first.keys != second.keys


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(a_table(("7.3E+18", *ROW[1:])), id="as text"),
        pytest.param(a_workbook((7300000000000000011, *ROW[1:])), id="in a workbook"),
    ],
)
def test_a_long_id_that_a_spreadsheet_shortened_refuses_the_file(body: bytes) -> None:
    with pytest.raises(BadReport, match="shortened by a spreadsheet") as refused:
        read(body, loaded())
    assert refused.value.where == "row 2"


def test_a_long_id_of_json_stays_whole() -> None:
    (found,) = read(an_answer(in_json(Id=7300000000000000011)), loaded())
    assert found.keys == ("7300000000000000011",)
