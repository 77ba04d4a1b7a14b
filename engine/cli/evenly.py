"""How many connections each gunicorn worker holds, in memory that all of them share.

All workers wait at one door, and who is first takes the connection. Clients that keep theirs open,
as record stores and LMSs do, would all stay with the worker that happened to be quick, while the
others stand by. So who holds more than another lets that one go first.
"""

from __future__ import annotations

import mmap

MOST = 256
"""Workers that are told apart at one time; others take what comes."""
_FREE, _CLOSED, _STARTING = -1, -2, -3

# Made where the master imports it; workers are forked from there and write into the same memory.
_held = memoryview(mmap.mmap(-1, MOST * 4)).cast("i")
for _at in range(MOST):
    _held[_at] = _FREE


class Place:
    """Of one worker, taken by the master before the worker starts.

    Until the worker tells how many connections it holds, it counts as one that starts.
    """

    def __init__(self) -> None:
        self._at = next((at for at in range(MOST) if _held[at] == _FREE), None)
        self.tell(_STARTING)

    def tell(self, connections: int) -> None:
        """Say how many connections this worker holds."""
        if self._at is not None:
            _held[self._at] = connections

    def is_ahead(self, connections: int) -> bool:
        """Whether another worker that takes connections holds fewer."""
        return self._at is not None and any(0 <= other < connections for other in _held)

    def is_followed(self) -> bool:
        """Whether a worker starts and is not ready yet."""
        return any(other == _STARTING for other in _held)

    def close(self) -> None:
        """Take no more; nobody waits for this worker."""
        self.tell(_CLOSED)

    def leave(self) -> None:
        """Give the place to the next worker; said by the master, once this one has ended."""
        self.tell(_FREE)
