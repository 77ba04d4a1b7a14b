"""JSON as people save it: any usual encoding in, only what can be stored again out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from engine.api import BadReport, FrameworkFile, decode

DEEPEST = 100


def load(file: FrameworkFile) -> Any:
    """The value a file holds.

    :raises BadReport: it is no JSON, holds what JSON cannot say (NaN, half a character), or is
        nested deeper than anything of use.
    """
    try:
        value = json.loads(decode(file.body).text)
        _refuse_depth(value)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadReport(
            f"This is not JSON: {str(error)[:200]}",
            "Save it again from where it came, and check it where the message says.",
            where=file.name,
        ) from error
    return value


def dump(value: Any) -> bytes:
    """A value as one UTF-8 text, indented, members in their order.

    :raises ValueError: it holds what JSON cannot say.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2).encode() + b"\n"


def _refuse_depth(value: Any) -> None:
    """Whoever walks through a value may do so in the simple way."""
    below: list[Any] = [value]
    for _ in range(DEEPEST):
        below = [inner for one in below for inner in _inside(one)]
        if not below:
            return
    raise ValueError(f"it is nested more than {DEEPEST} deep")


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def excerpt(value: object) -> str:
    """A value as a message may quote it."""
    return repr(value)[:80]
