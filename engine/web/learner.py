"""The learner's pages: her record, her competencies, her data."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("learner", __name__)
