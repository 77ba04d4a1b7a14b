"""The first page, and the pages of text that plugins bring."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.errors import NotFound
from engine.pipeline import host

bp = Blueprint("pages", __name__)


@bp.get("/")
def home() -> Response | str:
    """What Byway is, or the record of whoever is signed in."""
    if current_user.is_authenticated:
        return redirect(url_for("learner.learning"))
    return render_template("home.html")


@bp.get("/<any(help, privacy, accessibility):name>")
@bp.get("/pages/<name>")
def text(name: str) -> str:
    """A page of text; help, privacy and accessibility have short addresses."""
    page = host().pages.get(name)
    if page is None:
        raise NotFound("There is no such page.", "Start at the first page.")
    return render_template("page.html", page=page)
