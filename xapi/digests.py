"""A digest over many statements, by which two record stores show that they hold the same ones."""

from __future__ import annotations

import hashlib
from typing import Any

from xapi.text import canonical

LEFT_OUT = ("stored", "authority", "version")
"""What each record store fills in for itself."""
_MODULUS = 1 << 256


class Digest:
    """How many statements there are, and a number that follows from their content alone.

    The number is the sum of the SHA-256 of each statement's canonical text, without LEFT_OUT, so
    the order in which they come makes no difference.
    """

    def __init__(self) -> None:
        self.count = 0
        self._sum = 0

    def add(self, statement: dict[str, Any]) -> None:
        """Count one more statement."""
        kept = {name: value for name, value in statement.items() if name not in LEFT_OUT}
        one = int.from_bytes(hashlib.sha256(canonical(kept)).digest(), "big")
        self.count += 1
        self._sum = (self._sum + one) % _MODULUS

    @property
    def hex(self) -> str:
        """The number in 64 hexadecimal digits."""
        return f"{self._sum:064x}"

    def __str__(self) -> str:
        return f"{self.count} statement{'s' * (self.count != 1)}, digest {self.hex}"
