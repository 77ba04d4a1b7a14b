"""My results: what of her levels is published, who confirmed one, her badges; checking one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from engine import explanations, profiles
from engine.competencies.scoring import Explained, Standing
from engine.db import db, transaction
from engine.errors import NotFound, Refused
from engine.explanations import FORMAT, Learner
from engine.people.models import Person
from engine.pipeline import reader as log
from engine.publishing import asserting, attempts, badges, consents, grants
from engine.publishing.asserting import Published
from engine.publishing.badges import Checked
from engine.publishing.consents import Choice
from engine.publishing.granting import require_badge
from engine.publishing.grants import Asked
from engine.publishing.models import Grant
from engine.publishing.policy import policy
from engine.web import words
from engine.web.learner_reader import Reader
from engine.web.session import needs
from xapi import text

bp = Blueprint("badges", __name__)

EVERYTHING = "*"
"""In the form: every competency, those to come included."""
TOKEN = "application/vc+jwt"
STATES = {
    "open": ("Waiting", "warn"),
    "confirmed": ("Confirmed", "good"),
    "declined": ("Declined", "stop"),
    "withdrawn": ("Withdrawn", ""),
    "revoked": ("Taken back", "stop"),
}
VERDICTS = {
    "valid": ("This badge is genuine and holds.", "good"),
    "expired": ("This badge is genuine, and its time has run out.", "warn"),
    "revoked": ("This badge was issued here and has been taken back.", "stop"),
    "not-yet": ("This badge is genuine, and holds from a later day on.", "warn"),
    "tampered": ("This badge was changed after it was signed. Do not trust it.", "stop"),
    "foreign": ("This was not issued here. Ask whoever is named in it.", "stop"),
    "unreadable": ("This is no badge. Give the whole text of the .jwt file.", "stop"),
}


# ---- My results -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The page."""

    grants: list[Grant]
    levels: list[tuple[str, int]]
    open: frozenset[str]
    choice: Choice
    published: list[Published]
    is_publishing: bool
    badge_level: int


@bp.get("/badges")
@needs()
def mine() -> str:
    """What was confirmed, what is published, and what she can ask for."""
    return _page(Reader.here())


def _page(reader: Reader, errors: dict[str, str] | None = None) -> str:
    rules = policy()
    found = grants.of_person(reader.who.id)
    out = asserting.published_of(reader.who.id).values()
    page = Results(
        grants=[one for one in found if one.state != grants.WITHDRAWN],
        levels=[(name, one.level) for name, one in _standings(reader).items() if one.level],
        open=frozenset(one.competency for one in found if one.state == grants.OPEN),
        choice=consents.choice_of(reader.who.id),
        published=[one for one in out if one.stands],
        is_publishing=rules.publishes,
        badge_level=rules.badge_level,
    )
    return render_template(
        "learner/badges.html",
        reader=reader,
        page=page,
        states=STATES,
        choices=_choices(reader),
        errors=errors or {},
    )


def _standings(reader: Reader) -> dict[str, Standing]:
    standings = profiles.profile_of(reader.who.id).standings
    return {name: standings[name] for name in reader.shorts if name in standings}


def _choices(reader: Reader) -> list[tuple[str, str]]:
    """What can be let out, by the short names that the form sends."""
    each = [(short, reader.competency(id_)) for id_, short in reader.shorts.items()]
    return [(EVERYTHING, "All of them, also those that come later"), *each]


@bp.post("/badges/publishing")
@needs()
def publishing() -> str | tuple[str, int] | Answer:
    """Say which of her levels are published when they change."""
    reader, given = Reader.here(), request.form.getlist("publish")
    some = frozenset(reader.find(one) or one for one in given if one != EVERYTHING)
    wanted = Choice(everything=EVERYTHING in given, some=some)
    known = frozenset(reader.shorts)
    wrong = attempts.in_one(lambda: consents.choose(reader.who, wanted, known=known))
    if wrong is not None:
        return _page(reader, {"publish": _said(wrong)}), 422
    flash("Kept. " + _told(wanted))
    return redirect(url_for("badges.mine"))


def _told(choice: Choice) -> str:
    if not choice:
        return "Nothing of your levels is published from now on."
    return "These levels are published when they change, at most once a day."


@bp.post("/badges/take-back")
@needs()
def take_back() -> Answer:
    """Void what is published of her levels."""
    person = db.session.get_one(Person, Reader.here().who.id)
    number = asserting.take_back(person)
    flash(f"Taken back: {words.counted(number, 'published level')}.")
    return redirect(url_for("badges.mine"))


# ---- Asking ---------------------------------------------------------------------------------


@bp.get("/badges/ask/<path:competency>")
@needs()
def asking(competency: str) -> str:
    """A form: what to show with the request, whether a badge is wanted, a few words."""
    reader = Reader.here()
    return _form(reader, _competency(reader, competency), Asked(competency=""), {})


@bp.post("/badges/ask/<path:competency>")
@needs()
def ask(competency: str) -> str | tuple[str, int] | Answer:
    """Send the request to whoever may confirm it."""
    reader = Reader.here()
    asked = Asked(
        competency=_competency(reader, competency),
        wants_badge=request.form.get("badge") == "1",
        words=request.form.get("words", ""),
        shared=tuple(dict.fromkeys(request.form.getlist("shared"))),
    )
    wrong = attempts.in_one(lambda: grants.ask(reader.who, asked, profiles.today()))
    if wrong is not None:
        return _form(reader, asked.competency, asked, {wrong.where: _said(wrong)}), 422
    flash("Sent. You see here what becomes of it, and you can withdraw it until then.")
    return redirect(url_for("badges.mine"))


def _competency(reader: Reader, given: str) -> str:
    found = reader.find(given)
    if found is None:
        raise NotFound("There is no such competency in the framework in force.", "Go back.")
    return found


def _form(reader: Reader, competency: str, asked: Asked, errors: dict[str, str]) -> str:
    standing = _standings(reader).get(competency)
    if standing is None or not standing.level:
        raise NotFound(
            "You have no level in this that could be confirmed.", "Go back to My results."
        )
    rules = policy()
    return render_template(
        "learner/badge_ask.html",
        reader=reader,
        competency=competency,
        level=standing.level,
        lines=list(_lines(standing)),
        asked=asked,
        errors=errors,
        no_badge=attempts.tried(lambda: require_badge(standing, standing.level, rules, "badge")),
    )


def _lines(standing: Standing) -> Iterator[tuple[str, str, date]]:
    """What a level rests on, the heaviest first: id, title, day."""
    heaviest = sorted(standing.explain, key=lambda one: (-one.contribution, one.statement))
    pieces: dict[str, Explained] = {one.statement: one for one in reversed(heaviest)}
    some = list(reversed(pieces.values()))[: grants.MOST_SHARED]
    found = log().many([uuid.UUID(one.statement) for one in some])
    for one in some:
        stored = found.get(uuid.UUID(one.statement))
        if stored is not None:
            told = text.parse(stored.payload)
            title = words.title_of(told) or words.short_iri(str(told["object"].get("id", "")))
            yield one.statement, title, one.date


@bp.post("/badges/<uuid:uid>/withdraw")
@needs()
def withdraw(uid: uuid.UUID) -> Answer:
    """Take a request back before anybody decided."""
    who = Reader.here().who
    with transaction():
        grants.withdraw(who, str(uid))
    flash("Withdrawn. Nobody sees what you showed with it any more.")
    return redirect(url_for("badges.mine"))


@bp.post("/badges/<uuid:uid>/give-back")
@needs()
def give_back(uid: uuid.UUID) -> Answer:
    """Take a confirmation out of the record, and its badge out of force."""
    grants.give_back(Reader.here().who, str(uid))
    flash("Taken back. The confirmation is void, and a badge of it does not hold any more.")
    return redirect(url_for("badges.mine"))


@bp.get("/badges/<uuid:uid>.jwt")
@needs()
def token(uid: uuid.UUID) -> Response:
    """Her badge, as wallets and backpacks take it."""
    row = grants.of_learner(Reader.here().who, str(uid))
    if row.token is None:
        raise NotFound("There is no badge with this.", "Go back to My results.")
    return _download(row.token.encode(), TOKEN, f"badge-{uid}.jwt")


@bp.get("/data/profile.json")
@needs()
def profile() -> Response:
    """Her profile with the reasons for it, and the digests of what it was made of."""
    who = Reader.here().who
    learner = Learner(keys=who.keys, person=db.session.get_one(Person, who.id))
    body = text.dump(explanations.export(learner, profiles.today()))
    return _download(body, FORMAT, "byway-profile.json")


def _download(body: bytes, media_type: str, name: str) -> Response:
    response = Response(body, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _said(refusal: Refused) -> str:
    return f"{refusal.why} {refusal.mend}".strip()


# ---- Checking a badge -----------------------------------------------------------------------


@bp.get("/check-badge")
def check_form() -> str:
    """Where anybody pastes a badge."""
    return _checked(None)


@bp.post("/check-badge")
def check() -> str:
    """Whether a badge is ours and holds, what it says, and whether it is of this address."""
    file = request.files.get("file")
    sent = file.read(badges.LONGEST_TOKEN + 1).decode("ascii", "replace") if file else ""
    return _checked(grants.check_badge(sent or request.form.get("token", "")))


def _checked(found: Checked | None) -> str:
    facts: list[tuple[str, Any]] = []
    if found is not None and found.credential is not None:
        facts = _facts(found, request.form.get("email", ""))
    return render_template(
        "badge_check.html",
        verdict=VERDICTS[found.state] if found else None,
        facts=facts,
        given={name: request.form.get(name, "") for name in ("token", "email")},
    )


def _facts(found: Checked, email: str) -> list[tuple[str, Any]]:
    """What a badge says of itself; whose it is only as an answer to who knows the address."""
    credential = found.credential or {}
    facts = [
        ("Badge", words.clean(str(credential["name"]))),
        ("Issued by", words.clean(str(credential["issuer"]["name"]))),
        ("On", str(credential["validFrom"])[:10]),
        ("Holds until", str(credential.get("validUntil", "no end"))[:10]),
    ]
    if email.strip():
        same = badges.is_of(credential, email)
        facts.append(("Issued to this address", "Yes" if same else "No"))
    titles = [words.clean(str(one.get("name", ""))) for one in credential.get("evidence", ())]
    return [*facts, ("Evidence shown", words.listed(titles))] if titles else facts
