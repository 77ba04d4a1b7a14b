"""Mapped sources: the language of mappings, and the columns of samples."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from mapped_making import (
    BASIC,
    loaded,
)

import plugins.mapped
from engine.api import (
    Delivery,
    ValidationError,
)
from engine.testkit import Case, cases
from plugins.mapped import Mapped
from plugins.mapped.guesses import suggested
from plugins.mapped.language import MappingSchema

PAIRS = Path(plugins.mapped.__file__).parent / "pairs"


@pytest.mark.parametrize("case", cases(plugins.mapped), ids=str)
def test_conformance(case: Case) -> None:
    case.run()


# --- The language -------------------------------------------------------------------------------


def test_a_mapping_is_yaml() -> None:
    text = "key: Id\nemail: Email\nverb: {const: attended}\nat: Ended\n"
    assert loaded(text)["mapping"]["key"] == ("Id",)


def test_words_of_yaml_stay_words() -> None:
    text = "key: Id\nname: N\nverb: {column: Came, map: {yes: attended, no: skip}}\nat: Ended\n"
    assert loaded(text)["mapping"]["verb"].map == {"yes": "attended", "no": "skip"}


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        pytest.param({"key": None}, "key: Name the columns", id="no key"),
        pytest.param({"email": None}, "email: Nobody is named", id="nobody"),
        pytest.param({"verb": None}, "verb: Say what was done", id="no verb"),
        pytest.param({"at": None}, "at: Name the column", id="no time"),
        pytest.param({"verb": {"const": "danced"}}, "verb: “danced” is none", id="unknown verb"),
        pytest.param({"type": {"const": "ball"}}, "type: “ball” is none", id="unknown type"),
        pytest.param(
            {"verb": {"column": "Came", "map": {"yes": "danced"}}},
            "verb: “danced” is none",
            id="unknown verb among values",
        ),
        pytest.param({"zone": "Madrid"}, "zone: “Madrid” is not a time zone", id="unknown zone"),
        pytest.param({"account": "User"}, "home_page: An account needs", id="account, no system"),
        pytest.param({"titel": "Talk"}, "titel: ", id="a part that there is not"),
        pytest.param({"title": ["Talk"]}, "title: This is a list", id="a list for a value"),
        pytest.param(
            {"title": {"column": "A", "const": "b"}}, "column and const", id="two ways at once"
        ),
        pytest.param({"title": {"upper": "Talk"}}, "“upper” means nothing", id="no expressions"),
        pytest.param({"title": {"template": "x"}}, "names no column", id="template of nothing"),
        pytest.param({"reads": "pdf"}, "reads: ", id="an unknown kind"),
        pytest.param({"since_column": "Ended"}, "since_parameter", id="since without parameter"),
    ],
)
def test_a_mapping_that_lacks_something_says_where(parts: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        loaded(**parts)
    assert told in " ".join(refused.value.messages_dict["mapping"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("key: [Id", "line 1", id="cut off"),
        pytest.param("key: &a [Id]\nverb: *a", "alias", id="aliases"),
        pytest.param("key: Id\nkey: Talk", "stands twice", id="a part twice"),
        pytest.param("- Id", "no mapping", id="a list"),
        pytest.param("x" * 60_000, "60000 characters", id="too long"),
        pytest.param("[" * 50_000, "more than 20 deep", id="very deep"),
        pytest.param("\0", "no YAML", id="a NUL"),
    ],
)
def test_a_text_that_is_no_mapping_says_why(text: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        loaded(text)


def test_a_tag_of_yaml_makes_nothing_but_a_text() -> None:
    text = json.dumps(BASIC).replace('"Talk"', '!!python/name:os.system "Talk"')
    assert loaded(text)["mapping"]["title"].column == "Talk"


# --- Columns ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["table.csv", "workbook.xlsx", "answer.json", "feed.xml"])
def test_a_sample_has_columns_with_examples(name: str) -> None:
    delivery = Delivery(body=(PAIRS / name).read_bytes(), name=name)
    found = {one.name: one for one in Mapped().columns(delivery, {})}
    assert found["guid"].means == "key"
    assert "bo.lindqvist@northmoor.example" in found["author"].examples
    assert found["author"].means == "email"


def test_a_column_of_addresses_by_name_goes_before_one_that_only_holds_some() -> None:
    body = b"Host email,Email\nhost@northmoor.example,bo@northmoor.example\n,Bo\n"
    found = {one.name: one.means for one in Mapped().columns(Delivery(body=body), {})}
    assert found == {"Host email": "", "Email": "email"}


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        pytest.param("E-mail", "email", id="English"),
        pytest.param("Correo electrónico", "email", id="Spanish"),
        pytest.param("Adresse courriel", "email", id="French"),
        pytest.param("Durée (minutes)", "duration", id="with its unit"),
        pytest.param("endedAt", "at", id="as programs write"),
        pytest.param("user.email", "email", id="a path"),
        pytest.param("tags[].name", "name", id="the end of a path"),
        pytest.param("Budget code", "", id="nothing known"),
    ],
)
def test_a_heading_suggests(heading: str, expected: str) -> None:
    assert suggested(heading) == expected


# --- The documentation --------------------------------------------------------------------------

DOCS = (Path(__file__).parents[2] / "docs" / "sources" / "mapped.md").read_text(encoding="utf-8")


def test_the_example_of_the_documentation_is_a_mapping() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)
    assert loaded(example)["mapping"]["key"] == ("Id", "Email")


@pytest.mark.parametrize("part", MappingSchema().fields)
def test_every_part_is_documented(part: str) -> None:
    assert re.search(rf"`{part}\b", DOCS)
