"""Checking statements before they are sent: what would be refused, what comes of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from flask import Blueprint, render_template, request
from flask_login import current_user

from engine import verdicts
from engine.verdicts import Verdict
from engine.web import words, workbench_words
from engine.web.session import needs
from xapi.examples import example_of
from xapi.rows import rows_in
from xapi.versions import SUPPORTED

LARGEST = 1_000_000
"""Bytes that are checked at once."""
MOST = 1_000
"""Statements that are checked at once."""
SHOWN = 50
"""How many of the refused and of the passing ones are shown."""
FOUND_BY = (
    ("a", "Found by agent"),
    ("v", "Found by verb"),
    ("o", "Found by activity"),
    ("r", "Found by registration"),
    ("A", "Found with related_agents"),
    ("O", "Found with related_activities"),
)
"""The kinds of the walk's terms, and which filter of a query looks them up."""
TERMS = 10
"""How many terms of a kind are shown."""

bp = Blueprint("validator", __name__)


@bp.before_request
def bound() -> None:
    """Read no more than what is checked, and a little for the form around it."""
    request.max_content_length = request.max_form_memory_size = 2 * LARGEST + 10_000


@bp.get("/validate")
@needs()
def ask() -> str:
    """The form."""
    return _page()


@bp.post("/validate")
@needs()
def validate() -> str | tuple[str, int]:
    """Check what was pasted or uploaded; nothing of it is kept."""
    body, version = _given(), request.form.get("version", "")
    rows = list(islice(rows_in(body), MOST + 1))
    wrong = _wrong(body, len(rows))
    if wrong:
        return _page(wrong=wrong, version=version), 422
    found = verdicts.judge(rows, version if version in SUPPORTED else None)
    return _page(version=version, **_told(found))


def _given() -> bytes:
    """The uploaded file, or else what was pasted."""
    file = request.files.get("file")
    return (file.read() if file else b"") or request.form.get("statements", "").encode()


def _wrong(body: bytes, rows: int) -> str:
    if len(body) > LARGEST:
        return f"That is more than {LARGEST // 1_000_000} MB. Check larger files on the server."
    if rows > MOST:
        return f"These are more than {MOST:,} statements. Check larger files on the server."
    return "" if rows else "There is no statement in it. Paste one, or choose a file."


def _told(found: list[Verdict]) -> dict[str, Any]:
    """What the page says of verdicts."""
    refused = [one for one in found if one.refusal]
    passed = [one for one in found if not one.refusal]
    shown = passed[:SHOWN]
    names = verdicts.names_behind(shown) if _sees_people() else None
    reached = verdicts.competencies(shown)
    return {
        "counts": (len(found), len(refused), len(passed)),
        "refused": [(one, example_of(one.refusal)) for one in refused[:SHOWN] if one.refusal],
        "passed": [(one, _facts(one, reached[at], names)) for at, one in enumerate(shown)],
    }


def _facts(
    one: Verdict, competencies: Sequence[str], names: Mapping[str, str] | None
) -> list[tuple[str, str]]:
    """What comes of a passing statement; whose it is only for those who may see people."""
    facts = [("Passes by", f"the rules of xAPI {one.version}")]
    for kind, label in FOUND_BY:
        keys = [words.clean(key, 300) for found, key in one.terms if found == kind]
        rest = [f"{len(keys) - TERMS} more"] if len(keys) > TERMS else []
        if keys:
            facts.append((label, words.listed([*keys[:TERMS], *rest])))
    if names is not None:
        facts.append(("Reaches", words.clean(names.get(one.learner or "", "nobody known here"))))
    facts.append(("Counts towards", words.listed(competencies) or "no competency yet"))
    return facts


def _sees_people() -> bool:
    return bool(current_user.who.roles & {"ld", "operator"})


def _page(*, wrong: str = "", version: str = "", **told: Any) -> str:
    return render_template(
        "validator.html",
        wrong=wrong,
        version=version,
        pasted=request.form.get("statements", ""),
        person=workbench_words.person,
        **{"counts": None, **told},
    )
