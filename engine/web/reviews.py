"""Reviews: what somebody was asked to look at, and the forms of both sides."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from engine import records
from engine.db import transaction
from engine.reviews import dialogue, requests
from engine.web import learner_item, review_forms, review_words
from engine.web.learner_forms import Form
from engine.web.learner_reader import Reader
from engine.web.session import needs

bp = Blueprint("reviews", __name__)

_ONE = "/reviews/<int(max=2147483647):number>"
_MINE = "/learning/<uuid:sid>/reviews"
_OF_MINE = f"{_MINE}/<int(max=2147483647):number>"


# ---- Whoever was asked ------------------------------------------------------------------


@bp.get("/reviews")
@needs()
def asked() -> str:
    """What she was asked to look at."""
    return render_template("reviews/reviews.html", tasks=review_words.tasks(Reader.here()))


@bp.get(_ONE)
@needs()
def review(number: int) -> str:
    """One item of somebody else's, and what the two say of it."""
    reader = Reader.here()
    page = review_words.review(reader, number)
    return _review_page(reader, page, page.verdict, {})


def _review_page(
    reader: Reader, page: review_words.Review, given: Mapping[str, str], errors: Mapping[str, str]
) -> str:
    return render_template(
        "reviews/review.html",
        reader=reader,
        page=page,
        given=given,
        errors=errors,
        answers=review_words.ANSWERS,
    )


@bp.post(f"{_ONE}/answer")
@needs()
def answer(number: int) -> tuple[str, int] | Answer:
    """Accept, ask or reject."""
    reader, form = Reader.here(), Form(given=request.form)
    told = review_forms.answer(form, reader, number)
    if form.errors:
        page = review_words.review(reader, number)
        return _review_page(reader, page, form.fields(*review_forms.ANSWER), form.errors), 422
    flash(told)
    return redirect(url_for("learner.reviews.review", number=number))


@bp.post(f"{_ONE}/take-back")
@needs()
def take_back(number: int) -> Answer:
    """Take her verdict back."""
    dialogue.take_back(Reader.here().who, number)
    flash("Taken back. It counts no more.")
    return redirect(url_for("learner.reviews.review", number=number))


@bp.post(f"{_ONE}/decline")
@needs()
def decline(number: int) -> Answer:
    """Say no."""
    with transaction():
        requests.decline(Reader.here().who, number)
    flash("You will not be asked about this one again.")
    return redirect(url_for("learner.reviews.asked"))


# ---- The learner -----------------------------------------------------------------------------


@bp.post(_MINE)
@needs()
def ask(sid: uuid.UUID) -> tuple[str, int] | Answer:
    """Let one person look at one item."""
    reader, form = Reader.here(), Form(given=request.form)
    stored = records.own_statement(reader.who.keys, sid)
    learner_item.require_shareable(stored)
    told = review_forms.ask(form, reader, stored.sid)
    if form.errors:
        opened = learner_item.open_item(reader, stored)
        given = form.fields(*review_forms.ASK)
        return learner_item.page(reader, opened, given, form.errors), 422
    flash(told)
    return redirect(url_for("learner.item", sid=stored.sid, _anchor="reviews"))


@bp.post(f"{_OF_MINE}/reply")
@needs()
def reply(sid: uuid.UUID, number: int) -> tuple[str, int] | Answer:
    """Answer the reviewer."""
    reader, form = Reader.here(), Form(given=request.form)
    stored = records.own_statement(reader.who.keys, sid)
    told = review_forms.reply(form, reader, number)
    if form.errors:
        opened = learner_item.open_item(reader, stored)
        given = form.fields(f"reply-{number}")
        return learner_item.page(reader, opened, given, form.errors), 422
    flash(told)
    return redirect(url_for("learner.item", sid=stored.sid, _anchor="reviews"))


@bp.post(f"{_OF_MINE}/withdraw")
@needs()
def withdraw(sid: uuid.UUID, number: int) -> Answer:
    """End what a request grants."""
    with transaction():
        requests.withdraw(Reader.here().who, number)
    flash("Ended. This person cannot see the line any more.")
    return redirect(url_for("learner.item", sid=sid, _anchor="reviews"))
