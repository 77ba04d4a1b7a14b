"""Approvals: levels that learners ask to have confirmed, and what the L&D team lets flow back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.competencies.explain import fades_on
from engine.competencies.scoring import Standing
from engine.errors import Refused
from engine.people import service as people
from engine.profiles import profile_of, today
from engine.publishing import attempts, grants
from engine.publishing.granting import Shared, require_badge, shared_of
from engine.publishing.models import Grant
from engine.publishing.policy import Policy, decide, levels, policy
from engine.web import words
from engine.web.badges import STATES
from engine.web.learner_reader import Reader
from engine.web.session import needs

bp = Blueprint("approvals", __name__)

Page = str | tuple[str, int]
deciders = needs("ld", "expert")
BASES = {
    "self": "The learner's own word alone",
    "system": "What systems recorded; nobody confirmed it",
    "peer": "Peers confirmed part of it",
    "expert": "An expert confirmed part of it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as whoever decides sees it."""

    row: Grant
    name: str
    decided_by: str

    @property
    def is_own(self) -> bool:
        """Whether it is that of whoever looks."""
        return bool(people.get_by_id(self.row.person_id).id == current_user.who.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What stands behind a level now, and the lines that the learner shows of it.

    Only while she asks: who decided sees no more of it.
    """

    standing: Standing | None
    falls: date | None
    shown: list[Shared]
    no_badge: Refused | None


@bp.get("/approvals")
@deciders
def queue() -> str:
    """What waits, what was decided, and what holds."""
    return _queue(_fields(policy()), {})


def _queue(given: dict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "workbench/approvals.html",
        reader=Reader.here(),
        waiting=[_request(row) for row in grants.waiting()],
        decided=[_request(row) for row in grants.decided()],
        states=STATES,
        levels=levels(),
        given=given,
        errors=errors,
    )


def _fields(rules: Policy) -> dict[str, str]:
    """What holds, as the form shows it."""
    return {
        "publishes": "1" if rules.publishes else "",
        "badge_level": str(rules.badge_level),
        "issuer": rules.issuer,
    }


@bp.post("/approvals/settings")
@needs("ld")
def settings() -> Page | Response:
    """Say what flows back from now on."""
    given = {name: request.form.get(name, "") for name in ("publishes", "badge_level", "issuer")}
    level = given["badge_level"]
    wanted = Policy(
        publishes=given["publishes"] == "1",
        badge_level=int(level) if level.isascii() and level.isdigit() and len(level) < 4 else -1,
        issuer=given["issuer"],
    )
    by = current_user.who.email
    wrong = attempts.in_one(lambda: decide(wanted, by=by))
    if wrong is not None:
        return _queue(given, {wrong.where: _said(wrong)}), 422
    flash("Kept. It holds from now on.")
    return redirect(url_for("approvals.queue"))


@bp.get("/approvals/<uuid:uid>", endpoint="request")
@deciders
def one(uid: Any) -> str:
    """One request: what stands behind it, and what to decide."""
    return _one(str(uid), "", {})


def _one(uid: str, reason: str, errors: dict[str, str]) -> str:
    seen = _request(grants.find(uid))
    return render_template(
        "workbench/approval.html",
        reader=Reader.here(),
        one=seen,
        behind=_behind(seen.row) if seen.row.state == grants.OPEN else None,
        states=STATES,
        bases=BASES,
        reason=reason,
        errors=errors,
    )


def _behind(row: Grant) -> Behind:
    person = people.get_by_id(row.person_id)
    profile = profile_of(person.id)
    standing, rules = profile.standings.get(row.competency), policy()
    return Behind(
        standing=standing,
        falls=fades_on(profile.record, row.competency, today()),
        shown=shared_of(row, standing),
        no_badge=attempts.tried(lambda: require_badge(standing, row.level, rules, "badge")),
    )


@bp.post("/approvals/<uuid:uid>/confirm")
@deciders
def confirm(uid: Any) -> Response:
    """Confirm the level, with or without its badge."""
    badge = request.form.get("badge") == "1"
    grants.confirm(str(uid), by=current_user.who, with_badge=badge, as_of=today())
    flash("Confirmed, and the badge is issued." if badge else "Confirmed.")
    return redirect(url_for("approvals.queue"))


@bp.post("/approvals/<uuid:uid>/decline")
@deciders
def decline(uid: Any) -> Page | Response:
    """Say no, and why."""
    reason, who = request.form.get("reason", ""), current_user.who
    wrong = attempts.in_one(lambda: grants.decline(str(uid), reason, by=who))
    if wrong is not None:
        return _one(str(uid), reason, {wrong.where: _said(wrong)}), 422
    flash("Declined. The learner reads the reason.")
    return redirect(url_for("approvals.queue"))


@bp.post("/approvals/<uuid:uid>/revoke")
@deciders
def revoke(uid: Any) -> Page | Response:
    """Take a confirmation back, and its badge out of force."""
    reason, who = request.form.get("reason", ""), current_user.who
    wrong = attempts.tried(lambda: grants.revoke(str(uid), reason, by=who))
    if wrong is not None:
        return _one(str(uid), reason, {wrong.where: _said(wrong)}), 422
    flash("Taken back. The learner reads the reason.")
    return redirect(url_for("approvals.queue"))


def _request(row: Grant) -> Request:
    decider = "" if row.decided_by is None else people.get_by_id(row.decided_by).name
    person = people.get_by_id(row.person_id)
    return Request(row=row, name=words.clean(person.name), decided_by=words.clean(decider))


def _said(refusal: Refused) -> str:
    return f"{refusal.why} {refusal.mend}".strip()
