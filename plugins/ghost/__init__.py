"""Ghost blogs: posts from the Content API, from webhooks and from the export."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from engine.api import (
    Activity,
    Answer,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Fetched,
    Gone,
    HookRequest,
    Privacy,
    Skipped,
    Source,
    SourceSettings,
    Unanswered,
    Unauthorized,
    accepted,
    hookimpl,
    read_json,
    secret_text,
)
from plugins.feed.plain import SiteAddress, at, list_at, text_at
from plugins.feed.sweeps import Sweep, read_cursor

from .documents import EVENTS, read_document
from .posts import Site

PAGES, PER_PAGE = 60, 100
FRESH_S = 3600
"""How old a signed call may be, in seconds."""

_ASKED = {
    "fields": "id,uuid,title,slug,url,visibility,custom_excerpt,excerpt,published_at,updated_at",
    "include": "authors,tags",
    "order": "id asc",
}
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})\s*(?:,\s*t=(\d{10,14}))?", re.IGNORECASE)


class GhostSettings(SourceSettings):
    """The blog, and the keys of its custom integration."""

    url = SiteAddress(
        required=True,
        metadata={
            "label": "Address of the blog",
            "help": "The API URL of the integration, as in https://blog.example.org.",
            "identity": True,
        },
    )
    key = secret_text(
        "Content API key", "From Ghost's Settings, Integrations. Needed for polling only."
    )
    secret = secret_text(
        "Webhook secret", "The one typed into the webhook in Ghost. Files and polling need none."
    )


class Ghost(Source):
    """A Ghost blog; its authors are known by their ids there."""

    name = "ghost"
    title = "Ghost"
    api_version = 1
    hosts = ("{url}",)
    mark = "Gh"
    settings = GhostSettings
    privacy = Privacy(
        reads=("authors' names", "authors' email addresses in the export", "posts"),
        keeps=("names", "author ids", "email addresses", "titles", "links", "200 characters"),
        note="Members, their subscriptions and comments are not read. Drafts are left out.",
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        """Read each page, call or export."""
        site = Site(url=settings["url"].rstrip("/"), title=settings.get("title") or None)
        for delivery in bundle.deliveries:
            yield from read_document(delivery.body, site)

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring posts that are new or changed since the cursor."""
        if not settings.get("key"):
            raise Unanswered(
                "unauthorized",
                "There is no Content API key, so Ghost cannot be asked.",
                "Make a custom integration in Ghost and enter its Content API key here.",
                where="key",
            )
        yield from _news(settings["url"].rstrip("/"), settings["key"], cursor, fetch)

    def receive(self, request: HookRequest, settings: Mapping[str, Any]) -> Delivery | Answer:
        """Take one call about a post, after checking its signature."""
        check_signature(request, settings.get("secret") or "", now=time.time())
        whole = read_json(request.body, what="The call")
        if not any(isinstance(at(whole, event), dict) for event in EVENTS):
            return Answer(status=202, body=b"not used")
        return Delivery(
            body=request.body,
            name=settings["url"],
            media_type=request.headers.get("content-type", ""),
            uid=f"hook:{hashlib.sha256(request.body).hexdigest()}",
        )


# --- polling -----------------------------------------------------------------------------------


def _news(url: str, key: str, cursor: str | None, fetch: Fetch) -> Iterator[Delivery]:
    sweep, brought, again = Sweep.of(read_cursor(cursor)), False, False
    for _ in range(PAGES):
        try:
            page, whole = _page(url, key, sweep, fetch)
        except Unanswered as refusal:
            if brought and refusal.kind == "rate":
                return  # what came stays, and the next poll goes on from there
            raise
        records, began = list_at(whole, "posts"), sweep.page == 1
        is_last = len(records) < PER_PAGE and not at(whole, "meta", "pagination", "next")
        sweep.advance((text_at(one, "updated_at") for one in records), is_last=is_last)
        if records:
            yield _delivery(url, page, records, sweep)
            brought = True
        if is_last and (records or began or again):
            return
        again = again or is_last


def _page(url: str, key: str, sweep: Sweep, fetch: Fetch) -> tuple[Fetched, Any]:
    query: dict[str, Any] = {**_ASKED, "limit": PER_PAGE, "page": sweep.page, "key": key}
    if sweep.since:
        query["filter"] = f"updated_at:>'{sweep.since}'"
    address = f"{url}/ghost/api/content/posts/?{urlencode(query)}"
    page = accepted(fetch(address, headers={"Accept-Version": "v5.0"}), what="Ghost's Content API")
    whole = read_json(page.body, what="Ghost's list of posts")
    if not isinstance(at(whole, "posts"), list):
        raise Unanswered(
            "schema",
            "Ghost's Content API answered with something else than posts.",
            "Use the API URL that Ghost shows beside the key.",
            where="url",
        )
    return page, whole


def _delivery(url: str, page: Fetched, records: list[Any], sweep: Sweep) -> Delivery:
    posts = json.dumps(records, sort_keys=True).encode()
    return Delivery(
        body=page.body,
        name=f"{url}/ghost/api/content/posts/",
        media_type=page.headers.get("content-type", ""),
        uid=f"posts:{hashlib.sha256(posts).hexdigest()}",
        cursor=json.dumps(asdict(sweep), sort_keys=True),
    )


# --- webhooks ----------------------------------------------------------------------------------


def check_signature(request: HookRequest, secret: str, *, now: float) -> None:
    """Refuse a call that was not signed with the secret, or long ago; `now` in seconds.

    Ghost signs the body followed by the time; before 5.87 the body alone.
    """
    if not secret:
        raise Unauthorized(
            "This source has no webhook secret, so it cannot tell who is calling.",
            "Set a secret here and the same one in Ghost, in the webhook of the integration.",
        )
    found = _SIGNATURE.fullmatch(request.headers.get("x-ghost-signature", "").strip())
    if found is None:
        raise Unauthorized(
            "The call is not signed: X-Ghost-Signature is missing or incomplete.",
            "Ghost signs once its webhook has a secret; enter there the one set here.",
        )
    given, moment = found[1].lower(), found[2] or ""
    bodies = (request.body + moment.encode(), request.body)
    digests = [hmac.new(secret.encode(), one, hashlib.sha256).hexdigest() for one in bodies]
    if not any(hmac.compare_digest(given, one) for one in digests):
        raise Unauthorized(
            "The signature does not fit the body and the secret set here.",
            "Enter the same secret in Ghost's webhook; nothing on the way may change the body.",
        )
    if moment and abs(now - int(moment) / (1000 if len(moment) > 11 else 1)) > FRESH_S:
        raise Unauthorized(
            "The call was signed more than an hour ago.",
            "Set the clocks of both servers; then publish again, or poll.",
        )


@hookimpl
def register_sources() -> list[Source]:
    """The Ghost source."""
    return [Ghost()]
