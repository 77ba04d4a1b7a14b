"""Sources without code: a sample, its columns, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_login import current_user
from marshmallow import fields
from werkzeug.wrappers import Response as Redirect

from engine.api import Delivery, Source
from engine.errors import Refused
from engine.lrs.keys import BASES
from engine.profiles import today
from engine.sources import overview, samples
from engine.sources.samples import Sample, Tried
from engine.web import mappings_forms, words
from engine.web import workbench_words as say
from engine.web.mappings_forms import Given
from engine.web.session import needs

bp = Blueprint("mappings", __name__, url_prefix="/workbench/mappings")

Page = str | tuple[str, int]
team = needs("ld", "operator")
SETTING = "set-"
ASKED_FIRST = ("url", "authorization")
"""Settings by which a system can be asked for a sample."""


@bp.context_processor
def spoken() -> dict[str, Any]:
    """The words of these pages, and the clock of whoever reads them."""
    zone = current_user.who.zone if current_user.is_authenticated else "UTC"
    return {"say": say, "zone": zone, "today": today(), "bases": BASES}


@bp.get("/new")
@team
def new() -> str:
    """Choose what is to be mapped: a file, or the address of a system."""
    return _new(samples.kind(request.args.get("kind", "")), {})


@bp.post("/new")
@team
def bring() -> Page:
    """Take a sample in, and show its columns."""
    source = samples.kind(request.form.get("kind", ""))
    settings = _settings()
    found = samples.brought(source.name, _file("sample"), settings, by=_uid())
    if isinstance(found, Refused):
        return _new(source, settings, refusal=found), 422
    shared = _file("mapping").body
    if shared:
        return _mapping(found, mappings_forms.of_text(source, _decoded(shared)))
    columns = samples.columns(found, {})
    if isinstance(columns, Refused):
        return _new(source, settings, refusal=columns), 422
    return _mapping(found, mappings_forms.guessed(source, columns), guessed=True)


@bp.post("/columns")
@team
def name_columns() -> Page | Redirect:
    """Show what a mapping makes of the sample, or add the source it is for."""
    sample = samples.find(request.form.get("token", ""), by=_uid())
    source = samples.kind(sample.kind)
    given = _given(source)
    settings = {**_kept(sample, source), **_settings(), "mapping": given.text}
    if given.wrong or request.form.get("then") != "add":
        return _mapping(sample, given, tried=_tried(sample, given, settings))
    name, basis = request.form.get("name", "").strip(), request.form.get("basis", "")
    if basis not in BASES:
        return _mapping(sample, given, wrong={"basis": "Choose one of the two."})
    refusal = samples.add(sample, name, settings, basis=basis)
    if refusal is not None:
        return _mapping(sample, given, wrong=_wrong_settings(refusal))
    samples.discard(sample.token, by=_uid())
    flash(f"{name} is added. Nothing is recorded yet: see first what it brings.")
    return redirect(url_for("workbench.source", name=name))


@bp.post("/discard")
@team
def discard() -> Redirect:
    """Forget a sample."""
    samples.discard(request.form.get("token", ""), by=_uid())
    flash("The sample was discarded. Nothing of it was kept.")
    return redirect(url_for("workbench.sources"))


@bp.get("/of/<name>")
@team
def of_source(name: str) -> Page:
    """The mapping of a source, to be looked at and changed."""
    source, text = samples.mapping_of(name)
    return _mapping(Sample(kind=source.name), mappings_forms.of_text(source, text), name=name)


@bp.post("/of/<name>")
@team
def change(name: str) -> Page | Redirect:
    """Show what a changed mapping makes of a sample, or keep it."""
    source, _ = samples.mapping_of(name)
    sample, given = _sample(source), _given(source)
    if isinstance(sample, Refused):
        page = _mapping(Sample(kind=source.name), given, name=name, tried=Tried(refusal=sample))
        return page
    if given.wrong or request.form.get("then") != "save":
        settings = {**_stand_in(source), "mapping": given.text}
        return _mapping(sample, given, name=name, tried=_tried(sample, given, settings))
    return _saved(name, sample, given)


@bp.post("/of/<name>/text")
@team
def change_text(name: str) -> Page | Redirect:
    """Keep a mapping as it was typed or uploaded as YAML."""
    source, _ = samples.mapping_of(name)
    shared = _file("mapping").body
    text = _decoded(shared) if shared else request.form.get("text", "").replace("\r\n", "\n")
    given, sample = mappings_forms.of_text(source, text), Sample(kind=source.name)
    return _mapping(sample, given, name=name) if given.wrong else _saved(name, sample, given)


@bp.get("/of/<name>/mapping.yaml")
@team
def download(name: str) -> Response:
    """The mapping of a source as a file, to be kept or handed on; it holds no key."""
    _, text = samples.mapping_of(name)
    kept = {"Content-Disposition": f'attachment; filename="{name}.mapping.yaml"'}
    return Response(text, content_type="application/yaml; charset=utf-8", headers=kept)


def _saved(name: str, sample: Sample, given: Given) -> Page | Redirect:
    refusal = samples.change(name, given.text)
    if refusal is not None:
        return _mapping(sample, given, name=name, tried=Tried(refusal=refusal))
    flash("The mapping is changed. What is read from now on outranks what was read before.")
    return redirect(url_for("workbench.source", name=name))


def _given(source: Source) -> Given:
    keys = [part.name for part in mappings_forms.parts(source) if part.kind == "columns"]
    several = {name: request.form.getlist(f"columns-{name}") for name in keys}
    return mappings_forms.of_form(source, request.form, several)


def _tried(sample: Sample, given: Given, settings: Mapping[str, Any]) -> Tried | None:
    """What becomes of the sample; settings that are not typed yet do not hinder it."""
    if given.wrong or not sample.token:
        return None
    source = samples.kind(sample.kind)
    typed = {name: value for name, value in settings.items() if value}
    return samples.tried(sample, {**_stand_in(source), **typed})


def _stand_in(source: Source) -> dict[str, str]:
    """Something for each setting that must be there and says nothing of the rows."""
    made = source.settings().fields.items()
    return {name: "-" for name, field in made if field.required and name != "mapping"}


def _sample(source: Source) -> Sample | Refused:
    """The sample of a page: the one it has, a new one, or none yet."""
    file = _file("sample")
    if file.body:
        return samples.brought(source.name, file, {}, by=_uid())
    token = request.form.get("token", "")
    return samples.find(token, by=_uid()) if token else Sample(kind=source.name)


def _new(source: Source, settings: Mapping[str, str], refusal: Refused | None = None) -> str:
    return render_template(
        "workbench/mapping_new.html",
        source=source,
        fields=[one for one in _fields(source) if one[0] in ASKED_FIRST],
        settings=settings,
        refusal=refusal,
    )


def _mapping(
    sample: Sample,
    given: Given,
    *,
    name: str = "",
    guessed: bool = False,
    tried: Tried | None = None,
    wrong: Mapping[str, str] | None = None,
) -> Page:
    source = samples.kind(sample.kind)
    columns = samples.columns(sample, _where(given, source)) if sample.token else []
    unread = columns if isinstance(columns, Refused) else None
    found = [] if isinstance(columns, Refused) else columns
    page = render_template(
        "workbench/mapping.html",
        source=source,
        existing=overview.source(name) if name else None,
        sample=sample,
        columns=found,
        names=_names(given, [one.name for one in found]),
        unread=unread,
        parts=mappings_forms.parts(source),
        given=given,
        guessed=guessed,
        tried=tried,
        wrong={**_at_fields(given), **(wrong or {})},
        fields=_fields(source),
        form=request.form,
    )
    return (page, 422) if given.wrong or wrong or (tried and tried.refusal) else page


def _where(given: Given, source: Source) -> Mapping[str, Any]:
    return mappings_forms.where_rows_stand(given, source)


def _names(given: Given, names: list[str]) -> list[str]:
    """The columns that can be chosen: those of the sample, and those the mapping names already."""
    named = [one.way.removeprefix(mappings_forms.COLUMN) for one in given.said.values()
             if one.way.startswith(mappings_forms.COLUMN)]  # fmt: skip
    keys = [column for one in given.said.values() for column in one.columns]
    return list(dict.fromkeys([*names, *named, *keys]))


def _at_fields(given: Given) -> dict[str, str]:
    """What is wrong, by the field of the form that it stands at."""
    known = given.said.keys()
    return {f"part-{one}" if one in known else "text": told for one, told in given.wrong.items()}


def _fields(source: Source) -> list[tuple[str, fields.Field[Any]]]:
    """The settings of a source beside its mapping."""
    made = source.settings().fields.items()
    return [(name, field) for name, field in made if name != "mapping"]


def _kept(sample: Sample, source: Source) -> dict[str, str]:
    """What a sample was asked for with and the form does not say again: its secrets."""
    secret = {name for name, made in _fields(source) if made.metadata.get("secret")}
    known = sample.settings.items()
    return {n: value for n, value in known if n in secret or SETTING + n not in request.form}


def _settings() -> dict[str, str]:
    """The settings a form says; what is left empty is not said."""
    given = request.form.items()
    named = {
        name.removeprefix(SETTING): value.strip()
        for name, value in given
        if name.startswith(SETTING)
    }
    return {name: value for name, value in named.items() if value}


def _wrong_settings(refusal: Refused) -> dict[str, str]:
    """A refusal by the fields it is about; that of a name, at the name."""
    told: Mapping[str, str] = getattr(refusal, "fields", {})
    if told:
        return {f"{SETTING}{name}": words.clean(said, 600) for name, said in told.items()}
    return {"name": words.clean(f"{refusal.why} {refusal.mend}", 600)}


def _file(name: str) -> Delivery:
    file = request.files.get(name)
    return Delivery(body=file.read() if file else b"", name=(file.filename or "") if file else "")


def _decoded(body: bytes) -> str:
    return body.decode("utf-8-sig", "replace").replace("\r\n", "\n")


def _uid() -> str:
    return str(current_user.who.uid)
