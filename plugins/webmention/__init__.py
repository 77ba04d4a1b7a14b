"""Webmentions: who answered, liked, shared or linked to a site's pages on a page of her own."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from engine.api import (
    Activity,
    Answer,
    BadReport,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Gone,
    HookRequest,
    Privacy,
    Refused,
    Skipped,
    Source,
    SourceSettings,
    Thing,
    accepted,
    hookimpl,
    secret_text,
    xml_text,
)
from plugins.feed.plain import SiteAddress, is_web_address, moment_of, text_at

from .lists import belongs, read_list, records_in
from .mentions import find_mention, key_of

SERVICE = "https://webmention.io/api/mentions.jf2"
PER_PAGE, PAGES = 100, 20
FORM = "application/x-www-form-urlencoded"

SOURCE, TARGET, SEEN, TROUBLE, MEND, GONE = (
    f"x-webmention-{name}" for name in ("source", "target", "seen", "trouble", "mend", "gone")
)
"""Headers of a delivery that is a page that was looked at."""

_FORM = "Send source and target as a form: source=https://…&target=https://…"


class WebmentionSettings(SourceSettings):
    """The site whose pages are mentioned, and the service that takes mentions for it, if any."""

    url = SiteAddress(
        required=True,
        metadata={
            "label": "Address of the site",
            "help": "Only mentions of its pages are taken.",
            "identity": True,
        },
    )
    token = secret_text(
        "Token of webmention.io",
        "From its settings, where that service takes the mentions of the site.",
    )


class Webmention(Source):
    """Mentions of a site's pages, received here or at webmention.io, and verified."""

    name = "webmention"
    title = "Webmentions"
    api_version = 1
    hosts = ("webmention.io",)
    roams = True
    """Whoever mentions a page does so on a site of her own, and that page has to be looked at."""
    mark = "Wm"
    settings = WebmentionSettings
    privacy = Privacy(
        reads=("names", "addresses of people's own pages", "answers, likes, shares and links"),
        keeps=("names", "addresses of people's own pages", "the first 200 characters"),
        note=(
            "Only what stands on a public page is taken. Whoever is named there is matched by the"
            " address of her own page, never by name. Private mentions are left out."
        ),
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        """Read what was received, pages that were looked at, and lists."""
        url = settings["url"].rstrip("/")
        site = Thing(url=url, title=settings.get("title") or None, type="blog")
        for delivery in bundle.deliveries:
            if SOURCE in delivery.headers:
                yield _looked_at(delivery, site)
            elif delivery.media_type.startswith(FORM):
                _pair(delivery.body, url)
                why = "A call says nothing by itself: what counts is the page it names."
                yield Skipped(row="mention", why=why)
            else:
                yield from read_list(delivery.body, site, url=url)

    def receive(self, request: HookRequest, settings: Mapping[str, Any]) -> Delivery | Answer:
        """Take a mention that anybody may send: nothing is believed before its page was seen."""
        source, target = _pair(request.body, settings["url"].rstrip("/"))
        # The same pair may come again after an edit, and once an hour is enough.
        hour = int(time.time() // 3600)
        digest = hashlib.sha256(f"{source} {target} {hour}".encode()).hexdigest()
        body = urlencode({"source": source, "target": target}).encode()
        return Delivery(body=body, name=source, media_type=FORM, uid=f"received:{digest}")

    def follow(
        self, announced: Delivery, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Look at the page that a call named; that alone makes a mention of it."""
        if announced.media_type.startswith(FORM):
            source, target = _pair(announced.body, settings["url"].rstrip("/"))
            yield _page(source, target, fetch)

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring what webmention.io received since the cursor; nothing where it is not used."""
        since = cursor if cursor and cursor.isdecimal() else ""
        for _ in range(PAGES if settings.get("token") else 0):
            page = accepted(fetch(_address(settings, since)), what="webmention.io")
            records = records_in(page.body)
            numbers = [text_at(one, "wm-id") for one in records]
            known = [int(number) for number in numbers if number.isdecimal()]
            if not known:
                return
            since = str(max(known))
            yield Delivery(body=page.body, name=SERVICE, uid=f"until:{since}", cursor=since)
            if len(records) < PER_PAGE:
                return


def _address(settings: Mapping[str, Any], since: str) -> str:
    domain = settings["url"].partition("://")[2].partition("/")[0].partition(":")[0]
    asked = {"domain": domain, "token": settings["token"], "per-page": PER_PAGE, "sort-dir": "up"}
    return f"{SERVICE}?{urlencode({**asked, **({'since_id': since} if since else {})})}"


def _pair(body: bytes, url: str) -> tuple[str, str]:
    """The two addresses of a mention.

    :raises BadReport: one is missing, they are the same, or the target is not this site's.
    """
    try:
        form = parse_qs(body[:10_000].decode(), max_num_fields=20)
    except ValueError as error:
        raise BadReport("The call is no form.", _FORM) from error
    source, target = (form.get(name, [""])[0].strip() for name in ("source", "target"))
    for name, address in (("source", source), ("target", target)):
        if not is_web_address(address) or len(address) > 400:
            raise BadReport(f"The {name} is no web address.", _FORM, where=name)
    if source == target:
        raise BadReport("A page cannot mention itself.", _FORM, where="source")
    if not belongs(target, url):
        raise BadReport(
            f"The target is no page of {url}.", "Send it to the site it mentions.", where="target"
        )
    return source, target


# --- the page that mentions --------------------------------------------------------------------


def _page(source: str, target: str, fetch: Fetch) -> Delivery:
    """The page as it is now; that it is gone, or could not be seen, is told as well."""
    told = {SOURCE: source, TARGET: target, SEEN: datetime.now(UTC).isoformat(timespec="seconds")}
    try:
        page = fetch(source, headers={"Accept": "text/html, */*;q=0.1"})
        if page.status == 410:
            return Delivery(body=b"", name=source, headers={**told, GONE: "yes"})
        page = accepted(page, what="The page that mentions")
    except Refused as refusal:
        told |= {TROUBLE: refusal.why, MEND: refusal.mend}
        return Delivery(body=b"", name=source, headers=told)
    digest = hashlib.sha256(f"{source} {target} ".encode() + page.body).hexdigest()
    return Delivery(
        body=page.body,
        name=page.url,
        media_type=page.headers.get("content-type", ""),
        headers=told,
        uid=f"seen:{digest}",
    )


def _looked_at(delivery: Delivery, site: Thing) -> Activity | Gone | Failed:
    """A page without the link takes back what it said before (Webmention 3.2.4)."""
    source, target = delivery.headers[SOURCE], delivery.headers.get(TARGET, "")
    seen = moment_of(delivery.headers.get(SEEN, ""))
    if why := delivery.headers.get(TROUBLE):
        mend = delivery.headers.get(MEND) or "Have the mention sent again."
        return Failed(row="mention", why=f"{source[:200]}: {why}", mend=mend)
    if delivery.headers.get(GONE) or seen is None:
        return Gone(key=key_of(source, target), rows=("mention",), reported_at=seen)
    address = delivery.name if is_web_address(delivery.name) else source
    try:
        html = xml_text(delivery.body, media_type=delivery.media_type, what="The page")
    except BadReport as error:  # one odd page must not hold up the others of a poll
        return Failed(row="mention", why=f"{source[:200]}: {error.why}", mend=error.mend)
    mention = find_mention(html, source=source, target=target, address=address)
    if mention is None:
        return Gone(key=key_of(source, target), rows=("mention",), reported_at=seen)
    return mention.activity("mention", site, seen=seen)


@hookimpl
def register_sources() -> list[Source]:
    """The Webmention source."""
    return [Webmention()]
