"""What pages say of disputes: their states, their steps, and what a step is called."""

from __future__ import annotations

from engine.disputes import ITEM, Told

STATES = {
    "open": ("Open", "warn"),
    "answered": ("Answered", ""),
    "accepted": ("Accepted", "good"),
    "declined": ("Declined", ""),
    "closed": ("Closed", ""),
    "withdrawn": ("Withdrawn", ""),
}
STEPS = {
    "opened": "opened the dispute",
    "answered": "answered",
    "accepted": "accepted it",
    "declined": "declined it",
    "reopened": "opened it again",
    "replied": "replied",
    "closed": "closed it",
    "withdrawn": "withdrew it",
}
BUTTONS = {
    "answered": "Answer, and leave it open",
    "accepted": "Accept it",
    "declined": "Decline it",
}
_LEARNER = {
    "open": "Your L&D team has been told. They have not answered yet.",
    "answered": "Your L&D team answered. You can reply, withdraw it, or close it.",
    "accepted": "Your L&D team agrees with you.",
    "declined": "Your L&D team sees it otherwise. Their reason stands below.",
    "closed": "You closed it. Nobody sees what it was about any more.",
    "withdrawn": "You withdrew it. Nobody sees what it was about any more.",
}


def state_words(told: Told) -> str:
    """Where a dispute stands, said to its learner."""
    said = _LEARNER[told.state]
    if told.state == "accepted" and told.left_out:
        return f"{said} The line is left out of your levels; you can let it count again."
    if told.state == "accepted" and told.kind != ITEM:
        return f"{said} A level follows from evidence and rules; their words say what will be done."
    return said
