"""The L&D team's pages: sources, previews, runs, and what reaches no competency."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from typing import Any

from flask import (
    Blueprint,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.api import Delivery
from engine.competencies import frameworks, rulesets
from engine.errors import Forbidden, Refused
from engine.pipeline import host
from engine.plugin_checks.sample_files import samples_of
from engine.profiles import today
from engine.sources import (
    attempts,
    effects,
    failed_rows,
    lines,
    overview,
    previews,
    replaying,
    retention,
    unaligned,
    undo,
)
from engine.sources.attempts import Tried, TriedReplay
from engine.sources.previews import Upload
from engine.sources.reports import Report
from engine.web import words
from engine.web import workbench_words as say
from engine.web.session import needs

bp = Blueprint("workbench", __name__)

SAMPLED = 5_000
"""How many activities of a run are looked through for those that reach no competency."""
LOOK_AGAIN_S = 5
"""Seconds after which the page of a run that is under way is loaded again."""
PROBLEMS = ("failed", "unmatched", "skipped", "withheld")

Page = str | tuple[str, int]
team = needs("ld", "operator")


@bp.context_processor
def spoken() -> dict[str, Any]:
    """The words of these pages, and the clock of whoever reads them."""
    zone = current_user.who.zone if current_user.is_authenticated else "UTC"
    return {"say": say, "zone": zone, "today": today()}


@bp.get("/sources")
@team
def sources() -> str:
    """Every source, how it does, and what can be done with it."""
    found, kinds = overview.sources(), overview.kinds()
    return render_template("workbench/sources.html", sources=found, kinds=kinds)


@bp.get("/sources/<name>")
@team
def source(name: str) -> str:
    """One source: upload, settings, runs."""
    return _source(name)


@bp.post("/sources/<name>/preview")
@team
def preview(name: str) -> Page:
    """Read an upload without recording anything of it, and show what it would become."""
    file = request.files.get("report")
    delivery = Delivery(
        body=file.read() if file else b"", name=(file.filename or "") if file else ""
    )
    tried = attempts.preview(name, delivery)
    if tried.refusal is not None:
        return _source(name, refusal=tried.refusal, file=delivery.name), 422
    return _preview(name, previews.keep(delivery, source=name, by=_uid()), tried)


@bp.post("/sources/<name>/align")
@team
def align_in_preview(name: str) -> Page | Response:
    """Align something a preview showed, and show the preview again."""
    if not request.form.get("token"):
        return _fetch(name, _align())
    upload = previews.find(request.form.get("token", ""), source=name, by=_uid())
    wrong = _align()
    return _preview(name, upload, attempts.preview(name, upload.delivery), wrong)


@bp.post("/sources/<name>/record")
@team
def record(name: str) -> Response:
    """Record what the preview showed."""
    token = request.form.get("token", "")
    run = previews.record(name, token, by=_uid(), signed=current_user.who.email)
    flash("Recorded. Profiles follow within a few seconds.")
    return redirect(url_for("workbench.run", run_id=run))


@bp.post("/sources/<name>/discard")
@team
def discard(name: str) -> Response:
    """Forget an upload."""
    previews.discard(request.form.get("token", ""), source=name, by=_uid())
    flash("The preview was discarded. Nothing of the file was kept.")
    return redirect(url_for("workbench.source", name=name))


@bp.post("/sources/<name>/fetch")
@team
def preview_fetch(name: str) -> Page | Response:
    """Ask the system for what is new without recording anything, and show what it would become."""
    return _fetch(name)


@bp.post("/sources/<name>/poll")
@team
def poll(name: str) -> Response:
    """Ask the system for what is new."""
    tried = attempts.poll(name, by=current_user.who.email)
    if tried.report.run is not None:
        flash("Polled. This run holds what is new.")
        return redirect(url_for("workbench.run", run_id=tried.report.run))
    if tried.refusal is not None:
        flash(words.clean(str(tried.refusal), 600), "stop")
    else:
        flash("There is nothing new since the last time.")
    return redirect(url_for("workbench.source", name=name))


@bp.get("/runs/<int:run_id>")
@team
def run(run_id: int) -> Response:
    """One run: its counts, its problems, its rows; and taking it back."""
    seen, page, outcome = overview.run(run_id), _page(), request.args.get("outcome", "")
    hers = seen.shows_rows_to(current_user.who)
    shown, more = lines.of_run(run_id, outcome=outcome, page=page) if hers else ([], False)
    problems, more_problems = _problems(run_id, ("remark", "failed", "unmatched"), outcome)
    left_out, more_left_out = _problems(run_id, ("skipped", "withheld"), outcome)
    body = render_template(
        "workbench/run.html",
        run=seen,
        problems=problems,
        left_out=left_out,
        more_problems=more_problems or more_left_out,
        unaligned=unaligned.among(lines.statements_of_run(run_id, SAMPLED)),
        competencies=unaligned.competencies(),
        hers=hers,
        lines=shown,
        outcome=outcome,
        page=page,
        more=more,
    )
    response = make_response(body)
    if seen.is_under_way:
        response.headers["Refresh"] = str(LOOK_AGAIN_S)
    return response


def _problems(
    run_id: int, outcomes: tuple[str, ...], only: str
) -> tuple[list[overview.Problem], bool]:
    """A page of the rows that ended so, of one outcome if it was asked for."""
    if only not in PROBLEMS:
        return overview.problems(run_id, outcomes)
    if only not in outcomes:
        return [], False
    return overview.problems(run_id, (only,), page=_page())


@bp.post("/runs/<int:run_id>/retry")
@team
def try_again(run_id: int) -> Response:
    """Try rows again that need a hand: those of one problem, or all."""
    tried = attempts.retry(run_id, request.form.get("problem", type=int))
    flash(*say.retried(tried))
    return redirect(url_for("workbench.run", run_id=run_id))


@bp.get("/runs/<int:run_id>/rows")
@team
def rows_to_mend(run_id: int) -> Response:
    """The rows that need a hand, as the file they came from."""
    if not overview.run(run_id).shows_rows_to(current_user.who):
        raise Forbidden(
            "These rows are shown to whoever started the run.", "Ask her, or read the reasons here."
        )
    file = failed_rows.of_run(run_id)
    return send_file(
        BytesIO(file.body), file.media_type, as_attachment=True, download_name=file.name
    )


@bp.post("/runs/<int:run_id>/undo")
@team
def take_back(run_id: int) -> Response:
    """Take a run back."""
    stored = undo.undo(run_id)
    flash(f"The run is undone. {words.counted(stored, 'statement')} of the record say so.")
    return redirect(url_for("workbench.run", run_id=run_id))


@bp.post("/runs/<int:run_id>/redo")
@team
def stand_again(run_id: int) -> Response:
    """Let a run stand again."""
    stored = undo.redo(run_id)
    flash(f"The run stands again. {words.counted(stored, 'statement')} of the record say so.")
    return redirect(url_for("workbench.run", run_id=run_id))


@bp.get("/sources/<name>/replay")
@team
def replay(name: str) -> str:
    """Choose the days whose deliveries are read again."""
    since = request.args.get("since") or str(today() - timedelta(days=30))
    return _replay(name, since, request.args.get("until") or str(today()))


@bp.post("/sources/<name>/replay")
@team
def preview_replay(name: str) -> Page:
    """Show what reading these days again would change."""
    since, until = request.form.get("since", ""), request.form.get("until", "")
    tried = attempts.replay(name, since=since, until=until, zone=current_user.who.zone)
    page = _replay(name, since, until, tried)
    return (page, 422) if tried.refusal else page


@bp.post("/sources/<name>/replay/record")
@team
def record_replay(name: str) -> Response:
    """Read these days again for good."""
    since, until = request.form.get("since", ""), request.form.get("until", "")
    window = attempts.window(name, since, until, current_user.who.zone)
    run = replaying.record(window, by=current_user.who.email)
    flash("Read again. You can undo it like any other run.")
    return redirect(url_for("workbench.run", run_id=run))


@bp.get("/unaligned", endpoint="unaligned")
@team
def not_aligned() -> str:
    """Activities across the record that reach no competency."""
    return _unaligned({})


@bp.post("/unaligned")
@team
def align() -> Page | Response:
    """Let activities of one object or title count towards a competency."""
    wrong = _align()
    return (_unaligned(wrong), 422) if wrong else redirect(url_for("workbench.unaligned"))


def _align() -> dict[str, str]:
    """Align what the form says; what is wrong with it, by the number of its place on the page."""
    form = request.form
    by_title = form.get("match", "title") == "title"
    refusal = attempts.align(
        title=form.get("title", "") if by_title else "",
        object_id="" if by_title else form.get("object_id", ""),
        competency=form.get("competency", ""),
        by=current_user.who.email,
    )
    if refusal is not None:
        return {form.get("place", "1"): f"{refusal.why} {refusal.mend}".strip()}
    flash("Aligned. It counts as soon as the record has been weighed anew.")
    return {}


def _source(name: str, *, refusal: Refused | None = None, file: str = "") -> str:
    runs, more = overview.runs_of(name, page=_page())
    source = overview.source(name)
    return render_template(
        "workbench/source.html",
        source=source,
        samples=samples_of(host(), source.plugin),
        settings=overview.settings_of(name),
        runs=runs,
        page=_page(),
        more=more,
        refusal=refusal,
        file=file,
    )


def _replay(name: str, since: str, until: str, tried: TriedReplay | None = None) -> str:
    shown = tried.replay if tried else None
    starters = replaying.runs_of(shown) if shown else {}
    hers = {one for one, by in starters.items() if overview.shows_rows(by, current_user.who)}
    return render_template(
        "workbench/replay.html",
        source=overview.source(name),
        since=since,
        until=until,
        refusal=tried.refusal if tried else None,
        replay=shown,
        lines=lines.of_replay(shown, hers.__contains__) if shown else [],
        hides=len(hers) < len(starters),
        kept=retention.days_of(name),
    )


def _preview(name: str, upload: Upload, tried: Tried, wrong: dict[str, str] | None = None) -> Page:
    if tried.refusal is not None:
        return _source(name, refusal=tried.refusal, file=upload.delivery.name), 422
    return _previewed(name, tried.report, {0: upload.delivery}, wrong, upload=upload)


def _fetch(name: str, wrong: dict[str, str] | None = None) -> Page | Response:
    found = attempts.fetch(name)
    if isinstance(found, Refused):
        flash(words.clean(str(found), 600), "stop")
        return redirect(url_for("workbench.source", name=name))
    if not found.deliveries:
        flash("There is nothing new since the last time.")
        return redirect(url_for("workbench.source", name=name))
    return _previewed(name, found.report, found.deliveries, wrong, is_whole=found.is_whole)


def _previewed(
    name: str,
    report: Report,
    brought: Mapping[int, Delivery],
    wrong: dict[str, str] | None,
    **given: Any,
) -> Page:
    """The page of a preview: of an `upload`, else of what a system was asked for."""
    told = effects.of_report(report, today())
    page = render_template(
        "workbench/preview.html",
        source=overview.source(name),
        report=report,
        activities=report.counts["new"] + report.counts["corrected"],
        people=told.people,
        moved=say.moved(told.moves, frameworks.in_force(rulesets.current().config)),
        unaligned=told.unaligned,
        competencies=unaligned.competencies(),
        weighing=unaligned.weighing(),
        lines=lines.of_report(report, brought),
        wrong=wrong or {},
        **given,
    )
    return (page, 422) if wrong else page


def _unaligned(wrong: dict[str, str]) -> str:
    return render_template(
        "workbench/unaligned.html",
        found=unaligned.across_log(),
        competencies=unaligned.competencies(),
        weighing=unaligned.weighing(),
        wrong=wrong,
    )


def _uid() -> str:
    return str(current_user.who.uid)


def _page() -> int:
    return max(request.args.get("page", 1, type=int), 1)
