"""What a key may do and what becomes of what it brings: said once, checked, and written down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import Refused
from engine.lrs.callers import SCOPES, forget_on_commit, gives
from engine.lrs.models import Key, Origin
from engine.lrs.origins import ACCOUNT_RULES
from engine.moments import now_us
from xapi.shapes import is_iri

READS = ("mine", "shared", "all")
DEFAULT_SCOPES = ("statements/write", "statements/read/mine", "state", "profile", "define")
BROWSER_SCOPES = ("statements/write", "statements/read/mine", "state", "profile")
NEVER = 0
"""As an end: none."""
MAX_COMMUNITIES = 50
MAX_HOME_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a key is to be like from now on; None leaves a thing as it is.

    `expires_at` is a moment in microseconds or NEVER; `account_rule` and `account_home_page` are
    "" for none. Basis and trust are left out on purpose: learners were told the one, and the
    other would weigh all that came before anew, so they take a new key.
    """

    scopes: Sequence[str] | None = None
    reads: str | None = None
    communities: Sequence[str] | None = None
    expires_at: int | None = None
    dedupe: bool | None = None
    account_rule: str | None = None
    account_home_page: str | None = None


def usual_scopes(reads: str, *, browser: bool = False) -> tuple[str, ...]:
    """The scopes of a key that is asked for without any.

    A browser's key reads nothing back: whoever opens the page could read what all others did.
    """
    if browser:
        return ("statements/write", "state")
    return DEFAULT_SCOPES if reads == "mine" else ("statements/read", *DEFAULT_SCOPES)


def apply(wanted: Change, origin: Origin, held: Sequence[Key]) -> None:
    """Make keys of one origin, the newest first, and the origin itself what is wanted."""
    for key in held:
        _set_rights(key, wanted)
        _refuse_idle(key)
        if origin.ceiling == "self":
            _refuse_in_browser(key)
    if wanted.scopes is not None:
        origin.may_void = gives(wanted.scopes, "statements/void")
    if wanted.expires_at is not None:
        held[0].expires_at = _end(wanted.expires_at)
    _set_treatment(origin, wanted)
    forget_on_commit()


def _set_rights(key: Key, wanted: Change) -> None:
    for scope in wanted.scopes or ():
        if scope not in SCOPES:
            raise Refused(f'"{scope}" is not a scope.', f"Choose from {', '.join(SCOPES)}.")
    if wanted.scopes is not None:
        key.scopes = list(dict.fromkeys(wanted.scopes))
    if wanted.reads is not None:
        if wanted.reads not in READS:
            mend = "Use mine, shared or all."
            raise Refused(f'"{wanted.reads}" is not something a key can read.', mend)
        key.reads = wanted.reads
        if wanted.reads != "shared":
            key.communities = []
    if wanted.communities is not None:
        key.communities = sorted(set(map(_slug, wanted.communities)))


def _slug(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]{1,60}", text):
        raise Refused(f'"{text}" is not the short name of a community.', "Write it like policy.")
    return text


def _refuse_idle(key: Key) -> None:
    """What would have no effect is a mistake that nobody notices."""
    if not key.scopes:
        raise Refused("A key without a scope can do nothing.", "Revoke it instead.")
    if key.communities and key.reads != "shared":
        raise Refused("Communities are read by keys that read what is shared.", "Use reads shared.")
    if len(key.communities) > MAX_COMMUNITIES:
        raise Refused(f"More than {MAX_COMMUNITIES} communities.", "Make several keys.")


def _refuse_in_browser(key: Key) -> None:
    if key.reads != "mine" or not set(key.scopes) <= set(BROWSER_SCOPES):
        raise Refused(
            "The secret of a browser's key is no secret, so this one may not do that.",
            f"Let it read mine, and choose from {', '.join(BROWSER_SCOPES)}.",
        )


def _end(expires_at: int) -> int | None:
    if expires_at == NEVER:
        return None
    if expires_at <= now_us():
        raise Refused("That moment has passed.", "Give a later one, or revoke the key.")
    return expires_at


def _set_treatment(origin: Origin, wanted: Change) -> None:
    """What becomes of what comes in: dedupe, and whose its accounts are."""
    if wanted.dedupe is not None:
        origin.dedupe = wanted.dedupe
    if wanted.account_rule is not None:
        if wanted.account_rule not in ("", *ACCOUNT_RULES):
            mend = f"Use {', '.join(ACCOUNT_RULES)}."
            raise Refused(f'"{wanted.account_rule}" is not an account rule.', mend)
        origin.account_rule = wanted.account_rule or None
        origin.account_home_page = origin.account_home_page if wanted.account_rule else None
    if wanted.account_home_page is not None:
        origin.account_home_page = _home_page(wanted.account_home_page)
    if origin.account_home_page and not origin.account_rule:
        raise Refused("A home page belongs to an account rule.", "Say what account names are.")


def _home_page(text: str) -> str | None:
    """A home page as account keys have it: without the slash at its end."""
    if text and (len(text) > MAX_HOME_PAGE or not is_iri(text)):
        raise Refused(f'"{text[:80]}" is no home page.', "Write it like https://lms.example.org.")
    return text.rstrip("/") or None
