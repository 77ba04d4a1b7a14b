"""What lists of mentoring call their columns, sides and marks, in four languages."""

from __future__ import annotations

from engine.api import Shape
from plugins.attendance.rows import EMAIL, words_of

MENTOR = ("mentor", "tuteur", "tutor", "mentorin", "mentora", "mentor/in", "coach")
MENTEE = ("mentee", "mentoré", "mentorée", "mentoré(e)", "mentorado", "mentorada", "protégé",
          "mentorat", "tutorado", "partner")  # fmt: skip


def _side(names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The columns about one side, in each order of words that is usual."""
    mails = ("email", "e-mail", "email address", "e-mail address", "mail", "correo", "courriel",
             "correo electrónico", "adresse e-mail", "e-mail-adresse")  # fmt: skip
    of = ("del", "de la", "du", "de la", "der", "des", "of")
    return {
        "email": tuple(
            text
            for name in names
            for mail in mails
            for text in (f"{name} {mail}", f"{mail} {name}", f"{name}'s {mail}", f"{name}_{mail}",
                         f"{name}-{mail}", *(f"{mail} {one} {name}" for one in of))
        ),
        "name": tuple(
            text
            for name in names
            for text in (name, f"{name} name", f"{name}'s name", f"{name}_name",
                         f"{name} full name",
                         f"nom du {name}", f"nombre del {name}", f"name {name}",
                         f"name des {name}s")
        ),
        "first": tuple(f"{name} {one}" for name in names for one in ("first name", "vorname")),
        "last": tuple(f"{name} {one}" for name in names for one in ("last name", "nachname")),
        "confirmed": tuple(
            text
            for name in names
            for text in (f"{name} confirmed", f"confirmed by {name}", f"{name} confirms",
                         f"{name} confirmation", f"confirmé par le {name}", f"{name} a confirmé",
                         f"confirmado por el {name}", f"{name} confirmó", f"{name} bestätigt",
                         f"vom {name} bestätigt", f"{name} signed off")
        ),
    }  # fmt: skip


COLUMNS: dict[str, tuple[str, ...]] = {
    **{f"mentor_{name}": headings for name, headings in _side(MENTOR).items()},
    **{f"mentee_{name}": headings for name, headings in _side(MENTEE).items()},
    "number": (
        *("session id", "meeting id", "session number", "session no", "session", "id"),
        *("numéro de séance", "número de sesión", "sitzungsnummer"),
    ),
    "by": (
        *("logged by", "reported by", "submitted by", "entered by", "recorded by", "filled in by"),
        *("your role", "i am the", "i was the", "role", "respondent", "email of respondent"),
        *("saisi par", "déclaré par", "rôle", "registrado por", "informado por", "rol"),
        *("eingetragen von", "erfasst von", "gemeldet von", "rolle"),
    ),
    "writer": (*EMAIL, "username"),
    "date": (
        *("date", "session date", "meeting date", "date of session", "date of meeting", "met on"),
        *("match date", "matched on", "start date", "start", "date de la séance", "date de début"),
        *("fecha", "fecha de la sesión", "fecha de inicio", "datum", "termin", "beginn"),
    ),
    "start": ("start time", "time", "heure", "heure de début", "hora", "hora de inicio", "uhrzeit"),
    "end": ("end time", "heure de fin", "hora de fin", "ende"),
    "duration": (
        *("duration", "length", "minutes", "duration (minutes)", "time spent", "durée", "duree"),
        *("durée (minutes)", "duración", "duración (minutos)", "minutos", "dauer"),
        *("dauer (minuten)", "minuten"),
    ),
    "hours": ("hours", "duration (hours)", "heures", "horas", "stunden"),
    "status": ("status", "state", "session status", "statut", "état", "estado", "stand"),
    "title": (
        *("topic", "subject", "title", "focus", "session topic", "goal", "sujet", "thème"),
        *("objectif", "tema", "asunto", "objetivo", "thema", "ziel", "titel"),
    ),
    "program": ("programme", "program", "cohort", "track", "cohorte", "programa", "programm"),
    "url": ("url", "link", "lien", "enlace"),
    "tags": ("tags", "skills", "competencies", "compétences", "competencias", "kompetenzen"),
}

SHAPES = tuple(
    Shape(name="sessions", columns=COLUMNS, required=(mentor, mentee, "date"))
    for mentor in ("mentor_email", "mentor_name", "mentor_last")
    for mentee in ("mentee_email", "mentee_name", "mentee_last")
)

SIDES = {"mentor": words_of("|".join((*MENTOR, "mentoring"))), "mentee": words_of("|".join(MENTEE))}

YES = words_of("yes|y|true|1|x|✓|✔|confirmed|signed|ok|oui|confirme|confirmee|si|s|confirmado"
               "|confirmada|ja|j|bestatigt|wahr")  # fmt: skip
NO = words_of("no|n|false|0|pending|waiting|not yet|non|en attente|pendiente|nein|offen|ausstehend"
              "|nicht bestatigt|not confirmed|unconfirmed|falsch|faux|falso")  # fmt: skip

CANCELLED = words_of(
    "cancelled|canceled|declined|rejected|no show|noshow|did not take place|missed|deleted"
    "|annule|annulee|refuse|refusee|cancelado|cancelada|rechazado|rechazada|anulado|anulada"
    "|abgesagt|abgelehnt|storniert|ausgefallen"
)
HELD = words_of(
    "held|completed|complete|done|took place|confirmed|attended|met|closed|finished"
    "|terminee|termine|effectuee|realisee|realise|tenue|confirmee|confirme|realizada|realizado"
    "|completada|completado|celebrada|confirmada|confirmado"
    "|abgeschlossen|stattgefunden|durchgefuhrt|erledigt|bestatigt"
)
PLANNED = words_of(
    "planned|scheduled|proposed|booked|upcoming|requested|pending|open|active|matched|accepted"
    "|new|draft|in progress|prevue|prevu|planifiee|planifie|en attente|en cours|demandee|actif"
    "|prevista|previsto|planificada|programada|pendiente|en curso|activo|activa|solicitada"
    "|geplant|vereinbart|angefragt|offen|aktiv|laufend"
)
