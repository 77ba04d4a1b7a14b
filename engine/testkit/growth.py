"""Reports that grow: what came before the whole, and where two things differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine.api import Delivery
from engine.testkit.samples import Sample

SHORTER = (0.5, 0.75, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """What was there before, and what is there now: deliveries of one bundle, or one each."""

    before: tuple[Delivery, ...]
    after: tuple[Delivery, ...]


def of_sample(sample: Sample) -> list[Grown]:
    """A bundle one delivery shorter; or a report without its last lines, or last members."""
    whole = sample.deliveries
    if sample.bundle is not None:
        return [Grown(before=whole[:n], after=whole[: n + 1]) for n in range(1, len(whole))]
    shorter = (replace(whole[0], body=body) for body in _shorter(whole[0].body))
    return [Grown(before=(one,), after=whole) for one in shorter]


def _shorter(body: bytes) -> Iterator[bytes]:
    try:
        whole = json.loads(body)
    except ValueError:
        lines = body.splitlines(keepends=True)
        for part in SHORTER:
            yield b"".join(lines[: int(len(lines) * part)])
        return
    if isinstance(whole, list):
        for part in SHORTER:
            yield json.dumps(whole[: int(len(whole) * part)]).encode()


def first_difference(expected: Any, shown: Any, at: str = "") -> str:
    """Where two values part, in words."""
    if isinstance(expected, dict) and isinstance(shown, dict):
        for name in dict.fromkeys((*expected, *shown)):
            if expected.get(name) != shown.get(name):
                return first_difference(expected.get(name), shown.get(name), f"{at}.{name}")
    if isinstance(expected, list) and isinstance(shown, list):
        for place, (one, other) in enumerate(zip(expected, shown, strict=False)):
            if one != other:
                return first_difference(one, other, f"{at}[{place}]")
        return f"At {at or 'the top'}: expected {len(expected)} of them, found {len(shown)}."
    return f"At {at or 'the top'}: expected {_short(expected)}, found {_short(shown)}."


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:117]}..."
