"""The pages: views that parse, call one service and answer; their words, charts and look."""

from __future__ import annotations

from flask import Flask
from flask_wtf import CSRFProtect


def install(app: Flask, csrf: CSRFProtect) -> None:
    """Mount the pages."""
