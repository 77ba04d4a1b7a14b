"""Frameworks as tables of any make: CSV, TSV, semicolons, workbooks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from engine.api import (
    RAISE,
    BadReport,
    FrameworkFile,
    FrameworkFormat,
    Schema,
    Words,
    fields,
    hookimpl,
    validate,
)
from plugins.table_framework.document import framework, minted
from plugins.table_framework.grid import DELIMITERS, WHOLE_LINE, Grid, grids
from plugins.table_framework.headings import find_columns, headings

BASE = "https://w3id.org/byway/tables/"
_SUFFIXES = (".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".xls")
_NAMED_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "bar": "|"}
_EXAMPLE = "Its heading in the table; without it the usual names are looked for, - is none."


def _column(label: str, help_: str = _EXAMPLE) -> fields.String:
    return fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"label": label, "help": help_, "column": True},
    )


class TableSettings(Schema):
    """Which column holds what, where they stand, and what the table does not say of itself."""

    class Meta:
        unknown = RAISE

    label = _column("Column of labels")
    id = _column("Column of ids")
    code = _column("Column of codes")
    description = _column("Column of descriptions")
    parent = _column("Column of parents", "It holds the id, the code or the label of other rows.")
    outline = _column(
        "Column of outline numbers", "As in 1.2.3, which is part of 1.2, where no parent is named."
    )
    type = _column("Column of types")
    exact = _column("Column of addresses of the same competency elsewhere")
    levels = Words(
        load_default=list,
        metadata={
            "label": "Columns of levels",
            "column": True,
            "help": "From the lowest, such as Awareness, Working, Practitioner, Expert.",
        },
    )
    title = fields.String(
        load_default="",
        validate=validate.Length(max=300),
        metadata={"label": "Title", "help": "Of the framework; else the name of the file."},
    )
    uri = fields.String(
        load_default="",
        validate=validate.And(
            validate.Length(max=300), validate.Regexp(r"(\S+:\S+)?\Z", error="This is no address.")
        ),
        metadata={
            "label": "Address of the framework",
            "help": "Names it: the same again is a new version. Else made from the title.",
        },
    )
    language = fields.String(
        load_default="en",
        validate=validate.Regexp(
            r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", error="Write it as en or fr-CA."
        ),
        metadata={"label": "Language", "help": "The one its texts are written in, such as en."},
    )
    sheet = _column("Sheet", "Of a workbook; else the one that reads most like a framework.")
    header = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=1, max=1000),
        metadata={"label": "Row of the headings", "help": "Else looked for at the top."},
    )
    delimiter = fields.String(
        load_default="",
        validate=validate.OneOf(["", *_NAMED_DELIMITERS, *_NAMED_DELIMITERS.values()]),
        metadata={"label": "Delimiter", "help": "comma, semicolon, tab or bar; else found out."},
    )


def reads(file: FrameworkFile) -> bool:
    """Whether it is named as a table; many things are, so other formats are asked before."""
    name = file.name.lower()
    is_tabbed = name.endswith(".txt") and b"\t" in file.body[:1000]
    return bool(file.body) and (name.endswith(_SUFFIXES) or is_tabbed)


def read(files: Sequence[FrameworkFile], options: Mapping[str, Any]) -> dict[str, Any]:
    """The framework document; its remarks say which column was taken for what.

    :raises BadReport: naming the row or the option that cannot be read or contradicts another.
    """
    if len(files) != 1:
        raise BadReport("A framework as a table is one file.", "Import one at a time.")
    all_grids = _grids(files[0], options)
    grid, columns = find_columns(all_grids, options)
    title = " ".join((options.get("title") or _stem(files[0].name)).split())
    if not title:
        raise BadReport("The framework has no title.", "Give one with the option title.")
    uri = options.get("uri") or minted(BASE, title.casefold())
    told = "" if options.get("uri") else f"The option uri names it in place of {uri}."
    return framework(
        grid,
        columns,
        uri=uri,
        title=title,
        language=options.get("language") or "en",
        remarks=[
            remark
            for remark in (grid.remark, columns.said(), told, _other_sheets(all_grids, grid))
            if remark
        ],
    )


def columns(file: FrameworkFile, options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each heading of a table with the first value below it, for choosing among them.

    :raises BadReport: the table is empty or cannot be read.
    """
    grid, row, found = headings(_grids(file, options), options)
    firsts = [""] * len(found)
    for _, cells in islice((one for one in grid.rows() if one[0] > row), 50):
        padded = [*cells, *[""] * len(found)]
        firsts = [had or cell for had, cell in zip(firsts, padded, strict=False)]
    return list(zip(found, firsts, strict=True))


def _grids(file: FrameworkFile, options: Mapping[str, Any]) -> list[Grid]:
    told = options.get("delimiter") or ""
    delimiter = _NAMED_DELIMITERS.get(told, told)
    return grids(file, sheet=options.get("sheet") or "", delimiter=delimiter)


def _other_sheets(grids: Sequence[Grid], read: Grid) -> str:
    """Which sheets of a workbook were not read; delimiters are tried and are no sheets."""
    tried = (read.name, *DELIMITERS, WHOLE_LINE)
    others = [one.name for one in grids if one.name not in tried and any(one.records())]
    listed = ", ".join(f"“{name[:60]}”" for name in others[:10])
    return f"Read was the sheet “{read.name[:60]}”, not read: {listed}." if others else ""


def _stem(name: str) -> str:
    """A file's name as a title: `uk_skills.csv` as "uk skills"."""
    last = re.split(r"[\\/]", name)[-1]
    stem = "" if last.startswith("<") else last.rpartition(".")[0] or last
    return re.sub(r"[_\s]+", " ", stem).strip()


@hookimpl
def register_framework_formats() -> list[FrameworkFormat]:
    """Tables, to read what no other format knows."""
    return [
        FrameworkFormat(
            name="table",
            title="Table (CSV, Excel)",
            reads=reads,
            read=read,
            settings=TableSettings,
            last_resort=True,
            columns=columns,
        )
    ]
