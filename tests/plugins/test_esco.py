"""ESCO's files: which are recognised, what they become in any order, and what is refused."""

from __future__ import annotations

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
from plugins.esco import looks_like_esco, read

DATA = Path(__file__).parent.parent / "data" / "frameworks"
SAMPLE = "esco_1.2.0_digCompSkillsCollection_en.csv"
S = "http://data.europa.eu/esco/skill/"
HEADINGS = "conceptType,conceptUri,skillType,reuseLevel,preferredLabel,altLabels,status,description"
SKILLS = f"""{HEADINGS}
KnowledgeSkillCompetence,{S}1,skill/competence,transversal,write clearly,"plain writing
clear writing",released,"Write so that
others ""get"" it."
KnowledgeSkillCompetence,{S}2,knowledge,sector-specific,COBOL,,obsolete,
"""
FRENCH = f"""{HEADINGS}
KnowledgeSkillCompetence,{S}2,knowledge,sector-specific,COBOL,langage COBOL,obsolete,Un langage.
KnowledgeSkillCompetence,{S}1,skill/competence,transversal,écrire clairement,,released,
"""
GROUPS = f"""conceptType,conceptUri,preferredLabel,altLabels,status,scopeNote,inScheme,description,\
code
SkillGroup,{S}g,communication,,released,Excludes talk,{S},,S1
SkillGroup,{S}gg,skills,,released,,{S},All of them,S
"""
BROADER = f"""conceptType,conceptUri,conceptLabel,broaderType,broaderUri,broaderLabel
KnowledgeSkillCompetence,{S}1,write clearly,SkillGroup,{S}g,communication
SkillGroup,{S}g,communication,SkillGroup,{S}gg,skills
"""
RELATED = f"""originalSkillUri,originalSkillType,relationType,relatedSkillType,relatedSkillUri
{S}1,skill/competence,optional,knowledge,{S}2
"""
HIERARCHY = f"""Level 0 URI,Level 0 preferred term,Level 1 URI,Level 1 preferred term,Description,\
Scope note,Level 0 code,Level 1 code
{S}gg,skills,,,All of them,,S,
{S}gg,skills,{S}g,communication,Saying things,,S,S1
"""
COLLECTION = f"""conceptType,conceptUri,preferredLabel,status,broaderConceptUri,broaderConceptPT
KnowledgeSkillCompetence,{S}1,write clearly,released,{S}g | {S}h,communication | speech
"""
ALL = {
    "skills_en.csv": SKILLS,
    "skills_fr.csv": FRENCH,
    "skillGroups_en.csv": GROUPS,
    "broaderRelationsSkillPillar_en.csv": BROADER,
    "skillSkillRelations_en.csv": RELATED,
    "skillsHierarchy_en.csv": HIERARCHY,
    "transversalSkillsCollection_en.csv": COLLECTION,
}


def files(texts: dict[str, str]) -> list[FrameworkFile]:
    return [FrameworkFile(name=name, body=text.encode()) for name, text in texts.items()]


def of(texts: dict[str, str], **options: Any) -> dict[str, Any]:
    return read(files(texts), options)


def skill(texts: dict[str, str], uri: str = f"{S}1") -> dict[str, Any]:
    return {one["uri"]: one for one in of(texts)["competencies"]}[uri]


def sample() -> FrameworkFile:
    return FrameworkFile(name=SAMPLE, body=(DATA / SAMPLE).read_bytes())


@pytest.mark.parametrize(
    ("name", "text", "ours"),
    [
        pytest.param("skills_en.csv", SKILLS, True, id="skills"),
        pytest.param("a.csv", GROUPS, True, id="groups under another name"),
        pytest.param("a.csv", BROADER, True, id="broader relations"),
        pytest.param("a.csv", RELATED, True, id="skill relations"),
        pytest.param("a.csv", HIERARCHY, True, id="hierarchy"),
        pytest.param("a.csv", "\ufeff" + COLLECTION.replace(",", ";"), True, id="semicolons"),
        pytest.param("a/skills_fr.csv", "", True, id="an empty file with ESCO's name"),
        pytest.param("a.csv", "preferredLabel,altLabels,skillType\n", True, id="no addresses"),
        pytest.param("skills_en.csv", "Name,Description\na,b\n", False, id="own table"),
        pytest.param("a.csv", "conceptUri,iscoGroup,preferredLabel\n", False, id="occupations"),
        pytest.param("a.csv", BROADER.replace("Know", "Occupation"), False, id="occupation tree"),
        pytest.param("a.csv", "conceptType,conceptSchemeUri,preferredLabel\n", False, id="schemes"),
        pytest.param("a.xlsx", "PK\x03\x04", False, id="a workbook"),
    ],
)
def test_which_files_are_escos(name: str, text: str, ours: bool) -> None:
    assert looks_like_esco(files({name: text})[0]) is ours


def test_the_published_collection_is_read_whole() -> None:
    found = framework_documents.read(read([sample()], {}))
    assert (found.uri, len(found.competencies), len(found.tops())) == (
        "http://data.europa.eu/esco/concept-scheme/digcomp",
        25,
        5,
    )


def test_all_files_of_a_release_make_one_framework() -> None:
    found = framework_documents.read(of(ALL))
    assert found.children == {f"{S}gg": (f"{S}g",), f"{S}g": (f"{S}1",)}


def test_labels_and_descriptions_come_by_language() -> None:
    found = skill(ALL)
    assert (found["label"], found["description"]) == (
        {"en": "write clearly", "fr": "écrire clairement"},
        {"en": 'Write so that\nothers "get" it.'},
    )


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param('"plain\nwords"', id="line breaks"),
        pytest.param("words | plain", id="bars"),
        pytest.param("words|plain|words|write clearly", id="repeated, and the label itself"),
    ],
)
def test_other_labels_are_told_apart(cell: str) -> None:
    text = f"conceptUri,preferredLabel,altLabels\n{S}1,write clearly,{cell}\n"
    assert skill({"skills_en.csv": text})["alternatives"] == {"en": ["plain", "words"]}


def test_what_esco_says_of_a_skill_is_kept() -> None:
    found = skill(ALL)
    assert (found["kind"], found["status"], found["extra"]) == (
        "skill/competence",
        "current",
        {
            "esco": {
                "reuse_level": "transversal",
                "collections": ["transversal"],
                "related": {"optional": [f"{S}2"]},
            }
        },
    )


def test_an_obsolete_concept_is_retired() -> None:
    assert skill(ALL, f"{S}2")["status"] == "retired"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("skillGroups_en.csv", id="from the groups"),
        pytest.param("skillsHierarchy_en.csv", id="from the hierarchy"),
    ],
)
def test_groups_are_competencies_with_their_codes(name: str) -> None:
    found = skill({name: ALL[name]}, f"{S}g")
    assert (found["kind"], found["code"], found["label"]) == (
        "group",
        "S1",
        {"en": "communication"},
    )


def test_relations_alone_give_what_they_name() -> None:
    found = of({"broaderRelationsSkillPillar_en.csv": BROADER})["competencies"]
    assert [one["label"]["en"] for one in found] == ["write clearly", "communication", "skills"]


def test_broader_concepts_that_no_file_has_are_left_out_and_said() -> None:
    found = of({"transversalSkillsCollection_en.csv": COLLECTION})
    assert found["competencies"][0]["parents"] == []
    assert "2 broader concepts are in none of these files" in " ".join(found["remarks"])


@pytest.mark.parametrize(
    ("names", "uri"),
    [
        pytest.param(["skills_en.csv"], "http://data.europa.eu/esco/concept-scheme/skills", id="1"),
        pytest.param(
            ["skills_fr (1).csv"], "http://data.europa.eu/esco/concept-scheme/skills", id="2"
        ),
        pytest.param(
            ["esco_1.1.1_digCompSkillsCollection_fr.csv"],
            "http://data.europa.eu/esco/concept-scheme/digcomp",
            id="another version and language",
        ),
        pytest.param(
            ["greenSkillsCollection_en.csv"],
            "https://w3id.org/byway/frameworks/esco/green",
            id="a collection whose address is not known",
        ),
        pytest.param(
            ["researchSkillsCollection_en.csv", "greenSkillsCollection_en.csv"],
            "https://w3id.org/byway/frameworks/esco/green+research",
            id="two collections",
        ),
        pytest.param(
            ["our_choice_v1.2_es.csv"],
            "https://w3id.org/byway/frameworks/esco/our-choice",
            id="somebody's own choice",
        ),
    ],
)
def test_a_framework_keeps_its_address(names: list[str], uri: str) -> None:
    assert of(dict.fromkeys(names, COLLECTION))["uri"] == uri


def test_a_part_can_be_kept_under_an_address_of_its_own() -> None:
    assert (
        of({"skills_en.csv": SKILLS}, uri="https://e.example/it")["uri"] == "https://e.example/it"
    )


@pytest.mark.parametrize(
    ("name", "options", "language"),
    [
        pytest.param("skills_fr.csv", {}, "fr", id="from the name"),
        pytest.param("esco_fr_2024.csv", {"language": "de"}, "fr", id="the name goes first"),
        pytest.param("skills.csv", {"language": "de"}, "de", id="from the option"),
        pytest.param("/srv/files_fr/skills.csv", {}, "en", id="folders say nothing"),
        pytest.param("skills.csv", {}, "en", id="English otherwise"),
    ],
)
def test_the_language_of_a_file(name: str, options: dict[str, str], language: str) -> None:
    assert list(of({name: SKILLS}, **options)["competencies"][0]["label"]) == [language]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(SKILLS.encode("utf-8-sig"), id="byte order mark"),
        pytest.param(SKILLS.encode("utf-16"), id="UTF-16"),
        pytest.param(SKILLS.replace("\n", "\r\n").encode(), id="Windows line ends"),
        pytest.param(("\n" + SKILLS + "\n,,,,,,,\n").encode(), id="blank rows"),
        pytest.param(SKILLS.replace(",", "\t").encode(), id="tabs"),
        pytest.param(SKILLS.replace("conceptUri", "Concept URI").encode(), id="spaced headings"),
    ],
)
def test_files_that_went_through_other_hands(body: bytes) -> None:
    found = read([FrameworkFile(name="skills_en.csv", body=body)], {})
    assert [one["label"]["en"] for one in found["competencies"]] == ["write clearly", "COBOL"]


def test_occupations_are_passed_over_and_said() -> None:
    text = SKILLS + f"Occupation,{S}o,,,clerk,,,\n"
    found = of({"skills_en.csv": text})
    assert (len(found["competencies"]), "1 rows are about occupations" in found["remarks"][-1]) == (
        2,
        True,
    )


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        pytest.param("", "skills_en.csv", "no column conceptUri", id="empty"),
        pytest.param(
            "conceptType,preferredLabel\nK,a\n", "skills_en.csv", "conceptUri", id="column"
        ),
        pytest.param(
            SKILLS + f"K,{S}1,,,speak,,,\n", "skills_en.csv row 4", "row 2", id="two names"
        ),
        pytest.param(
            SKILLS + "K,,,,speak,,,\n", "skills_en.csv row 4", "is empty", id="no address"
        ),
        pytest.param(SKILLS + "K,a b,,,c,,,\n", "skills_en.csv row 4", "address", id="no URI"),
        pytest.param(
            SKILLS + f"K,{S}3,,,a,,,b,c\n", "skills_en.csv row 4", "9 cells", id="too wide"
        ),
        pytest.param(SKILLS + f'K,{S}3,,,"a\n', "skills_en.csv row 4", "breaks off", id="cut off"),
        pytest.param("PK\x03\x04", "skills_en.csv", "workbook", id="a workbook"),
    ],
)
def test_a_broken_file_of_a_set_is_refused_by_name(text: str, where: str, why: str) -> None:
    with pytest.raises(BadReport) as caught:
        of({"skills_fr.csv": FRENCH, "skills_en.csv": text})
    assert (caught.value.where, why in caught.value.why) == (where, True)


def test_files_that_name_no_concept_are_refused() -> None:
    with pytest.raises(BadReport, match="No concept is named"):
        of({"skillSkillRelations_en.csv": RELATED})


@given(st.randoms(use_true_random=False))
def test_the_order_of_files_and_rows_does_not_matter(order: random.Random) -> None:
    rows = {name: text.splitlines(keepends=True) for name, text in ALL.items() if '"' not in text}
    mixed = {
        name: "".join([head, *order.sample(rest, len(rest))])
        for name, (head, *rest) in rows.items()
    }
    shuffled = order.sample(list((ALL | mixed).items()), len(ALL))
    assert of(dict(shuffled)) == of(ALL)


@given(st.lists(st.binary(max_size=300), max_size=3))
def test_any_bytes_are_read_or_refused(bodies: list[bytes]) -> None:
    found = [FrameworkFile(name=f"skills_en{n}.csv", body=body) for n, body in enumerate(bodies)]
    assert all(looks_like_esco(file) in (True, False) for file in found)
    with pytest.raises(BadReport):
        read(found, {})


def test_importing_twice_changes_nothing(app: Flask) -> None:
    with transaction():
        imports.import_framework(files(ALL))
    again = imports.preview(files(dict(reversed(ALL.items()))))
    assert (again.form.name, again.changes.is_any, again.changes.same) == ("esco", False, 4)


def test_a_circle_of_broader_concepts_is_refused(app: Flask) -> None:
    circle = BROADER + f"SkillGroup,{S}gg,skills,SkillGroup,{S}g,communication\n"
    with pytest.raises(BadReport, match="part of itself"):
        imports.preview(files(ALL | {"broaderRelationsSkillPillar_en.csv": circle}))
