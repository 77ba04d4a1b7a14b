"""Asking the API for what changed since the cursor, and stopping when it asks for a pause."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from engine.api import BadReport, Delivery, Fetch, Unanswered, accepted, read_json
from plugins.forums.record import Record

PAGES = 10
"""Pages of 100 questions one poll reads; the next goes on after them."""


@dataclass(frozen=True, slots=True)
class Asking:
    """The API's address, what is sent with each request, and how to ask."""

    api: str
    common: Mapping[str, str]
    headers: Mapping[str, str]
    fetch: Fetch

    @classmethod
    def of(cls, settings: Mapping[str, Any], fetch: Fetch) -> Asking:
        is_team = "stackoverflowteams" in settings["api"]
        common = {"team" if is_team else "site": settings["site"], "filter": "withbody"}
        if settings.get("key"):
            common["key"] = settings["key"]
        token = settings.get("token")
        headers = {"X-API-Access-Token": token} if token else {}
        return cls(settings["api"].rstrip("/"), common, headers, fetch)

    def news(self, cursor: str | None) -> Iterator[Delivery]:
        """Questions by their last activity, oldest first, each page with its answers.

        Each page moves the cursor to its last activity. When the API says `backoff`, or that the
        day's requests are used up, the poll ends: what was brought stays, the next goes on there.
        """
        since, seen = _memory(cursor)
        for _ in range(PAGES):
            questions = self._page("/questions", order="asc", sort="activity", min=str(since))
            items = questions.records("items")
            new = [one for one in items if _stamp(one) not in seen]
            if new:
                ids = ";".join(one.digits("question_id") for one in new)
                answers = self._page(f"/questions/{ids}/answers")
                since = max(one.number("last_activity_date") for one in items)
                seen = [_stamp(one) for one in items if one.get("last_activity_date") == since]
                yield self._delivery(questions, answers, since, seen)
                questions = answers if must_wait(answers) else questions
            if must_wait(questions) or not new or not questions.flag("has_more"):
                return

    def _delivery(
        self, questions: Record, answers: Record, since: int, seen: list[str]
    ) -> Delivery:
        return Delivery(
            body=json.dumps([questions.members, answers.members]).encode(),
            name=f"{self.api}/questions",
            media_type="application/json",
            cursor=json.dumps({"since": since, "seen": seen}),
        )

    def _page(self, path: str, **query: str) -> Record:
        what = "The API of Stack Exchange"
        asked = urlencode({**self.common, **query, "pagesize": "100"})
        page = self.fetch(f"{self.api}{path}?{asked}", headers=dict(self.headers))
        answer = _answer(page.body)
        if page.status == 400 and answer.get("error_id"):
            # The API says with 400 what others say with 401, 403 or 429.
            raise _refused(answer, f"{self.api}{path}")
        accepted(page, what=what)
        if not isinstance(answer.get("items"), list):
            raise Unanswered("schema", f"{what} did not answer with items.", where=self.api)
        return answer


def must_wait(page: Record) -> bool:
    """Whether the API asks for a pause, or the day's requests are used up."""
    left = page.get("quota_remaining")
    return bool(page.get("backoff")) or (isinstance(left, int) and left < 1)


def _refused(answer: Record, where: str) -> Unanswered:
    number, why = answer.get("error_id"), (answer.text("error_message") or "")[:200]
    if number == 502:
        return Unanswered("rate", f"The API was asked too often: {why}", "Wait.", where=where)
    if number in (401, 402, 403, 406):
        mend = "Enter the key and the token of this source again."
        return Unanswered("unauthorized", f"The API refuses: {why}", mend, where=where)
    mend = "Correct the name of the site in the API."
    return Unanswered("schema", f"The API refuses: {why}", mend, where=where)


def _answer(body: bytes) -> Record:
    """The answer; a page that is no JSON has no members, and its status speaks."""
    try:
        value = read_json(body, what="The answer of the API")
    except BadReport:
        value = {}
    return Record(value if isinstance(value, dict) else {}, "")


def _stamp(question: Record) -> str:
    return f"{question.digits('question_id')}@{question.number('last_activity_date')}"


def _memory(cursor: str | None) -> tuple[int, list[str]]:
    """The last activity that was read, and which questions had it."""
    try:
        memory = json.loads(cursor or "{}")
        return int(memory.get("since") or 0), list(map(str, memory.get("seen") or []))
    except (ValueError, TypeError, AttributeError):
        return 0, []
