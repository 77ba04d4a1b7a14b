"""The learner's pages: her record, one line of it, a note, her competencies, her data."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from werkzeug.wrappers import Response as Answer

from engine import records
from engine.competencies import exclusions
from engine.db import transaction
from engine.errors import NotFound, Refused
from engine.sources import decisions, instances
from engine.sources.decisions import LINK
from engine.web import (
    learner_data,
    learner_filters,
    learner_forms,
    learner_item,
    learner_levels,
    learner_record,
    reviews,
    voices,
    words,
)
from engine.web.learner_forms import Form
from engine.web.learner_reader import Reader
from engine.web.session import needs

bp = Blueprint("learner", __name__)
bp.register_blueprint(reviews.bp)

EXPORT = "byway-record.json"


# ---- My learning ----------------------------------------------------------------------


@bp.get("/learning")
@needs()
def learning() -> str:
    """Her record, newest first."""
    reader = Reader.here()
    form = Form(given=request.args)
    wanted = learner_filters.read_wanted(form, reader)
    place = learner_record.read_place(request.args.get("before", ""))
    withheld = reader.withheld()
    shown = learner_record.shown(reader, wanted, place, withheld)
    given = form.fields(*learner_filters.NAMES)
    first = place is None and wanted == records.EVERYTHING
    counts = learner_record.days(reader, withheld) if first else None
    return render_template(
        "learner/learning.html",
        reader=reader,
        shown=shown,
        counts=counts,
        since=learner_record.days_words(reader, counts) if counts is not None else "",
        filters=learner_filters.filters(reader, withheld),
        given=given,
        chosen=learner_filters.chosen_words(reader, wanted),
        errors=form.errors,
        withheld=learner_filters.withheld_words(reader, withheld),
        paged=place is not None,
        further_url=url_for("learner.learning", before=shown.further, **_filled(given)),
        connected=[words.clean(instance.name) for instance in instances.every()],
    )


def _filled(given: dict[str, str]) -> dict[str, Any]:
    return {name: typed for name, typed in given.items() if typed}


@bp.get("/learning/add")
@needs()
def add() -> str:
    """A form with three fields; an address may fill in what it was about, and where it is."""
    reader = Reader.here()
    given = {name: request.args.get(name, "")[:LINK] for name in ("title", "link")}
    return _add_form(reader, Form(given={"when": reader.today.isoformat(), **given}))


@bp.post("/learning/add")
@needs()
def note() -> str | tuple[str, int] | Answer:
    """Keep a note, or say what is missing."""
    reader, form = Reader.here(), Form(given=request.form)
    noted = learner_forms.read_note(form, reader)
    if noted is None:
        return _add_form(reader, form), 422
    sid = decisions.note(reader.who, noted)
    flash("Noted. You alone can see it until you decide otherwise.")
    return redirect(url_for("learner.item", sid=sid))


def _add_form(reader: Reader, form: Form) -> str:
    names = ("title", "when", "kind", "link", "competency", "minutes")
    towards = [(id_, reader.competency(id_)) for id_ in learner_forms.tags_of(reader)]
    return render_template(
        "learner/add.html",
        today=reader.today,
        given=form.fields(*names),
        errors=form.errors,
        kinds=learner_forms.KINDS,
        towards=towards,
    )


# ---- One line ------------------------------------------------------------------------------


@bp.get("/learning/<uuid:sid>")
@needs()
def item(sid: uuid.UUID) -> str | Answer:
    """One line with its whole story; an earlier revision leads to the one that stands."""
    reader = Reader.here()
    stored = records.own_statement(reader.who.keys, sid)
    if stored.sid != sid:
        return redirect(url_for("learner.item", sid=stored.sid))
    return learner_item.page(reader, learner_item.open_item(reader, stored))


@bp.post("/learning/<uuid:sid>/correct")
@needs()
def correct(sid: uuid.UUID) -> tuple[str, int] | Answer:
    """Correct when, how long or what it was; a revision in her own word."""
    reader, form = Reader.here(), Form(given=request.form)
    opened = learner_item.open_item(reader, records.own_statement(reader.who.keys, sid))
    if not opened.may_correct:
        raise Refused(
            "There is nothing to correct in this line.",
            "Leave it out of your levels if it is wrong.",
        )
    correction = learner_forms.read_correction(form, reader, opened.now)
    if correction is None:
        given = form.fields(*opened.now.fields)
        return learner_item.page(reader, opened, given, form.errors), 422
    new = decisions.correct(reader.who, opened.entry.line.sid, correction)
    flash("Corrected. Your word stands now; what was said before is kept.")
    return redirect(url_for("learner.item", sid=new))


@bp.post("/learning/<uuid:sid>/withdraw-correction")
@needs()
def withdraw_correction(sid: uuid.UUID) -> Answer:
    """Let the source's word stand again."""
    new = decisions.withdraw_correction(Reader.here().who, sid)
    flash("Your correction is withdrawn. What the source says stands again.")
    return redirect(url_for("learner.item", sid=new))


@bp.post("/learning/<uuid:sid>/scoring")
@needs()
def scoring(sid: uuid.UUID) -> Answer:
    """Leave a line out of her levels, or take it in again."""
    who, out = Reader.here().who, request.form.get("excluded") == "1"
    root = decisions.root_of(who, sid)
    with transaction():
        exclusions.exclude(str(root), who.id, excluded=out)
    flash("It does not count any more. It stays in your record." if out else "It counts again.")
    return redirect(url_for("learner.item", sid=sid))


@bp.post("/learning/<uuid:sid>/audience")
@needs()
def audience(sid: uuid.UUID) -> Answer:
    """Say who may see a line."""
    reader, chosen = Reader.here(), request.form.get("audience", "")
    learner_item.require_shareable(records.own_statement(reader.who.keys, sid))
    decisions.share(reader.who, sid, chosen)
    seen = words.audience(learner_record.audience_words(reader, chosen))
    flash(f"Kept. Seen by: {seen}.")
    return redirect(url_for("learner.item", sid=sid))


@bp.post("/learning/<uuid:sid>/take-back")
@needs()
def take_back(sid: uuid.UUID) -> Answer:
    """Take her own note out of the record."""
    decisions.take_back(Reader.here().who, sid)
    flash("Taken back. Your note counts no more and is not shown.")
    return redirect(url_for("learner.learning"))


# ---- My competencies ----------------------------------------------------------------------


@bp.get("/competencies")
@needs()
def competencies() -> str:
    """Where she stands in everything she has evidence for."""
    reader = Reader.here()
    return render_template(
        "learner/competencies.html", reader=reader, page=learner_levels.levels_of(reader)
    )


@bp.get("/competencies/<path:competency>")
@needs()
def why(competency: str) -> str:
    """Why she stands where she stands in one of them."""
    reader = Reader.here()
    found = reader.find(competency)
    if found is None:
        raise NotFound(
            "There is no such competency in the framework in force.", "Go back to My competencies."
        )
    return voices.why_page(reader, found)


# ---- My data ---------------------------------------------------------------------------------


@bp.get("/data")
@needs()
def data() -> str:
    """What is held about her, and who can read it."""
    reader = Reader.here()
    return render_template("learner/data.html", reader=reader, page=learner_data.data_of(reader))


@bp.post("/data/<int:origin>")
@needs()
def answer(origin: int) -> Answer:
    """Object to a source, give or withdraw consent, or take it back."""
    reader = Reader.here()
    with transaction():
        told = learner_data.answer(reader, origin, request.form.get("word", ""))
    flash(told)
    return redirect(url_for("learner.data"))


@bp.get("/data/export.json")
@needs()
def export() -> Response:
    """A copy of her record: every statement, as it is stored, in one JSON array."""
    keys = Reader.here().who.keys
    response = Response(stream_with_context(_array(keys)), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{EXPORT}"'
    return response


def _array(keys: frozenset[str]) -> Iterator[bytes]:
    yield b"["
    for number, payload in enumerate(records.payloads(keys)):
        yield b",\n" + payload if number else payload
    yield b"]\n"
