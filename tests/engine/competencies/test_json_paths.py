"""Paths into statements, as xAPI Profiles write them."""

from __future__ import annotations

from typing import Any

import pytest

from engine.competencies.json_paths import read_path, values_at
from engine.errors import Refused

EXT = "https://w3id.org/xapi/video/extensions/time"
STATEMENT: dict[str, Any] = {
    "id": "s",
    "actor": {"mbox": "mailto:a@x.org"},
    "object": {"id": "o", "definition": {"type": "webinar", "name": {"en": "Hi", "fr": "Salut"}}},
    "context": {
        "contextActivities": {
            "grouping": [{"id": "g1", "definition": {"type": "t1"}}, {"id": "g2"}],
            "parent": {"id": "p"},
        },
        "extensions": {EXT: 3, "https://x.org/a|b": [1, [2, 3]], "nothing": None},
    },
    "result": {"success": False},
}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        pytest.param("$.id", ["s"], id="a member"),
        pytest.param("id", ["s"], id="without the root"),
        pytest.param("$.result.success", [False], id="false is a value"),
        pytest.param(f"$.context.extensions['{EXT}']", [3], id="in quotes"),
        pytest.param(f'$.context.extensions["{EXT}"]', [3], id="in double quotes"),
        pytest.param(f"$.context.extensions.['{EXT}']", [3], id="a dot before the bracket"),
        pytest.param(f"$['context']['extensions']['{EXT}']", [3], id="brackets alone"),
        pytest.param("$.context.extensions['nothing']", [None], id="null is a value"),
        pytest.param("$.context.extensions['https://x.org/a|b'][1][0]", [2], id="places"),
        pytest.param("$.context.contextActivities.grouping[*].id", ["g1", "g2"], id="all"),
        pytest.param("$.context.contextActivities.grouping.*.id", ["g1", "g2"], id="all by a dot"),
        pytest.param("$.context.contextActivities.grouping[0,1].id", ["g1", "g2"], id="union"),
        pytest.param("$.context.contextActivities['grouping','parent'][*].id", ["g1", "g2", "p"],
                     id="union of names, one activity alone"),
        pytest.param("$.object.definition.name.*", ["Hi", "Salut"], id="all members"),
        pytest.param("$.id | $.object.id", ["s", "o"], id="two paths"),
        pytest.param("$.id|actor.mbox", ["s", "mailto:a@x.org"], id="two paths without spaces"),
        pytest.param("$..definition.type", ["webinar", "t1"], id="anywhere"),
        pytest.param("$.object.definition.activityType", ["webinar"], id="the slip of the TLA"),
        pytest.param("$.object.objectType", ["Activity"], id="unsaid activity"),
        pytest.param("$.actor.objectType", ["Agent"], id="unsaid agent"),
        pytest.param("$", [STATEMENT], id="everything"),
        pytest.param("$.verb.display", [], id="not there"),
        pytest.param("$.id.x", [], id="below a text"),
        pytest.param("$.context.contextActivities.grouping[7]", [], id="beyond the end"),
    ],
)  # fmt: skip
def test_path_leads_to_values(path: str, values: list[Any]) -> None:
    assert sorted(map(str, values_at(read_path(path, "here"), STATEMENT))) == sorted(
        map(str, values)
    )


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("", id="nothing"),
        pytest.param(None, id="none"),
        pytest.param(5, id="a number"),
        pytest.param("$.a[?(@.b)]", id="a filter"),
        pytest.param("$.a[(@.length-1)]", id="a script"),
        pytest.param("$.a[0:2]", id="a slice"),
        pytest.param("$.a[-1]", id="from the end"),
        pytest.param("$.a[]", id="empty brackets"),
        pytest.param("$.a['b", id="an open quote"),
        pytest.param("$.a |", id="an open end"),
        pytest.param("| $.a", id="an open start"),
        pytest.param("$.a $.b", id="nothing between two"),
        pytest.param("$a", id="no dot"),
        pytest.param("$..a..b", id="anywhere twice"),
        pytest.param("$" + ".a" * 21, id="too deep"),
        pytest.param("|".join(["$.a"] * 11), id="too many"),
        pytest.param("$." + "a" * 600, id="too long"),
        pytest.param("$['" + "\\" * 400, id="many backslashes"),
    ],
)
def test_what_is_no_path_is_refused_at_its_place(path: object) -> None:
    with pytest.raises(Refused) as refused:
        read_path(path, "rules.x.location")
    assert refused.value.where == "rules.x.location"
    assert refused.value.mend
