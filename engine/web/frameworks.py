"""The L&D team's pages of frameworks: the list, the tree, and importing one in steps."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from engine import imports
from engine.api import FrameworkFile, FrameworkFormat
from engine.competencies.framework_documents import LONGEST_URI
from engine.errors import Refused
from engine.sources.previews import Upload
from engine.web import frameworks_columns as columns
from engine.web import frameworks_shown as shown
from engine.web import frameworks_uploads as uploads
from engine.web import workbench_words as say
from engine.web.frameworks_columns import Asked
from engine.web.session import needs

bp = Blueprint("frameworks", __name__, url_prefix="/workbench/frameworks")

Page = str | tuple[str, int]
team = needs("ld", "operator")


@bp.context_processor
def spoken() -> dict[str, Any]:
    """The words of these pages, and the clock of whoever reads them."""
    zone = current_user.who.zone if current_user.is_authenticated else "UTC"
    return {"say": say, "zone": zone, "language": _language()}


@bp.get("")
@team
def every() -> str:
    """All frameworks."""
    return render_template("workbench/frameworks.html", frameworks=shown.listed(_language()))


@bp.get("/one")
@team
def one() -> str:
    """One framework's tree, or that of one of its competencies."""
    uri, under = _uri("uri"), _uri("under")
    return render_template(
        "workbench/framework.html",
        framework=shown.one(uri, _language()),
        tree=shown.tree(uri, under, _language()),
        under=under,
        formats=shown.writable(),
    )


@bp.get("/export")
@team
def export() -> Response:
    """A framework as a file of another system's format."""
    uri = _uri("uri")
    body, form = imports.export_framework(uri, request.args.get("format", ""))
    response = make_response(body)
    response.headers["Content-Type"] = form.media_type
    name = shown.file_name(shown.one(uri, "en").title) + form.suffix
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@bp.get("/import")
@team
def choose() -> str:
    """Choose what to import."""
    return _choose()


@bp.post("/import")
@team
def upload() -> Page:
    """Keep what was chosen, and show what it would change, or ask what its columns mean."""
    files = [
        FrameworkFile(name=file.filename or "", body=file.read())
        for file in request.files.getlist("files")
    ]
    kept = uploads.keep(files, by=_uid())
    if isinstance(kept, Refused):
        return _choose(kept), 422
    given = _asked()
    form = uploads.table_of(kept, given.form)
    return _columns(kept, given, form) if form else _preview(kept, given, None)


@bp.post("/import/columns")
@team
def name_columns() -> Page:
    """Ask what the columns mean, with what was said of them so far."""
    kept, given = _upload(), _asked()
    form = uploads.table_of(kept, given.form)
    return _columns(kept, given, form) if form else _preview(kept, given, None)


@bp.post("/import/preview")
@team
def preview() -> Page:
    """Show what an import would change."""
    kept, given = _upload(), _asked()
    return _preview(kept, given, uploads.table_of(kept, given.form))


@bp.post("/import/keep")
@team
def keep() -> Page | Response:
    """Import what the preview showed."""
    kept, given = _upload(), _asked()
    form = uploads.table_of(kept, given.form)
    row = uploads.take(kept, given.form, given.options(form), by=_uid())
    if isinstance(row, Refused):
        return _preview(kept, given, form)
    columns.remember(given)
    flash("The framework is imported.")
    return redirect(url_for("frameworks.one", uri=row.uri))


@bp.post("/import/discard")
@team
def discard() -> Response:
    """Forget an upload."""
    uploads.discard(request.form.get("token", ""), by=_uid())
    flash("The preview was discarded. Nothing of the file was kept.")
    return redirect(url_for("frameworks.every"))


def _choose(refusal: Refused | None = None, file: str = "") -> str:
    return render_template(
        "workbench/framework_import.html",
        formats=shown.readable(),
        form=request.form.get("form", ""),
        refusal=refusal,
        file=file,
    )


def _columns(
    kept: Upload, given: Asked, form: FrameworkFormat, refusal: Refused | None = None
) -> Page:
    """The page that asks what the columns mean; what was said the last time is chosen already."""
    there = columns.offered(form, uploads.file_of(kept), given.options(None))
    if isinstance(there, Refused):
        uploads.discard(kept.token, by=_uid())
        return _choose(there, kept.delivery.name), 422
    headings = [heading for heading, _ in there]
    is_asked = given.columns.keys() == set(headings)
    former = None if is_asked else columns.recalled(headings, given)
    given = former or given
    tried = uploads.read(kept, form.name, given.options(form))
    page = render_template(
        "workbench/framework_columns.html",
        upload=kept,
        format=form,
        columns=there,
        meanings=columns.meanings(form),
        settings=columns.settings(form),
        given=given,
        recalled=former is not None,
        tried=tried,
        wrong=columns.twice(given, form),
        refusal=refusal,
    )
    return (page, 422) if refusal else page


def _preview(kept: Upload, given: Asked, form: FrameworkFormat | None) -> Page:
    wrong = columns.twice(given, form) if form else {}
    if form and wrong:
        return _columns(kept, given, form, Refused(next(iter(wrong.values()))))
    tried = uploads.read(kept, given.form, given.options(form))
    if tried.found is None:
        return _unread(kept, given, form, tried.refusal or Refused("It cannot be read."))
    return render_template(
        "workbench/framework_preview.html",
        upload=kept,
        found=tried.found,
        told=shown.changes_of(tried.found, _language()),
        given=given,
        columns=form is not None,
        settings=columns.settings(tried.found.form),
    )


def _unread(kept: Upload, given: Asked, form: FrameworkFormat | None, refusal: Refused) -> Page:
    """Where a refused upload is mended: at its columns, or with another file."""
    if form is not None:
        return _columns(kept, given, form, refusal)
    uploads.discard(kept.token, by=_uid())
    return _choose(refusal, kept.delivery.name), 422


def _upload() -> Upload:
    return uploads.find(request.form.get("token", ""), by=_uid())


def _asked() -> Asked:
    return columns.asked(request.form.to_dict(), request.form.getlist(columns.LACKING))


def _uri(name: str) -> str:
    return request.args.get(name, "")[:LONGEST_URI]


def _uid() -> str:
    return str(current_user.who.uid)


def _language() -> str:
    return request.accept_languages.best or "en"
