"""What the columns of a sample are, with examples, and what their names suggest they mean."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from engine.api import (
    BadReport,
    Column,
    Delivery,
    decode,
    is_zip,
    read_json,
    read_workbook,
    read_xml,
)
from plugins.mapped.records import MANY, Kind, Record, entries, kind_of, listed

EXAMPLES = 5
MOST = 200
"""Columns that are offered."""
_HEAD_ROWS = 30
"""Rows in which the headings are looked for; titles and notes may stand above them."""
_ROWS = 200
_DEEPEST = 3
_MAILBOX = re.compile(r"\S+@\S*")

MEANINGS = {
    "email": "email|e mail|mail|email address|user email|attendee email|author email|correo|"
    "correo electronico|email del participante|courriel|adresse e mail|adresse mail|"
    "adresse electronique|adresse courriel|e mail adresse",
    "account": "username|user name|login|account|user id|userid|user|handle|nickname|usuario|"
    "nombre de usuario|identifiant|nom d utilisateur|utilisateur|author username|author id|"
    "benutzername",
    "name": "name|full name|participant|participant name|attendee|attendee name|display name|"
    "author|author name|creator|nombre|nombre y apellidos|nombre completo|participante|asistente|"
    "autor|nom|nom complet|nom et prenom|participante nombre|auteur|teilnehmer",
    "title": "title|talk|topic|subject|session|session title|event|event title|event name|webinar|"
    "course|headline|name of event|titulo|tema|asunto|sesion|evento|charla|taller|titre|sujet|"
    "objet|seance|evenement|atelier|conference|titel|thema",
    "url": "url|link|permalink|web address|page|href|html url|address|enlace|direccion web|lien|"
    "adresse web",
    "at": "ended|end|end time|ended at|end date|finish|finished|leave time|left at|completed at|"
    "date|datetime|date and time|timestamp|time|when|created|created at|published|published at|"
    "pubdate|pub date|posted|posted at|date completed|fin|hora de fin|fecha de fin|fecha|"
    "fecha y hora|"
    "creado|publicado|heure de fin|date de fin|date et heure|horodatage|publie|cree|datum|ende",
    "start": "start|started|start time|started at|begin|begins|join time|start date|joined at|"
    "inicio|hora de inicio|fecha de inicio|comienzo|debut|heure de debut|date de debut|beginn",
    "duration": "duration|minutes|duration minutes|time in session|time in session minutes|length|"
    "time spent|attendance duration|duracion|duracion minutos|minutos|duree|duree minutes|dauer",
    "tags": "tags|tag|categories|category|keywords|topics|labels|etiquetas|categorias|categoria|"
    "palabras clave|temas|mots cles|etiquettes|categorie|themes|schlagworte",
    "language": "language|lang|idioma|lengua|langue|sprache",
    "community_title": "community|group|forum|space|comunidad|grupo|foro|communaute|groupe",
    "parent_title": "series|serie|program|programme|programa",
    "reported_at": "updated|updated at|modified|last modified|date modified|actualizado|"
    "mis a jour|modifie",
    "key": "id|guid|uuid|uid|record id|registration id|attendance id|post id|item id|node id|"
    "identificador|numero|reference",
}
"""The words that suggest what a column means, in English, Spanish, French, a little German."""


def columns(delivery: Delivery, mapping: Mapping[str, Any]) -> list[Column]:
    """The columns of a sample in their order, each with its first values.

    :param mapping: what is said so far of `reads` and `rows`.
    :raises BadReport: it cannot be read, or has nothing that could be mapped.
    """
    kind: Kind = mapping.get("reads") or kind_of(delivery)
    found = _of_table(delivery.body) if kind == "table" else _of_rows(delivery, kind, mapping)
    if not found:
        raise BadReport(
            "It has no rows whose columns could be mapped.",
            "Give a sample with a row of headings and a few rows below it, or an answer that has "
            "something in it.",
        )
    offered = dict(list(found.items())[:MOST])
    meant = {name: _meant(name, examples) for name, examples in offered.items()}
    firsts = {meaning: name for name, meaning in reversed(list(meant.items()))}
    # What says so itself goes before what only looks like it: a host's address stands first.
    firsts |= {meant[name]: name for name in reversed(offered) if meant[name] == suggested(name)}
    return [
        Column(
            name=name,
            examples=tuple(examples),
            means=meant[name] if firsts[meant[name]] == name else "",
        )
        for name, examples in offered.items()
    ]


def _meant(name: str, examples: Sequence[str]) -> str:
    """What a column suggests: addresses of mail are what they are, whatever they stand under."""
    if examples and all(_MAILBOX.fullmatch(one) for one in examples):
        return "email"
    return suggested(name)


def suggested(name: str) -> str:
    """The part of a mapping that a heading or a path suggests; "" for none."""
    whole, last = words(name), words(re.split(r"[.\[\]]+", name.strip("[]."))[-1])
    for one in (whole, last):
        for meaning, known in MEANINGS.items():
            if one in known.split("|"):
                return meaning
    return ""


def words(text: str) -> str:
    """A heading for comparing: without accents, marks and brackets, `endedAt` as two words."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text[:200])
    plain = unicodedata.normalize("NFKD", parted)
    letters = (one if one.isalnum() else " " for one in plain if not unicodedata.combining(one))
    return " ".join("".join(letters).casefold().split())


# --- tables ------------------------------------------------------------------------------------


def _of_table(body: bytes) -> dict[str, list[str]]:
    """The headings of the first table: the row that is known best, else the fullest."""
    grid = max(_grids(body), key=_weight, default=[])
    if not grid:
        return {}
    at = max(range(len(grid[:_HEAD_ROWS])), key=lambda place: _said_by(grid[place]))
    headings, below = grid[at], grid[at + 1 : at + 1 + _ROWS]
    found: dict[str, list[str]] = {}
    for place, heading in enumerate(headings):
        if heading and heading not in found:
            found[heading] = _examples(row[place] for row in below if place < len(row))
    return found


def _weight(grid: Sequence[list[str]]) -> tuple[int, int]:
    return max((_said_by(row) for row in grid[:_HEAD_ROWS]), default=(0, 0))


def _said_by(row: Sequence[str]) -> tuple[int, int]:
    """How much a row says as a row of headings: names that are known, then names at all."""
    known = sum(bool(suggested(cell)) for cell in row)
    names = sum(bool(cell) and not re.search(r"\d{3}|@", cell) for cell in row)
    return (known, names)


def _grids(body: bytes) -> Iterator[list[list[str]]]:
    """The rows of each visible sheet, or of a text under each delimiter."""
    if is_zip(body):
        for sheet in read_workbook(body):
            if not sheet.hidden:
                yield [[_tidy(cell) for cell in row] for row in sheet.rows if any(row)]
        return
    text = decode(body).text
    for delimiter in ",;\t|":
        try:
            rows = islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 500)
            yield [[_tidy(cell) for cell in row] for row in rows if any(map(str.strip, row))]
        except csv.Error:
            continue


def _tidy(cell: str) -> str:
    return " ".join(cell[:500].split())


def _examples(values: Iterator[str]) -> list[str]:
    """The first few different values that say something."""
    return list(islice(dict.fromkeys(value[:160] for value in values if value), EXAMPLES))


# --- JSON and feeds ----------------------------------------------------------------------------


def _of_rows(delivery: Delivery, kind: Kind, mapping: Mapping[str, Any]) -> dict[str, list[str]]:
    """The paths of the first rows that lead to a text."""
    if kind == "feed":
        rows = list(islice(entries(read_xml(delivery.body, what="The feed")), _ROWS))
    else:
        document = read_json(delivery.body, what="The answer")
        rows = list(islice(listed(document, mapping.get("rows") or ""), _ROWS))
    paths = dict.fromkeys(path for row in rows for path in _paths(row.members))
    return {path: _examples(_values(rows, path)) for path in list(paths)[:MOST]}


def _values(rows: Sequence[Record], path: str) -> Iterator[str]:
    return (text for row in rows for text in row.texts(path))


def _paths(members: Any, above: str = "", depth: int = 1) -> Iterator[str]:
    """The paths to everything in a row that can be said as a text."""
    if not isinstance(members, Mapping):
        return
    for name, value in islice(members.items(), MANY):
        path = f"{above}.{name}".strip(".") if isinstance(name, str) else ""
        first = value[0] if isinstance(value, list) and value else value
        if path and (not isinstance(first, Mapping) or "" in first or "href" in first):
            yield path
        if path and isinstance(value, Mapping) and depth < _DEEPEST:
            yield from (one for one in _paths(value, path, depth + 1) if not one.endswith("."))
        elif path and isinstance(first, Mapping) and depth < _DEEPEST:
            yield from _paths(first, f"{path}[]", depth + 1)
