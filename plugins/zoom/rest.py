"""Zoom's interface: who was in which session, asked for with a server-to-server app.

Users are listed, then each user's past sessions, then each session's participants. A session is
brought whole, in one delivery under its UUID, or not at all. Times are asked for by day, and the
last day is asked for again, since a report is complete only some while after the end.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

from engine.api import (
    Delivery,
    Fetch,
    Fetched,
    Refused,
    Unanswered,
    accepted,
    read_json,
)
from plugins.zoom.happenings import WEBINARS

FIRST_DAYS = 30
"""How far back the first poll looks."""
MOST_DAYS = 150
"""Zoom keeps its reports for six months."""
WINDOW = timedelta(days=29)
"""Zoom answers for a month at most."""
READY = timedelta(hours=1)
"""How long after its end a session's report is complete."""
PAGES = 200
"""Of one list: 60,000 entries."""


@dataclass(slots=True, kw_only=True)
class Interface:
    """Zoom's interface as one account may use it; asks for a new token when one has run out."""

    base: str
    account_id: str
    client_id: str
    client_secret: str
    fetch: Fetch
    token: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def sign_in(self) -> str:
        """Where tokens are given out: Zoom's own host, beside the one of its interface."""
        scheme, mark, host = self.base.partition("://")
        return f"{scheme}{mark}{host.removeprefix('api.')}/oauth/token"

    def authorize(self) -> None:
        """Get a token, and with it Zoom's clock."""
        proof = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        headers = {
            "Authorization": f"Basic {proof}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        asked = {"grant_type": "account_credentials", "account_id": self.account_id}
        answer = self.fetch(
            self.sign_in, headers, method="POST", body=urlencode(asked).encode("ascii")
        )
        if answer.status == 400:  # what Zoom says to a wrong account or app
            answer = replace(answer, status=401)
        told = _object(accepted(answer, what="Zoom's sign-in"))
        self.token = _text(told, "access_token")
        if not self.token:
            raise Unanswered("schema", "Zoom's sign-in gave no token.", "Look at the app in Zoom.")
        self.now = _clock(answer) or self.now

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """One page of an answer."""
        address = f"{self.base}/v2{path}" + (f"?{urlencode(query)}" if query else "")
        answer = self.fetch(address, {"Authorization": f"Bearer {self.token}"})
        if answer.status == 401:  # a token lives for an hour
            self.authorize()
            answer = self.fetch(address, {"Authorization": f"Bearer {self.token}"})
        return _object(accepted(answer, what=_WHAT.get(path.split("/")[1], "Zoom's report")))

    def entries(self, path: str, name: str, **query: str) -> Iterator[dict[str, Any]]:
        """All entries of a list, page after page."""
        asked = {"page_size": "300", **query}
        for _ in range(PAGES):
            page = self.get(path, asked)
            found = page.get(name)
            if not isinstance(found, list):
                raise Unanswered(
                    "schema", f"Zoom's answer has no list of {name}.", "Tell the plugin's author."
                )
            yield from (one for one in found if isinstance(one, dict))
            token = _text(page, "next_page_token")
            if not token:
                return
            asked = {**asked, "next_page_token": token}


_WHAT = {"users": "Zoom's list of users", "webinars": "Zoom's list of panelists"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Which day to ask for next, and which sessions from that day on have come."""

    since: date | None = None
    seen: tuple[str, ...] = ()

    @classmethod
    def of(cls, written: str | None) -> Cursor:
        """Read a cursor; one that cannot be read begins anew, which is harmless."""
        try:
            told = json.loads(written or "{}")
            seen = tuple(one for one in told.get("seen", ()) if isinstance(one, str))
            return cls(since=date.fromisoformat(told["since"]), seen=seen)
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def written(self) -> str:
        """The cursor as it is kept."""
        return json.dumps({"since": self.since and self.since.isoformat(), "seen": self.seen})


def poll(cursor: str | None, interface: Interface) -> Iterator[Delivery]:
    """Bring every session that ended since the cursor, each in one delivery.

    When Zoom asks to wait, what came until then is kept and the next poll goes on from there.
    """
    interface.authorize()
    known = Cursor.of(cursor)
    today = interface.now.date()
    since = max(
        known.since or today - timedelta(days=FIRST_DAYS), today - timedelta(days=MOST_DAYS)
    )
    seen, held, complete = set(known.seen), None, True
    try:
        for session in _sessions(interface, since, today):
            uuid = _text(session, "uuid")
            if uuid in seen or not _is_ready(session, interface.now):
                continue
            if held:
                yield held
            seen.add(uuid)
            at = Cursor(since=since, seen=tuple(sorted(seen)))
            held = replace(_delivery(session, interface), cursor=at.written())
    except Unanswered as trouble:
        if trouble.kind != "rate" or held is None:
            raise
        complete = False
    if held and complete:
        last = Cursor(since=today - timedelta(days=1), seen=tuple(sorted(seen)))
        held = replace(held, cursor=last.written())
    if held:
        yield held


def _sessions(interface: Interface, since: date, today: date) -> Iterator[dict[str, Any]]:
    """The past sessions of every user, oldest window first."""
    users = [_text(user, "id") for user in interface.entries("/users", "users", status="active")]
    start = since
    while start <= today:
        end = min(start + WINDOW, today)
        days = {"from": start.isoformat(), "to": end.isoformat(), "type": "past"}
        for user in filter(None, users):
            path = f"/report/users/{quote(user, safe='')}/meetings"
            yield from (one for one in interface.entries(path, "meetings", **days))
        start = end + timedelta(days=1)


def _is_ready(session: Mapping[str, Any], now: datetime) -> bool:
    """Whether a session has ended long enough ago for its report to be complete."""
    try:
        ended = datetime.fromisoformat(_text(session, "end_time"))
    except ValueError:
        return bool(_text(session, "uuid"))
    ended = ended if ended.tzinfo else ended.replace(tzinfo=UTC)
    return bool(_text(session, "uuid")) and ended + READY <= now


def _delivery(session: Mapping[str, Any], interface: Interface) -> Delivery:
    """A session with all its participants."""
    uuid = _text(session, "uuid")
    webinar = _text(session, "type") in WEBINARS
    path = f"/report/{'webinars' if webinar else 'meetings'}/{encoded(uuid)}/participants"
    people = list(interface.entries(path, "participants", include_fields="registrant_id"))
    told = {
        "session": dict(session),
        "participants": people,
        "panelists": _panelists(session, interface) if webinar else [],
    }
    return Delivery(
        body=json.dumps(told, ensure_ascii=False).encode(),
        name=f"{interface.base}/v2{path}",
        media_type="application/json",
        uid=f"session:{uuid}",
    )


def _panelists(session: Mapping[str, Any], interface: Interface) -> list[str]:
    """The addresses of a webinar's panelists; none where the app may not ask, or none are left."""
    path = f"/webinars/{quote(_text(session, 'id'), safe='')}/panelists"
    try:
        told = interface.get(path)
    except Unanswered as trouble:
        if trouble.kind in ("rate", "server"):
            raise
        return []
    found = told.get("panelists")
    people = found if isinstance(found, list) else []
    return sorted(filter(None, (_text(one, "email").lower() for one in people)))


def encoded(uuid: str) -> str:
    """A UUID as part of a path; with these characters in it Zoom wants it escaped twice."""
    once = quote(uuid, safe="")
    return quote(once, safe="") if uuid.startswith("/") or "//" in uuid else once


def _object(page: Fetched) -> dict[str, Any]:
    told = read_json(page.body, what="Zoom's answer")
    if not isinstance(told, dict):
        raise Unanswered("schema", "Zoom's answer is no object.", "Tell the plugin's author.")
    return told


def _text(told: Any, name: str) -> str:
    value = told.get(name) if isinstance(told, dict) else None
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _clock(answer: Fetched) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError):
        return None


def credentials(settings: Mapping[str, Any], fetch: Fetch) -> Interface:
    """The interface with what the settings say.

    :raises Refused: something is missing.
    """
    wanted = {"account_id": "Account ID", "client_id": "Client ID", "client_secret": "secret"}
    missing = [name for name in wanted if not settings.get(name)]
    if missing:
        raise Refused(
            "To collect from Zoom by itself, Byway needs a server-to-server app.",
            "Enter its account ID, client ID and client secret, or upload reports instead.",
            where=missing[0],
        )
    return Interface(
        base=str(settings["api"]).rstrip("/"),
        account_id=str(settings["account_id"]),
        client_id=str(settings["client_id"]),
        client_secret=str(settings["client_secret"]),
        fetch=fetch,
    )
