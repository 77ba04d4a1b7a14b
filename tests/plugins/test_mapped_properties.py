"""Whatever a mapping and its rows are: refusals, or one outcome for each row."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from mapped_making import (
    a_table,
    loaded,
    read,
)

from engine.api import (
    Activity,
    Refused,
)
from plugins.mapped import Mapped
from plugins.mapped.language import MappingSchema

# --- Nothing else ever comes of anything --------------------------------------------------------

NAMES = st.sampled_from(["A", "B", "A.B", "C[]", "ñ", ""])
TEXTS = st.text(max_size=12) | st.sampled_from(["2026-09-17", "5", "a@b.example", "skip", "12:30"])
VALUES = st.recursive(
    NAMES | TEXTS,
    lambda inner: st.dictionaries(
        st.sampled_from(["column", "const", "template", "first_of", "split", "map"]),
        inner | st.lists(inner, max_size=3) | st.dictionaries(TEXTS, TEXTS, max_size=3),
        max_size=3,
    ),
    max_leaves=6,
)
PARTS = st.sampled_from([*MappingSchema().fields])
CELLS = st.one_of(TEXTS, st.none(), st.integers(), st.floats(), st.booleans(), st.lists(TEXTS))


@given(st.dictionaries(PARTS, VALUES, max_size=8))
def test_any_mapping_is_taken_or_refused(mapping: dict[str, Any]) -> None:
    faults = Mapped().settings().validate({"system": "Talks", "mapping": mapping})
    assert faults.keys() <= {"mapping"}


SOUND = st.fixed_dictionaries(
    {"key": st.lists(st.sampled_from("AB"), min_size=1, max_size=2), "at": st.just("A")},
    optional={
        "start": st.sampled_from("ABC"),
        "title": st.just({"template": "{A} {B}"}),
        "url": st.sampled_from("ABC"),
        "duration": st.sampled_from("ABC"),
        "tags": st.just({"column": "C", "split": "-"}),
        "skip_when": st.dictionaries(st.sampled_from("ABC"), TEXTS, max_size=2),
        "language": st.just("B"),
        "excerpt": st.just("C"),
        "zone": st.just("Europe/Madrid"),
        "type": st.just({"first_of": ["C", {"const": "webinar"}]}),
    },
).map(lambda parts: {"email": "B", "name": "C", "verb": {"const": "attended"}, **parts})


@given(SOUND, st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=6), st.sampled_from(",;\t"))
def test_any_table_comes_to_outcomes_or_is_refused(
    mapping: dict[str, Any], rows: list[tuple[str, ...]], delimiter: str
) -> None:
    body = a_table(*rows, head=("A", "B", "C"), delimiter=delimiter)
    try:
        said = read(body, loaded(mapping))
    except Refused:
        return
    places = [one.rows[0] if isinstance(one, Activity) else one.row for one in said]
    assert len(set(places)) == len(places) <= len(rows) * 13


@given(SOUND, st.lists(st.dictionaries(st.sampled_from("ABC"), CELLS), max_size=6))
def test_any_json_comes_to_one_outcome_a_row_or_is_refused(
    mapping: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    try:
        said = read(json.dumps({"items": rows}).encode(), loaded({**mapping, "rows": "items"}))
    except Refused:
        return
    places = [one.rows[0] if isinstance(one, Activity) else one.row for one in said]
    assert places == [f"items[{number}]" for number in range(len(rows))]
