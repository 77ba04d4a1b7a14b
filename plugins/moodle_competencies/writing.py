"""Any framework as the CSV that Moodle imports."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from plugins.moodle_competencies.rows import COLUMNS, HEADINGS, LONGEST, line
from plugins.moodle_competencies.scales import made_up, scale
from plugins.moodle_competencies.texts import PLAIN, plain

TAXONOMY = "competency,competency,competency,competency"
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)

Document = Mapping[str, Any]
Cells = dict[str, str]


def written(document: Document) -> bytes:
    """The file: the framework's row, then its competencies in their order; retired ones stay out.

    What came from Moodle is written as it came. For the rest Moodle knows one parent, so others
    become cross references, and 100 characters of a name; texts are those of the framework's
    language.
    """
    language = str(document.get("language") or "en")
    listed = [one for one in document["competencies"] if one.get("status") != "retired"]
    ids = _id_numbers(listed, is_from_moodle="moodle" in _mapping(document.get("extra")))
    levels = _levels(document, language)
    rows = [_head(document, language), *(_row(one, ids, levels, language) for one in listed)]
    return _csv([list(HEADINGS), *([row.get(column, "") for column in COLUMNS] for row in rows)])


def _csv(rows: Iterable[list[str]]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    return file.getvalue().replace("\0", "").encode(errors="replace")


def _head(document: Document, language: str) -> Cells:
    kept = _kept(document)
    labels = _levels(document, language)
    former = kept.get("scale_configuration", "")
    title = line(_said(document["title"], language))
    return {
        "id_number": kept.get("id_number") or line(_last(document["uri"])) or "framework",
        "short_name": title or "Framework",
        **_description(_said(document.get("description") or {}, language), kept),
        **(scale(labels, former) if labels else made_up()),
        "is_framework": "1",
        "taxonomy": kept.get("taxonomy") or TAXONOMY,
    }


def _levels(document: Document, language: str) -> list[str]:
    return [_said(level["label"], language) for level in document.get("levels") or ()]


def _row(one: Document, ids: Mapping[str, str], levels: Sequence[str], language: str) -> Cells:
    kept = _kept(one)
    parents = [ids[parent] for parent in one.get("parents") or () if parent in ids]
    related = _mapping(_mapping(one.get("extra")).get("moodle")).get("related")
    named = [*map(str, related if isinstance(related, list) else ()), *parents[1:]]
    return {
        "rule_outcome": "0",
        "rule_config": "null",
        **{name: kept[name] for name in _AS_THEY_CAME if name in kept},
        **_own_scale(kept),
        "parent": parents[0] if parents else "",
        "id_number": ids[one["uri"]],
        "short_name": line(_said(one["label"], language)) or ids[one["uri"]],
        **_description(_text(one, levels, language), kept),
        "related": ",".join(name.replace(",", "%2C") for name in dict.fromkeys(named)),
    }


_AS_THEY_CAME = ("rule_type", "rule_outcome", "rule_config", "exported_id")


def _own_scale(kept: Mapping[str, str]) -> Cells:
    """The scale that a competency had apart from the framework's."""
    values = kept.get("scale_values", "")
    former = kept.get("scale_configuration", "")
    return scale(values.split(","), former) if values else {}


def _text(one: Document, levels: Sequence[str], language: str) -> str:
    """The description, and below it what each level means, for which Moodle has no place."""
    told = {str(number): words for number, words in _mapping(one.get("levels")).items()}
    meant = [
        f"{label}\n{_said(told[str(number)], language)}"
        for number, label in enumerate(levels, start=1)
        if told.get(str(number))
    ]
    return "\n\n".join(
        part for part in (_said(one.get("description") or {}, language), *meant) if part
    )


def _description(text: str, kept: Mapping[str, str]) -> Cells:
    """The original markup as long as it says what the plain text says, else the plain text."""
    form = kept.get("description_format", PLAIN)
    ways = ((kept.get("description", ""), form), (text, form), (text, PLAIN))
    description, form = next((way for way in ways if plain(*way) == text), ways[-1])
    return {"description": description, "description_format": form}


def _id_numbers(listed: Iterable[Document], *, is_from_moodle: bool) -> dict[str, str]:
    """The ID number of each competency by its uri: its code, or the end of its uri, made unique."""
    compared = str if is_from_moodle else _as_compared
    taken: dict[str, int] = {}
    found = {}
    for one in listed:
        wanted = name = line(one.get("code") or "") or line(_last(one["uri"])) or "competency"
        while compared(name) in taken:
            taken[compared(wanted)] += 1
            name = f"{wanted[: LONGEST - 10].strip()} ({taken[compared(wanted)]})"
        taken[compared(name)] = 1
        found[one["uri"]] = name
    return found


def _as_compared(name: str) -> str:
    """Moodle's importer takes 1.1 and 1.10 for one parent, and MySQL takes a and A for one."""
    return str(float(name)) if _NUMBER.fullmatch(name) else name.casefold()


def _last(uri: str) -> str:
    return re.split(r"[/#?=]", uri.rstrip("/#"))[-1] or uri


def _kept(one: Document) -> dict[str, str]:
    """The texts that came from Moodle and have no other place."""
    found = _mapping(_mapping(one.get("extra")).get("moodle"))
    return {str(name): text for name, text in found.items() if isinstance(text, str) and text}


def _mapping(value: object) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _said(labels: Any, language: str) -> str:
    """A label in the framework's language, else in any."""
    if isinstance(labels, str):
        return labels
    first = next(iter(labels.values()), "")
    short = labels.get(language.partition("-")[0])
    return str(labels.get(language) or short or labels.get("en") or first)
