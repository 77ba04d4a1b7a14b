"""Longer texts that people type: several lines, of bounded length."""

from __future__ import annotations

import re

from engine.web.learner_forms import Form

# What no database keeps or what would turn the text around it; line breaks stay.
_UNFIT = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def passage(form: Form, name: str, *, most: int, missing: str = "") -> str:
    """A field's text; what is wrong with it is noted in the form.

    :param missing: what is said when there is none; without it the text may be left out.
    """
    lines = form.text(name).replace("\r\n", "\n").replace("\r", "\n")
    typed = re.sub(r"\n{3,}", "\n\n", _UNFIT.sub(" ", lines)).strip()
    if not typed and missing:
        form.errors[name] = missing
    if len(typed) > most:
        form.errors[name] = f"This has {len(typed):,} letters. Say it in {most:,} or fewer."
    return typed
