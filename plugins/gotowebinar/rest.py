"""GoTo's interface: which sessions ended, and who attended them.

Sessions are listed over a stretch of time, page after page; a session is brought whole, in one
delivery under its key, or not at all.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

from engine.api import BadCell, Delivery, Fetch, Fetched, Refused, Unanswered, accepted, read_json
from plugins.gotowebinar.answers import moment, text_of

FIRST = timedelta(days=30)
"""How far back the first poll looks."""
MOST = timedelta(days=365)
OVERLAP = timedelta(days=1)
READY = timedelta(hours=1)
"""How long after its end a session's attendance is complete."""
PAGES, SIZE = 500, 100


@dataclass(slots=True, kw_only=True)
class Interface:
    """GoTo's interface as one organiser may use it."""

    base: str
    sign_in: str
    organizer: str
    client_id: str
    client_secret: str
    refresh_token: str
    fetch: Fetch
    token: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def authorize(self) -> None:
        """Get a token, which lives for an hour, and with it GoTo's clock."""
        proof = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        headers = {
            "Authorization": f"Basic {proof}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        given = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        answer = self.fetch(
            f"{self.sign_in}/oauth/token", headers, method="POST", body=urlencode(given).encode()
        )
        if answer.status == 400:  # what GoTo says to a token that has run out
            answer = replace(answer, status=401)
        told = _answer(answer, "GoTo's sign-in")
        self.token = text_of(told, "access_token")
        self.organizer = self.organizer or text_of(told, "organizer_key")
        if not self.token or not self.organizer:
            raise Unanswered(
                "schema",
                "GoTo's sign-in gave no token, or named no organiser.",
                "Enter the organizer key.",
            )
        self.now = _clock(answer) or self.now

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """One answer; with a new token when the first has run out."""
        address = f"{self.base}/G2W/rest/v2{path}" + (f"?{urlencode(query)}" if query else "")
        answer = self.fetch(address, self._headers())
        if answer.status == 401 or (answer.status == 403 and b"InvalidToken" in answer.body):
            self.authorize()
            answer = self.fetch(address, self._headers())
        return _answer(answer, "GoTo's interface")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}

    def sessions(self, since: datetime) -> Iterator[dict[str, Any]]:
        """The sessions since a moment."""
        asked = {
            "fromTime": f"{since:%Y-%m-%dT%H:%M:%SZ}",
            "toTime": f"{self.now:%Y-%m-%dT%H:%M:%SZ}",
            "size": str(SIZE),
        }
        path = f"/organizers/{quote(self.organizer, safe='')}/sessions"
        for number in range(PAGES):
            page = self.get(path, {**asked, "page": str(number)})
            found, pages = _listed(page)
            yield from (one for one in found if isinstance(one, dict))
            if number + 1 >= pages:
                return

    def attendees(self, session: Mapping[str, Any]) -> list[Any]:
        """Who attended a session."""
        webinar, key = text_of(session, "webinarKey"), text_of(session, "sessionKey")
        found = self.get(
            f"/organizers/{quote(self.organizer, safe='')}/webinars/{quote(webinar, safe='')}"
            f"/sessions/{quote(key, safe='')}/attendees"
        )
        if not isinstance(found, list):
            raise Unanswered("schema", "GoTo's answer is no list of attendees.", _TELL)
        return found


_TELL = "Tell the plugin's author."


def _listed(page: Any) -> tuple[list[Any], int]:
    """The sessions on a page, and how many pages there are; an account without any has no list."""
    if not isinstance(page, dict):
        raise Unanswered("schema", "GoTo's answer is no list of sessions.", _TELL)
    inside, about = page.get("_embedded"), page.get("page")
    found = inside.get("sessionInfoResources") if isinstance(inside, dict) else []
    pages = about.get("totalPages") if isinstance(about, dict) else 1
    if not isinstance(found, list):
        raise Unanswered("schema", "GoTo's answer is no list of sessions.", _TELL)
    return found, pages if isinstance(pages, int) else 1


def poll(cursor: str | None, interface: Interface) -> Iterator[Delivery]:
    """Bring every session that ended since the cursor, each in one delivery.

    When GoTo asks to wait, what came until then is kept and the next poll goes on from there.
    """
    interface.authorize()
    since, known = _remembered(cursor, interface.now)
    seen, held, complete = set(known), None, True
    try:
        for session in interface.sessions(since):
            key = text_of(session, "sessionKey")
            if not key or key in seen or not _is_ready(session, interface.now):
                continue
            if held:
                yield held
            seen.add(key)
            held = replace(_delivery(session, interface), cursor=_cursor(since, seen))
    except Unanswered as trouble:
        if trouble.kind != "rate" or held is None:
            raise
        complete = False
    if held:
        moved = _cursor(interface.now - OVERLAP, seen)
        yield replace(held, cursor=moved) if complete else held


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


def _is_ready(session: Mapping[str, Any], now: datetime) -> bool:
    try:
        ended = moment(text_of(session, "endTime"))
    except BadCell:
        return True
    return ended is None or ended + READY <= now


def _delivery(session: Mapping[str, Any], interface: Interface) -> Delivery:
    told = {"session": dict(session), "attendees": interface.attendees(session)}
    key = text_of(session, "sessionKey")
    return Delivery(
        body=json.dumps(told, ensure_ascii=False).encode(),
        name=f"{interface.base}/sessions/{key}",
        media_type="application/json",
        uid=f"session:{key}",
    )


def _answer(page: Fetched, what: str) -> Any:
    return read_json(accepted(page, what=what).body, what=what)


def _clock(answer: Fetched) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError):
        return None


def credentials(settings: Mapping[str, Any], fetch: Fetch) -> Interface:
    """The interface with what the settings say.

    :raises Refused: something is missing.
    """
    missing = [
        name for name in ("client_id", "client_secret", "refresh_token") if not settings.get(name)
    ]
    if missing:
        raise Refused(
            "To collect from GoToWebinar by itself, Byway needs an OAuth client.",
            "Enter its client ID, client secret and refresh token, or upload reports instead.",
            where=missing[0],
        )
    return Interface(
        base=str(settings["api"]).rstrip("/"),
        sign_in=str(settings["sign_in"]).rstrip("/"),
        organizer=str(settings.get("organizer_key") or ""),
        client_id=str(settings["client_id"]),
        client_secret=str(settings["client_secret"]),
        refresh_token=str(settings["refresh_token"]),
        fetch=fetch,
    )
