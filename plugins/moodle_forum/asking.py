"""Asking the web services of Moodle: forums, then discussions with something new, then posts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from engine.api import BadReport, Delivery, Fetch, Unanswered, accepted, read_json
from plugins.forums.record import Record

PAGES, PER_PAGE = 10, 50
DISCUSSIONS = 100
"""How many discussions one poll brings; the next goes on after them."""

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_BY_LAST_POST = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discussion:
    """A discussion, when it changed last, and the forum it is in."""

    id: int
    changed: int
    record: Record
    forum: Record


@dataclass(frozen=True, slots=True)
class Asking:
    """The site's address, the token, and how to ask."""

    url: str
    token: str
    fetch: Fetch

    def news(self, cursor: str | None, courses: Sequence[str]) -> Iterator[Delivery]:
        """Each discussion that changed since the cursor, the one that changed first before."""
        since, seen = _memory(cursor)
        found = [
            one
            for forum in self._forums(courses)
            for one in self._discussions(forum, since)
            if one.changed > since or (one.changed == since and one.id not in seen)
        ]
        found.sort(key=lambda one: (one.changed, one.id))
        for one in found[:DISCUSSIONS]:
            seen = [*seen, one.id] if one.changed == since else [one.id]
            since = one.changed
            answer = self._call(
                "mod_forum_get_discussion_posts",
                {"discussionid": str(one.id), "sortby": "created", "sortdirection": "ASC"},
            )
            yield self._delivery(one, answer, json.dumps({"since": since, "seen": seen}))

    def _delivery(self, one: Discussion, answer: Any, cursor: str) -> Delivery:
        """The posts as answered, beside what only the lists told of discussion and forum."""
        whole = {
            "forum": {name: one.forum.get(name) for name in ("id", "course", "name")},
            "discussion": {name: one.record.get(name) for name in ("discussion", "groupid")},
            "posts": Record(answer, "").get("posts"),
        }
        return Delivery(
            body=json.dumps(whole).encode(),
            name=f"{self.url}/mod/forum/discuss.php?d={one.id}",
            media_type="application/json",
            cursor=cursor,
        )

    def _forums(self, courses: Sequence[str]) -> list[Record]:
        asked = {f"courseids[{n}]": course for n, course in enumerate(courses)}
        answer = self._call("mod_forum_get_forums_by_courses", asked)
        return Record({"forums": answer}, "").records("forums")

    def _discussions(self, forum: Record, since: int) -> Iterator[Discussion]:
        """The discussions of a forum that are not older; pinned ones come first, out of order."""
        for page in range(PAGES):
            answer = self._call(
                "mod_forum_get_forum_discussions",
                {
                    "forumid": forum.digits("id"),
                    "sortorder": _BY_LAST_POST,
                    "page": str(page),
                    "perpage": str(PER_PAGE),
                },
            )
            listed = Record(answer, "").records("discussions")
            for one in listed:
                changed = one.number("timemodified")
                yield Discussion(
                    id=one.number("discussion"), changed=changed, record=one, forum=forum
                )
            plain = [one.number("timemodified") for one in listed if not one.flag("pinned")]
            if len(listed) < PER_PAGE or (plain and min(plain) < since):
                return

    def _call(self, function: str, arguments: dict[str, str]) -> Any:
        """One call; the token goes in the body, which no log keeps.

        :raises Unanswered: also where Moodle refuses with status 200, as it does.
        """
        common = {"wstoken": self.token, "moodlewsrestformat": "json", "wsfunction": function}
        address = f"{self.url}/webservice/rest/server.php"
        body = urlencode(common | arguments).encode()
        page = accepted(self.fetch(address, headers=_FORM, method="POST", body=body), what="Moodle")
        try:
            answer = read_json(page.body, what="The answer of Moodle")
        except BadReport as error:
            raise Unanswered("schema", error.why, error.mend, where=address) from error
        if isinstance(answer, dict) and (answer.get("exception") or answer.get("errorcode")):
            raise _refused(Record(answer, ""), function, address)
        return answer


def _refused(answer: Record, function: str, where: str) -> Unanswered:
    code, why = answer.text("errorcode") or "", (answer.text("message") or "")[:200]
    if code in ("invalidtoken", "invalidtimedtoken", "missingparam"):
        mend = "Make a new token in Moodle and enter it here."
        return Unanswered("unauthorized", f"Moodle does not take the token: {why}", mend)
    mend = f"Add {function} to the web service of the token, and let its user see the forums."
    return Unanswered("forbidden", f"Moodle refuses {function}: {why}", mend, where=where)


def _memory(cursor: str | None) -> tuple[int, list[int]]:
    """When the last discussion changed that was brought, and which ones changed then."""
    try:
        memory = json.loads(cursor or "{}")
        return int(memory.get("since") or 0), [int(one) for one in memory.get("seen") or []]
    except (ValueError, TypeError, AttributeError):
        return 0, []
