"""Microsoft Graph: attendance reports of the meetings that certain people organised.

Graph lists no meetings; it lists somebody's calendar, finds the online meeting behind an entry,
and lists that meeting's reports. A report is brought whole, in one delivery under its id, or not
at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from engine.api import (
    BadCell,
    Delivery,
    Fetch,
    Fetched,
    Refused,
    Unanswered,
    accepted,
    read_json,
)
from plugins.teams.graph import moment, text_of

FIRST = timedelta(days=30)
"""How far back the first poll looks."""
MOST = timedelta(days=180)
OVERLAP = timedelta(days=1)
READY = timedelta(minutes=30)
"""How long after a meeting its report is complete."""
PAGES = 200
_TELL = "Tell the plugin's author."


@dataclass(slots=True, kw_only=True)
class Graph:
    """Graph as one app may use it."""

    base: str
    sign_in: str
    tenant: str
    client_id: str
    client_secret: str
    organisers: tuple[str, ...]
    fetch: Fetch
    token: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def authorize(self) -> None:
        """Get a token, which lives for an hour, and with it Microsoft's clock."""
        given = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": f"{self.base}/.default",
        }
        answer = self.fetch(
            f"{self.sign_in}/{quote(self.tenant, safe='')}/oauth2/v2.0/token",
            {"Content-Type": "application/x-www-form-urlencoded"},
            method="POST",
            body=urlencode(given).encode(),
        )
        if answer.status == 400:  # what the sign-in says to an unknown app or tenant
            answer = replace(answer, status=401)
        self.token = text_of(_answer(answer, "Microsoft's sign-in"), "access_token")
        if not self.token:
            raise Unanswered("schema", "Microsoft's sign-in gave no token.", "Look at the app.")
        self.now = _clock(answer) or self.now

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """One answer; `path` may be a whole address of Graph's, as its pages name the next."""
        address = path if "://" in path else f"{self.base}/v1.0{path}"
        if urlsplit(address)[:2] != urlsplit(self.base)[:2]:
            raise Unanswered("schema", "Graph's next page is at another host.", _TELL)
        address += f"?{urlencode(query, quote_via=quote)}" if query else ""
        answer = self.fetch(address, {"Authorization": f"Bearer {self.token}"})
        if answer.status == 401:
            self.authorize()
            answer = self.fetch(address, {"Authorization": f"Bearer {self.token}"})
        return _answer(answer, "Microsoft Graph")

    def entries(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[Any]:
        """All entries of a list, page after page."""
        page = self.get(path, query)
        for _ in range(PAGES):
            found = page.get("value")
            if not isinstance(found, list):
                raise Unanswered("schema", "Graph's answer holds no list.", _TELL)
            yield from found
            following = text_of(page, "@odata.nextLink")
            if not following:
                return
            page = self.get(following)

    def meetings(self, organiser: str, since: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
        """The online meetings in somebody's calendar, each with its path; series once."""
        user, known = f"/users/{quote(organiser, safe='')}", set[str]()
        stretch = {
            "startDateTime": f"{since:%Y-%m-%dT%H:%M:%SZ}",
            "endDateTime": f"{self.now:%Y-%m-%dT%H:%M:%SZ}",
            "$select": "subject,isOrganizer,onlineMeeting",
            "$top": "100",
        }
        for entry in self.entries(f"{user}/calendarView", stretch):
            link = text_of(entry.get("onlineMeeting") if isinstance(entry, dict) else 0, "joinUrl")
            if not link or link in known or entry.get("isOrganizer") is False:
                continue
            known.add(link)
            asked = {"$filter": f"JoinWebUrl eq '{link.replace(chr(39), chr(39) * 2)}'"}
            for meeting in self.entries(f"{user}/onlineMeetings", asked):
                if name := text_of(meeting, "id"):
                    yield f"{user}/onlineMeetings/{quote(name, safe='')}", meeting


def poll(cursor: str | None, graph: Graph) -> Iterator[Delivery]:
    """Bring every report that came since the cursor, each in one delivery.

    When Graph asks to wait, what came until then is kept and the next poll goes on from there.
    """
    graph.authorize()
    since, known = _remembered(cursor, graph.now)
    seen, held, complete = set(known), None, True
    try:
        for path, meeting, report in _reports(graph, since):
            name = text_of(report, "id")
            if not name or name in seen or not _is_ready(report, since, graph.now):
                continue
            if held:
                yield held
            seen.add(name)
            held = _delivery(graph, path, meeting, name)
            held = replace(held, cursor=_cursor(since, seen))
    except Unanswered as trouble:
        if trouble.kind != "rate" or held is None:
            raise
        complete = False
    if held:
        moved = _cursor(graph.now - OVERLAP, seen)
        yield replace(held, cursor=moved) if complete else held


def _reports(graph: Graph, since: datetime) -> Iterator[tuple[str, dict[str, Any], Any]]:
    for organiser in graph.organisers:
        for path, meeting in graph.meetings(organiser, since):
            for report in graph.entries(f"{path}/attendanceReports"):
                yield path, meeting, report


def _delivery(graph: Graph, path: str, meeting: Mapping[str, Any], name: str) -> Delivery:
    """A report with all its records."""
    address = f"{path}/attendanceReports/{quote(name, safe='')}"
    report = graph.get(address, {"$expand": "attendanceRecords"})
    following = text_of(report, "attendanceRecords@odata.nextLink")
    if following and isinstance(report.get("attendanceRecords"), list):
        report["attendanceRecords"] += list(graph.entries(following))
    about = {key: meeting.get(key) for key in ("id", "subject", "joinWebUrl")}
    return Delivery(
        body=json.dumps({"meeting": about, "report": report}, ensure_ascii=False).encode(),
        name=f"{graph.base}/v1.0{address}",
        media_type="application/json",
        uid=f"report:{name}",
    )


def _is_ready(report: Any, since: datetime, now: datetime) -> bool:
    """Whether a report is complete, and not of an older occurrence of a series."""
    try:
        ended = moment(text_of(report, "meetingEndDateTime"))
    except BadCell:
        return True
    return ended is None or since <= ended <= now - READY


def _remembered(cursor: str | None, now: datetime) -> tuple[datetime, list[str]]:
    """Since when to ask, and what has come from then on; a cursor nobody can read begins anew."""
    try:
        told = json.loads(cursor or "{}")
        since = datetime.fromisoformat(told["since"]).astimezone(UTC)
        return max(since, now - MOST), [one for one in told["seen"] if isinstance(one, str)]
    except (ValueError, KeyError, TypeError):
        return now - FIRST, []


def _cursor(since: datetime, seen: set[str]) -> str:
    return json.dumps({"since": since.isoformat(timespec="seconds"), "seen": sorted(seen)[-5000:]})


def _answer(page: Fetched, what: str) -> dict[str, Any]:
    told = read_json(accepted(page, what=what).body, what=what)
    if not isinstance(told, dict):
        raise Unanswered("schema", f"{what} answered with no object.", _TELL)
    return told


def _clock(answer: Fetched) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError):
        return None


def credentials(settings: Mapping[str, Any], fetch: Fetch) -> Graph:
    """Graph with what the settings say.

    :raises Refused: something is missing.
    """
    wanted = ("tenant", "client_id", "client_secret", "organisers")
    missing = [name for name in wanted if not settings.get(name)]
    if missing:
        raise Refused(
            "To collect from Teams by itself, Byway needs an app in Microsoft Entra.",
            "Enter the organisation, the app's client ID and secret, and whose meetings to "
            "collect; or upload reports instead.",
            where=missing[0],
        )
    return Graph(
        base=str(settings["graph"]).rstrip("/"),
        sign_in=str(settings["sign_in"]).rstrip("/"),
        tenant=str(settings["tenant"]),
        client_id=str(settings["client_id"]),
        client_secret=str(settings["client_secret"]),
        organisers=tuple(settings["organisers"]),
        fetch=fetch,
    )
