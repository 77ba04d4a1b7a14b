"""Which entry of a language map a reader gets, by her Accept-Language header.

xAPI 1.0.3 Communication 2.1.3 (format canonical) applies RFC 2616, 14.4, to each map on its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

LONGEST_HEADER = 1000
MOST_RANGES = 20

_ANY = "*"
_RANGE = re.compile(
    r"\s*(\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*([01]?\.[0-9]+|[01]\.?)\s*)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A language asked for, in lower case, or * for any; weight 0 says: anything but this."""

    tag: str
    weight: float

    def covers(self, tag: str) -> bool:
        """Whether a tag in lower case is this language or a more special form of it."""
        return self.tag in (_ANY, tag) or tag.startswith(f"{self.tag}-")


def ranges(accept_language: str | None) -> tuple[Range, ...]:
    """What the header asks for, best first; what is no language range in it is passed over."""
    parts = (accept_language or "")[:LONGEST_HEADER].replace("_", "-").split(",")
    found = [found for part in parts if (found := _range(part))]
    return tuple(sorted(found[:MOST_RANGES], key=lambda one: -one.weight))


def _range(text: str) -> Range | None:
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    return Range(tag=match[1].lower(), weight=min(float(match[2] or 1), 1.0))


def choose(language_map: Mapping[str, str], wanted: Sequence[Range]) -> Mapping[str, str]:
    """The map with the entry that suits the reader best; an empty map stays empty.

    That is a language she asked for, else the nearest relative of one (en-US for en-GB), else
    the first that she did not turn down.
    """
    if len(language_map) < 2:
        return language_map
    tag = _best(list(language_map), wanted)
    return {tag: language_map[tag]}


def _best(tags: list[str], wanted: Sequence[Range]) -> str:
    ranks = {tag: _rank(tag.lower(), wanted) for tag in tags}
    liked = [
        (rank, tag.lower() != wanted[rank].tag, at, tag)
        for at, (tag, rank) in enumerate(ranks.items())
        if rank is not None and wanted[rank].weight > 0
    ]
    if liked:
        return min(liked)[-1]
    bearable = [tag for tag in tags if ranks[tag] is None] or tags
    return _relative(bearable, wanted) or bearable[0]


# RFC 2616, 14.4: the longest range that fits a tag speaks for it, and * for what no other does
def _rank(tag: str, wanted: Sequence[Range]) -> int | None:
    """The place in `wanted` of the range that speaks for a tag; None when none does."""
    fitting = [at for at, one in enumerate(wanted) if one.covers(tag)]
    return max(fitting, key=lambda at: len(wanted[at].tag.strip(_ANY)), default=None)


# RFC 4647, 3.4: a reader of en-GB is better served with en than with what happens to stand first
def _relative(tags: list[str], wanted: Sequence[Range]) -> str | None:
    """The tag of the same language that has most in common with one asked for."""
    for asked in (one.tag.split("-") for one in wanted if one.weight > 0):
        near = [
            (-_in_common(asked, subtags), len(subtags), at, tag)
            for at, tag in enumerate(tags)
            if (subtags := tag.lower().split("-"))[0] == asked[0]
        ]
        if near:
            return min(near)[-1]
    return None


def _in_common(asked: list[str], subtags: list[str]) -> int:
    """How many subtags two tags share from the front."""
    pairs = zip(asked, subtags, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
