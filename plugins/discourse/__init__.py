"""Discourse: topics, replies, likes and accepted answers, from webhooks and from its JSON pages."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from engine.api import (
    Activity,
    Answer,
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
    Unauthorized,
    fields,
    hookimpl,
    secret_text,
)
from plugins.discourse.asking import Asking, Memory, headers_of
from plugins.discourse.happenings import Forum
from plugins.discourse.shapes import KINDS, kind_of_body, reports
from plugins.forums.addresses import base_address

KEPT_HEADERS = ("x-discourse-event", "x-discourse-event-type", "x-discourse-event-id")


class DiscourseSettings(SourceSettings):
    """The forum, and the secret it shares with its webhook."""

    url = base_address("Address of the forum")
    secret = secret_text(
        "Webhook secret", "The one given in the forum under Admin, API, Webhooks. Files need none."
    )
    community = fields.String(load_default="", metadata={"label": "Name of the community"})
    ask = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Ask the forum for what is new",
            "help": "Brings also what its webhook missed. A public forum needs no key for it.",
        },
    )
    api_key = secret_text(
        "API key", "Made in the forum under Admin, API, Keys, with the scope “read only”."
    )
    api_user = fields.String(
        load_default="",
        metadata={
            "label": "User of the API key",
            "help": "Empty for system. Only what this user sees is read.",
        },
    )


class Discourse(Source):
    """A Discourse forum; it vouches for peers, since it alone lets members accept an answer."""

    name = "discourse"
    title = "Discourse forum"
    api_version = 1
    mark = "Di"
    hosts = ("{url}",)
    settings = DiscourseSettings
    vouches = "peer"
    privacy = Privacy(
        reads=("username", "display name", "posts", "likes", "accepted answers"),
        keeps=("username", "display name", "the first 200 characters of a post"),
        note="Private messages, whispers, hidden posts and anonymous posts are left out.",
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        forum = Forum(url=settings["url"].rstrip("/"), title=settings.get("community") or None)
        for delivery in bundle.deliveries:
            for report in reports(delivery):
                if isinstance(report, Skipped | Failed):
                    yield report
                else:
                    yield forum.read(report)

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring new posts, topics, likes and accepted answers, where asking is wanted."""
        if not settings.get("ask"):
            raise Refused(
                "This source waits for the forum's webhook and does not ask.",
                "Tick “Ask the forum for what is new”.",
                where="ask",
            )
        memory = Memory.of(cursor)
        yield from Asking(settings["url"], fetch, headers_of(settings), memory).news()

    def receive(self, request: HookRequest, settings: Mapping[str, Any]) -> Delivery | Answer:
        check_signature(request, settings.get("secret") or "")
        check_instance(request.headers.get("x-discourse-instance", ""), settings["url"])
        kind = request.headers.get("x-discourse-event-type", "").strip().lower()
        kind = kind or kind_of_body(request.body)
        if kind == "ping":
            return Answer(body=b"pong")
        if kind and kind not in KINDS:
            return Answer(status=202, body=f"not used: {kind[:80]}".encode(errors="replace"))
        return kept(request, settings["url"])


def check_signature(request: HookRequest, secret: str) -> None:
    """Refuse a call that was not signed with the secret, over the bytes as they came."""
    if not secret:
        raise Unauthorized(
            "This source has no webhook secret, so it cannot tell who is calling.",
            "Set a secret here and the same one in the forum under Admin, API, Webhooks.",
        )
    given = request.headers.get("x-discourse-event-signature", "").strip()
    if not given:
        raise Unauthorized(
            "The call is not signed: X-Discourse-Event-Signature is missing.",
            "Discourse signs once its webhook has a secret; enter there the one set here.",
        )
    expected = "sha256=" + hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(given.lower().encode(errors="replace"), expected.encode()):
        raise Unauthorized(
            "The signature does not fit the body and the secret set here.",
            "Enter the same secret in the forum's webhook; nothing on the way may change the body.",
        )


def check_instance(named: str, url: str) -> None:
    """Refuse a call that says it comes from another forum; scheme and final slash may differ."""
    if named.strip() and host_of(named) != host_of(url):
        raise Unauthorized(
            f"The call comes from {ascii(named[:80])[1:-1]}, this source belongs to {url}.",
            "Point that forum's webhook at a source of its own, or correct the address here.",
        )


def host_of(address: str) -> str:
    address = address.strip()
    try:
        host = urlsplit(address if "://" in address else f"//{address}").netloc.lower()
    except ValueError:
        return ""
    return host.removesuffix(":443").removesuffix(":80")


def kept(request: HookRequest, url: str) -> Delivery:
    """The delivery, with the headers that say what it is and an id that is unique to the forum."""
    headers = {name: request.headers[name] for name in KEPT_HEADERS if request.headers.get(name)}
    event_id = headers.get("x-discourse-event-id", "").strip()
    return Delivery(
        body=request.body,
        name=url,
        media_type=request.headers.get("content-type", ""),
        headers=headers,
        uid=f"{url.partition('://')[2]}#{event_id}" if event_id else None,
    )


@hookimpl
def register_sources() -> list[Source]:
    return [Discourse()]
