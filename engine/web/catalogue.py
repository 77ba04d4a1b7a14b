"""The catalogue: which plugins there are, what each reads and keeps, and which are enabled.

The L&D team sees all of it; what changes the set is for operators.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.errors import Refused
from engine.plugin_sets import sets
from engine.plugin_sets.sets import Changed
from engine.plugin_sets.wheels import Wheel
from engine.web import catalogue_shown as shown
from engine.web import workbench_words as say
from engine.web.session import needs

bp = Blueprint("catalogue", __name__)

Page = str | tuple[str, int]
team = needs("ld", "operator")
operators = needs("operator")


@bp.context_processor
def spoken() -> dict[str, Any]:
    """The words of these pages, the clock of whoever reads them, and whether she may change."""
    who = current_user.who if current_user.is_authenticated else None
    return {
        "say": say,
        "states": shown.STATES,
        "zone": who.zone if who else "UTC",
        "may_change": bool(who and "operator" in who.roles),
    }


@bp.get("/plugins")
@team
def every() -> str:
    """Every plugin there is."""
    return _every()


@bp.post("/plugins")
@operators
def install() -> Page | Response:
    """Put an uploaded wheel into the instance, and show what its check found."""
    file = request.files.get("wheel")
    wheel = Wheel(file=(file.filename or "") if file else "", body=file.read() if file else b"")
    if not wheel.body:
        return _every(Refused("No file was chosen, or it is empty.", "Choose a wheel.")), 422
    found = sets.attempt(partial(sets.install, wheel))
    if isinstance(found, Refused):
        return _every(found, wheel.file), 422
    flash(f"{found.name} {found.version} is installed. It is not enabled yet.")
    return _checked(found.name, found.version)


@bp.get("/plugins/<name>")
@team
def one(name: str) -> str:
    """One plugin: what it does, its versions, its report."""
    return _one(name)


@bp.post("/plugins/<name>/check")
@operators
def check(name: str) -> Page | Response:
    """Try a version in a process of its own, and show the report."""
    return _checked(name, _version())


@bp.post("/plugins/<name>/enable")
@operators
def enable(name: str) -> Page | Response:
    """Enable a version, if it passes its checks."""
    tried = sets.attempt(partial(sets.enable, name, _version(), by=current_user.who.email))
    return _told(name, tried)


@bp.post("/plugins/<name>/disable")
@operators
def disable(name: str) -> Page | Response:
    """Leave a plugin out."""
    return _told(name, sets.attempt(partial(sets.disable, name, by=current_user.who.email)))


@bp.post("/plugins/<name>/remove")
@operators
def remove(name: str) -> Page | Response:
    """Take a version off this machine that is not enabled."""
    version = _version() or ""
    refusal = sets.attempt(partial(sets.remove, name, version))
    if isinstance(refusal, Refused):
        return _one(name, refusal), refusal.status
    flash(f"{name} {version} is removed.")
    return redirect(url_for("catalogue.every"))


@bp.get("/plugin-sets")
@team
def history() -> str:
    """The sets there were: who made each, when and why."""
    return _history()


@bp.post("/plugin-sets")
@operators
def rollback() -> Page | Response:
    """Bring an earlier set back."""
    number = request.form.get("number", type=int)
    if number is None:
        return _history(Refused("No set was named.", "Choose one of the list.")), 422
    tried = sets.attempt(partial(sets.rollback, number, by=current_user.who.email))
    if isinstance(tried, Refused):
        return _history(tried), tried.status
    flash(_sentence(tried))
    return redirect(url_for("catalogue.history"))


def _checked(name: str, version: str | None) -> Page | Response:
    tried = sets.attempt(partial(sets.check, name, version))
    if isinstance(tried, Refused):
        return _one(name, tried), tried.status
    return redirect(url_for("catalogue.one", name=name, _anchor="versions"))


def _told(name: str, tried: Changed | Refused) -> Page | Response:
    """The plugin's page after a change, or with the reason why there was none."""
    if isinstance(tried, Refused):
        return _one(name, tried), tried.status
    flash(_sentence(tried))
    return redirect(url_for("catalogue.one", name=name))


def _sentence(changed: Changed) -> str:
    if not changed.changed:
        return "It is so already; nothing was changed."
    return f"{changed.generation.why}. It is taken over within a few seconds; nothing stops."


def _version() -> str | None:
    return request.form.get("version", "").strip()[:100] or None


def _every(refusal: Refused | None = None, file: str = "") -> str:
    return render_template(
        "workbench/catalogue.html",
        plugins=shown.every(),
        behind=shown.is_behind(),
        refusal=refusal,
        file=file,
    )


def _one(name: str, refusal: Refused | None = None) -> str:
    return render_template(
        "workbench/catalogue_plugin.html",
        plugin=shown.one(name),
        behind=shown.is_behind(),
        refusal=refusal,
    )


def _history(refusal: Refused | None = None) -> str:
    found = shown.history()
    return render_template("workbench/catalogue_history.html", sets=found, refusal=refusal)
