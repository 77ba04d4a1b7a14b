"""What posts, replies and boosts become, whichever way they came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from engine.api import Account, Activity, Actor, BadReport, Failed, Gone, Row, Skipped, Thing

MEND = "Give the file as the network made it, without opening it in another program."
NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A public post of an account.

    :param keys: its id and its address, as the network writes them.
    :param verb: "authored", "replied", "asked", or "shared" for a boost, whose `url` is the
        address of what was boosted.
    :param answers: the address of the post that a reply answers.
    :param text: plain text of at most 200 characters.
    """

    row: Row
    keys: tuple[str, ...]
    username: str
    verb: str
    at: datetime
    url: str
    type: str = NOTE
    title: str | None = None
    text: str = ""
    answers: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    changed: datetime | None = None


Found = Post | Gone | Skipped | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The server by its address, and whose posts a file holds that does not say it."""

    url: str
    account: str

    def username(self, told: str) -> str:
        """Who writes; files of one person need not say it at each post.

        :raises BadReport: neither the file nor the settings say it.
        """
        name = told or handle(self.account)
        if not name:
            raise BadReport(
                "Nothing says whose posts these are.",
                "Enter the user name in the settings of this source, or give the whole archive.",
            )
        return name

    def must_be_ours(self, address: str) -> None:
        """Refuse posts of another server, where the same user name is somebody else."""
        host, own = host_of(address), host_of(self.url)
        if host != own and {host, own} != {"x.com", "twitter.com"}:
            raise BadReport(
                f"These are posts of {ascii(address[:80])[1:-1]}; this source belongs to"
                f" {self.url}.",
                "Add a source for that server.",
            )

    def tell(self, post: Post) -> Activity:
        return Activity(
            rows=(post.row,),
            keys=post.keys,
            actor=Actor(account=Account(home_page=self.url, name=post.username)),
            verb=post.verb,
            type=post.type,
            url=post.url,
            title=post.title,
            language=post.language,
            at=post.at,
            parent=Thing(url=post.answers, type=NOTE) if post.answers else None,
            community=Thing(url=self.url, type="community"),
            tags=post.tags,
            excerpt=post.text or None,
            reported_at=post.changed,
        )


def handle(written: str) -> str:
    """The user name in what people enter: "ada", "@ada", "@ada@host" or the page of the account."""
    return written.strip().rstrip("/").rpartition("/")[2].lstrip("@").partition("@")[0]


def host_of(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.").removeprefix("mobile.")
    except ValueError:
        return ""


def is_web_address(written: str) -> bool:
    try:
        return urlsplit(written).scheme in ("http", "https") and bool(urlsplit(written).hostname)
    except ValueError:
        return False
