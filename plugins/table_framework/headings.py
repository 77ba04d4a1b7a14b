"""What the columns of a table are, by the names people give them in English, French and Spanish."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from engine.api import BadReport
from plugins.table_framework.grid import WHOLE_LINE, Grid, Record

NAMES: Mapping[str, str] = {
    "id": (
        "id|identifier|uri|iri|concept uri|uuid|guid|competency id|skill id|element id|item id|"
        "competency uri|skill uri|id number|canonical url|key|identifiant|id competence|cle|"
        "identificador|"
        "id competencia|clave"
    ),
    "code": (
        "code|human coding scheme|coding scheme|coded notation|notation|competency code|"
        "skill code|item code|short code|reference code|ref|reference|number|no|num|nr|numero|"
        "o net soc code|soc code|code de la competence|codigo|referencia|"
        "codigo de la competencia"
    ),
    "label": (
        "label|name|title|competency name|competence name|skill name|rsd name|capability name|"
        "preferred label|pref label|short name|shortname|competency|competence|skill|capability|"
        "skill label|competency label|competence label|concept label|"
        "element name|full statement|statement|competency statement|competency text|"
        "abbreviated statement|nom|libelle|intitule|titre|nom de la competence|"
        "intitule de la competence|nombre|titulo|denominacion|etiqueta|competencia|habilidad|"
        "nombre de la competencia|competences|competencias|competencies|skills"
    ),
    "description": (
        "description|definition|competency description|competence description|"
        "skill description|capability description|element description|skill statement|"
        "contextualized skill statement|details|summary|scope note|"
        "descriptif|description de la competence|descripcion|definicion|"
        "descripcion de la competencia|detalle"
    ),
    "parent": (
        "is child of|child of|parent|parent id|parent identifier|parent code|parent uri|"
        "parent name|parent id number|parent competency|parent skill|broader|broader concept|"
        "broader uri|broader concept uri|is part of|part of|belongs to|id parent|"
        "identifiant parent|code parent|competence parente|fait partie de|padre|id padre|"
        "codigo padre|competencia padre|es hijo de|forma parte de|pertenece a"
    ),
    "outline": (
        "outline|outline number|smart level|wbs|wbs code|numero hierarchique|numero de esquema"
    ),
    "type": "type|kind|item type|cfitem type|competency type|skill type|genre|nature|tipo|clase",
    "exact": (
        "exact|exact match|exact match of|exact matches|exact alignment|same as|equivalent to|"
        "correspondance exacte|coincidencia exacta|equivale a"
    ),
}
"""The headings that say what a column holds; of several in one table the first here counts."""
_SCALE = frozenset(
    ("awareness", "aware", "working", "practitioner", "expert", "foundation", "foundational",
     "beginner", "novice", "basic", "elementary", "entry", "emerging", "developing",
     "intermediate", "proficient", "competent", "skilled", "advanced", "mastery", "master",
     "specialist", "highly specialised", "highly specialized", "leading",
     "debutant", "notions", "initiation", "intermediaire", "avance", "confirme", "maitrise",
     "basico", "principiante", "inicial", "intermedio", "avanzado", "experto", "competente",
     "dominio")
)  # fmt: skip
_NUMBERED = re.compile(r"(level|niveau|nivel) ?\d{1,2}\b.*")
_HEAD_ROWS = 20
"""Rows in which the headings are looked for; titles and notes may stand above them."""
NONE = "-"
"""As an option: there is no such column."""

Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where what stands: the row of the headings, a place for each member, those of the levels."""

    row: int
    headings: Sequence[str]
    places: Mapping[str, int]
    levels: Sequence[int] = ()

    @property
    def others(self) -> list[int]:
        """The columns that are no member of a competency."""
        used = {*self.places.values(), *self.levels}
        return [place for place in range(len(self.headings)) if place not in used]

    def said(self) -> str:
        """What was taken for what, for the person who imports."""
        taken = [f"{name} is “{self.headings[at]}”" for name, at in self.places.items()]
        levels = ", ".join(f"“{self.headings[at]}”" for at in self.levels)
        others = ", ".join(f"“{self.headings[at]}”" for at in self.others[:12])
        return (
            f"Of the columns {', '.join(taken)}; "
            f"levels are {levels or 'none'}; kept beside them: {others or 'none'}."
        )


def words(text: str) -> str:
    """A heading for comparing: without accents and marks, `fullStatement` as two words."""
    plain = unicodedata.normalize("NFKD", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text))
    letters = (one if one.isalnum() else " " for one in plain if not unicodedata.combining(one))
    return " ".join("".join(letters).casefold().split())


def find_columns(grids: Sequence[Grid], options: Options) -> tuple[Grid, Columns]:
    """The sheet or delimiter under which the headings say most, and its columns.

    `options` name columns by their headings (`-`: there is none), and the row they stand in.

    :raises BadReport: no column is the label, or an option names a column that is not there.
    """
    heads = _heads(grids, options.get("header"))
    found = [
        (grid, columns) for grid, row in heads if (columns := _columns(*row, options)) is not None
    ]
    if not found:
        raise _unknown([cells for _, (_, cells) in heads], options)
    return max(found, key=_weight)


def _weight(found: tuple[Grid, Columns]) -> tuple[int, bool]:
    """How much a row of headings says; below a single heading nothing delimits."""
    grid, columns = found
    return len(columns.places) + len(columns.levels), grid.name == WHOLE_LINE


def headings(grids: Sequence[Grid], options: Options) -> tuple[Grid, int, list[str]]:
    """The row of headings as far as it can be told: the recognised one, else the fullest.

    :raises BadReport: the table is empty.
    """
    try:
        grid, columns = find_columns(grids, options)
    except BadReport:
        heads = _heads(grids, None)
        grid, (number, cells) = max(heads, key=lambda one: len(one[1][1]))
        return grid, number, _unique(cells)
    return grid, columns.row, list(columns.headings)


def _heads(grids: Sequence[Grid], row: int | None) -> list[tuple[Grid, Record]]:
    """The rows that may be the headings, of every sheet or delimiter that can be read."""
    found: list[tuple[Grid, Record]] = []
    broken: BadReport | None = None
    for grid in grids:
        try:
            for one in islice(grid.rows(), row or _HEAD_ROWS):
                found += [(grid, one)] if row in (None, one[0]) else []
        except BadReport as error:  # those above may be the headings; the rows tell where it breaks
            broken = broken or error
    if not found:
        raise broken or BadReport(
            f"Row {row} is empty." if row else "The table is empty.",
            "Send a table with a row of headings and rows below it.",
        )
    return found


def _columns(row: int, cells: Sequence[str], options: Options) -> Columns | None:
    """The columns if this is a row of headings; None if it lacks a named one, or the label."""
    headings = _unique(cells)
    known = {words(heading): at for at, heading in reversed(list(enumerate(headings)))}
    told = _told(options)
    levels = [known.get(words(one), -1) for one in _levels_told(options)]
    places = {column: known.get(words(name), -1) for column, name in told.items()}
    if -1 in (*levels, *places.values()):
        return None
    places |= _guessed(known, taken={*places.values(), *levels}, options=options)
    if "label" not in places:
        return None
    if not options.get("levels"):
        levels = _levels(known, taken=set(places.values()))
    ordered = {column: places[column] for column in NAMES if column in places}
    return Columns(row=row, headings=headings, places=ordered, levels=levels)


def _told(options: Options) -> dict[str, str]:
    named = {column: options.get(column) for column in NAMES}
    return {column: name for column, name in named.items() if name and name != NONE}


def _levels_told(options: Options) -> list[str]:
    return [one for one in options.get("levels") or () if one != NONE]


def _guessed(known: Mapping[str, int], *, taken: set[int], options: Options) -> dict[str, int]:
    """Columns by the names of headings, also where capitals hide where a word ends."""
    found: dict[str, int] = {}
    joined = {name.replace(" ", ""): at for name, at in known.items()}
    for column, names in NAMES.items():
        sought = (name.replace(" ", "") for name in names.split("|"))
        places = (joined[name] for name in sought if name in joined)
        free = (at for at in places if at not in taken and not options.get(column))
        place = next(free, None)
        if place is not None:
            found[column] = place
            taken.add(place)
    return found


def _levels(known: Mapping[str, int], *, taken: set[int]) -> list[int]:
    """The columns that stand for levels, in their order; one alone is none."""
    found = sorted(at for name, at in known.items() if at not in taken and _is_level(name))
    return found if len(found) > 1 else []


def _is_level(name: str) -> bool:
    plain = re.sub(r"\b(level|niveau|nivel)\b", "", name).strip()
    return plain in _SCALE or _NUMBERED.fullmatch(name) is not None


def _unique(cells: Sequence[str]) -> list[str]:
    """Headings on one line; an empty one is named by its place, and so is a second one alike."""
    found: list[str] = []
    for place, cell in enumerate(cells, start=1):
        heading = " ".join(cell.split())[:200]
        is_new = heading and heading not in found
        found.append(heading if is_new else f"{heading} (column {place})".strip())
    return found


def _unknown(rows: Sequence[Sequence[str]], options: Options) -> BadReport:
    """What is lacking, and what the fullest row has in its place."""
    found = _unique(max(rows, key=len, default=()))
    listed = ", ".join(f"“{heading[:60]}”" for heading in found[:30]) or "none"
    known = {words(heading) for heading in found}
    named = [*_told(options).items(), *(("levels", one) for one in _levels_told(options))]
    for option, name in named:
        if words(name) not in known:
            return BadReport(
                f"There is no column “{name[:60]}”.", f"Columns are: {listed}.", where=option
            )
    return BadReport(
        f"No column says what the competencies are called. Columns found: {listed}.",
        "Name it with the option label, and others with id, code, description, parent, "
        "outline, type, exact and levels.",
        where="label",
    )
