"""Microblogs: public posts, replies and boosts at Mastodon and its kin, and people's own archives.

An archive holds private messages too. They are never read; what is not public is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import (
    Activity,
    BadReport,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Gone,
    Privacy,
    Refused,
    Skipped,
    Source,
    SourceSettings,
    Words,
    fields,
    hookimpl,
    is_zip,
    read_json,
    read_zip,
)
from plugins.forums.addresses import base_address
from plugins.microblog.asking import Asking
from plugins.microblog.outbox import EXPECTED as OUTBOX
from plugins.microblog.outbox import read_outbox
from plugins.microblog.posts import MEND, Found, Network
from plugins.microblog.rss import read_rss
from plugins.microblog.tweets import EXPECTED as TWEETS
from plugins.microblog.tweets import is_script, is_tweets, read_tweets, username_in


class MicroblogSettings(SourceSettings):
    """The server, whose posts a file holds, and whom to ask for."""

    url = base_address(
        "Address of the server", "Such as https://mastodon.example, or https://x.com for tweets."
    )
    account = fields.String(
        load_default="",
        metadata={
            "label": "Whose posts the files hold",
            "help": "A user name, for files that do not say it: tweets.js without account.js.",
        },
    )
    accounts = Words(
        load_default=list,
        metadata={
            "label": "Accounts to ask for",
            "help": "User names at this server, with commas between them. Ask these people first.",
        },
    )


class Microblog(Source):
    """Accounts at one server; people are known by their user names there."""

    name = "microblog"
    title = "Mastodon, or an archive of Twitter"
    api_version = 1
    mark = "Mi"
    hosts = ("{url}",)
    settings = MicroblogSettings
    privacy = Privacy(
        reads=("username", "public posts", "replies", "boosts"),
        keeps=("username", "the first 200 characters of a post"),
        note="Direct messages, posts for followers alone, likes and lists are left out. A post that"
        " is hidden behind a warning is kept with the words of the warning alone.",
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        network = Network(url=settings["url"], account=settings.get("account") or "")
        for delivery in bundle.deliveries:
            for one in _read(delivery.body, network):
                yield one if isinstance(one, Gone | Skipped | Failed) else network.tell(one)

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring the public posts of the accounts since the cursor."""
        if not settings.get("accounts"):
            raise Refused(
                "There is no account to ask for.", "Enter its user name.", where="accounts"
            )
        yield from Asking(settings["url"], fetch).news(settings["accounts"], cursor)


def _read(body: bytes, network: Network) -> Iterator[Found]:
    """A file of any of the known forms; an archive is read for the files that hold posts."""
    if is_zip(body):
        yield from _archive(body, network)
        return
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:40]
    if is_script(start):
        yield from read_tweets(body, network, username="")
    elif start[:1] in (b"{", b"["):
        value = read_json(body)
        if is_tweets(value):
            yield from read_tweets(body, network, username="")
        else:
            yield from read_outbox(value, network)
    elif start[:1] == b"<":
        yield from read_rss(body, network)
    else:
        raise BadReport(f"Expected {OUTBOX}, {TWEETS}, or a feed, found none of them.", MEND)


def _archive(body: bytes, network: Network) -> Iterator[Found]:
    wanted = {m.name: m.body for m in read_zip(body) if m.name.endswith((".js", ".json"))}
    named = {name.rpartition("/")[2]: name for name in wanted}
    if "outbox.json" in named:
        value = read_json(wanted[named["outbox.json"]], what="outbox.json")
        actor = wanted.get(named.get("actor.json", ""))
        if isinstance(value, dict) and actor:
            value = {"actor": read_json(actor, what="actor.json"), **value}
        yield from read_outbox(value, network)
        return
    tweets = sorted(name for name in wanted if is_script(wanted[name][:40]))
    if not tweets:
        raise BadReport(f"Expected an archive with {OUTBOX} or {TWEETS}, found neither.", MEND)
    username = username_in(wanted.get(named.get("account.js", ""), b""))
    for name in tweets:
        yield from read_tweets(wanted[name], network, username=username, prefix=f"{name}: ")


@hookimpl
def register_sources() -> list[Source]:
    return [Microblog()]
