"""How the pages of a source's connection speak: rhythms, calls, alerts."""

from __future__ import annotations

from engine.sources.schedules import Schedule
from engine.web import words

RHYTHMS = {
    "quarter": "Every 15 minutes",
    "hour": "Every hour",
    "day": "Every day",
    "never": "Only by hand",
}
CALLS = {
    "kept": ("Taken", "good"),
    "again": ("Taken before", ""),
    "answered": ("Greeting answered", ""),
    "refused": ("Refused", "stop"),
}
ALERTS = {"failing": ("Failing", "stop"), "silent": ("Silent", "warn")}


def schedule(one: Schedule) -> str:
    """How a source is asked, in one sentence."""
    if one.paused:
        return "It is paused. It is not asked, and its calls are turned away."
    if not one.asks:
        return "It cannot be asked as it is set up. Its reports are uploaded, or it calls Byway."
    if one.failures:
        times = words.counted(one.failures, "time")
        return f"It could not be read {times} in a row, so it is asked less often."
    if one.next_at is None:
        return "It is asked for what is new when somebody says so."
    return f"It is asked for what is new {RHYTHMS[one.rhythm].lower()}."
