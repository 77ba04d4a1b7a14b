"""Processes that live long: the collector is kept from looking at what stays.

A process' own objects stay for its life, and a batch of a thousand statements makes many that do
not: the collector need not look at the former, and not look too often.
"""

from __future__ import annotations

import gc

YOUNG, OLDER, OLDEST = 50_000, 20, 50


def settle() -> None:
    """Call once all is imported and set up, before the work begins."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, OLDEST)
