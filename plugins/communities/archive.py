"""From the bytes of an archive to its tables: each is known by its headings, not by its name.

No two facilitators got the same export, so the headings are read in English, French and Spanish and
in many wordings, and a table may hold one community or all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.api import BadReport, Line, Shape, find_sheets, is_zip, read_zip

_WHO = {
    "person": ("member id", "user id", "userid", "author id", "member", "id membre",
               "id miembro", "id autor"),
    "name": ("author", "posted by", "created by", "full name", "member name", "display name",
             "auteur", "nom", "autor", "nombre", "autor/a", "attendee", "name"),
    "email": ("email", "e-mail", "email address", "author email", "courriel", "correo",
              "correo electrónico", "mail"),
}  # fmt: skip
_WHERE = {
    "community": ("community", "community name", "group", "group name", "forum", "communauté",
                  "groupe", "comunidad", "grupo", "community of practice", "cop"),
}  # fmt: skip
_PERSON = ("person", "name", "email")

CONTRIBUTIONS = Shape(
    name="contributions",
    columns={
        **_WHO,
        **_WHERE,
        "id": ("id", "post id", "contribution id", "message id", "item id", "identifiant"),
        "thread": ("thread id", "thread", "topic id", "discussion id", "parent id", "in reply to",
                   "fil", "hilo", "id tema"),
        "kind": ("type", "kind", "item type", "content type", "contribution type", "tipo"),
        "title": ("title", "subject", "topic", "discussion", "titre", "sujet", "título",
                  "titulo", "asunto", "tema", "event", "event title"),
        "text": ("body", "text", "message", "content", "post", "texte", "contenu", "texto",
                 "contenido", "mensaje", "description"),
        "at": ("date", "posted", "posted on", "posted at", "created", "created at",
               "created on", "date posted", "publié le", "fecha", "fecha de publicación",
               "event date", "date/time"),
        "url": ("url", "link", "address", "lien", "enlace"),
        "tags": ("tags", "keywords", "categories", "mots-clés", "etiquetas", "palabras clave"),
        "deleted": ("deleted", "deleted at", "date deleted", "supprimé", "eliminado"),
    },
    required=("title", "at"),
)  # fmt: skip
MEMBERS = Shape(
    name="members",
    columns={
        **_WHO,
        **_WHERE,
        "person": ("id", *_WHO["person"]),
        "role": ("role", "member role", "community role", "rôle", "rol", "función"),
        "at": ("joined", "joined on", "date joined", "member since", "since", "inscrit le",
               "fecha de alta", "desde"),
    },
    required=("role", "community"),
)  # fmt: skip
COMMUNITIES = Shape(
    name="communities",
    columns={
        "community": ("name", "community", "community name", "title", "nom", "nombre", "título"),
        "url": ("url", "link", "address", "lien", "enlace"),
        "access": ("access", "visibility", "privacy", "accès", "visibilité", "acceso",
                   "visibilidad", "private"),
    },
    required=("community", "access"),
)  # fmt: skip
MEND = "Give the export as the platform made it: a ZIP of tables, or one table as CSV or XLSX."


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A row of a table, and the place it is named by."""

    row: str | int
    line: Line


@dataclass(slots=True)
class Archive:
    """The rows of all tables, by what they tell of."""

    contributions: list[Told] = field(default_factory=list)
    members: list[Told] = field(default_factory=list)
    communities: list[Told] = field(default_factory=list)


def read_archive(body: bytes) -> Archive:
    """Read every table of an archive; a workbook is one of several tables.

    :raises BadReport: there is no table that tells who did what.
    """
    archive, unknown = Archive(), []
    for name, inner in _files(body):
        try:
            sheet = find_sheets(inner, [MEMBERS, CONTRIBUTIONS, COMMUNITIES])
        except BadReport as error:
            unknown.append(error)
            continue
        place = f"{name[-80:]}, " if name else ""
        for table in sheet.tables:
            _must_name_people(table.shape, set(table.columns))
            into = {
                "contributions": archive.contributions,
                "members": archive.members,
                "communities": archive.communities,
            }[table.shape]
            into += [Told(row=_row(place, line.number), line=line) for line in table.lines]
    if not (archive.contributions or archive.members):
        raise unknown[0] if unknown else BadReport("The archive holds no table.", MEND)
    return archive


def _row(place: str, number: int | str) -> int | str:
    if not place:
        return number
    return f"{place}row {number}" if isinstance(number, int) else f"{place}{number}"


def _must_name_people(shape: str, columns: set[str]) -> None:
    if shape != "communities" and not columns.intersection(_PERSON):
        raise BadReport(
            "A table has no column that says who: expected member id, email or author.",
            "Export it again with a column for the author.",
        )


def _files(body: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of an archive; a workbook is a ZIP too, and one file."""
    if not is_zip(body):
        yield "", body
        return
    members = list(read_zip(body, what="The archive"))
    if any(member.name == "[Content_Types].xml" for member in members):
        yield "", body
        return
    for member in members:
        if member.name.lower().endswith((".csv", ".tsv", ".txt", ".xlsx")):
            yield member.name, member.body
