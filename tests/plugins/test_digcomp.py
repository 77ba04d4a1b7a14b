"""DigComp's texts: tables of two spellings and JSON-LD become one framework, in any order."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from engine import imports
from engine.api import BadReport, FrameworkFile
from engine.competencies import framework_documents
from engine.db import transaction
from plugins.digcomp import URI, read, reads

DATA = Path(__file__).parent.parent / "data" / "frameworks"
STEPS = ("Basic", "Basic", "Middle", "Middle", "High", "High", "Top", "Top")
CORE = """"location","context","source","target"
"digcomp.area.1.label","Area 1","Search","Zoeken"
"digcomp.area.1.description","Area 1","To search, and
find.",""
"digcomp.competence.1.1.label","Competence 1.1","Browsing",""
"digcomp.competence.1.1.description","Competence 1.1","To browse.","Bladeren."
"""
LEVELS = '"location","context","source","target"\n' + "".join(
    f'"digcomp.level.{step}.four_level_name","","{name}","{name[0]}"\n'
    f'"digcomp.level.{step}.four_level_description","","At {name}",""\n'
    f'"digcomp.level.{step}.applies_to","","Life",""\n'
    f'"digcomp.level.{step}.eight_level_description","","Step {step}",""\n'
    for step, name in enumerate(
        ["Basic", "Basic", "Middle", "Middle", "High", "High", "Top", "Top"], start=1
    )
)
OTHER_CORE = """location,source,target
area.1.name,Search,Zoeken
area.1.descriptor,"To search, and find.",
competence.1.1.name,Browsing,
competence.1.1.descriptor,To browse.,Bladeren.
"""
OTHER_LEVELS = "location,source,target\n" + "".join(
    f"level.4.{band}.name,{name},{name[0]}\nlevel.4.{band}.description,At {name},\n"
    f"level.4.{band}.purpose,Life,\nlevel.8.eqf{band * 2 + 1}.description,Step {band * 2 + 1},\n"
    f"level.8.eqf{band * 2 + 2}.description,Step {band * 2 + 2},\n"
    for band, name in enumerate(["Basic", "Middle", "High", "Top"])
)
GRAPH = [
    {
        "@type": "CompetenceArea",
        "@id": "CompetenceArea/1",
        "name": "Search",
        "name_nl": "Zoeken",
        "description": "To search, and find. ",
    },
    {
        "@type": "Competence",
        "@id": "Competence/1.1",
        "name": "Browsing",
        "description": "To browse.",
        "description_nl": "Bladeren.",
        "competence_area_id": "CompetenceArea/1",
    },
    *(
        {
            "@type": "ProficiencyLevel",
            "@id": f"ProficiencyLevel/{name}_{step}",
            "four_levels_name": f"{name} ",
            "four_levels_name_nl": name[0],
            "eight_levels_mapping": step,
            "four_levels_description": f"At {name}",
            "eight_levels_description": f"Step {step}",
        }
        for step, name in enumerate(
            ["Basic", "Basic", "Middle", "Middle", "High", "High", "Top", "Top"], start=1
        )
    ),
]
TABLES = {"core.nl.csv": CORE, "levels.nl.csv": LEVELS}


def files(texts: dict[str, str]) -> list[FrameworkFile]:
    return [FrameworkFile(name=name, body=text.encode()) for name, text in texts.items()]


def of(texts: dict[str, str], **options: Any) -> dict[str, Any]:
    return read(files(texts), options)


def supplement(*nodes: Any) -> dict[str, str]:
    return {"supplement.jsonld": json.dumps({"@context": {}, "@graph": [*GRAPH, *nodes]})}


def published() -> list[FrameworkFile]:
    return [
        FrameworkFile(name=path.name, body=path.read_bytes())
        for path in sorted(DATA.glob("digcomp3_*.csv"))
    ]


def without_remarks(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "remarks"}


@pytest.mark.parametrize(
    ("name", "text", "ours"),
    [
        pytest.param("core.en.csv", CORE, True, id="core framework"),
        pytest.param("nl.csv", LEVELS, True, id="levels"),
        pytest.param("sv.csv", OTHER_CORE, True, id="core framework in the other spelling"),
        pytest.param("sv.csv", OTHER_LEVELS, True, id="levels in the other spelling"),
        pytest.param("a.csv", "location;source\ndigcomp.statement.CS1.1.01;a\n", True, id="rest"),
        pytest.param("a.jsonld", supplement()["supplement.jsonld"], True, id="JSON-LD"),
        pytest.param("a.json", '{"CFDocument": {}}', False, id="other JSON"),
        pytest.param(
            "de.csv", "location,source,target\nmenu.file,File,Datei\n", False, id="software"
        ),
        pytest.param("a.csv", "digcomp.area.1.label,Search\n", False, id="no headings"),
        pytest.param("a.xlsx", "PK\x03\x04", False, id="a workbook"),
    ],
)
def test_which_files_are_digcomps(name: str, text: str, ours: bool) -> None:
    assert reads(files({name: text})[0]) is ours


def test_the_published_framework_has_its_areas_competences_and_levels() -> None:
    found = framework_documents.read(read(published(), {}))
    names = [level.label["en"] for level in found.levels]
    assert (len(found.tops()), len(found.competencies), names) == (
        5,
        26,
        ["Basic", "Intermediate", "Advanced", "Highly advanced"],
    )


@pytest.mark.parametrize("levels", [pytest.param(4, id="four"), pytest.param(8, id="eight")])
@pytest.mark.parametrize(
    "texts",
    [
        pytest.param({"core.nl.csv": OTHER_CORE, "nl.csv": OTHER_LEVELS}, id="other spelling"),
        pytest.param(supplement(), id="JSON-LD"),
        pytest.param(TABLES | supplement(), id="both together"),
    ],
)
def test_every_form_gives_the_same_framework(texts: dict[str, str], levels: int) -> None:
    assert without_remarks(of(texts, levels=levels)) == without_remarks(of(TABLES, levels=levels))


def test_a_competence_belongs_to_its_area_and_has_words_for_each_level() -> None:
    assert of(TABLES)["competencies"][1] == {
        "uri": f"{URI}#1.1",
        "code": "1.1",
        "kind": "competence",
        "label": {"en": "Browsing"},
        "description": {"en": "To browse.", "nl": "Bladeren."},
        "parents": [f"{URI}#1"],
        "levels": {
            "1": {"en": "At Basic"},
            "2": {"en": "At Middle"},
            "3": {"en": "At High"},
            "4": {"en": "At Top"},
        },
    }


def test_eight_levels_are_the_four_in_two_steps_each() -> None:
    found = of(TABLES, levels=8)
    assert [level["label"]["nl"] for level in found["levels"]] == [
        "B 1",
        "B 2",
        "M 3",
        "M 4",
        "H 5",
        "H 6",
        "T 7",
        "T 8",
    ]
    assert found["competencies"][1]["levels"]["8"] == {"en": "Step 8"}


def test_without_the_levels_there_is_no_scale_of_its_own() -> None:
    found = of({"core.nl.csv": CORE})
    assert (found["levels"], found["competencies"][1]["levels"]) == ([], {})


def test_of_two_rows_that_describe_one_level_the_lower_one_says_it() -> None:
    found = of(TABLES | {"levels.nl.csv": LEVELS.replace('"At Basic"', '"At first"', 1)})
    assert found["competencies"][1]["levels"]["1"] == {"en": "At first"}


@pytest.mark.parametrize(
    ("name", "options", "languages"),
    [
        pytest.param("nl.csv", {}, ["en", "nl"], id="the whole name"),
        pytest.param("core_pt_BR.csv", {}, ["en", "pt"], id="with a region"),
        pytest.param("core.csv", {"language": "sv"}, ["en", "sv"], id="the option"),
        pytest.param("core.en.csv", {}, ["en"], id="English says nothing anew"),
    ],
)
def test_the_language_of_a_translation(
    name: str, options: dict[str, str], languages: list[str]
) -> None:
    assert list(of({name: CORE}, **options)["competencies"][0]["label"]) == languages


def test_two_translations_go_together() -> None:
    german = CORE.replace("Zoeken", "Suche").replace("Bladeren.", "Blättern.")
    found = of({"core.nl.csv": CORE, "core.de.csv": german})
    assert found["competencies"][0]["label"] == {"de": "Suche", "en": "Search", "nl": "Zoeken"}


def test_what_is_no_competence_is_left_out_and_said() -> None:
    text = (
        CORE
        + '"digcomp.outcome.LO1.1.01","","Know it.",""\n"digcomp.glossary.ai.label","","AI",""\n'
    )
    assert of({"nl.csv": text})["remarks"][-1] == (
        "Only areas, competences and levels are read; left out: 1 glossary, 1 outcome."
    )


def test_a_competence_without_its_area_stands_alone() -> None:
    found = of(
        {
            "nl.csv": "".join(
                line
                for line in CORE.splitlines(keepends=True)[:1] + CORE.splitlines(keepends=True)[4:]
            )
        }
    )
    assert (found["competencies"][0]["parents"], "stand alone" in found["remarks"][1]) == ([], True)


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        pytest.param("", "nl.csv", "no columns", id="empty"),
        pytest.param("location,target\na,b\n", "nl.csv", "no columns", id="a column is missing"),
        pytest.param("PK\x03\x04", "nl.csv", "workbook", id="a workbook"),
        pytest.param(
            CORE + '"digcomp.area.2.label","","Com', "nl.csv row 6", "breaks off", id="cut"
        ),
        pytest.param(CORE + "digcomp.area.2.label,a,b,c,d\n", "nl.csv row 6", "5 cells", id="wide"),
        pytest.param(
            CORE + '"digcomp.area.1.label","","Looking",""\n',
            "nl.csv row 6",
            "nl.csv row 2 says “Search”",
            id="two names",
        ),
        pytest.param(
            CORE + '"digcomp.area.2.description","","To talk.",""\n',
            "nl.csv row 6",
            "no label",
            id="no name",
        ),
    ],
)
def test_a_broken_file_of_a_set_is_refused_by_name(text: str, where: str, why: str) -> None:
    with pytest.raises(BadReport) as caught:
        of({"core.nl.csv": LEVELS, "nl.csv": text})
    assert (caught.value.where, why in caught.value.why) == (where, True)


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        pytest.param({"nl.csv": LEVELS}, "No competence is named", id="levels alone"),
        pytest.param({"core.csv": CORE}, "into which language", id="a translation into nothing"),
        pytest.param({"a.jsonld": "{"}, "not JSON", id="broken JSON"),
        pytest.param({"a.jsonld": "[" * 100_000}, "not JSON", id="nested too deep"),
        pytest.param({"a.jsonld": "7"}, "No competence is named", id="a number"),
        pytest.param(
            {"nl.csv": CORE, "l.csv": 'location,source\n"digcomp.level.1.four_level_name",Basic\n'},
            "level 2 of four has no name",
            id="a scale with a hole",
        ),
    ],
)
def test_what_makes_no_framework_is_refused(texts: dict[str, str], why: str) -> None:
    with pytest.raises(BadReport, match=why):
        of(texts)


@pytest.mark.parametrize(
    "node",
    [
        pytest.param(None, id="null"),
        pytest.param({"@type": ["Competence"], "name": "a"}, id="a list of types"),
        pytest.param({"@type": "Competence", "@id": 7, "name": {"en": "a"}}, id="a mapping"),
        pytest.param(
            {"@type": "Competence", "@id": "Competence/" + "9" * 9999, "name": "a"}, id="long"
        ),
        pytest.param({"@type": "ProficiencyLevel", "eight_levels_mapping": 9, "name": "a"}, id="9"),
    ],
)
def test_strange_nodes_are_passed_over(node: Any) -> None:
    assert without_remarks(of(supplement(node))) == without_remarks(of(TABLES))


@given(st.randoms(use_true_random=False))
def test_the_order_of_files_and_rows_does_not_matter(order: random.Random) -> None:
    head, *rows = LEVELS.splitlines(keepends=True)
    mixed = "".join([head, *order.sample(rows, len(rows))])
    shuffled = order.sample(list({**TABLES, "levels.nl.csv": mixed, **supplement()}.items()), 3)
    assert of(dict(shuffled)) == of(TABLES | supplement())


@given(st.lists(st.binary(max_size=300), max_size=3), st.sampled_from((".csv", ".jsonld")))
def test_any_bytes_are_read_or_refused(bodies: list[bytes], suffix: str) -> None:
    found = [FrameworkFile(name=f"a{suffix}", body=body) for body in bodies]
    assert all(reads(file) in (True, False) for file in found)
    with pytest.raises(BadReport):
        read(found, {})


def test_importing_twice_changes_nothing(app: Flask) -> None:
    with transaction():
        imports.import_framework(published())
    again = imports.preview(published()[::-1])
    assert (again.form.name, again.changes.is_any, again.changes.same) == ("digcomp", False, 26)
