"""The index terms of a statement: what each filter of the standard looks up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

VERB, REGISTRATION = "v", "r"
AGENT, RELATED_AGENT = "a", "A"
ACTIVITY, RELATED_ACTIVITY = "o", "O"

HOP_BITS = 8
MAX_HOP = (1 << HOP_BITS) - 1


class TermIndex:
    """Turns (kind, key) into the 64-bit number the index holds, keyed with a secret.

    The key makes collisions unforeseeable from outside, so nobody can make one statement answer
    another's filter.
    """

    def __init__(self, key: bytes) -> None:
        self._hash = hashlib.blake2b(key=key, digest_size=8)

    def term(self, kind: str, key: str) -> int:
        """The signed 64-bit term of one key."""
        digest = self._hash.copy()
        digest.update(f"{kind}\0{key}".encode())
        return int.from_bytes(digest.digest(), "big", signed=True)

    def terms(self, pairs: Iterable[tuple[str, str]]) -> set[int]:
        """The terms of everything the walk found in a statement."""
        return {self.term(kind, key) for kind, key in pairs}
