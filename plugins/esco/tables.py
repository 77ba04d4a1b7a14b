"""The CSV files of an ESCO release: which each of them is, by its headings, and its rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.api import BadReport, FrameworkFile, Text, decode, read_records

CONCEPTS, BROADER, RELATED, HIERARCHY = "concepts", "broader", "related", "hierarchy"

_SHAPES = {
    CONCEPTS: ("concepturi", "preferredlabel"),
    BROADER: ("concepturi", "broaderuri"),
    RELATED: ("originalskilluri", "relatedskilluri"),
    HIERARCHY: ("level0uri",),
}
"""Headings without spaces and capitals: those that make a file one of its kind."""
_MARKS = frozenset(
    ("concepttype", "skilltype", "reuselevel", "preferredlabel", "altlabels", "broaderuri",
     "broaderconcepturi", "originalskilluri", "relatedskilluri", "level0uri")
)  # fmt: skip
_LANGUAGES = (
    "ar bg cs da de el en es et fi fr ga hr hu is it lt lv mt nl no pl pt ro sk sl sv uk"
).replace(" ", "|")
_LANGUAGE = re.compile(rf"(?<![a-z])({_LANGUAGES})(?![a-z])", re.IGNORECASE)
_NAMED = re.compile(
    rf"(skillGroups|skillsHierarchy|skillSkillRelations|broaderRelationsSkillPillar|"
    rf"[a-z]+SkillsCollection)(_[a-z]{{2}})?\.csv|skills_({_LANGUAGES})\.csv",
    re.IGNORECASE,
)
_FOREIGN = ("occupation", "isco", "conceptscheme", "qualification")
_COLLECTION = re.compile(r"([a-z]+?)_?skills_?collection", re.IGNORECASE)
_PILLAR = re.compile(r"(esco)?(skills|skillgroups)?")
_VERSION = re.compile(r"\bv?\d+(\.\d+)*\b", re.IGNORECASE)
HEAD = 65_536
DEEPEST_HEADER = 10
LONGEST_URI = 500


@dataclass(frozen=True, slots=True)
class Row:
    """A record of a file, counted from 1 with the headings; absent and short cells read as ""."""

    file: str
    number: int
    cells: Sequence[str]
    columns: Mapping[str, int]

    def __getitem__(self, column: str) -> str:
        place = self.columns.get(column, len(self.cells))
        return self.cells[place].strip() if place < len(self.cells) else ""

    @property
    def place(self) -> str:
        """How a refusal names it."""
        return f"{self.file} row {self.number}"

    @property
    def is_foreign(self) -> bool:
        """Whether it is an occupation or another thing that is no skill."""
        return self["concepttype"].lower().startswith(_FOREIGN)

    def uri(self, column: str) -> str:
        """The address in a column; "" where there is none.

        :raises BadReport: there is something else.
        """
        found = self[column]
        if found and (":" not in found or len(found.split()) > 1 or len(found) > LONGEST_URI):
            raise BadReport(
                f"“{found[:80]}” is not the address of a concept.",
                f"{column} is an address such as http://data.europa.eu/esco/skill/...",
                where=self.place,
            )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A file and what it is.

    `language` is "" where its name does not say it. `collection` is the name of a thematic
    collection ("digcomp"), in lower case, and "" for the files of the whole pillar.
    """

    file: str
    kind: str
    language: str
    collection: str
    delimiter: str

    def rows(self, text: str) -> Iterator[Row]:
        """The rows below the headings, blank ones left out.

        :raises BadReport: a quotation mark is left open, or a row is wider than the headings.
        """
        columns: dict[str, int] | None = None
        for number, cells in read_records(text, self.delimiter, self.file):
            if columns is None:
                columns = _columns(cells) if _marks(cells) else None
            elif any(cells):
                yield self._row(number, cells, columns)

    def _row(self, number: int, cells: list[str], columns: Mapping[str, int]) -> Row:
        row = Row(self.file, number, cells, columns)
        if any(cells[max(columns.values()) + 1 :]):
            raise BadReport(
                f"This row has {len(cells)} cells, the headings are {max(columns.values()) + 1}.",
                "Put cells with a delimiter in them in quotation marks.",
                where=row.place,
            )
        return row


def looks_like_esco(file: FrameworkFile) -> bool:
    """Whether its name or its headings are those of an ESCO file on skills; nothing is raised."""
    try:
        text = decode(file.body[:HEAD]).text
        delimiter, headings = _header(text)
        first = next(_below(text, delimiter, headings), None)
    except (BadReport, csv.Error):
        return False
    if _NAMED.fullmatch(_base(file.name)) and (headings or delimiter not in text):
        return True
    needed = 1 if "concepturi" in headings or _kind(headings) else 3
    enough = len(_MARKS.intersection(headings)) >= needed
    return enough and "iscogroup" not in headings and not (first and first.is_foreign)


def open_table(file: FrameworkFile) -> Table:
    """What a file is, by its headings.

    :raises BadReport: it is empty, no text, or has not the columns of any ESCO file on skills.
    """
    delimiter, headings = _header(read_text(file, until=HEAD).text)
    kind = _kind(headings)
    if kind is None:
        raise BadReport(
            f"There is no column conceptUri with preferredLabel or broaderUri, found: "
            f"{', '.join(headings)[:200] or 'nothing'}.",
            "Take the file as ESCO's download page gives it.",
            where=file.name,
        )
    name = _base(file.name)
    languages = _LANGUAGE.findall(name)
    return Table(
        file=file.name,
        kind=kind,
        language=languages[-1].lower() if languages else "",
        collection=_collection(name, headings) if kind == CONCEPTS else "",
        delimiter=delimiter,
    )


def read_text(file: FrameworkFile, *, until: int | None = None) -> Text:
    """The decoded file, or its beginning.

    :raises BadReport: it is a workbook.
    """
    try:
        return decode(file.body[:until])
    except BadReport as error:
        raise BadReport(error.why, error.mend, where=file.name) from error


def _base(name: str) -> str:
    """The name without its folders, which may happen to be called like a language."""
    return name.replace("\\", "/").rpartition("/")[2]


def _header(text: str) -> tuple[str, list[str]]:
    """The delimiter under which the headings are best known, and the headings."""
    found = [(delimiter, _headings(text, delimiter)) for delimiter in ",;\t|"]
    return max(found, key=lambda one: len(_MARKS.intersection(one[1])))


def _headings(text: str, delimiter: str) -> list[str]:
    reader = csv.reader(io.StringIO(text[:HEAD], newline=""), delimiter=delimiter)
    try:
        for _, cells in zip(range(DEEPEST_HEADER), reader, strict=False):
            if _marks(cells):
                return [_heading(cell) for cell in cells]
    except csv.Error:
        return []
    return []


def _below(text: str, delimiter: str, headings: Sequence[str]) -> Iterator[Row]:
    """Rows of a file's beginning, read leniently: the end may be cut off."""
    columns = _columns(headings)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = (Row("", number, cells, columns) for number, cells in enumerate(reader, start=1))
    return (row for row in rows if any(row.cells) and not _marks(row.cells))


def _marks(cells: Sequence[str]) -> bool:
    return bool(_MARKS.intersection(map(_heading, cells)))


def _columns(cells: Sequence[str]) -> dict[str, int]:
    """Where each heading stands; of two equal ones the first counts."""
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        places.setdefault(_heading(cell), place)
    return places


def _heading(cell: str) -> str:
    return re.sub(r"[\W_]", "", cell[:60]).casefold()


def _kind(headings: Sequence[str]) -> str | None:
    fitting = (kind for kind, needed in _SHAPES.items() if set(needed) <= set(headings))
    return next(fitting, None)


def _collection(name: str, headings: Sequence[str]) -> str:
    """Which thematic collection a file of concepts is: by ESCO's name for it, else by its own."""
    if named := _COLLECTION.search(name):
        return named[1].lower()
    stem = _VERSION.sub(" ", _LANGUAGE.sub(" ", name).rpartition(".")[0].replace("_", " "))
    own = "-".join(re.findall(r"[^\W_]+", stem)).lower()
    if "broaderconcepturi" not in headings or _PILLAR.fullmatch(own.replace("-", "")):
        return ""
    return own or "collection"
