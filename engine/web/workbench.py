"""The L&D team's pages: sources, previews, runs, and what reaches no competency."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("workbench", __name__)
