"""The L&D team's page of plugins: what is installed, what it reads and keeps, and what it may do."""

from __future__ import annotations

from flask import Blueprint, render_template

from engine.pipeline import host
from engine.plugin_checks.cards import cards
from engine.web.session import needs

bp = Blueprint("catalogue", __name__)


@bp.get("/plugins")
@needs("ld", "operator")
def every() -> str:
    """Every plugin there is."""
    return render_template("workbench/catalogue.html", cards=cards(host()))
