"""The L&D team's forms of sources: adding one, its settings, its doors and its alerts."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.db import transaction
from engine.pipeline import host
from engine.plugin_checks.sample_files import sample_of, samples_of
from engine.profiles import today
from engine.sources import (
    alerts,
    hook_log,
    hook_replays,
    instances,
    overview,
    schedules,
    setting_up,
    trying,
)
from engine.sources.models import SourceInstance
from engine.sources.trying import Reply
from engine.web import instance_forms as forms
from engine.web import instance_words as ours
from engine.web import workbench_words as say
from engine.web.session import needs

bp = Blueprint("instances", __name__)

Page = str | tuple[str, int] | Response
team = needs("ld", "operator")


@bp.context_processor
def spoken() -> dict[str, Any]:
    """The words of these pages, and the clock of whoever reads them."""
    zone = current_user.who.zone if current_user.is_authenticated else "UTC"
    return {"say": say, "ours": ours, "zone": zone, "today": today()}


@bp.app_context_processor
def told() -> dict[str, Any]:
    """The open alerts, for the list of sources, which the workbench shows."""
    return {"alerts": alerts.current()} if request.endpoint == "workbench.sources" else {}


@bp.get("/add-source/<plugin>")
@team
def new(plugin: str) -> str:
    """The form of a source of this kind."""
    form = forms.blank(host().source(plugin), {}, {})
    return _new(form)


def _new(form: forms.Form) -> str:
    samples = samples_of(host(), form.plugin)
    return render_template("workbench/instance_new.html", form=form, samples=samples)


@bp.get("/add-source/<plugin>/samples/<path:name>")
@team
def sample(plugin: str, name: str) -> Response:
    """A sample report that comes with the plugin."""
    path = sample_of(host(), plugin, name).path
    body = BytesIO(path.read_bytes())
    return send_file(body, "application/octet-stream", as_attachment=True, download_name=path.name)


@bp.post("/add-source/<plugin>")
@team
def add(plugin: str) -> Page:
    """Add a source as its form says; what is wrong stands at its field."""
    source, typed = host().source(plugin), request.form.to_dict()
    name, basis = typed.get("name", "").strip(), typed.get("basis", "")
    wrong = setting_up.add(plugin, name, forms.wanted(source, typed, ()), basis=basis)
    if wrong:
        form = forms.blank(source, typed, wrong)
        return _new(form), 422
    flash("The source is added. Test its connection, or upload a first report to see a preview.")
    return redirect(url_for("workbench.source", name=name))


@bp.get("/sources/<name>/settings")
@team
def settings(name: str) -> str:
    """The form of a source there is."""
    return _settings(instances.get(name), {}, {})


@bp.post("/sources/<name>/settings")
@team
def change(name: str) -> Page:
    """Change a source as its form says, all of it or nothing."""
    instance, typed = instances.get(name), request.form.to_dict()
    source = host().source(instance.plugin)
    kept = forms.hidden(source, instance)
    wrong = setting_up.change(name, forms.wanted(source, typed, kept))
    if wrong:
        return _settings(instances.get(name), typed, wrong), 422
    flash("The settings are kept. What is read from now on outranks what was read before.")
    return redirect(url_for("workbench.source", name=name))


def _settings(instance: SourceInstance, typed: dict[str, str], wrong: dict[str, str]) -> str:
    form = forms.filled(host().source(instance.plugin), instance, typed, wrong)
    return render_template(
        "workbench/instance_settings.html",
        form=form,
        source=overview.source(instance.name),
        silent=alerts.days_of(instance),
    )


@bp.get("/sources/<name>/doors")
@team
def doors(name: str) -> str:
    """How a source is asked and called: its schedule, its last calls, its alerts."""
    return _doors(name)


@bp.post("/sources/<name>/test")
@team
def test(name: str) -> str:
    """Ask its system for a first page; nothing is kept of it."""
    return _doors(name, reply=trying.ask(name))


def _doors(name: str, reply: Reply | None = None) -> str:
    instance = instances.get(name)
    return render_template(
        "workbench/instance_doors.html",
        source=overview.source(name),
        schedule=schedules.of(instance),
        calls=hook_log.calls_of(instance),
        history=alerts.of(instance),
        reply=reply,
    )


@bp.post("/sources/<name>/pause")
@team
def pause(name: str) -> Response:
    """Let a source rest."""
    with transaction():
        instances.pause(instances.get(name))
    flash("The source is paused. What it brought stays, and nothing new comes in by itself.")
    return redirect(url_for("instances.doors", name=name))


@bp.post("/sources/<name>/resume")
@team
def resume(name: str) -> Response:
    """Let a source go on."""
    with transaction():
        instances.resume(instances.get(name))
    flash("The source goes on.")
    return redirect(url_for("instances.doors", name=name))


@bp.post("/sources/<name>/calls/<int:call_id>/again")
@team
def read_again(name: str, call_id: int) -> Response:
    """Read again what a call brought."""
    run = hook_replays.read_again(name, call_id, by=current_user.who.email)
    flash("It was read again, as its plugin reads it now.")
    return redirect(url_for("workbench.run", run_id=run))


@bp.post("/alerts/<int:alert_id>/seen")
@team
def seen(alert_id: int) -> Response:
    """Mark an alert as seen; it ends by itself once the source works again."""
    with transaction():
        alerts.mark_seen(alert_id, by=current_user.who.email)
    return redirect(url_for("workbench.sources"))
