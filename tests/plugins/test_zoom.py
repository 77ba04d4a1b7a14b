"""Zoom reports in, activities out."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from engine.api import (
    Activity,
    Actor,
    BadReport,
    Bundle,
    Delivery,
    Failed,
    Refused,
    Skipped,
    Thing,
)
from plugins.zoom import Zoom, ZoomSettings, register_sources
from xapi.vocabulary import TYPES, VERBS

REPORTS = Path(__file__).parent.parent / "data" / "zoom"
TORONTO = ZoneInfo("America/Toronto")
WEBINAR = """\
Attendee Report
Report generated time,09/22/2026 02:31:08 PM
Topic,Webinar ID,Actual Start Time
Evidence for policy,912 3456 7890,09/08/2026 10:58:12 AM
Attendee Details
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes)
"""
FLAT = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n"
BO = "Bo Lund,bo.lund@example.org,09/22/2026 12:01:10 PM,09/22/2026 12:57:00 PM,56,No\n"


def read(body: str | bytes, name: str = "report.csv", **given: Any) -> list[Any]:
    raw = body.encode() if isinstance(body, str) else body
    bundle = Bundle(key=None, deliveries=(Delivery(body=raw, name=name),))
    return list(Zoom().activities(bundle, {"timezone": "America/Toronto"} | given))


def report(name: str) -> list[Any]:
    return read((REPORTS / name).read_bytes(), name)


def people(items: list[Any]) -> list[Activity]:
    return [item for item in items if isinstance(item, Activity)]


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=TORONTO)


def attended(email: str, **facts: Any) -> Activity:
    number, start = "91234567890", "09/08/2026 10:58:12 AM"
    return Activity(
        keys=(
            f"session:{number}|{start}|{email}",
            f"at:{number}|2026-09-08T14:58:12Z|{email}",
        ),
        type="webinar",
        url="https://zoom.us/j/91234567890#2026-09-08T14:58:12Z",
        title="Evidence for policy",
        parent=Thing(
            url="https://zoom.us/j/91234567890", title="Evidence for policy", type="series"
        ),
        reported_at=local(2026, 9, 22, 14, 31, 8),
        **facts,
    )


# --- whole reports


def test_a_webinar_report_becomes_activities():
    bad_date = (
        "Write it as the other rows do, such as 2026-09-22 14:05:00, and send the file again."
    )
    assert report("webinar.csv") == [
        Skipped(row=15, why="registered, did not come"),
        Failed(
            row=16,
            why="“k.dorsey@” is not a whole address.",
            mend="Correct the address, or empty the cell so that the row waits under its name.",
        ),
        Failed(row=17, why="“13:75” is not a time of day.", mend=bad_date),
        attended(
            "ines.roy@example.org",
            rows=(7,),
            actor=Actor(name="Ines Roy", email="ines.roy@example.org"),
            verb="hosted",
            at=local(2026, 9, 8, 12, 2),
            duration=timedelta(minutes=63, seconds=48),
        ),
        attended(
            "thea.gagne@example.org",
            rows=(10, 19),
            actor=Actor(name="Théa Gagné", email="thea.gagne@example.org"),
            verb="presented",
            at=local(2026, 9, 8, 12),
            duration=timedelta(minutes=70),
        ),
        attended(
            "bo.lund@example.org",
            rows=(13, 14),
            actor=Actor(name="Bo Lund", email="bo.lund@example.org"),
            verb="attended",
            at=local(2026, 9, 8, 12, 1, 30),
            duration=timedelta(minutes=60, seconds=30),
        ),
        attended(
            "jo.park@example.org",
            rows=(18,),
            actor=Actor(name="Jo Park", email="jo.park@example.org"),
            verb="attended",
            at=local(2026, 9, 8, 11, 40),
            duration=None,
        ),
        attended(
            "Phone caller|09/08/2026 11:05:00 AM",
            rows=(22,),
            actor=Actor(name="Phone caller"),
            verb="attended",
            at=local(2026, 9, 8, 11, 15),
            duration=timedelta(minutes=10),
        ),
    ]


def test_a_participant_list_becomes_activities():
    found = report("participants_81234567890.csv")
    assert found[0] == Skipped(row=7, why="stayed in the waiting room")
    assert [(a.rows, a.actor.name, a.verb, a.duration) for a in found[1:]] == [
        ((5,), "Hana Ito", "hosted", timedelta(minutes=58, seconds=10)),
        ((6,), "Bo Lund", "attended", timedelta(minutes=55, seconds=50)),
        ((8,), "iPad", "attended", timedelta(minutes=10)),
        ((9,), "iPad", "attended", timedelta(minutes=10)),
    ]


def test_a_list_of_unique_users_counts_from_the_start_of_the_meeting():
    found = report("unique_users.csv")
    assert [(a.actor.email, a.verb, a.at, a.duration) for a in found] == [
        ("gita@example.org", "attended", local(2026, 6, 16, 16, 26, 26), timedelta(minutes=76)),
        (None, "attended", local(2026, 6, 16, 16, 9, 26), timedelta(minutes=59)),
        (None, "attended", local(2026, 6, 16, 15, 22, 26), timedelta(minutes=12)),
        ("sol@example.org", "hosted", local(2026, 6, 16, 15, 25, 26), timedelta(minutes=15)),
    ]


ALL = ["webinar.csv", "participants_81234567890.csv", "unique_users.csv"]


@pytest.mark.parametrize("name", ALL)
def test_the_same_file_twice_gives_equal_activities(name):
    assert report(name) == report(name)


@pytest.mark.parametrize("name", ALL)
def test_everybody_in_one_session_shares_its_address(name):
    assert len({item.url for item in people(report(name))}) == 1


@pytest.mark.parametrize("name", ALL)
def test_every_key_is_one_persons(name):
    keys = [item.keys for item in people(report(name))]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("name", ALL)
def test_verbs_and_types_are_in_the_vocabulary(name):
    found = people(report(name))
    assert {item.verb for item in found} <= set(VERBS)
    assert {item.type for item in found} <= set(TYPES)


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda text: text.encode(), id="utf-8"),
        pytest.param(lambda text: text.encode("utf-8-sig"), id="utf-8 with BOM"),
        pytest.param(lambda text: text.encode("utf-16"), id="utf-16"),
        pytest.param(lambda text: text.encode("cp1252"), id="cp1252"),
        pytest.param(lambda text: text.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(lambda text: text.replace("Moss", "Mo\0ss").encode(), id="NUL in a name"),
    ],
)
def test_the_encoding_changes_nothing(encode):
    text = (REPORTS / "webinar.csv").read_text(encoding="utf-8")
    assert read(encode(text)) == report("webinar.csv")


def test_a_longer_report_keeps_the_keys():
    short = WEBINAR + "Yes,iPad,,09/08/2026 11:05 AM,09/08/2026 11:15 AM,10\n"
    first = "Yes,iPad,,09/08/2026 11:01 AM,09/08/2026 11:02 AM,1\n"
    longer = WEBINAR + first + "Yes,Bo,bo@example.org,09/08/2026 11:00 AM,--,--\n"
    longer += short.removeprefix(WEBINAR)
    assert read(short)[0].keys[0] in {item.keys[0] for item in read(longer)}


def test_the_zone_changes_no_key_and_no_address():
    toronto, madrid = (read(FLAT + BO, timezone=zone)[0] for zone in ("UTC", "Europe/Madrid"))
    assert (toronto.keys, toronto.url) == (madrid.keys, madrid.url)
    assert toronto.at != madrid.at


# --- headings in the wild


@pytest.mark.parametrize(
    ("head", "row"),
    [
        pytest.param(FLAT, BO, id="flat, old headings"),
        pytest.param(
            "Name (original name),Email,Join time,Leave time,Duration (minutes),Guest,"
            "Recording disclaimer response,In waiting room\n",
            BO.replace("No\n", "No,OK,No\n"),
            id="flat, newer headings",
        ),
        pytest.param(FLAT.replace(",", ";"), BO.replace(",", ";"), id="semicolons"),
        pytest.param(FLAT.replace(",", "\t"), BO.replace(",", "\t"), id="tabs"),
        pytest.param(
            "Meeting ID,Topic,Start Time\n812 3456 7890,Lunch,09/22/2026 12:00:00 PM\n\n" + FLAT,
            BO,
            id="short preamble",
        ),
        pytest.param(
            "Topic,ID,Host,Duration (minutes),Start time,End time,Participants\n"
            'Lunch,81234567890,Sol (sol@example.org),59,"09/22/2026 12:00:00 PM",,2\n\n' + FLAT,
            BO,
            id="newer preamble",
        ),
        pytest.param(
            "Topic,Meeting ID,Name (Original Name),User Email,Join Time,Leave Time\n",
            "Lunch,8123456789,Bo Lund,bo.lund@example.org,2026-09-22 12:01,2026-09-22 12:57\n",
            id="session in every row",
        ),
        pytest.param(
            "Attended,First Name,Last Name,Email,Phone,Join Time,Leave Time,"
            "Time in Session (minutes)\n",
            "Yes,Bo,Lund,bo.lund@example.org,1,09/22/2026 12:01:10,09/22/2026 12:57:00,56\n",
            id="webinar table alone, no display name",
        ),
        pytest.param(
            'Attendee Report,,,,,,\nReport Generated:,"Sep 23, 2026 6:26 PM",,,,,\n'
            'Topic,Webinar ID,Actual Start Time,,,,\nLunch,812 3456 7890,"Sep 22, 2026 12:00",,,,\n'
            "Attendee Details,,,,,,\n"
            "Attended,User Name (Original Name),Email,Join Time,Leave Time,Is Guest,\n",
            'Yes,Bo,Bo.Lund@example.org,"Sep 22, 2026 12:01:10","Sep 22, 2026 12:57:00",Yes,\n',
            id="padded with commas, months by name",
        ),
        pytest.param(
            FLAT,
            "Bo,bo.lund@example.org,9/22/26 12:01:10\u202fPM,,56\n".replace("56", "55.8333"),
            id="no leave, a short row: joined plus minutes",
        ),
    ],
)
def test_headings_in_the_wild(head, row):
    (bo,) = read(head + row)
    assert bo.actor.email == "bo.lund@example.org"
    assert round((bo.at - local(2026, 9, 22, 12, 57)).total_seconds()) == 0


@pytest.mark.parametrize(
    ("title", "verb"),
    [
        pytest.param("Host Details", "hosted", id="host"),
        pytest.param("Panelist Details,,,", "presented", id="panelist"),
        pytest.param("Attendee Details", "attended", id="attendee"),
        pytest.param("Other Attended", "attended", id="other"),
        pytest.param("", "attended", id="no title: the weakest"),
    ],
)
def test_verbs(title, verb):
    row = "Yes,Bo,bo@example.org,09/08/2026 11:00 AM,09/08/2026 11:30 AM,30\n"
    assert read(WEBINAR.replace("Attendee Details", title) + row)[0].verb == verb


def test_the_strongest_role_has_all_rows():
    header = WEBINAR.splitlines()[-1]
    bo = "Yes,Bo,bo@example.org,09/08/2026 11:{},09/08/2026 11:{},9\n"
    text = f"{WEBINAR}{bo.format('00', '10')}Panelist Details\n{header}\n{bo.format('10', '30')}"
    (found,) = read(text)
    assert (found.verb, found.rows) == ("presented", (7, 10))
    assert found.duration == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("name", "rows", "key"),
    [
        pytest.param(
            "x.csv", BO, "session:|09/22/2026 12:01:10 PM|bo.lund@example.org", id="no id"
        ),
        pytest.param(
            "participants_81234567890.csv",
            BO,
            "session:81234567890|09/22/2026|bo.lund@example.org",
            id="id of the file's name, day of the earliest join",
        ),
        pytest.param(
            "participants_81234567890_2026_09_22.csv",
            BO + BO.replace("bo.lund", "ada").replace("/22/2026 12:01", "/21/2026 11:01"),
            "session:81234567890|09/21/2026|bo.lund@example.org",
            id="the earliest of all joins",
        ),
    ],
)
def test_a_list_without_a_row_about_the_meeting(name, rows, key):
    assert read(FLAT + rows, name)[0].keys == (key,)


def test_two_occurrences_of_one_id_are_two_objects():
    row = "Yes,Bo,bo@example.org,09/08/2026 11:00 AM,09/08/2026 11:30 AM,30\n"
    first, second = (read(text + row)[0] for text in (WEBINAR, WEBINAR.replace("10:58", "10:59")))
    assert first.url != second.url
    assert first.parent == second.parent


LISTED = (
    "Topic,Type,ID,Host name,Host email,Start time,End time,Duration (minutes),"
    "Name (original name),Email,Join time,Leave time,Duration (minutes),Guest,In waiting room\n"
    "Plain words,{},912 3456 7890,Ines Roy,ines@example.org,09/22/2026 12:00:02 PM,"
    "09/22/2026 01:00:00 PM,60,{},09/22/2026 12:01:10 PM,09/22/2026 12:57:00 PM,56,No,No\n"
)


def test_the_host_of_a_list_that_names_her_in_each_row():
    (ines,) = read(LISTED.format("Meeting", "Ines Roy (Host),ines@example.org"))
    assert (ines.verb, ines.actor.name, ines.type) == ("hosted", "Ines Roy", "meeting")


def test_a_list_of_both_kinds_says_which_is_a_webinar():
    (bo,) = read(LISTED.format("Webinar", "Bo Lund,bo.lund@example.org"))
    assert (bo.verb, bo.type) == ("attended", "webinar")


def test_a_report_without_anybody_is_no_error():
    assert read(WEBINAR) == []


def test_a_registration_question_named_id_is_not_the_session():
    text = WEBINAR.replace("(minutes)\n", "(minutes),ID,Topic\n")
    row = "Yes,Bo,bo@example.org,09/08/2026 11:00 AM,09/08/2026 11:30 AM,30,777,Parks\n"
    assert read(text + row)[0].title == "Evidence for policy"


def test_an_unreadable_report_time_is_left_out():
    row = "Yes,Bo,bo@example.org,09/22/2026 11:00 AM,09/22/2026 11:30 AM,30\n"
    text = WEBINAR.replace("09/22/2026 02:31:08 PM", "yesterday")
    assert read(text + row)[0].reported_at is None


# --- rows that are left out or cannot be read


@pytest.mark.parametrize(
    ("row", "kind", "says"),
    [
        pytest.param("No,Bo,bo@example.org,--,--,--", Skipped, "did not come", id="not attended"),
        pytest.param(",Bo,bo@example.org,,,", Skipped, "did not come", id="says nothing"),
        pytest.param(
            "Yes,,k.dorsey@,09/08/2026 11:00,,", Failed,
            "“k.dorsey@” is not a whole address and the name is empty.", id="neither is usable",
        ),
        pytest.param("Yes,--,--,09/08/2026 11:00,,", Failed, "neither", id="nobody"),
        pytest.param("Yes,Bo,bo@example.org,--,,", Failed, "join time is missing", id="no join"),
        pytest.param("Yes,Bo,bo@example.org,soon,,", Failed, "“soon” is not a date", id="no date"),
        pytest.param(
            "Yes,Bo,bo@example.org,09/08/2026 11:00,,many", Failed, "“many”", id="no number"
        ),
        pytest.param(
            "Yes,Bo,bo@example.org,09/08/2026 11:00,,999999", Failed, "longer", id="two years"
        ),
    ],
)  # fmt: skip
def test_rows_that_do_not_count(row, kind, says):
    good = "Yes,Ada,ada@example.org,09/08/2026 11:00 AM,09/08/2026 11:30 AM,30\n"
    bad, ada = read(f"{WEBINAR}{row}\n{good}")
    assert (type(bad), bad.row) == (kind, 7)
    assert says in bad.why
    assert ada.rows == (8,)


# --- refusals of the whole file


@pytest.mark.parametrize(
    ("body", "why", "where", "mend"),
    [
        pytest.param("", "empty", "", "Export the report again", id="empty"),
        pytest.param(
            "Question,Answer\nWhat,That\n", "“Question”, “Answer”", "", "headings", id="other table"
        ),
        pytest.param(
            "First,Last\n", "join time", "", "headings", id="says which headings it expects"
        ),
        pytest.param(b"PK\x03\x04...", "workbook", "", "", id="broken workbook"),
        pytest.param(
            FLAT + BO.replace("/22/", "/08/"), "Ambiguous date order", "row 2", "date_order",
            id="ambiguous order",
        ),
        pytest.param(
            FLAT + BO + BO.replace("09/22", "22/09"), "contradict", "row 2", "spreadsheet",
            id="contradiction",
        ),
        pytest.param(
            WEBINAR.replace("912 3456 7890", "9.12346E+10"), "9.12346E+10", "row 4", "spreadsheet",
            id="shortened id",
        ),
        pytest.param(
            "Name (Original Name),User Email,Total Duration (Minutes),Guest\nBo,b@example.org,9,No",
            "no join times", "row 2", "Export with meeting data", id="unique users without a start",
        ),
        pytest.param(
            "Topic,Meeting ID,Start Time\nLunch,812,soon\nName,Email,Total Duration\nBo,,9",
            "“soon”", "row 2", "Export with meeting data", id="unique users, unreadable start",
        ),
        pytest.param(
            "Topic,Meeting ID,User Name,User Email,Start Time,Duration (Minutes),Participants\n"
            "Lunch,812,Sol,sol@example.org,09/22/2026 12:00,59,3",
            "no table of people", "row 1", "list of participants", id="a list of meetings",
        ),
        pytest.param(
            WEBINAR.replace("Attendee Details", "Lunch,812 3456 7890,09/09/2026 10:00:00 AM"),
            "several sessions", "row 5", "on its own", id="two sessions in one list",
        ),
    ],
)  # fmt: skip
def test_a_file_that_is_refused_says_where_and_the_mend(body, why, where, mend):
    with pytest.raises(BadReport) as refused:
        read(body)
    assert why in refused.value.why
    assert refused.value.where == where
    assert mend in refused.value.mend


def test_the_order_is_decided_by_one_date_of_any_table():
    row = "Yes,Bo,bo@example.org,09/08/2026 11:00 AM,09/08/2026 11:30 AM,30\n"
    assert read(WEBINAR + row)[0].at.month == 9


def test_the_setting_decides_an_order_that_no_date_does():
    text = FLAT + BO.replace("/22/", "/08/")
    assert read(text, date_order="dmy")[0].at.month == 8


def test_nothing_is_given_before_a_later_delivery_is_refused():
    deliveries = (Delivery(body=(FLAT + BO).encode()), Delivery(body=b""))
    activities = Zoom().activities(Bundle(key="x", deliveries=deliveries), {"timezone": "UTC"})
    with pytest.raises(BadReport):
        next(activities)


# --- settings and registration


def test_the_settings_ask_for_a_zone():
    with pytest.raises(ValidationError) as wrong:
        ZoomSettings().load({})
    assert "America/Toronto" in wrong.value.messages["timezone"][0]


@pytest.mark.parametrize("zone", ["EST", "America/Toronot", ""])
def test_a_wrong_zone_is_explained_beside_its_field(zone):
    with pytest.raises(ValidationError) as wrong:
        ZoomSettings().load({"timezone": zone})
    assert f"“{zone}” is not a time zone." in wrong.value.messages["timezone"][0]


def test_a_zone_is_enough():
    loaded = ZoomSettings().load({"timezone": "America/Toronto"})
    assert {name for name, value in loaded.items() if value} == {"timezone", "api"}


def test_an_unknown_date_order_is_refused():
    with pytest.raises(ValidationError):
        ZoomSettings().load({"timezone": "UTC", "date_order": "myd"})


def test_zoom_registers_itself():
    assert [source.name for source in register_sources()] == ["zoom"]


@pytest.mark.parametrize("door", ["poll", "receive"])
def test_it_has_every_door(door):
    assert Zoom.has_door(door)


# --- anything at all

CELLS = st.sampled_from(
    ["", "--", "Yes", "No", "Bo", "bo@example.org", "bo@", "09/08/2026 11:00 AM", "13/13/2026",
     "22/09/2026 25:00", "2026-09-08T11:00Z", "-5", "1e9", "9.1E+10", "812 3456 7890",
     "Host Details", '"a', '"x\ny"', "Topic", "Webinar ID", "Meeting ID", "Email", "Join Time"]
)  # fmt: skip


def lines() -> st.SearchStrategy[str]:
    rows = st.lists(CELLS, min_size=1, max_size=7).map(",".join)
    return st.lists(rows, max_size=8).map("\n".join)


def gives_or_refuses(body: str | bytes) -> bool:
    """Read it; True, whether it could be read or was refused. Anything else is raised."""
    try:
        read(body)
    except Refused as refused:
        return bool(refused.why and refused.mend)
    return True


@pytest.mark.parametrize("head", [WEBINAR, FLAT, "Name,Total Duration\n", ""])
@settings(max_examples=80, deadline=None)
@given(tail=lines())
def test_any_rows_are_read_or_refused(head, tail):
    assert gives_or_refuses(head + tail)


@settings(max_examples=80, deadline=None)
@given(body=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(body):
    assert gives_or_refuses(body)


@pytest.mark.parametrize("cut", range(1, 2500, 97))
def test_a_report_cut_off_anywhere_is_read_or_refused(cut):
    assert gives_or_refuses((REPORTS / "webinar.csv").read_bytes()[:cut])
