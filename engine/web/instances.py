"""The L&D team's forms of sources: adding one, its settings, its doors and its alerts."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("instances", __name__)
