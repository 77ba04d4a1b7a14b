"""What attendance sheets call their columns, roles and marks, in four languages."""

from __future__ import annotations

from engine.api import Shape
from plugins.attendance.rows import ALSO_NAME, NAME, PERSON, words_of

EVENT = (
    *("event name", "event title", "event", "webinar", "webinar name", "webinar title"),
    *("meeting", "meeting name", "meeting title", "conference", "conference name"),
    *("course name", "course title", "course", "training", "training title", "certificate title"),
    *("badge template name", "badge", "program", "programme", "title", "subject"),
    *("nom de l'événement", "nom de l’événement", "titre de l'événement", "événement"),
    *("evenement", "conférence", "formation", "titre", "webinaire", "réunion", "activité"),
    *("nombre del evento", "título del evento", "evento", "conferencia", "curso", "jornada"),
    *("título", "titulo", "reunión", "actividad", "formación"),
    *("name der veranstaltung", "veranstaltungstitel", "veranstaltung", "konferenz", "tagung"),
    *("kurs", "schulung", "seminar", "titel", "fortbildung"),
)
ADDRESSED = words_of(
    "mr|mrs|ms|miss|mx|dr|prof|professor|sir|rev|m|mme|mlle|monsieur|madame|sr|sra|srta|señor|"
    "señora|herr|frau|bro|sis"
)
"""How people are addressed, which no event is called."""
SESSION = (
    *("session title", "session name", "session", "talk", "workshop", "breakout", "topic"),
    *("séance", "seance", "atelier", "exposé", "intervention", "sujet"),
    *("sesión", "sesion", "taller", "charla", "ponencia", "tema"),
    *("sitzung", "vortrag", "thema", "arbeitsgruppe"),
)
DATE = (
    *("date", "event date", "session date", "day", "date attended", "attendance date"),
    *("event start date", "meeting date", "date of event", "conference date"),
    *("date de l'événement", "date de l’événement", "jour", "date de la séance"),
    *("fecha", "fecha del evento", "día", "dia", "fecha de asistencia"),
    *("datum", "tag", "veranstaltungsdatum", "termin"),
)
START = (
    *("start", "start time", "starts", "begin", "started", "event start time", "event start"),
    *("time", "timestamp", "début", "heure de début", "heure", "horodateur"),
    *("inicio", "hora de inicio", "hora", "marca temporal"),
    *("beginn", "uhrzeit", "anfang", "von", "zeitstempel"),
)
ARRIVED = (
    *("time in", "sign in", "sign-in", "sign in time", "sign-in time", "arrival", "arrival time"),
    *("check-in time", "check in time", "checkintime", "check-in date", "checked in at"),
    *("checked_in_at", "checked-in at", "checked in on", "join time", "heure d'arrivée"),
    *("heure d’arrivée", "arrivée", "entrada", "hora de entrada", "ankunft"),
)
"""When somebody came: beside others who have it, a row without it is of one who did not."""
END = (
    *("end", "end time", "ends", "ended", "event end time", "event end", "time out"),
    *("sign out", "sign-out", "sign out time", "sign-out time", "departure", "leave time"),
    *("fin", "heure de fin", "heure de départ", "départ", "hora de fin", "salida"),
    *("hora de salida", "ende", "bis", "abreise"),
)
DURATION = (
    *("duration", "length", "time attended", "minutes", "duration (minutes)", "minutes attended"),
    *("durée", "duree", "durée (minutes)", "duración", "duracion", "duración (minutos)"),
    *("minutos", "dauer", "dauer (minuten)", "minuten"),
)
HOURS = (
    *("hours", "hours attended", "contact hours", "duration (hours)", "heures", "nombre d'heures"),
    *("durée (heures)", "horas", "duración (horas)", "stunden", "dauer (stunden)"),
)
STATUS = (
    *("attended", "attendance", "attendance status", "attendee status", "present", "presence"),
    *("checked in", "check-in", "checked-in", "check in", "status", "showed up", "was present"),
    *("participation", "présence", "présent", "présent(e)", "a assisté", "statut"),
    *("asistencia", "asistió", "asistio", "presente", "estado"),
    *("anwesend", "anwesenheit", "teilgenommen", "teilnahme"),
)
ABSENT = (
    *("no-show", "no show", "noshow", "absent", "absence", "ausente", "abwesend"),
    *("nicht erschienen", "no asistió"),
)
REGISTERED = (
    *("registered on", "registration date", "registration time", "registered at", "order date"),
    *("rsvp", "rsvped on", "date d'inscription", "inscrit le", "fecha de inscripción"),
    *("fecha de registro", "anmeldedatum", "angemeldet am"),
)
ISSUED = (
    *("issued", "issued on", "issued at", "issue date", "date issued", "certificate date"),
    *("certificate issued", "completion date", "date completed", "completed on", "completed at"),
    *("date earned", "earned on", "awarded on", "date awarded", "date of completion"),
    *("délivré le", "date de délivrance", "date d'obtention", "obtenu le", "date de fin"),
    *("fecha de emisión", "fecha de expedición", "expedido el", "fecha de finalización"),
    *("ausgestellt am", "ausstellungsdatum", "abschlussdatum", "abgeschlossen am"),
)
CERTIFICATE = (
    *("certificate number", "certificate id", "certificate no", "certificate no.", "certificate"),
    *("credential id", "certificate code", "numéro de certificat", "certificat", "attestation"),
    *("número de certificado", "certificado", "diploma", "zertifikat", "zertifikatsnummer"),
    *("teilnahmebescheinigung", "bescheinigung"),
)
COLUMNS: dict[str, tuple[str, ...]] = {
    **PERSON,
    "event": EVENT,
    "session": SESSION,
    "number": ("event id", "session id", "event code", "session code", "course id", "code"),
    "date": DATE,
    "start": START,
    "arrived": ARRIVED,
    "end": END,
    "duration": DURATION,
    "hours": HOURS,
    "status": STATUS,
    "absent": ABSENT,
    "registered": REGISTERED,
    "role": (
        *("role", "attendee type", "participant type", "ticket type", "type of attendance"),
        *("rôle", "fonction", "qualité", "rol", "función", "rolle", "funktion"),
    ),
    "issued": ISSUED,
    "certificate": CERTIFICATE,
    "url": (
        *("url", "link", "event url", "event link", "web page", "lien", "enlace", "webseite"),
        *("certificate url", "credential url"),
    ),
    "type": ("event type", "format", "type", "type d'événement", "tipo de evento", "art"),
    "tags": ("tags", "category", "categories", "keywords", "catégorie", "mots-clés",
             "categoría", "etiquetas", "kategorie", "schlagwörter"),
}  # fmt: skip

_WIDE = {**COLUMNS, "name": (*NAME, *ALSO_NAME)}
SHAPES = (
    Shape(name="attendance", columns=_WIDE, required=("email",)),
    Shape(name="attendance", columns=COLUMNS, required=("name",)),
    Shape(name="attendance", columns=COLUMNS, required=("last",)),
    *(
        Shape(name="attendance", columns=_WIDE, required=("name", other))
        for other in ("date", "start", "arrived", "end", "duration", "issued", "first")
    ),
)
"""A row of data may hold words such as "Participant" and "Present": they alone are no header."""

CAME = words_of(
    "yes|y|true|1|x|✓|✔|☑|present|attended|checked in|check in|here|came|completed|complete|passed"
    "|oui|o|vrai|presente|a assiste|venu|venue|present(e|termine|reussi"
    "|si|s|asistio|verdadero|aprobado|completado|asistencia"
    "|ja|j|wahr|anwesend|teilgenommen|erschienen|abgeschlossen|bestanden"
    "|late|arrived late|left early|partial|partially attended|online|in person|remote|virtual"
    "|en ligne|en personne|a distance|en linea|presencial|vor ort|verspatet|en retard"
)
DID_NOT = words_of(
    "no|n|false|0|absent|no show|noshow|did not attend|not attending|not present|not checked in"
    "|cancelled|canceled|declined|deleted|excused|regrets|withdrawn|refunded|transferred"
    "|registered|attending|confirmed|invited|pending|waitlisted|waiting list|waitlist|rsvp"
    "|in progress|not started|enrolled|failed|incomplete"
    "|non|absente|absent(e|excuse|excusee|annule|inscrit|inscrite|invite|en attente|faux"
    "|no asistio|ausente|cancelado|inscrito|inscrita|registrado|pendiente|falso|excusado"
    "|nein|abwesend|nicht erschienen|nicht anwesend|entschuldigt|abgesagt|angemeldet|falsch"
    "|storniert|warteliste|eingeladen"
)

NO = words_of("no|non|nein|false|falso|faux|falsch|0|n")

GENERAL = words_of(
    "sign in sheet|sign in|attendance|attendance list|attendance sheet|attendance report|attendees"
    "|participants|list of participants|certificates|feuille de presence|liste de presence"
    "|feuille d'emargement|lista de asistencia|hoja de asistencia|asistentes|participantes"
    "|anwesenheitsliste|teilnehmerliste|teilnehmer|teilnehmende|details|summary"
)
"""Headings over a table that do not say which event it is about."""

ROLES = {
    "attended": words_of(
        "attendee|participant|delegate|guest|member|student|learner|visitor|audience|public"
        "|general|general admission|regular|standard|staff|volunteer|observer|exhibitor|sponsor"
        "|participante|asistente|oyente|invitado|invitada|alumno|alumna"
        "|participante|auditeur|auditrice|invite|invitee|stagiaire|delegue|deleguee|benevole"
        "|teilnehmer|teilnehmerin|teilnehmer/in|teilnehmer:in|teilnehmende|gast|zuhorer|zuhorerin"
        "|free|paid|early bird|vip|press|media|virtual|in person|online"
    ),
    "presented": words_of(
        "speaker|presenter|panelist|panellist|trainer|instructor|lecturer|keynote|keynote speaker"
        "|facilitator|teacher|guest speaker|workshop leader"
        "|intervenant|intervenante|conferencier|conferenciere|orateur|oratrice|formateur"
        "|formatrice|panéliste|animateur|animatrice"
        "|ponente|orador|oradora|conferenciante|panelista|instructor|instructora|formador"
        "|formadora|facilitador|facilitadora|docente"
        "|referent|referentin|vortragender|vortragende|redner|rednerin|sprecher|sprecherin"
        "|dozent|dozentin|trainerin"
    ),
    "hosted": words_of(
        "organiser|organizer|host|chair|moderator|convener|convenor|co host|co organizer"
        "|co organiser|coordinator|organisateur|organisatrice|hote|president de seance"
        "|moderateur|moderatrice|coordonnateur|coordonnatrice|coordinateur|coordinatrice"
        "|organizador|organizadora|anfitrion|anfitriona|moderador|moderadora|coordinador"
        "|coordinadora|veranstalter|veranstalterin|organisator|organisatorin|gastgeber"
        "|gastgeberin|moderatorin|leiter|leiterin|leitung|tagungsleitung"
    ),
}
"""The weakest first: who stands in several rows has the strongest."""

TYPES = {
    "webinar": words_of("webinar|webinaire|online|webcast|virtual"),
    "conference": words_of("conference|conferencia|konferenz|tagung|congreso|congress|summit"),
    "meeting": words_of("meeting|reunion|treffen|sitzung|besprechung"),
    "lunch-and-learn": words_of("lunch and learn|lunch & learn|brown bag|lunch talk"),
}
