"""DigComp 3.0, the European Digital Competence Framework: tables of its texts, or its JSON-LD.

The tables are those that translators share (`location, source, target`, in two spellings of the
locations); the JSON-LD is the data supplement of its publisher (JRC144121, CC BY 4.0).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.api import (
    BadReport,
    FrameworkFile,
    FrameworkFormat,
    Schema,
    decode,
    fields,
    hookimpl,
    read_records,
    validate,
)

URI = "https://data.europa.eu/doi/10.2760/0001149"
TITLE = {
    "en": "DigComp 3.0: European Digital Competence Framework",
    "es": "DigComp 3.0: Marco Europeo de Competencias Digitales",
    "fr": "DigComp 3.0 : cadre européen des compétences numériques",
}
AREA, COMPETENCE, BAND, STEP = "area", "competence", "band", "step"
"""A band is one of the four levels, a step one of the eight."""
STEPS = 8

_PLACE = re.compile(r"(?:digcomp\.)?(area|competence)\.([0-9]{1,3}(?:\.[0-9]{1,3})?)\.(\w+)")
_LEVEL = re.compile(r"(?:digcomp\.)?level\.([1-8])\.(four|eight)_level_(name|description)")
_BAND = re.compile(r"level\.4\.([0-3])\.(name|description)")
_STEP = re.compile(r"level\.8\.eqf([1-8])\.(name|description)")
_OURS = re.compile(r"\bdigcomp\.\w+\.|\b(area|competence|level)\.\d+\.[\w.]*(name|descri)")
_LANGUAGE = re.compile(r"(?:^|[\W_])([a-z]{2})(?:[-_@]\w+)?\.\w+$", re.IGNORECASE)
_MEMBERS = {"name": "label", "label": "label", "descriptor": "description"}
_SUPPLEMENT = re.compile(r"(\w+?)_levels_(name|description)(?:_([a-z]{2}))?|"
                         r"(name|description)(?:_([a-z]{2}))?")  # fmt: skip
HEAD = 65_536

Key = tuple[str, str, str]
"""What it is about, its number, and whether this is its label or its description."""


class DigCompOptions(Schema):
    """How many levels, and what the files cannot say themselves."""

    levels = fields.Integer(
        load_default=4,
        validate=validate.OneOf((4, 8)),
        metadata={"label": "Levels", "help": "Four, or each of them as two."},
    )
    language = fields.String(
        load_default="",
        validate=validate.Regexp(r"\A([a-z]{2,3}(-[A-Za-z0-9]{2,8})*)?\Z"),
        metadata={"label": "Language", "help": "Of translations whose file names do not say it."},
    )


@dataclass(frozen=True, slots=True)
class Text:
    """A text, where it was read, and its order among those that say the same of one thing."""

    text: str
    place: str
    order: int = 0


@dataclass(slots=True)
class Texts:
    """All texts of an upload, by what they are about; the order of files and rows is no matter."""

    found: dict[Key, dict[tuple[str, int], Text]] = field(default_factory=dict)
    unread: Counter[str] = field(default_factory=Counter)

    def add(self, key: Key, language: str, text: Text) -> None:
        """Take a text; a blank one says nothing.

        :raises BadReport: the same place says something else elsewhere.
        """
        said = " ".join(text.text.split())
        if not said:
            return
        told = Text(said, text.place, text.order)
        former = self.found.setdefault(key, {}).setdefault((language, text.order), told)
        if former.text != said:
            raise BadReport(
                f"This says “{said[:60]}”, and {former.place} says “{former.text[:60]}”.",
                "Take both from one version of DigComp.",
                where=text.place,
            )

    def of(self, about: str, number: str, member: str) -> dict[str, str]:
        """A label or description by language; of two levels that share one, the lower says it."""
        told = self.found.get((about, number, member), {})
        lowest_last = sorted(told, reverse=True)
        said = {language: told[language, order].text for language, order in lowest_last}
        return dict(sorted(said.items()))

    def numbers(self, about: str) -> list[str]:
        """What there is of a kind, in the order of its numbers."""
        there = {number for kind, number, _ in self.found if kind == about}
        return sorted(there, key=lambda number: [int(part) for part in number.split(".")])


def reads(file: FrameworkFile) -> bool:
    """Whether this looks like texts of DigComp, as a table or as JSON-LD."""
    if _is_supplement(file):
        return b'"CompetenceArea' in file.body and b'"Competence/' in file.body
    try:
        text = decode(file.body[:HEAD]).text
    except BadReport:
        return False
    return _delimiter(text) is not None and _OURS.search(text) is not None


def read(files: Sequence[FrameworkFile], options: Mapping[str, Any]) -> dict[str, Any]:
    """The framework document of all files of an upload.

    :raises BadReport: a file is broken or contradicts another, or they name no competence.
    """
    texts = Texts()
    for file in files:
        if _is_supplement(file):
            _read_supplement(file, texts)
        else:
            _read_table(file, texts, options.get("language") or "")
    if not texts.numbers(COMPETENCE):
        raise BadReport(
            f"No competence is named in {', '.join(file.name for file in files)[:200]}.",
            "Add the core framework: the texts of areas and competences.",
        )
    scale = BAND if options.get("levels", 4) == 4 else STEP
    words = _level_words(texts, scale)
    return {
        "version": 1,
        "uri": URI,
        "title": TITLE,
        "levels": _levels(texts, scale),
        "competencies": [
            _competency(texts, about, number, words if about == COMPETENCE else {})
            for about in (AREA, COMPETENCE)
            for number in texts.numbers(about)
        ],
        "adds_languages": True,
        "remarks": list(_remarks(texts)),
    }


def _read_table(file: FrameworkFile, texts: Texts, default: str) -> None:
    """A table of texts: English in `source`, another language in `target`."""
    named = _LANGUAGE.search(file.name)
    language = named[1].lower() if named else default
    for number, row in _rows(file):
        place, location = f"{file.name} row {number}", row.get("location", "")
        keys = list(_keys(location))
        if location and not keys:
            texts.unread[_topic(location)] += 1
        for key, order in keys:
            texts.add(key, "en", Text(row.get("source", ""), place, order))
            if row.get("target") and language != "en":
                _need_language(language, place)
                texts.add(key, language, Text(row["target"], place, order))


def _rows(file: FrameworkFile) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows, counted from 1 with the headings; strict, for an open quote would swallow some."""
    headings: list[str] = []
    for number, cells in _records(file):
        if not headings:
            headings = [cell.strip().casefold() for cell in cells]
        elif any(cells[len(headings) :]):
            raise BadReport(
                f"This row has {len(cells)} cells, the headings are {len(headings)}.",
                "Put cells with a delimiter in them in quotation marks.",
                where=f"{file.name} row {number}",
            )
        else:
            yield number, {head: cell.strip() for head, cell in zip(headings, cells, strict=False)}


def _records(file: FrameworkFile) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(file)
    if (delimiter := _delimiter(text)) is None:
        raise BadReport(
            "There are no columns location and source.", "See docs/frameworks.md.", where=file.name
        )
    yield from read_records(text, delimiter, file.name)


def _decoded(file: FrameworkFile) -> str:
    try:
        return decode(file.body).text
    except BadReport as error:
        raise BadReport(error.why, error.mend, where=file.name) from error


def _topic(location: str) -> str:
    """What an unread location is about: "outcome", "glossary", "level.purpose"."""
    first, _, rest = location.removeprefix("digcomp.").partition(".")
    told = f"{first}.{rest.rpartition('.')[2]}" if first == "level" else first.rstrip("0123456789")
    return told[:40]


def _delimiter(text: str) -> str | None:
    """What stands between the headings; None where they are not ours."""
    first = text.lstrip().partition("\n")[0]
    for delimiter in ",;\t":
        headings = {cell.strip(' "\r').casefold() for cell in first.split(delimiter)}
        if {"location", "source"} <= headings:
            return delimiter
    return None


def _keys(location: str) -> Iterator[tuple[Key, int]]:
    """What a location is about; none for statements, outcomes, terms and what is not known."""
    if found := _PLACE.fullmatch(location):
        member = _MEMBERS.get(found[3], found[3])
        if member in ("label", "description") and ("." in found[2]) == (found[1] == COMPETENCE):
            yield (found[1], found[2], member), 0
    elif found := _LEVEL.fullmatch(location):
        yield _level_key(int(found[1]), found[2], found[3]), int(found[1])
    elif found := _BAND.fullmatch(location):
        yield (BAND, str(int(found[1]) + 1), _MEMBERS.get(found[2], found[2])), 0
    elif found := _STEP.fullmatch(location):
        yield (STEP, found[1], _MEMBERS.get(found[2], found[2])), int(found[1])


def _level_key(step: int, scale: str, member: str) -> Key:
    """A text of one of the eight rows of levels: two rows share what is said of the four."""
    about, number = (BAND, (step + 1) // 2) if scale == "four" else (STEP, step)
    return about, str(number), _MEMBERS.get(member, member)


def _need_language(language: str, place: str) -> None:
    if not language:
        raise BadReport(
            "There is a translation, and nothing says into which language.",
            "Name the file with its language (levels.fr.csv), or give the option `language`.",
            where=place,
        )


def _is_supplement(file: FrameworkFile) -> bool:
    return file.name.lower().endswith((".json", ".jsonld"))


def _read_supplement(file: FrameworkFile, texts: Texts) -> None:
    """The publisher's JSON-LD; translations stand beside the English as `name_nl`."""
    try:
        found = json.loads(_decoded(file))
    except (ValueError, RecursionError) as error:
        raise BadReport(
            f"This is not JSON: {str(error)[:200]}.", "Download it again.", where=file.name
        ) from error
    graph = found.get("@graph") if isinstance(found, dict) else found
    for number, node in enumerate(graph if isinstance(graph, list) else ()):
        if isinstance(node, dict):
            _read_node(node, f"{file.name} @graph[{number}]", texts)


def _read_node(node: Mapping[str, Any], place: str, texts: Texts) -> None:
    kind, number = str(node.get("@type")), str(node.get("@id")).rpartition("/")[2]
    step = node.get("eight_levels_mapping")
    prefix = {"CompetenceArea": AREA, "Competence": COMPETENCE}.get(kind)
    for name, text in node.items():
        member = _SUPPLEMENT.fullmatch(name) if isinstance(text, str) else None
        if member is None:
            continue
        scale, said, language = member[1], member[2] or member[4], member[3] or member[5] or "en"
        at = f"level.{step}.{scale}_level_{said}" if scale else f"{prefix}.{number}.{said}"
        for key, order in _keys(at) if prefix or kind == "ProficiencyLevel" else ():
            texts.add(key, language, Text(text, place, order))
    if prefix is None and kind != "ProficiencyLevel":
        texts.unread[kind[:40]] += 1


def _levels(texts: Texts, scale: str) -> list[dict[str, Any]]:
    """The scale; none where no file has it.

    :raises BadReport: a level between others has no name.
    """
    if not texts.numbers(BAND):
        return []
    count = STEPS if scale == STEP else STEPS // 2
    return [{"number": number, "label": _level_label(texts, scale, number)}
            for number in range(1, count + 1)]  # fmt: skip


def _level_label(texts: Texts, scale: str, number: int) -> dict[str, str]:
    band = number if scale == BAND else (number + 1) // 2
    label = texts.of(BAND, str(band), "label")
    if "en" not in label:
        raise BadReport(
            f"The level {band} of four has no name.", "Add it, or leave the file of levels out."
        )
    return label if scale == BAND else {one: f"{text} {number}" for one, text in label.items()}


def _level_words(texts: Texts, scale: str) -> dict[str, dict[str, str]]:
    """What each level means: DigComp says it once, for all its competences."""
    told = {number: texts.of(scale, number, "description") for number in texts.numbers(scale)}
    return {number: words for number, words in told.items() if words and texts.numbers(BAND)}


def _competency(
    texts: Texts, about: str, number: str, words: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    label, area = texts.of(about, number, "label"), number.partition(".")[0]
    if not label:
        told = next(iter(texts.found[about, number, "description"].values()))
        raise BadReport(
            f"The {about} {number} has a description and no label.",
            "Add the row with its label.",
            where=told.place,
        )
    is_part = about == COMPETENCE and area in texts.numbers(AREA)
    return {
        "uri": f"{URI}#{number}",
        "code": number,
        "kind": about,
        "label": label,
        "description": texts.of(about, number, "description"),
        "parents": [f"{URI}#{area}"] if is_part else [],
        "levels": words,
    }


def _remarks(texts: Texts) -> Iterator[str]:
    languages = {language for told in texts.found.values() for language, _ in told}
    yield f"Texts are in: {', '.join(sorted(languages))}."
    areas = set(texts.numbers(AREA))
    alone = [one for one in texts.numbers(COMPETENCE) if one.partition(".")[0] not in areas]
    if alone:
        yield f"{len(alone)} competences stand alone, their area is missing: {alone[0]}."
    if texts.unread:
        told = ", ".join(f"{count} {name}" for name, count in sorted(texts.unread.items())[:8])
        yield f"Only areas, competences and levels are read; left out: {told}."


@hookimpl
def register_framework_formats() -> list[FrameworkFormat]:
    """DigComp."""
    form = FrameworkFormat(
        name="digcomp", title="DigComp 3.0", reads=reads, read=read, settings=DigCompOptions
    )
    return [form]
