"""The words of Teams' reports that are needed where shape alone does not decide.

Headings without accents and in small letters, in English, French, Spanish, German, Portuguese,
Italian and Dutch.
"""

from __future__ import annotations

import unicodedata
from datetime import timedelta

from engine.api import BadCell

COLUMNS = {
    "name": (
        "name", "full name", "nom", "nom complet", "nombre", "nombre completo",
        "vollstandiger name", "nome", "nome completo", "naam", "volledige naam",
    ),
    "join": (
        "first join", "join time", "first join time", "premiere connexion",
        "premiere participation",
        "heure d'arrivee", "heure de connexion", "primera entrada", "primera vez que se unio",
        "hora de union", "hora de entrada", "erster beitritt", "beitrittszeit", "beitreten",
        "primeira entrada", "primeiro ingresso", "horario de entrada", "prima partecipazione",
        "primo accesso", "ora di accesso", "eerste deelname", "tijdstip van deelname",
    ),
    "leave": (
        "last leave", "leave time", "last leave time", "derniere deconnexion", "dernier depart",
        "heure de depart", "heure de deconnexion", "ultima salida", "hora de salida",
        "letztes verlassen", "verlassenszeit", "verlassen", "ultima saida", "horario de saida",
        "ultima uscita", "ultimo abbandono", "ora di uscita", "laatste vertrek",
        "tijdstip van vertrek",
    ),
    "length": (
        "in-meeting duration", "duration", "duree de la reunion", "duree", "duracion de la reunion",
        "duracion", "dauer der besprechung", "besprechungsdauer", "dauer", "duracao da reuniao",
        "duracao na reuniao", "duracao", "durata della riunione", "durata", "vergaderduur", "duur",
    ),
    "email": (
        "email", "e-mail", "adresse e-mail", "e-mail-adresse", "correo electronico", "correo",
        "posta elettronica", "e-mailadres", "courrier",
    ),
    "role": ("role", "rolle", "rol", "funcao", "ruolo", "funcion"),
}  # fmt: skip
ACTION = (
    "user action", "action de l'utilisateur", "action utilisateur", "accion del usuario",
    "accion de usuario", "benutzeraktion", "acao do usuario", "acao do utilizador",
    "azione utente", "azione dell'utente", "gebruikersactie",
    "atividade", "atividade do usuario",
)  # fmt: skip
JOINED = (
    "joined", "joined before", "a rejoint", "rejoint", "a rejoint avant", "se unio", "unido",
    "se unio antes", "se ha unido", "beigetreten", "ist beigetreten", "vorher beigetreten",
    "bereits beigetreten", "ingressou", "ingressou antes", "entrou", "aderiu", "ha partecipato",
    "partecipazione", "deelgenomen", "neemt deel",
)  # fmt: skip
LEFT = (
    "left", "a quitte", "quitte", "parti", "est parti", "salio", "abandono", "ha salido", "se fue",
    "verlassen", "hat verlassen", "saiu", "ha abbandonato", "uscita", "verlaten", "vertrokken",
)  # fmt: skip
_UNITS = {
    "h": timedelta(hours=1), "st": timedelta(hours=1), "u": timedelta(hours=1),
    "o": timedelta(hours=1), "t": timedelta(hours=1), "m": timedelta(minutes=1),
    "s": timedelta(seconds=1), "d": timedelta(days=1), "j": timedelta(days=1),
}  # fmt: skip


def plain(written: str) -> str:
    """A heading in small letters, without accents and with straight apostrophes."""
    parts = unicodedata.normalize("NFD", written.replace("\u2019", "'").casefold())
    return " ".join("".join(one for one in parts if not unicodedata.combining(one)).split())


def joins(written: str) -> bool:
    """Whether an action is a joining.

    :raises BadCell: it is neither a joining nor a leaving that is known.
    """
    action = plain(written)
    if action in JOINED or action in LEFT:
        return action in JOINED
    raise BadCell(
        f"“{written[:60]}” is neither Joined nor Left.",
        "Download the report again with Teams set to English, French, Spanish or German.",
    )


def unit(written: str) -> timedelta | None:
    """The length that a unit of time means, by how it begins: h, Std., min, Sek."""
    name = plain(written)
    return _UNITS.get(name[:2]) or _UNITS.get(name[:1])
