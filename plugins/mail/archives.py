"""Asking the archive of a list for the months that are new: HyperKitty, Pipermail, Apache.

Only whole months are asked for, as the archives give them; the last one that is known is asked for
again, since it may have grown.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from engine.api import Delivery, Fetch, Refused, Unanswered, accepted

MONTHS = 24
"""How many months one poll brings at most; the next goes on after them."""
_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
# Apache's archives: 201609.mbox/thread, with the mbox itself at 201609.mbox.
_BOX = re.compile(r'href="(\d{4})(0[1-9]|1[0-2])\.mbox/', re.IGNORECASE)
_LINK = re.compile(r'href="((\d{4})-([A-Z][a-z]+)\.txt(?:\.gz)?)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Month:
    """A month of the archive and where it is."""

    when: str
    url: str


def brought(cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]) -> Iterator[Delivery]:
    """The months since the cursor, oldest first."""
    url = (settings.get("url") or "").rstrip("/")
    if not url:
        raise Refused("There is no archive to ask.", "Set its address.", where="url")
    token = settings.get("token")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    known = _known(cursor)
    brought_any = False
    for month in _months(url, known.get("when", ""), fetch, headers)[:MONTHS]:
        try:
            page = accepted(fetch(month.url, headers=headers), what="The archive of the list")
        except Unanswered as refusal:
            if brought_any and refusal.kind == "rate":
                return
            if refusal.kind == "missing":
                continue  # a month in which nobody wrote
            raise
        digest = hashlib.sha256(page.body).hexdigest()
        if _is_empty(page.body) or digest == known.get("sha"):
            continue
        brought_any = True
        memory = json.dumps({"when": month.when, "sha": digest})
        yield Delivery(body=page.body, name=month.url, cursor=memory)


def _is_empty(body: bytes) -> bool:
    """Whether nobody wrote: HyperKitty packs nothing then. What is broken is for the reading."""
    if not body.startswith(b"\x1f\x8b"):
        return not body.strip()
    with suppress(zlib.error):
        return not zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, 1)
    return False


def _known(cursor: str | None) -> dict[str, str]:
    try:
        known = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}


def _months(url: str, since: str, fetch: Fetch, headers: Mapping[str, str]) -> list[Month]:
    if "/hyperkitty/" in url:
        return list(_of_hyperkitty(url, since))
    page = accepted(fetch(f"{url}/", headers=dict(headers)), what="The archive of the list")
    text = page.body.decode("utf-8", errors="replace")
    boxes = {(year, number) for year, number in _BOX.findall(text)}
    listed = _LINK.findall(text)
    found = [
        Month(when=f"{year}-{_NAMES.index(name.title()) + 1:02}", url=f"{url}/{quote(file)}")
        for file, year, name in listed
        if name.title() in _NAMES
    ]
    found += [
        Month(when=f"{year}-{number}", url=f"{url}/{year}{number}.mbox") for year, number in boxes
    ]
    if not found:
        raise Unanswered(
            "schema",
            "The page of the archive lists no months (such as 2026-September.txt.gz).",
            "Give the page that Mailman calls “archives” and that lists the months.",
            where=url,
        )
    return sorted({month for month in found if month.when >= since})


def _of_hyperkitty(url: str, since: str) -> Iterator[Month]:
    """The last months up to now; at first those of two years."""
    today = datetime.now(UTC).date()
    last = today.year * 12 + today.month - 1
    first = last - MONTHS + 1
    if re.fullmatch(r"\d{4}-(?:0[1-9]|1[0-2])", since):
        first = max(int(since[:4]) * 12 + int(since[5:]) - 1, first)
    name = url.rpartition("/")[2]
    for number in range(first, last + 1):
        begin, end = _day(number), _day(number + 1)
        query = f"start={begin}&end={end}"
        file = f"{name}-{begin:%Y-%m}.mbox.gz"
        yield Month(when=f"{begin:%Y-%m}", url=f"{url}/export/{quote(file)}?{query}")


def _day(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
