"""/api/v1/learners/...: levels and the reasons for them, for an LMS that may read profiles."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from engine import explanations
from engine.config import settings
from engine.errors import Forbidden, Refused
from engine.explanations import FORMAT, Learner
from engine.lrs.callers import PROFILES
from engine.profiles import today
from engine.publishing import roster
from engine.xapi_http import envelope, errors
from engine.xapi_http.bodies import JSON
from xapi import text

bp = Blueprint("learners", __name__)
errors.install(bp)


@bp.get("/learners")
def learners() -> Response:
    """Everybody with a profile, page by page: ids, identifiers, and where each profile is."""
    _require_profiles()
    found = roster.page(request.args.get("after"), _limit())
    root = f"{settings().public_url}/api/v1/learners"
    more = f"{root}?{urlencode({'after': found.after, 'limit': _limit()})}" if found.after else None
    listed = [
        {
            "id": one.uid,
            "name": one.name,
            "identifiers": one.identifiers,
            "profile": f"{root}/{one.uid}/profile",
        }
        for one in found.learners
    ]
    return _answer({"learners": listed, "more": more}, JSON)


@bp.get("/learners/<path:learner>/profile")
def profile(learner: str) -> Response:
    """Everything a learner has evidence for, with what it rests on and the digests of it."""
    found = _learner(learner)
    return _answer(explanations.export(found, _day()), FORMAT)


@bp.get("/learners/<path:learner>/competencies/<path:competency>/explain")
def explain(learner: str, competency: str) -> Response:
    """Why this level, what would raise it, and when it would fall."""
    found = _learner(learner)
    return _answer(explanations.explain(found, competency, _day()), JSON)


def _learner(given: str) -> Learner:
    """The learner that is asked for, once it is sure that the key may ask."""
    _require_profiles()
    return explanations.find_learner(given)


def _require_profiles() -> None:
    """A profile rests on private lines too, so the key must read everything, which learners see."""
    caller = envelope.caller()
    caller.require(PROFILES)
    if not caller.access.everything:
        raise Forbidden(
            "This key does not read everybody's record, and a profile is made of all of it.",
            "Ask the operator for a key that reads all, with the scope profiles/read.",
        )


def _limit() -> int:
    """How many are wanted at a time; as many as there may be without a word."""
    given = request.args.get("limit", str(roster.MOST))
    if not given.isascii() or not given.isdigit() or not 0 < int(given[:9]) <= roster.MOST:
        raise Refused(
            f"limit={given[:40]} is not a number of learners.",
            f"Give 1 to {roster.MOST}.",
            where="limit",
        )
    return int(given)


def _day() -> date:
    """The day that is asked about; today without a word."""
    given = request.args.get("as_of")
    try:
        return date.fromisoformat(given) if given else today()
    except ValueError as error:
        raise Refused(
            f"as_of={given} is not a day.", "Write it like 2026-11-22.", where="as_of"
        ) from error


def _answer(body: dict[str, Any], media_type: str) -> Response:
    return Response(text.dump(body), content_type=media_type)
