"""Sources without code: a sample, its columns, and what they mean."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("mappings", __name__)
