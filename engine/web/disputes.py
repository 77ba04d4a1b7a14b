"""Disputes: a learner's own, and those that the L&D team answers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from engine import disputes, explanations, records
from engine.db import transaction
from engine.disputes import ITEM, LEVEL, LONGEST, Told
from engine.errors import NotFound
from engine.explanations import Learner
from engine.people import service as people
from engine.people.service import Who
from engine.pipeline import reader as statements
from engine.profiles import today
from engine.sources import decisions
from engine.web import dispute_words, words
from engine.web.learner_case import sid_of
from engine.web.learner_forms import Form
from engine.web.learner_reader import Reader
from engine.web.passages import passage
from engine.web.session import needs
from xapi import text

bp = Blueprint("disputes", __name__)
team = needs("ld", "operator")

Page = str | tuple[str, int]
SHOWN_PIECES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a dispute is about: its kind, its key, and how pages name it and lead to it."""

    kind: str
    key: str
    name: str
    href: str
    sid: uuid.UUID | None = None


@bp.context_processor
def spoken() -> dict[str, Any]:
    """The words of these pages."""
    return {"say": dispute_words, "most": LONGEST}


def on_item(who: Who, sid: uuid.UUID) -> list[Told]:
    """Her disputes on the item a statement of hers speaks for, the newest first."""
    root = decisions.root_of(who, sid)
    return disputes.of_person(who.id, kind=ITEM, about=[str(root)])


# ---- The learner's own -----------------------------------------------------------------------


@bp.get("/disputes")
@needs()
def mine() -> str:
    """Her disputes, and what became of them."""
    reader = Reader.here()
    return render_template(
        "disputes/mine.html", reader=reader, disputes=disputes.of_person(reader.who.id)
    )


@bp.get("/disputes/new")
@needs()
def new() -> str:
    """A form for saying that a line or a level is wrong."""
    reader = Reader.here()
    return _new_page(reader, _asked_about(reader), Form(given={}))


@bp.post("/disputes/new")
@needs()
def open_one() -> Page | Response:
    """Open a dispute, or say why not."""
    reader, form = Reader.here(), Form(given=request.form)
    about = _asked_about(reader)
    typed = passage(form, "text", most=LONGEST, missing="Say what is wrong.")
    refusal = disputes.hindrance(reader.who, about.kind, about.key)
    if refusal is not None:
        form.errors.setdefault("text", f"{refusal.why} {refusal.mend}")
    if form.errors:
        return _new_page(reader, about, form), 422
    opened = disputes.open_(reader.who, about.kind, about.key, typed, about.sid)
    flash("Your L&D team has been told. They see this one thing and nothing else of yours.")
    return redirect(url_for("disputes.one", dispute_id=opened))


@bp.get("/disputes/<uuid:dispute_id>")
@needs()
def one(dispute_id: uuid.UUID) -> str:
    """One of her disputes, with all that was said."""
    reader = Reader.here()
    return _own_page(reader, disputes.of_hers(reader.who, dispute_id), Form(given={}))


@bp.post("/disputes/<uuid:dispute_id>/withdraw")
@needs()
def withdraw(dispute_id: uuid.UUID) -> Response:
    """Take a dispute back."""
    disputes.withdraw(current_user.who, dispute_id)
    flash("Withdrawn.")
    return redirect(url_for("disputes.one", dispute_id=dispute_id))


@bp.post("/disputes/<uuid:dispute_id>/reply")
@needs()
def reply(dispute_id: uuid.UUID) -> Page | Response:
    """Say something to an answer."""
    reader, form = Reader.here(), Form(given=request.form)
    typed = passage(form, "text", most=LONGEST, missing="Say what you think of the answer.")
    if form.errors:
        return _own_page(reader, disputes.of_hers(reader.who, dispute_id), form), 422
    with transaction():
        disputes.follow(reader.who, dispute_id, "replied", typed)
    flash("Said. It is open again.")
    return redirect(url_for("disputes.one", dispute_id=dispute_id))


@bp.post("/disputes/<uuid:dispute_id>/close")
@needs()
def close(dispute_id: uuid.UUID) -> Response:
    """Be done with it."""
    with transaction():
        disputes.follow(current_user.who, dispute_id, "closed", "")
    flash("Closed.")
    return redirect(url_for("disputes.one", dispute_id=dispute_id))


def _new_page(reader: Reader, about: About, form: Form) -> str:
    return render_template(
        "disputes/new.html",
        reader=reader,
        about=about,
        given=form.fields("text"),
        errors=form.errors,
    )


def _own_page(reader: Reader, told: Told, form: Form) -> str:
    return render_template(
        "disputes/one.html",
        reader=reader,
        dispute=told,
        about=_about(reader, told),
        moves=told.moves(by_team=False),
        given=form.fields("text"),
        errors=form.errors,
    )


def _asked_about(reader: Reader) -> About:
    """What the address or the form names; it has to be hers."""
    item = request.values.get("item", "")
    if item:
        sid = sid_of(item)
        if sid is None:
            raise NotFound("There is no such line in your record.", "Go back to your record.")
        stored = records.own_statement(reader.who.keys, sid)
        root = decisions.root_of(reader.who, stored.sid)
        return _item(reader, str(root), stored.sid, text.parse(stored.payload))
    found = reader.find(request.values.get("level", ""))
    if found is None:
        raise NotFound(
            "There is no such competency in the framework in force.", "Go back to My competencies."
        )
    return _level(reader, found)


def _about(reader: Reader, told: Told) -> About:
    if told.kind == LEVEL:
        return _level(reader, told.about)
    stored = disputes.item_of(told)
    if stored is None:
        return About(kind=ITEM, key=told.about, name="A line that was taken back", href="")
    return _item(reader, told.about, stored.sid, text.parse(stored.payload))


def _item(reader: Reader, root: str, sid: uuid.UUID, statement: dict[str, Any]) -> About:
    name = words.title_of(statement, reader.language) or "One line of your record"
    return About(kind=ITEM, key=root, name=name, href=url_for("learner.item", sid=sid), sid=sid)


def _level(reader: Reader, competency: str) -> About:
    return About(
        kind=LEVEL,
        key=competency,
        name=f"Your level in {reader.competency(competency)}",
        href=reader.competency_url(competency),
    )


# ---- The team's --------------------------------------------------------------------------------


@bp.get("/workbench/disputes")
@team
def every() -> str:
    """Everybody's disputes, those that wait first."""
    page = max(request.args.get("page", 1, type=int), 1)
    found, more = disputes.every(min(page, 10_000))
    return render_template(
        "disputes/every.html", reader=Reader.here(), disputes=found, page=page, more=more
    )


@bp.get("/workbench/disputes/<uuid:dispute_id>")
@team
def team_one(dispute_id: uuid.UUID) -> str:
    """One dispute, with the one thing it is about."""
    return _team_page(disputes.for_team(dispute_id), Form(given={}))


@bp.post("/workbench/disputes/<uuid:dispute_id>")
@team
def decide(dispute_id: uuid.UUID) -> Page | Response:
    """Answer, accept, decline or open again."""
    form = Form(given=request.form)
    act = form.text("act")
    missing = "" if act == "reopened" else "Say why; the learner reads it."
    typed = passage(form, "text", most=LONGEST, missing=missing)
    if form.errors:
        return _team_page(disputes.for_team(dispute_id), form), 422
    with transaction():
        disputes.follow(current_user.who, dispute_id, act, typed)
    flash("Kept. The learner reads it on the page of the dispute.")
    return redirect(url_for("disputes.team_one", dispute_id=dispute_id))


def _team_page(told: Told, form: Form) -> str:
    reader = Reader.here()
    return render_template(
        "disputes/team.html",
        reader=reader,
        dispute=told,
        item=_disclosed_item(reader, told),
        level=_disclosed_level(reader, told),
        is_own=told.person_id == reader.who.id,
        moves=told.moves(by_team=True),
        given=form.fields("text"),
        errors=form.errors,
    )


def _disclosed_item(reader: Reader, told: Told) -> dict[str, Any] | None:
    """The disputed item as far as the team may see it; None when it is none, or is over."""
    stored = disputes.item_of(told) if told.kind == ITEM and told.is_shown else None
    if stored is None:
        return None
    statement = text.parse(stored.payload)
    said = words.sentence(statement, perspective=told.learner, language=reader.language)
    return {"sentence": said, "source": reader.source(stored.origin), "statement": statement}


def _disclosed_level(reader: Reader, told: Told) -> dict[str, Any] | None:
    """Why the learner stands where she stands in the one disputed competency; no voices."""
    known = reader.find(told.about) if told.kind == LEVEL and told.is_shown else None
    if known is None:
        return None
    learner = Learner(keys=people.keys_of(told.person_id), person=people.get_by_id(told.person_id))
    day = today()
    why = explanations.explain(learner, told.about, day)
    return {
        "day": day,
        "why": why,
        "pieces": _pieces(reader, told.learner, why["evidence"][:SHOWN_PIECES]),
    }


def _pieces(reader: Reader, name: str, told: list[dict[str, Any]]) -> list[tuple[Markup, str]]:
    """What the level rests on, in sentences, each with what it contributes."""
    sids = {one["statement"]: sid for one in told if (sid := sid_of(one["statement"]))}
    stored = statements().many(list(sids.values()))
    pieces = []
    for one in told:
        found = stored.get(sids.get(one["statement"], uuid.UUID(int=0)))
        said = Markup("A statement that is no longer kept.")
        if found is not None:
            parsed = text.parse(found.payload)
            said = words.sentence(parsed, perspective=name, language=reader.language)
        pieces.append((said, f"{one['contribution'] / 1_000_000:.2f}"))
    return pieces
