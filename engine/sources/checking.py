"""What a plugin may say: a row of the wrong form fails by itself, with its reason.

A plugin passes on what strangers wrote, so every text has a bound. Texts that are only shown are
cut; what identifies something is never changed, it fails.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from engine.api import Account, Activity, Actor, Failed, Gone, ItemRef, Skipped, Thing
from engine.errors import BadReport
from engine.reading.markup import shown
from engine.sources.arranging import Said
from xapi.shapes import is_language

T = TypeVar("T")

KEY, KEYS = 1000, 50
ADDRESS, NAME, TITLE, EXCERPT, REASON = 2000, 300, 500, 200, 500
TAG, TAGS = 200, 200
RESULT, DEPTH = 10_000, 10
LONGEST = timedelta(days=366)
YEARS = range(1970, 2200)
PLACE = 200

_UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class _Fault(Exception):
    """Why one thing said cannot be taken."""


def checked(said: object, *, plugin: str) -> Iterator[Said]:
    """One thing said as it can be taken; what cannot fails row by row.

    :raises BadReport: it is nothing a source may say, or names no row: the plugin is at fault.
    """
    match said:
        case Skipped():
            yield replace(said, row=_rows((said.row,), plugin)[0], why=_shown(said.why, REASON))
        case Failed():
            row = _rows((said.row,), plugin)[0]
            why, mend = _shown(said.why, REASON), _shown(said.mend, REASON)
            yield Failed(row=row, why=why or "It could not be read.", mend=mend)
        case Gone() | Activity():
            rows = _rows(said.rows, plugin)
            try:
                yield _gone(said) if isinstance(said, Gone) else _activity(said)
            except _Fault as fault:
                mend = "Correct it at the source, or tell the plugin's author."
                yield from (Failed(row=row, why=str(fault), mend=mend) for row in rows)
        case _:
            raise BadReport(
                f"The plugin {plugin} brought a {type(said).__name__}.",
                "Tell its author: activities yields Activity, Gone, Skipped or Failed.",
            )


def _rows(rows: Any, plugin: str) -> tuple[int | str, ...]:
    """The rows something was said in: at least one, or nothing could be accounted for."""
    if not isinstance(rows, tuple) or not rows or not all(_is_row(row) for row in rows):
        raise BadReport(
            f"The plugin {plugin} did not say in which rows something stands.",
            "Tell its author: rows is a tuple of row numbers or short places, never empty.",
        )
    return rows


def _is_row(row: object) -> bool:
    if isinstance(row, str):
        return len(row) <= PLACE and not _UNSHOWN.search(row)
    return isinstance(row, int) and not isinstance(row, bool)


def _gone(gone: Gone) -> Gone:
    _key(gone.key)
    _moment(gone.reported_at, "The time of the report")
    return gone


def _activity(activity: Activity) -> Activity:
    keys = _keys(activity)
    actor = _who(activity.actor)
    for ref, words in ((activity.object, "is about"), (activity.within, "is part of")):
        if ref is not None:
            _key(_a(ItemRef, ref, f"The item it {words}").key)
    _moment(activity.at, "The time", needed=True)
    _moment(activity.reported_at, "The time of the report")
    _length(activity.duration)
    for name, words in (("verb", "The verb"), ("type", "The type"), ("url", "The address")):
        _text(getattr(activity, name), words, ADDRESS, needed=name == "verb")
    mended: dict[str, Any] = {
        "keys": keys,
        "actor": actor,
        "title": _shown(activity.title, TITLE) or None,
        "excerpt": _shown(activity.excerpt, EXCERPT) or None,
        "language": _language(activity.language),
        "tags": _tags(activity.tags),
        "result": _result(activity.result),
        "parent": _thing(activity.parent, "What it is part of"),
        "community": _thing(activity.community, "The community"),
    }
    # Nearly always nothing was to be mended, and a copy of each would be made for nothing.
    as_it_was = all(value is getattr(activity, name) for name, value in mended.items())
    return activity if as_it_was else replace(activity, **mended)


def _keys(activity: Activity) -> tuple[str, ...]:
    keys = activity.keys
    if not isinstance(keys, tuple | list) or not keys:
        raise _Fault("It has no key, so nothing could be known again by it.")
    if len(keys) > KEYS:
        raise _Fault(f"It has {len(keys)} keys; {KEYS} are the most.")
    for key in keys:
        _key(key)
    refs = [ref for ref in (activity.actor, activity.object) if isinstance(ref, ItemRef)]
    if any(ref.key in keys for ref in refs):
        raise _Fault("It refers to itself.")
    distinct = tuple(dict.fromkeys(keys))
    return keys if keys == distinct else distinct


def _key(key: object) -> None:
    _text(key, "A key", KEY, needed=True)


def _who(actor: object) -> Actor | ItemRef:
    """Whoever did it, under a name without marks that would hide it or turn it around."""
    if isinstance(actor, ItemRef):
        _key(actor.key)
        return actor
    known = _a(Actor, actor, "Who did it")
    _text(known.name, "The name", ADDRESS)
    _text(known.email, "The email", NAME)
    if known.account is not None:
        account = _a(Account, known.account, "The account")
        _text(account.home_page, "The account's home page", ADDRESS, needed=True)
        _text(account.name, "The account's name", ADDRESS)
    name = shown(known.name or "") or None
    return known if name == known.name else replace(known, name=name)


def _a(kind: type[T], value: object, words: str) -> T:
    if not isinstance(value, kind):
        raise _Fault(f"{words} is a {type(value).__name__}, not a {kind.__name__}.")
    return value


def _text(value: object, words: str, most: int, *, needed: bool = False) -> None:
    """Refuse what is no text, too long, or holds characters that no system should send."""
    if value is None and not needed:
        return
    if not isinstance(value, str):
        raise _Fault(f"{words} is a {type(value).__name__}, not a text.")
    if needed and not value.strip():
        raise _Fault(f"{words} is empty.")
    if len(value) > most:
        raise _Fault(f"{words} has {len(value)} characters; {most} are the most.")
    if _UNSHOWN.search(value):
        raise _Fault(f"{words} holds control characters or broken ones.")


def _moment(moment: object, words: str, *, needed: bool = False) -> None:
    if moment is None and not needed:
        return
    if not isinstance(moment, datetime):
        raise _Fault(f"{words} is a {type(moment).__name__}, not a date and time.")
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise _Fault(f"{words} names no zone.")
    if moment.year not in YEARS:
        raise _Fault(f"{words} is in the year {moment.year}.")


def _length(length: object) -> None:
    if length is None:
        return
    if not isinstance(length, timedelta):
        raise _Fault(f"The duration is a {type(length).__name__}, not a length of time.")
    if not timedelta(0) <= length <= LONGEST:
        raise _Fault(f"The duration is {length.days} days; from 0 to {LONGEST.days} can be.")


def _shown(value: object, most: int) -> str:
    """A text that is only shown, cut and cleaned."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Fault(f"A text to be shown is a {type(value).__name__}.")
    return shown(value).strip()[:most]


def _language(language: object) -> str | None:
    """A language tag; what is none is left out, since systems write all kinds of things there."""
    tag = language.strip().replace("_", "-") if isinstance(language, str) else ""
    return tag if len(tag) <= 50 and is_language(tag) else None


def _tags(tags: object) -> tuple[str, ...]:
    if not isinstance(tags, tuple | list) or len(tags) > TAGS:
        raise _Fault(f"It has more than {TAGS} tags, or they are no list.")
    for tag in tags:
        _text(tag, "A tag", TAG)
    told = tuple(tag for tag in tags if tag is not None)
    return tags if tags == told else told


def _thing(thing: object, words: str) -> Thing | None:
    if thing is None:
        return None
    known = _a(Thing, thing, words)
    _text(known.url, words, ADDRESS, needed=True)
    _text(known.type, words, ADDRESS)
    title = _shown(known.title, TITLE) or None
    return known if title is known.title else replace(known, title=title)


def _result(result: object) -> Mapping[str, Any]:
    if not isinstance(result, Mapping):
        raise _Fault(f"The result is a {type(result).__name__}, not a mapping.")
    if not result:
        return result
    plain = {name: _json(value, 0) for name, value in result.items() if _named(name)}
    if len(json.dumps(plain)) > RESULT:
        raise _Fault(f"The result is longer than {RESULT} characters.")
    return plain


def _json(value: object, depth: int) -> Any:
    """A value that JSON can say."""
    if depth > DEPTH:
        raise _Fault(f"The result is nested more than {DEPTH} deep.")
    if isinstance(value, Mapping):
        return {name: _json(part, depth + 1) for name, part in value.items() if _named(name)}
    if isinstance(value, list | tuple):
        return [_json(part, depth + 1) for part in value]
    if isinstance(value, str):
        return _UNSHOWN.sub("", value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) < 1 << 63:
        return value
    raise _Fault(f"The result holds {str(value)[:40]}, which JSON cannot say.")


def _named(name: object) -> bool:
    _text(name, "A name in the result", ADDRESS, needed=True)
    return True
