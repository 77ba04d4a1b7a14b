"""Archives of Twitter (X): tweets.js of any generation, and which tweets were deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from typing import Any

from engine.api import BadReport, Failed, Gone, Skipped, excerpt, read_json
from plugins.forums.moments import moment_of
from plugins.forums.record import Record, found
from plugins.microblog.posts import MEND, Found, Network, Post

EXPECTED = "tweets.js of an archive of Twitter"
_ASSIGNED = re.compile(
    rb"\s*(?:window\.YTD\.(?P<name>\w+)\.part\d+|Grailbird\.data\.(?P<old>tweets)_\w+)\s*=\s*"
)
_NAMES = ("tweet", "tweets", "deleted_tweet", "deleted_tweets", "community_tweet", "note_tweet")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN = re.compile(r"\w{3} (\w{3}) (\d{1,2}) (\d\d:\d\d:\d\d) ([+-]\d{4}) (\d{4})")
_BOOST = re.compile(r"RT @(\w{1,20}):\s*")
_LANGUAGE = re.compile(r"[a-z]{2}(?:-[A-Za-z]{2,4})?")


def is_script(start: bytes) -> bool:
    """Whether a file begins as a list of tweets in an archive does; other lists are not read."""
    match = _ASSIGNED.match(start.removeprefix(b"\xef\xbb\xbf"))
    name = (match["name"] or match["old"]).decode() if match else ""
    return name in _NAMES


def is_tweets(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_tweet(one) for one in value)


def _is_tweet(one: Any) -> bool:
    return isinstance(one, dict) and ("tweet" in one or {"id_str", "created_at"} <= one.keys())


def username_in(body: bytes) -> str:
    """The user name out of account.js; "" where it is not there."""
    try:
        (account, *_) = read_json(body.partition(b"=")[2].rstrip(b"; \t\r\n"), what="account.js")
        return str(account["account"]["username"])
    except (BadReport, KeyError, TypeError, ValueError):
        return ""


def read_tweets(
    body: bytes, network: Network, *, username: str, prefix: str = ""
) -> Iterator[Found]:
    """Every tweet of a file; `prefix` begins the names of its rows.

    :raises BadReport: it is no list of tweets, or nothing says whose they are.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    match = _ASSIGNED.match(body)
    written = body[match.end() :].rstrip(b"; \t\r\n") if match else body
    value = read_json(written, what="The list of tweets")
    if not isinstance(value, list):
        raise BadReport(f"Expected {EXPECTED}, found {found(value)}.", MEND)
    is_deleted = bool(match) and b"deleted" in body[: match.end() if match else 0]
    for number, one in enumerate(value, start=1):
        inner = one.get("tweet", one) if isinstance(one, dict) else one
        tweet = Record(inner, f"{prefix}tweet {number}")
        try:
            if is_deleted:
                yield Gone(key=_key(tweet), rows=(tweet.row,))
            else:
                yield _tweet(tweet, network, username)
        except BadReport as error:
            if not error.where:
                raise
            yield Failed(row=tweet.row, why=error.why, mend=MEND)


def _tweet(tweet: Record, network: Network, username: str) -> Post | Skipped:
    user = tweet.record("user")
    if user.flag("protected"):
        return Skipped(row=tweet.row, why="Not public.")
    name = network.username(user.text("screen_name") or username)
    key, text = _key(tweet), unescape(tweet.text("full_text") or tweet.text("text") or "")
    boosted = _BOOST.match(text)
    answered = tweet.text("in_reply_to_status_id_str") or tweet.get("in_reply_to_status_id")
    whom = (tweet.text("in_reply_to_screen_name") or "").casefold()
    is_reply = bool(answered) and whom != name.casefold()
    verb = "shared" if boosted else "replied" if is_reply else "authored"
    return Post(
        row=tweet.row,
        keys=(key,),
        username=name,
        verb=verb,
        at=_moment(tweet),
        url=_boosted(tweet, network) or _url(network, name, key),
        title=None if boosted else excerpt(_shown(text), 100) or None,
        text="" if boosted else excerpt(_shown(text)),
        answers=f"{network.url}/{whom}/status/{answered}" if is_reply and whom else None,
        tags=_tags(tweet),
        language=_language(tweet),
    )


def _url(network: Network, name: str, key: str) -> str:
    return f"{network.url}/{name}/status/{key.removeprefix('tweet:')}"


def _boosted(tweet: Record, network: Network) -> str:
    """The address of what was boosted; newer archives do not tell its number."""
    original = tweet.record("retweeted_status")
    name = original.record("user").text("screen_name")
    return _url(network, name, _key(original)) if name else ""


def _key(tweet: Record) -> str:
    """The number of a tweet, which has 19 digits: a text, before a number that was shortened."""
    name = next((one for one in ("id_str", "tweet_id", "id") if tweet.get(one)), "id_str")
    return f"tweet:{tweet.digits(name)}"


def _shown(text: str) -> str:
    """Angle brackets are text here, not markup; whom a reply is addressed to says nothing."""
    return re.sub(r"^(?:@\w{1,20}\s+)+", "", text).replace("&", "&amp;").replace("<", "&lt;")


def _moment(tweet: Record) -> datetime:
    written = tweet.text("created_at") or ""
    named = _WRITTEN.fullmatch(written)
    if named and named[1].casefold() in _MONTHS:
        month = _MONTHS.index(named[1].casefold()) + 1
        written = f"{named[5]}-{month}-{named[2]} {named[3]} {named[4]}"
    moment = moment_of(written)
    if moment is None:
        raise tweet.wrong("created_at", "a time such as Tue Sep 08 15:01:00 +0000 2026")
    return moment


def _tags(tweet: Record) -> tuple[str, ...]:
    value = tweet.record("entities").get("hashtags")
    named = (one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()
    names = (str(one.get("text") or "")[:200] for one in named)
    return tuple(dict.fromkeys(filter(None, names)))[:100]


def _language(tweet: Record) -> str | None:
    named = tweet.text("lang") or ""
    # Twitter's own words for "no language": und, qme, qht, zxx.
    return named if _LANGUAGE.fullmatch(named) else None
