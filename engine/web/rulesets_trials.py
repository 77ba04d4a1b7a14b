"""Trying a draft on history in the background of a page, which shows how far it is.

One at a time in each process, in a thread that gives way to requests and ends after a while.
Publishing needs no such thing: there the worker weighs the log.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from engine import profiles, simulation
from engine.competencies import projector
from engine.db import db
from engine.errors import Conflict, NotFound, Refused
from engine.moments import now_us
from engine.web.drawers import DAY_US, Drawer, new_key
from engine.web.rulesets_drafts import Draft
from engine.web.rulesets_told import Told, as_json, from_json, told

WAIT_S = 3.0
"""How long the page waits for a short history before it says how far it is."""
LONGEST_S = 900.0
SAID_EVERY_S = 1.0
SILENT_US = 60 * 1_000_000
"""After so long without a word its process must have ended."""
PAUSE_S = 0.001

_TRIALS = Drawer(name="simulations", kept_us=DAY_US)
_turn = threading.Semaphore(1)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A simulation and how far it is: running, done, refused, broken, or too long.

    `done` of `all` statements are weighed; `at` in microseconds: when it was last heard of.
    """

    token: str
    by: str
    draft: str
    sha256: str
    state: str
    done: int
    all: int
    at: int
    why: str = ""
    result: Told | None = None

    @property
    def is_silent(self) -> bool:
        """Whether it says that it runs, and nothing has been heard of it."""
        return self.state == "running" and self.at < now_us() - SILENT_US


class _TooLong(Exception):
    """It has run for as long as it may."""


def begin(draft: Draft, sha256: str, day: date | None = None) -> Trial:
    """Try a draft on history, and wait a little for the outcome.

    :raises Conflict: another simulation runs already.
    """
    if not _turn.acquire(blocking=False):
        raise Conflict("Another simulation is running.", "Try again when it has ended.")
    trial = Trial(
        token=new_key(),
        by=draft.by,
        draft=draft.token,
        sha256=sha256,
        state="running",
        done=0,
        all=projector.serving().statements,
        at=now_us(),
    )
    db.session.rollback()
    _put(trial)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    thread = threading.Thread(
        target=_run, args=(app, trial, draft.text, day or profiles.today()), daemon=True
    )
    thread.start()
    thread.join(WAIT_S)
    return find(trial.token, by=draft.by)


def find(token: str, *, by: str) -> Trial:
    """A simulation; somebody else's is as good as absent.

    :raises NotFound: it is older than a day, or never was.
    """
    kept = _TRIALS.find(token)
    if kept is None or kept["by"] != by:
        raise NotFound("This simulation is no longer there.", "Begin another from your draft.")
    result = from_json(kept["result"]) if kept["result"] else None
    return Trial(**{**kept, "result": result})


def _run(app: Flask, trial: Trial, text: str, day: date) -> None:
    try:
        with app.app_context():
            _put(_outcome(trial, text, day))
            db.session.remove()
    finally:
        _turn.release()


def _outcome(trial: Trial, text: str, day: date) -> Trial:
    """What it comes to, whatever happens on the way."""
    try:
        found = simulation.simulate(text, day, _watched(trial))
    except Refused as refusal:
        return replace(trial, state="refused", why=str(refusal), at=now_us())
    except _TooLong:
        return replace(trial, state="too long", at=now_us())
    except SQLAlchemyError:
        log.exception("a simulation could not read the record")
        return replace(trial, state="broken", at=now_us())
    return replace(
        trial, state="done", done=found.statements, result=told(found), at=now_us()
    )  # fmt: skip


def _watched(trial: Trial) -> Callable[[int], None]:
    """Say how far it is now and then, give way to requests, and end it in time."""
    began = time.monotonic()
    said = began

    def step(done: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - began > LONGEST_S:
            raise _TooLong
        if now - said > SAID_EVERY_S:
            said = now
            _put(replace(trial, done=done, at=now_us()))
        time.sleep(PAUSE_S)

    return step


def _put(trial: Trial) -> None:
    kept: dict[str, Any] = asdict(replace(trial, result=None))
    kept["result"] = as_json(trial.result) if trial.result else None
    _TRIALS.put(trial.token, kept)
