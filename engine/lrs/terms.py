"""The index terms of a statement: what each filter of the standard looks up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

VERB, REGISTRATION = "v", "r"
AGENT, RELATED_AGENT = "a", "A"
ACTIVITY, RELATED_ACTIVITY = "o", "O"

HOP_BITS = 8
MAX_HOP = (1 << HOP_BITS) - 1

_REMEMBERED, _REMEMBERED_LENGTH = 20_000, 200
_RARE = frozenset({REGISTRATION})  # one for each attempt: not worth remembering


class TermIndex:
    """Turns (kind, key) into the 64-bit number the index holds, keyed with a secret.

    The key makes collisions unforeseeable from outside, so nobody can make one statement answer
    another's filter.
    """

    def __init__(self, key: bytes) -> None:
        self._hash = hashlib.blake2b(key=key, digest_size=8)
        self._known: dict[tuple[str, str], int] = {}

    def term(self, kind: str, key: str) -> int:
        """The signed 64-bit term of one key."""
        return self._known.get((kind, key)) or self._reckoned(kind, key)

    def _reckoned(self, kind: str, key: str) -> int:
        term = self._digest(kind, key)
        if kind not in _RARE and len(key) <= _REMEMBERED_LENGTH:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[kind, key] = term
        return term

    def _digest(self, kind: str, key: str) -> int:
        digest = self._hash.copy()
        digest.update(f"{kind}\0{key}".encode())
        return int.from_bytes(digest.digest(), "big", signed=True)

    def terms(self, pairs: Iterable[tuple[str, str]]) -> set[int]:
        """The terms of everything the walk found in a statement."""
        known = self._known
        return {known.get(pair) or self._reckoned(*pair) for pair in pairs}
