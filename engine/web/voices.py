"""Levels that people state: her own on the page that says why, others' where she asked them to."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine import asked_levels
from engine.asked_levels import Request, Stated
from engine.competencies import projector
from engine.competencies.framework_documents import said
from engine.db import transaction
from engine.errors import NotFound
from engine.voices import LONGEST
from engine.web import learner_voices, learner_why, words
from engine.web.learner_forms import Form
from engine.web.learner_reader import Reader
from engine.web.passages import passage
from engine.web.session import needs

bp = Blueprint("voices", __name__)

Page = str | tuple[str, int]


def why_page(reader: Reader, competency: str, form: Form | None = None) -> str:
    """Why she stands where she stands, with the forms as they were filled in."""
    page = learner_why.why(reader, competency)
    given, errors = learner_voices.given(page.voices), form.errors if form else {}
    typed = form.fields(*form.given) if form else {}
    return render_template(
        "learner/why.html", reader=reader, page=page, given=given | typed, errors=errors
    )


@bp.post("/levels/<path:competency>/own")
@needs()
def state_own(competency: str) -> Page | Response:
    """Keep the level she gives herself."""
    reader, form = Reader.here(), Form(given=request.form)
    found = _find(reader, competency)
    stated = _read(form, reader, named=True)
    if stated is None:
        return why_page(reader, found, form), 422
    asked_levels.state_own(reader.who, found, projector.ruleset_of(reader.ruleset.id), stated)
    flash("Kept. It stands beside the evidence and changes no level.")
    return _to_voices(reader, found)


@bp.post("/levels/<path:competency>/own/take-back")
@needs()
def take_back_own(competency: str) -> Response:
    """Take her own word back."""
    reader = Reader.here()
    found = _find(reader, competency)
    asked_levels.take_back_own(reader.who, found, projector.ruleset_of(reader.ruleset.id))
    flash("Taken back. You have stated no level now.")
    return _to_voices(reader, found)


@bp.post("/levels/<path:competency>/ask")
@needs()
def ask(competency: str) -> Page | Response:
    """Ask one person for a level."""
    reader, form = Reader.here(), Form(given=request.form)
    found = _find(reader, competency)
    email = form.text("email")
    if not email:
        form.errors["email"] = "Write the email address of the person you want to ask."
        return why_page(reader, found, form), 422
    with transaction():
        refusal = asked_levels.ask(reader.who, email, found)
    if refusal is not None:
        form.errors["email"] = words.clean(f"{refusal.why} {refusal.mend}", 300)
        return why_page(reader, found, form), 422
    flash("Asked. They see your name and the competency, and nothing of your record.")
    return _to_voices(reader, found)


@bp.post("/levels/requests/<int:request_id>/withdraw")
@needs()
def withdraw(request_id: int) -> Response:
    """Take a request back."""
    reader = Reader.here()
    with transaction():
        competency = asked_levels.withdraw(reader.who, request_id)
    flash("Withdrawn. What was said until now stays, unless its speaker takes it back.")
    return _to_voices(reader, competency)


# ---- What I was asked for ------------------------------------------------------------------------


@bp.get("/levels/asked")
@needs()
def asked() -> str:
    """Who asked for her word on which level."""
    reader = Reader.here()
    return render_template(
        "voices/asked.html", reader=reader, requests=asked_levels.asked_of(reader.who)
    )


@bp.get("/levels/asked/<int:request_id>")
@needs()
def asked_one(request_id: int) -> str:
    """One request, with the levels in words and a form."""
    reader = Reader.here()
    return _asked_page(reader, _request(reader, request_id))


@bp.post("/levels/asked/<int:request_id>")
@needs()
def answer(request_id: int) -> Page | Response:
    """Keep the level she gives the one who asked."""
    reader, form = Reader.here(), Form(given=request.form)
    wanted = _request(reader, request_id)
    stated = _read(form, reader, named=bool(form.text("named")))
    if stated is None:
        return _asked_page(reader, wanted, form), 422
    asked_levels.answer(reader.who, request_id, projector.ruleset_of(reader.ruleset.id), stated)
    flash("Kept. You can change it or take it back at any time.")
    return redirect(url_for("voices.asked"))


@bp.post("/levels/asked/<int:request_id>/take-back")
@needs()
def take_back(request_id: int) -> Response:
    """Take back what she said of somebody."""
    reader = Reader.here()
    asked_levels.take_back(reader.who, request_id, projector.ruleset_of(reader.ruleset.id))
    flash("Taken back. What you said is not shown any more.")
    return redirect(url_for("voices.asked"))


def _asked_page(reader: Reader, wanted: Request, form: Form | None = None) -> str:
    found = reader.framework.competencies.get(wanted.competency)
    stated = wanted.said
    given = {
        "level": str(stated.level) if stated else "",
        "words": stated.words if stated else "",
        "named": "1" if stated and stated.named else "",
    }
    meanings = zip(reader.levels, found.levels if found else (), strict=False)
    return render_template(
        "voices/one.html",
        reader=reader,
        wanted=wanted,
        description=said(found.description, reader.language) if found else "",
        meanings=[(name, said(meaning, reader.language)) for name, meaning in meanings],
        levels=learner_voices.level_options(reader.levels),
        given=form.fields(*given) if form else given,
        errors=form.errors if form else {},
    )


def _request(reader: Reader, request_id: int) -> Request:
    asked_levels.asked_one(reader.who, request_id)
    found = {one.id: one for one in asked_levels.asked_of(reader.who)}
    if request_id not in found:
        raise NotFound("This request was withdrawn.", "You need not do anything.")
    return found[request_id]


def _read(form: Form, reader: Reader, *, named: bool) -> Stated | None:
    """What a form states; None when something is wrong with it."""
    options = dict(learner_voices.level_options(reader.levels))
    level = form.chosen("level", options, wrong="Choose a level.")
    typed = passage(form, "words", most=LONGEST)
    if form.errors or level is None:
        return None
    return Stated(level=int(level), words=typed, named=named)


def _find(reader: Reader, given: str) -> str:
    found = reader.find(given)
    if found is None:
        raise NotFound(
            "There is no such competency in the framework in force.", "Go back to My competencies."
        )
    return found


def _to_voices(reader: Reader, competency: str) -> Response:
    return redirect(f"{reader.competency_url(competency)}#voices")
