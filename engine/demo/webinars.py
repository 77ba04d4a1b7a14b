"""Zoom files as Zoom exports them: attendee reports of webinars, participant lists of meetings."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from engine.demo.people import (
    BO,
    INES,
    JONAS,
    LENA,
    MBALI,
    NOOR,
    ODILE,
    PRIYA,
    RUTH,
    THEA,
    TOMAS,
    Member,
)  # fmt: skip

MONTH_FIRST, DAY_FIRST = "%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %H:%M:%S"
NOBODY = "--"
SESSION = (
    "Topic", "Webinar ID", "Actual Start Time", "Actual Duration (minutes)", "# Registrants",
    "# Cancelled", "Unique Viewers", "Total Users", "Max Concurrent Views",
)  # fmt: skip
STAFF = (
    "Attended", "User Name (Original Name)", "Email", "Join Time", "Leave Time",
    "Time in Session (minutes)", "Is Guest", "Country/Region Name",
)  # fmt: skip
ATTENDEES = (
    "Attended", "User Name (Original Name)", "First Name", "Last Name", "Email", "Phone",
    "Registration Time", "Approval Status", "Join Time", "Leave Time",
    "Time in Session (minutes)", "Is Guest", "Country/Region Name",
)  # fmt: skip
OTHERS = (
    "User Name",
    "Join Time",
    "Leave Time",
    "Time in Session (minutes)",
    "Country/Region Name",
)
PARTICIPANTS = (
    "Name (Original Name)", "User Email", "Join Time", "Leave Time", "Duration (Minutes)",
    "Guest", "Recording Consent", "In Waiting Room",
)  # fmt: skip
MEETING = (
    "Meeting ID", "Topic", "Start Time", "End Time", "User Email", "Duration (Minutes)",
    "Participants",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A recurring webinar: every occurrence has its number, its clock and its way with dates."""

    number: str
    written: str
    starts: time
    minutes: int
    host: Member
    topics: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """From when to when somebody was there, in minutes after the start."""

    who: Member
    joined: int
    left: int


DATA = Series(
    number="912 3456 7890",
    written=MONTH_FIRST,
    starts=time(11, 0),
    minutes=62,
    host=THEA,
    topics=(
        "Reading a chart before you share it",
        "Counting people without counting them out",
        "Open data clinic: publishing without fear",
        "Averages and other half-truths",
        "A survey is a conversation",
        "Small numbers, big claims",
        "Spreadsheets that survive their author",
        "Maps that do not mislead",
        "Evidence for policy: what counts",
        "Dashboards nobody opens",
        "Asking for data across departments",
        "What our service data cannot say",
    ),
)
WRITING = Series(
    number="987 6543 2100",
    written=DAY_FIRST,
    starts=time(14, 30),
    minutes=55,
    host=ODILE,
    topics=(
        "Writing for tired readers",
        "Letters people answer",
        "Words we can do without",
        "Headings that carry the story",
    ),
)
LUNCHES = Series(
    number="812 3456 7890",
    written=MONTH_FIRST,
    starts=time(12, 0),
    minutes=48,
    host=RUTH,
    topics=("Leading hybrid teams", "How the budget office thinks"),
)

_MISSED_BY_INES = (3, 8)
"""The weeks in which the learner registered and did not come."""
_REGULARS = (BO, PRIYA, TOMAS, MBALI, NOOR, JONAS)


def weekdays_before(day: date, *, weekday: int, every: int, count: int) -> list[date]:
    """`count` dates of a weekday (Monday is 0), `every` weeks apart, the last before `day`."""
    last = day - timedelta(days=(day.weekday() - weekday - 1) % 7 + 1)
    return [last - timedelta(weeks=every * back) for back in reversed(range(count))]


def data_report(week: int, day: date) -> str:
    """The attendee report of one week's data webinar, as it came the same afternoon."""
    stays = [Stay(who=member, joined=2, left=58) for member in _regulars(week)]
    absent = [LENA]
    if week in _MISSED_BY_INES:
        absent.append(INES)
    elif week == 5:  # left and rejoined from a second device: the overlap counts once
        stays += [Stay(who=INES, joined=0, left=30), Stay(who=INES, joined=28, left=61)]
    else:
        stays.append(Stay(who=INES, joined=1, left=60))
    return _report(DATA, week, day, stays, absent=absent, broken=week == 10)


def longer_report(week: int, day: date) -> str:
    """The same week's report made two days later: the learner stayed longer, one guest more."""
    stays = [Stay(who=member, joined=2, left=58) for member in _regulars(week)]
    stays += [Stay(who=INES, joined=1, left=62), Stay(who=LENA, joined=10, left=60)]
    return _report(DATA, week, day, stays, absent=[], made_after=timedelta(hours=6))


def writing_report(number: int, day: date) -> str:
    """The attendee report of one writing clinic."""
    stays = [Stay(who=member, joined=0, left=54) for member in (INES, NOOR, PRIYA, LENA)]
    return _report(WRITING, number, day, stays, absent=[BO])


def lunch_list(number: int, day: date) -> str:
    """The participant list of one lunch: a flat table under two rows about the meeting."""
    start = datetime.combine(day, LUNCHES.starts)
    end = start + timedelta(minutes=LUNCHES.minutes)
    written = LUNCHES.written
    about = [
        LUNCHES.number, LUNCHES.topics[number], f"{start:{written}}", f"{end:{written}}",
        LUNCHES.host.email, LUNCHES.minutes, 5,
    ]  # fmt: skip
    guests = [
        [
            who.name,
            who.email,
            f"{start:{written}}",
            f"{end:{written}}",
            LUNCHES.minutes,
            "No",
            "",
            "No",
        ]
        for who in (RUTH, INES, BO, TOMAS)
    ]
    tablet = ["Meeting room 2", "", f"{start:{written}}", f"{end:{written}}", 48, "Yes", "", "No"]
    return "\ufeff" + _csv([MEETING, about, [], PARTICIPANTS, *guests, tablet])


def _regulars(week: int) -> list[Member]:
    return [member for place, member in enumerate(_REGULARS) if (week + place) % 4]


def _report(
    series: Series,
    number: int,
    day: date,
    stays: Sequence[Stay],
    *,
    absent: Sequence[Member],
    broken: bool = False,
    made_after: timedelta = timedelta(hours=2),
) -> str:
    start = datetime.combine(day, series.starts)
    end = start + timedelta(minutes=series.minutes)
    here, there = (f"{moment:{series.written}}" for moment in (start, end))
    viewers = len({stay.who for stay in stays})
    about = [
        series.topics[number], series.number, here, series.minutes, viewers + len(absent), 0,
        viewers, viewers + 1, viewers,
    ]  # fmt: skip
    host = ["Yes", series.host.name, series.host.email, here, there, series.minutes, "No", "Canada"]
    guests = [_attendee(series, start, stay) for stay in stays]
    guests += [_registrant(series, start, member) for member in absent]
    guests += _bad_rows(guests[0]) if broken else []
    phoned = ["16135550100", here, there, series.minutes, "Canada"]
    return _csv(
        [
            ["Attendee Report"],
            ["Report generated time", f"{end + made_after:{series.written}}"],
            *(SESSION, about),
            *(["Host Details"], STAFF, host),
            *(["Panelist Details"], STAFF),
            *(["Attendee Details"], ATTENDEES, *guests),
            *(["Other Attended"], OTHERS, phoned),
        ]
    )


def _attendee(series: Series, start: datetime, stay: Stay) -> list[str]:
    joined, left = (start + timedelta(minutes=minutes) for minutes in (stay.joined, stay.left))
    return [
        *_registration(series, start, stay.who, came=True),
        f"{joined:{series.written}}", f"{left:{series.written}}", str(stay.left - stay.joined),
        "Yes", "Canada",
    ]  # fmt: skip


def _registrant(series: Series, start: datetime, who: Member) -> list[str]:
    return [*_registration(series, start, who, came=False), NOBODY, NOBODY, NOBODY, NOBODY, ""]


def _registration(series: Series, start: datetime, who: Member, *, came: bool) -> list[str]:
    first, last = who.name.split(" ")
    registered = f"{start - timedelta(days=5, hours=2):{series.written}}"
    came_or_not = "Yes" if came else "No"
    return [came_or_not, who.name, first, last, who.email, "", registered, "approved"]


def _bad_rows(good: Sequence[str]) -> list[list[str]]:
    """Two rows somebody edited by hand: a time that is none, and half an address."""
    late = [*good]
    late[1:5] = ["Lea Moss", "Lea", "Moss", "lea.moss@example.org"]
    late[8] = late[8].split(" ")[0] + " 13:75"
    half = [*good]
    half[1:5] = ["K. Dorsey", "K.", "Dorsey", "k.dorsey@"]
    return [late, half]


def _csv(rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
