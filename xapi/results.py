"""Results and scores."""

from __future__ import annotations

from typing import Any

from xapi.rules import Offence, must, step, unknown_key
from xapi.shapes import is_number, need_duration, need_extensions, need_object, need_text

_RESULT = frozenset({"score", "success", "completion", "response", "duration", "extensions"})
_SCORE = frozenset({"scaled", "raw", "min", "max"})


def check_result(value: Any, path: str) -> None:
    """Refuse what is not a result."""
    need_object(value, path, "a result", "result", '{"success": true}')
    if not _RESULT.issuperset(value):
        raise unknown_key(value, _RESULT, path, "A result", "result")
    for name in ("success", "completion"):
        if value.get(name, True).__class__ is not bool:
            fix = f'Write "{name}": true or "{name}": false, without quotation marks.'
            raise must(step(path, name), "a boolean", value[name], "result", fix)
    need_text(value, "response", path, "result")
    if "duration" in value:
        need_duration(value["duration"], f"{path}.duration")
    if "score" in value:
        _check_score(value["score"], f"{path}.score")
    if "extensions" in value:
        need_extensions(value, path)


def _check_score(score: Any, path: str) -> None:
    need_object(score, path, "a score", "score", '{"scaled": 0.8}')
    if not _SCORE.issuperset(score):
        raise unknown_key(score, _SCORE, path, "A score", "score")
    for name, number in score.items():
        if not is_number(number):
            fix = f'For example "{name}": 0.8, without quotation marks.'
            raise must(step(path, name), "a number", number, "score", fix)
    scaled, raw = score.get("scaled", 0), score.get("raw")
    if not -1 <= scaled <= 1:
        fix = 'For 80 of 100 write "scaled": 0.8, "raw": 80, "max": 100.'
        raise must(f"{path}.scaled", "a number from -1 to 1", scaled, "score", fix)
    low, high = score.get("min"), score.get("max")
    if low is not None and high is not None and low >= high:
        rule = f"min must be below max; got min {_short(low)} and max {_short(high)}."
        raise Offence(f"{path}.min", rule, "score", 'For example "min": 0, "max": 100.')
    if raw is not None:
        _check_raw(raw, low, high, path)


def _check_raw(raw: Any, low: Any, high: Any, path: str) -> None:
    if (low is not None and raw < low) or (high is not None and raw > high):
        rule = f"raw must lie from min to max; got {_short(raw)} outside"
        rule += (
            f" {'…' if low is None else _short(low)} to {'…' if high is None else _short(high)}."
        )
        raise Offence(f"{path}.raw", rule, "score", "Correct raw, or leave out min and max.")


def _short(number: Any) -> str:
    return f"{number:.12g}" if number.__class__ is not int or abs(number) < 10**15 else "a long one"
