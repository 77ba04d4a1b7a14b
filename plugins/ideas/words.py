"""What exports of idea and challenge platforms call their columns, happenings and results."""

from __future__ import annotations

from engine.api import Shape
from plugins.attendance.rows import EMAIL, FIRST, LAST, NAME, words_of

IDEA = {
    "idea": (
        *("idea id", "idea_id", "suggestion id", "submission id", "entry id", "solution id"),
        *("proposal id", "pitch id", "project id", "challenge entry id", "post id", "idea number"),
        *("idea no", "idea no.", "reference", "ref", "id"),
        *("numéro de l'idée", "número de idea", "id de la idea", "ideennummer"),
    ),
    "title": (
        *("idea title", "suggestion title", "submission title", "entry title", "solution title"),
        *("proposal title", "pitch title", "project title", "idea name", "title", "subject"),
        *("idea", "suggestion", "submission", "pitch", "proposal", "project", "name of the idea"),
        *("titre", "titre de l'idée", "idée", "título", "título de la idea", "titel", "idee"),
    ),
    "challenge": (
        *("campaign", "campaign name", "challenge", "challenge name", "challenge title"),
        *("competition", "contest", "forum", "forum name", "board", "campagne", "défi"),
        *("concours", "campaña", "reto", "desafío", "concurso", "wettbewerb", "kampagne"),
    ),
    "url": (
        *("url", "link", "idea url", "idea link", "portal url", "suggestion url", "permalink"),
        *("submission url", "lien", "enlace"),
    ),
    "tags": ("tags", "labels", "tag", "category", "category name", "categories", "topic",
             "catégorie", "mots-clés", "categoría", "etiquetas", "kategorie"),
    "text": ("idea description", "description", "idea text", "body", "summary", "details",
             "descripción", "beschreibung"),
    "language": ("language", "langue", "idioma", "sprache"),
    "private": ("private", "is private", "confidential", "privé", "privado", "privada", "privat"),
}  # fmt: skip

AUTHOR = {
    "author_email": (
        *("idea submitter email", "idea submitter email address", "submitter email"),
        *("idea creator email address", "idea creator email", "creator email", "author email"),
        *("author e-mail", "submitted by email", "owner email", "idea author email"),
        *("author email address", "contact email", "team lead email", "proposer email"),
        *("courriel de l'auteur", "correo del autor", "e-mail des autors", *EMAIL),
    ),
    "author_name": (
        *("idea submitter", "idea submitter name", "submitter name", "submitter", "author name"),
        *("idea creator name", "creator name", "creator", "author", "idea author", "submitted by"),
        *("owner", "created by", "team lead", "solver", "proposer", "pitched by"),
        *("auteur", "proposé par", "autor", "autora", "propuesto por", "verfasser", *NAME),
    ),
    "author_first": ("author first name", "submitter first name", *FIRST),
    "author_last": ("author last name", "submitter last name", *LAST),
    "created": (
        *("created timestamp", "idea creation date", "creation date", "created at", "created"),
        *("created on", "date created", "created date", "submitted at", "submitted on"),
        *("submission date", "date submitted", "submitted", "posted on", "posted", "idea date"),
        *(
            "submission time",
            "date",
            "date/time",
            "date and time",
            "date de création",
            "soumis le",
            "fecha",
        ),
        *("fecha de creación", "fecha de envío", "datum", "erstellt am", "eingereicht am"),
    ),
}
RESULT = {
    "result": (
        *("award", "prize", "result", "winner", "outcome", "judging status", "stage"),
        *("status", "idea status", "public status name", "stage name", "current stage"),
        *("prix", "lauréat", "statut", "étape", "premio", "ganador", "estado", "etapa"),
        *("preis", "ergebnis", "gewinner", "phase"),
    ),
    "decided": (
        *("award date", "awarded on", "awarded at", "date awarded", "won on", "decided on"),
        *("winner announced", "announced on", "closed at", "status changed at"),
        *("date du prix", "fecha del premio", "preisverleihung"),
    ),
}
COMMENT = {
    "comment": ("comment id", "comment_id", "id del comentario", "kommentar-id"),
    "said": ("comment", "comment text", "comment body", "commentaire", "comentario", "kommentar"),
    "email": ("commenter email", "comment author email", "commented by email",
              "comment creator email address", "comment creator email", *EMAIL,
              *AUTHOR["author_email"]),
    "name": ("commenter", "commenter name", "comment author", "commented by",
             "comment creator name", *NAME, *AUTHOR["author_name"]),
    "first": FIRST, "last": LAST,
    "at": ("comment date", "commented on", "commented at", "comment created at",
           "comment created timestamp", *AUTHOR["created"]),
}  # fmt: skip
VOTE = {
    "email": ("voter email", "voter email address", "user email address", "supporter email",
              "voted by email"),
    "name": ("voter", "voter name", "user name", "supporter", "supporter name", "voted by"),
    "first": ("voter first name",), "last": ("voter last name",),
    "vote": ("vote", "vote type", "vote value", "direction", "voto", "stimme"),
    "at": ("vote date", "voted on", "voted at", "linked idea creation date", "vote created at",
           "date voted"),
}  # fmt: skip
DEED = {
    "deed": (
        *("activity", "action", "event", "type", "activity type", "verb", "what"),
        *("acción", "actividad", "actividad realizada", "activité", "aktion", "aktivität"),
    ),
    "number": ("activity id", "event id", "record id", "comment id"),
    "email": (*EMAIL, "member email", "author email", "backer email"),
    "name": (*NAME, "member", "author", "user", "by", "who", "backer"),
    "first": FIRST, "last": LAST,
    "at": ("timestamp", "when", "at", "activity date", *AUTHOR["created"]),
    "said": ("comment", "comment text", "text"),
    "vote": ("vote", "direction"),
}  # fmt: skip

_OF_IDEA = ("idea", "title")


def _shapes(name: str, columns: dict[str, tuple[str, ...]], *needed: str) -> list[Shape]:
    """A table of this kind, which names ideas by number or by title."""
    return [
        Shape(name=name, columns={**IDEA, **columns}, required=(of, *needed)) for of in _OF_IDEA
    ]


SHAPES = (
    *_shapes("deeds", DEED, "deed", "at", "email"),
    *_shapes("deeds", DEED, "deed", "at", "name"),
    *_shapes("comments", COMMENT, "comment", "at"),
    *_shapes("comments", COMMENT, "said", "at", "email"),
    *_shapes("comments", COMMENT, "said", "at", "name"),
    *_shapes("votes", {**AUTHOR, **RESULT, **VOTE}, "email", "at"),
    *_shapes("votes", {**AUTHOR, **RESULT, **VOTE}, "name", "at"),
    *_shapes("ideas", {**AUTHOR, **RESULT}, "author_email", "created"),
    *_shapes("ideas", {**AUTHOR, **RESULT}, "author_name", "created"),
    *_shapes("ideas", {**AUTHOR, **RESULT}, "author_last", "created"),
    *_shapes("winners", {**AUTHOR, **RESULT}, "author_email", "decided"),
    *_shapes("winners", {**AUTHOR, **RESULT}, "author_name", "decided"),
)
"""The narrower kinds first: a table of votes may repeat the idea and its author in each row."""

WON = words_of(
    "won|winner|winning|winning idea|winning solution|winning submission|1st place|first place"
    "|2nd place|second place|3rd place|third place|grand prize|awarded|award winner|prize winner"
    "|runner up|honorable mention|honourable mention|gagnant|gagnante|laureat|laureate|prime|primee"
    "|premier prix|ganador|ganadora|premiado|premiada|primer premio|gewinner|gewinnerin|pramiert"
    "|ausgezeichnet|sieger"
)
PRIVATE = words_of("true|yes|1|private|confidential|oui|si|ja|prive|privado|privada|privat")
LEFT_OUT = words_of(
    "deleted|spam|rejected as spam|archived as spam|withdrawn|removed|supprime|supprimee|retire"
    "|eliminado|eliminada|retirada|geloscht|zuruckgezogen"
)
DRAFT = words_of(
    "draft|moderated|pending moderation|pending approval|unapproved|off topic|brouillon"
    "|borrador|entwurf"
)

DEEDS = {
    "submitted": words_of(
        "submitted|submit|submission|idea|idea submitted|submitted idea|new idea|created|posted"
        "|entered|soumis|soumise|proposition|enviado|enviada|propuesta|eingereicht|idee"
    ),
    "pitched": words_of(
        "pitch|pitched|project pitch|request|presento|presentation|propuesta de proyecto"
    ),
    "commented": words_of(
        "commented|comment|reply|replied|commente|commentaire|comento|comentario|kommentar"
        "|kommentiert"
    ),
    "voted": words_of(
        "voted|vote|voted up|upvote|upvoted|up|support|supported|like|liked|kudo|kudos"
        "|a vote|voto|apoyo|stimme|abgestimmt"
    ),
    "voted-down": words_of("voted down|downvote|downvoted|down|against|contre|en contra|dagegen"),
    "backed": words_of("back|backed|backing|sponsor|sponsored|fund|funded|invest|invested|joined"
                       "|soutien|soutenu|a soutenu|respaldo|patrocinado|unterstutzt"),
    "shared": words_of("share back|shared back|shareback|share|shared|report|reported back"
                       "|lessons shared|partage|retour|compartio|compartido|geteilt|bericht"),
    "won": WON,
}  # fmt: skip

UP = words_of("1|+1|up|yes|for|agree|like|upvote|pour|oui|a favor|si|dafur|ja|positive|2|3")
DOWN = words_of("down|no|against|disagree|dislike|downvote|contre|non|en contra|dagegen"
                "|nein|negative")  # fmt: skip
