"""ESCO, the European classification of skills: its CSV files, whole or in part, by language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.api import (
    BadReport,
    FrameworkFile,
    FrameworkFormat,
    Schema,
    fields,
    hookimpl,
    validate,
)
from plugins.esco.tables import (
    BROADER,
    CONCEPTS,
    HIERARCHY,
    Row,
    Table,
    looks_like_esco,
    open_table,
    read_text,
)
from plugins.esco.taxonomy import FORMAT, Taxonomy

SCHEME = "http://data.europa.eu/esco/concept-scheme"
OWN = "https://w3id.org/byway/frameworks/esco"
"""For collections whose own address is not known here."""

PILLAR = {
    "en": "ESCO skills and competences",
    "es": "ESCO: capacidades y competencias",
    "fr": "ESCO: aptitudes et compétences",
}
COLLECTIONS = {
    "digcomp": f"{SCHEME}/digcomp",
    "digital": f"{SCHEME}/6c930acd-c104-4ece-acf7-f44fd7333036",
    "language": f"{SCHEME}/skill-language-groups",
    "transversal": f"{SCHEME}/skill-transversal-groups",
}
NAMES = {"digcomp": "DigComp", "ict": "ICT"}


class EscoOptions(Schema):
    """What the files cannot say themselves."""

    language = fields.String(
        load_default="",
        validate=validate.Regexp(r"\A([a-z]{2,3}(-[A-Za-z0-9]{2,8})*)?\Z"),
        metadata={"label": "Language", "help": "Of files whose names do not say it: en, fr, ..."},
    )
    uri = fields.String(
        load_default="",
        validate=validate.Length(max=500),
        metadata={"label": "Address", "help": "To keep a part of ESCO as a framework of its own."},
    )


def read(files: Sequence[FrameworkFile], options: Mapping[str, Any]) -> dict[str, Any]:
    """The framework document of all files of an upload.

    :raises BadReport: a file is broken, names no concept or contradicts another; it is named.
    """
    tables = [open_table(file) for file in files]
    default = options.get("language") or "en"
    taxonomy, warnings = Taxonomy(), list[str]()
    names = not any(table.kind in (CONCEPTS, HIERARCHY) for table in tables)
    for file, table in zip(files, tables, strict=True):
        text = read_text(file)
        warnings += [f"{file.name}: {text.warning}"] if text.warning else []
        for row in table.rows(text.text):
            _add(taxonomy, row, table, table.language or default, names=names)
    competencies = list(taxonomy.competencies())
    if not competencies:
        raise BadReport(
            f"No concept is named in {', '.join(table.file for table in tables)[:200]}.",
            "Add skills_en.csv, skillGroups_en.csv or a collection to them.",
        )
    uri, title = _identity(taxonomy, tables)
    return {
        "version": 1,
        "uri": options.get("uri") or uri,
        "title": title,
        "competencies": competencies,
        "adds_languages": True,
        "remarks": [*warnings, *_guessed(tables, default), *_remarks(taxonomy)],
    }


def _add(taxonomy: Taxonomy, row: Row, table: Table, language: str, *, names: bool) -> None:
    if table.kind == CONCEPTS:
        taxonomy.add_concept(row, language, table.collection)
    elif table.kind == HIERARCHY:
        taxonomy.add_path(row, language)
    elif table.kind == BROADER:
        taxonomy.add_broader(row, language, names=names)
    else:
        taxonomy.add_related(row)


def _identity(taxonomy: Taxonomy, tables: Sequence[Table]) -> tuple[str, dict[str, str]]:
    """The address and title of the pillar, of a collection, or of several; never of a version."""
    collections = sorted({table.collection for table in tables} - {""})
    if taxonomy.has_skills or not collections:
        return f"{SCHEME}/skills", PILLAR
    known = COLLECTIONS.get(collections[0]) if len(collections) == 1 else None
    named = ", ".join(NAMES.get(name, name.capitalize()) for name in collections)
    return known or f"{OWN}/{'+'.join(collections)}"[:500], {"en": f"ESCO: {named}"}


def _guessed(tables: Sequence[Table], default: str) -> Iterator[str]:
    for table in tables:
        if not table.language and table.kind in (CONCEPTS, HIERARCHY):
            yield f"{table.file} does not say its language and was read as “{default}”."


def _remarks(taxonomy: Taxonomy) -> Iterator[str]:
    """The languages that were found, and what is not in the framework."""
    yield f"Labels are in: {', '.join(taxonomy.languages())}."
    if missing := sorted(taxonomy.missing_parents()):
        yield (
            f"{len(missing)} broader concepts are in none of these files and were left out, "
            f"such as {missing[0]}; skillGroups_en.csv has the groups."
        )
    if unnamed := taxonomy.unnamed():
        yield f"{len(unnamed)} concepts have no label and were left out, such as {unnamed[0]}."
    if taxonomy.foreign:
        yield (
            f"{len(taxonomy.foreign)} rows are about occupations and were not read, "
            f"the first is {min(taxonomy.foreign)}."
        )


@hookimpl
def register_framework_formats() -> list[FrameworkFormat]:
    """ESCO."""
    form = FrameworkFormat(
        name=FORMAT, title="ESCO CSV", reads=looks_like_esco, read=read, settings=EscoOptions
    )
    return [form]
