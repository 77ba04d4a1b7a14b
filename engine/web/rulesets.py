"""The L&D team's pages of rulesets: versions, a draft with its forms, trying it, publishing it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.competencies import frameworks
from engine.competencies.framework_documents import LONGEST_URI, Framework
from engine.errors import Conflict, NotFound, Refused
from engine.sources import unaligned
from engine.web import rulesets_drafts as drafts
from engine.web import rulesets_edits as edits
from engine.web import rulesets_forms as forms
from engine.web import rulesets_shown as shown
from engine.web import rulesets_trials as trials
from engine.web import rulesets_words as tell
from engine.web import workbench_words as say
from engine.web.rulesets_checks import Checked, check
from engine.web.rulesets_drafts import Draft
from engine.web.session import needs

LARGEST = 8_000_000
"""Bytes of a form: the rules of a large framework are a few million."""

bp = Blueprint("rulesets", __name__, url_prefix="/workbench/rulesets")

Page = str | tuple[str, int]
team = needs("ld", "operator")


@bp.before_request
def bound() -> None:
    """Read texts that are as long as rulesets become."""
    request.max_form_memory_size = LARGEST


@bp.context_processor
def spoken() -> dict[str, Any]:
    """The words of these pages, and the clock of whoever reads them."""
    zone = current_user.who.zone if current_user.is_authenticated else "UTC"
    return {"say": say, "tell": tell, "zone": zone}


@bp.get("")
@team
def every() -> str:
    """All versions, and one's own drafts."""
    return render_template(
        "workbench/rulesets.html",
        versions=shown.versions(),
        drafts=drafts.mine(_uid()),
        weighing=unaligned.weighing(),
    )


@bp.get("/<sha256>")
@team
def version(sha256: str) -> str:
    """One version: its rules, what it changed, its text."""
    return render_template("workbench/ruleset.html", version=shown.version(sha256))


@bp.post("/drafts")
@team
def begin() -> Response:
    """Begin a draft: of a version, for a framework, or with a file."""
    framework, file = request.form.get("framework", "")[:LONGEST_URI], request.files.get("file")
    if framework:
        draft = drafts.begin_for(framework, by=_uid())
    elif file and file.filename:
        draft = drafts.begin_with(file.read(), title=file.filename[:300], by=_uid())
    else:
        draft = drafts.begin(request.form.get("version", ""), by=_uid())
    return redirect(url_for("rulesets.draft", token=draft.token))


@bp.get("/drafts/<token>")
@team
def draft(token: str) -> str:
    """A draft: its rules one by one, its text, what is wrong with it, what is different."""
    return _draft(drafts.find(token, by=_uid()))


@bp.post("/drafts/<token>/text")
@team
def save_text(token: str) -> Response:
    """Take over the text as it was typed, whatever it says."""
    here = drafts.find(token, by=_uid())
    drafts.changed(here, request.form.get("text", ""), seen=_seen())
    flash("Saved in your draft. Nothing is published.")
    return redirect(url_for("rulesets.draft", token=token) + "#text")


@bp.get("/drafts/<token>/rules/<int:at>")
@team
def rule(token: str, at: int) -> str:
    """One rule as a form, its text beside it; behind the last one, a new rule."""
    here = drafts.find(token, by=_uid())
    checked = _editable(here, at)
    return _rule(here, checked, at, forms.shown(checked.config or {}, at), {})


@bp.post("/drafts/<token>/rules/<int:at>")
@team
def save_rule(token: str, at: int) -> Page | Response:
    """Write the form into the text."""
    here = drafts.find(token, by=_uid())
    checked, given = _editable(here, at), request.form.to_dict(flat=False)
    saved = edits.save_form(here, checked, at, given, seen=_seen())
    if saved.wrong:
        kept = forms.shown(checked.config or {}, at).kept
        form = forms.typed(given, checked.config or {}, kept)
        return _rule(here, checked, at, form, saved.wrong), 422
    flash("Saved in your draft. Nothing is published." + (f" {saved.note}" if saved.note else ""))
    return redirect(url_for("rulesets.rule", token=token, at=at))


@bp.post("/drafts/<token>/rules/<int:at>/text")
@team
def save_rule_text(token: str, at: int) -> Response:
    """Put the text of one rule into the draft, whatever it says."""
    here = drafts.find(token, by=_uid())
    saved = edits.save_chunk(here, at, request.form.get("text", ""), seen=_seen())
    flash("Saved in your draft. Nothing is published.")
    fits = at < len(check(saved.text).rules)
    there = url_for("rulesets.rule", token=token, at=at)
    return redirect(there if fits else url_for("rulesets.draft", token=token))


@bp.post("/drafts/<token>/rules/<int:at>/remove")
@team
def remove_rule(token: str, at: int) -> Response:
    """Take a rule out of the draft."""
    here = drafts.find(token, by=_uid())
    _editable(here, at)
    edits.remove(here, at, seen=_seen())
    flash("The rule is out of your draft. The version in force still has it.")
    return redirect(url_for("rulesets.draft", token=token))


@bp.post("/drafts/<token>/newer")
@team
def take_newer(token: str) -> Response:
    """Go on from a version that was published meanwhile, with its changes or without."""
    here = drafts.find(token, by=_uid())
    seen, both = request.form.get("version", ""), request.form.get("with") == "both"
    left = edits.take_newer(here, seen, both=both)
    flash(left, "warn" if left.startswith("Not") else "message")
    return redirect(url_for("rulesets.draft", token=token))


@bp.post("/drafts/<token>/simulate")
@team
def simulate(token: str) -> Page | Response:
    """Try the draft on history; nothing is published."""
    here = drafts.find(token, by=_uid())
    checked = check(here.text)
    if checked.errors:
        return _draft(
            here, checked=checked, wrong={"": "Mend what is wrong before you try it."}
        ), 422
    trial = trials.begin(here, checked.sha256)
    return redirect(url_for("rulesets.simulation", token=trial.token))


@bp.get("/simulations/<token>")
@team
def simulation(token: str) -> str:
    """How far a simulation is, or what it came to."""
    trial = trials.find(token, by=_uid())
    return render_template(
        "workbench/ruleset_simulation.html", trial=trial, seen=shown.trial(trial)
    )


@bp.post("/drafts/<token>/publish")
@team
def publish(token: str) -> Page | Response:
    """Publish a draft as a new version, or say why not."""
    here = drafts.find(token, by=_uid())
    note = " ".join(request.form.get("note", "").split())
    row = drafts.publish(here, note=note, seen=_seen(), by=current_user.who.email)
    if isinstance(row, Refused):
        field = "note" if row.where == "note" else ""
        wrong = {field: str(row) if not field else f"{row.why} {row.mend}".strip()}
        status = row.status if isinstance(row, Conflict) else 422
        return _draft(here, wrong=wrong, note=note), status
    flash("Published. Pages show the old levels until the record has been weighed anew.")
    return redirect(url_for("rulesets.version", sha256=row.sha256))


@bp.post("/drafts/<token>/discard")
@team
def discard(token: str) -> Response:
    """Forget a draft."""
    drafts.discard(drafts.find(token, by=_uid()))
    flash("The draft was discarded.")
    return redirect(url_for("rulesets.every"))


def _draft(
    here: Draft,
    *,
    checked: Checked | None = None,
    wrong: dict[str, str] | None = None,
    note: str = "",
) -> str:
    checked = checked or check(here.text)
    return render_template(
        "workbench/ruleset_draft.html",
        draft=here,
        checked=checked,
        seen=shown.draft(here, checked),
        wrong=wrong or {},
        note=note,
    )


def _rule(here: Draft, checked: Checked, at: int, form: forms.Form, wrong: dict[str, str]) -> str:
    config = checked.config or {}
    words: Framework = frameworks.in_force(config)
    named = [(one, words.name(one)) for one in config.get("competencies", {})]
    return render_template(
        "workbench/ruleset_rule.html",
        draft=here,
        at=at,
        new=at >= len(checked.rules),
        rule=checked.rules[at] if at < len(checked.rules) else {},
        found=checked.of_rule(at),
        form=form,
        wrong=wrong,
        kinds=forms.kinds(config),
        classes=forms.classes(config),
        competencies=named if len(named) <= forms.CHOSEN else [],
        chunk=edits.chunk(here, at, checked),
        words_of=words,
    )


def _editable(here: Draft, at: int) -> Checked:
    """The draft looked through, where it has forms at all."""
    checked = check(here.text)
    if checked.config is None or at > len(checked.rules):
        raise NotFound("There is no such rule in your draft.", "Look at the draft as a whole.")
    return checked


def _seen() -> int:
    return request.form.get("revision", -1, type=int)


def _uid() -> str:
    return str(current_user.who.uid)
