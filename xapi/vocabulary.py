"""The verbs, activity types and extensions Byway writes and recognises, named once.

IRIs are those of the public profiles (adlnet/xapi-authored-profiles, and the Total Learning
Architecture's); what they have no word for is defined in Byway's own profile (`xapi.profile`).
Aliases are spellings seen in the wild for the same meaning.
"""

from __future__ import annotations

from dataclasses import dataclass

_ADL = "http://adlnet.gov/expapi/"
_STREAMS = "http://activitystrea.ms/"
_TINCAN = "http://id.tincanapi.com/"
_ACROSSX = "https://w3id.org/xapi/acrossx/"
_TLA = "https://w3id.org/xapi/tla/"
BYWAY = "https://w3id.org/byway/"


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb: its IRI, how it reads in three languages, and the IRIs that mean the same."""

    iri: str
    en: str
    fr: str
    es: str
    aliases: tuple[str, ...] = ()

    @property
    def display(self) -> dict[str, str]:
        """The verb as an xAPI language map."""
        return {"en": self.en, "fr": self.fr, "es": self.es}


VERBS: dict[str, Verb] = {
    "registered": Verb(
        _ADL + "verbs/registered", "registered for", "s'est inscrit à", "se inscribió en"
    ),
    "unregistered": Verb(
        _TINCAN + "verb/unregistered",
        "cancelled the registration for",
        "s'est désinscrit de",
        "canceló su inscripción en",
    ),
    "planned-to-attend": Verb(
        _STREAMS + "rsvp-yes",
        "planned to attend",
        "a prévu d'assister à",
        "tenía previsto asistir a",
        (_STREAMS + "schema/1.0/rsvp-yes",),
    ),
    "attended": Verb(
        _ADL + "verbs/attended",
        "attended",
        "a assisté à",
        "asistió a",
        (_STREAMS + "attend", _STREAMS + "schema/1.0/attend", _TLA + "verbs/attended"),
    ),
    "joined": Verb(
        _STREAMS + "join", "joined", "a rejoint", "se unió a", (_STREAMS + "schema/1.0/join",)
    ),
    "mentioned": Verb(_TINCAN + "verb/mentioned", "mentioned", "a mentionné", "mencionó"),
    "hosted": Verb(
        _STREAMS + "host", "hosted", "a animé", "organizó", (_STREAMS + "schema/1.0/host",)
    ),
    "presented": Verb(
        _STREAMS + "present",
        "presented",
        "a présenté",
        "presentó",
        (_STREAMS + "schema/1.0/present",),
    ),
    "asked": Verb(_ADL + "verbs/asked", "asked", "a demandé", "preguntó"),
    "answered": Verb(_ADL + "verbs/answered", "answered", "a répondu à", "respondió a"),
    "created": Verb(
        _STREAMS + "create",
        "started",
        "a lancé",
        "inició",
        (_STREAMS + "schema/1.0/create", _ACROSSX + "verbs/posted"),
    ),
    "replied": Verb(_TINCAN + "verb/replied", "replied in", "a répondu dans", "respondió en"),
    "authored": Verb(
        _STREAMS + "author",
        "wrote",
        "a écrit",
        "escribió",
        (_STREAMS + "schema/1.0/author", _STREAMS + "post", _STREAMS + "schema/1.0/post"),
    ),
    "commented": Verb(_ADL + "verbs/commented", "commented on", "a commenté", "comentó"),
    "liked": Verb(
        _ACROSSX + "verbs/liked",
        "liked",
        "a aimé",
        "marcó que le gusta",
        (_STREAMS + "like", _STREAMS + "schema/1.0/like", _STREAMS + "favorite"),
    ),
    "voted-down": Verb(
        _TINCAN + "verb/voted-down", "voted against", "a voté contre", "votó contra"
    ),
    "won": Verb(_STREAMS + "win", "won", "a gagné", "ganó", (_STREAMS + "schema/1.0/win",)),
    "planned": Verb(_TLA + "verbs/planned", "planned", "a prévu", "planeó"),
    "voted-up": Verb(_TINCAN + "verb/voted-up", "voted for", "a voté pour", "votó por"),
    "accepted": Verb(
        _STREAMS + "accept",
        "accepted",
        "a accepté",
        "aceptó",
        (_STREAMS + "approve", _STREAMS + "schema/1.0/accept", _STREAMS + "schema/1.0/approve"),
    ),
    "rejected": Verb(
        _STREAMS + "reject",
        "rejected",
        "a rejeté",
        "rechazó",
        (_STREAMS + "deny", _STREAMS + "schema/1.0/reject", _STREAMS + "schema/1.0/deny"),
    ),
    "shared": Verb(
        _ADL + "verbs/shared",
        "shared",
        "a partagé",
        "compartió",
        (_STREAMS + "share", _STREAMS + "schema/1.0/share"),
    ),
    "edited": Verb(
        _ACROSSX + "verbs/edited",
        "edited",
        "a modifié",
        "editó",
        (_STREAMS + "update", _STREAMS + "schema/1.0/update"),
    ),
    "submitted": Verb(
        _STREAMS + "submit",
        "submitted",
        "a proposé",
        "presentó",
        (_STREAMS + "schema/1.0/submit",),
    ),
    "bookmarked": Verb(
        _TINCAN + "verb/bookmarked",
        "kept",
        "a gardé",
        "guardó",
        (_STREAMS + "save", _STREAMS + "schema/1.0/save"),
    ),
    "reviewed": Verb(_TINCAN + "verb/reviewed", "reviewed", "a relu", "revisó"),
    "earned": Verb(_TINCAN + "verb/earned", "earned", "a obtenu", "obtuvo"),
    "requested": Verb(
        _STREAMS + "request",
        "asked for",
        "a demandé",
        "solicitó",
        (_STREAMS + "schema/1.0/request",),
    ),
    "backed": Verb(
        _STREAMS + "sponsor",
        "backed",
        "a soutenu",
        "apoyó",
        (_STREAMS + "schema/1.0/sponsor", _STREAMS + "give"),
    ),
    "read": Verb(
        _STREAMS + "read",
        "read",
        "a lu",
        "leyó",
        (_STREAMS + "schema/1.0/read", _ADL + "verbs/experienced", _TINCAN + "verb/viewed"),
    ),
    "watched": Verb(
        _ACROSSX + "verbs/watched",
        "watched",
        "a regardé",
        "vio",
        (_STREAMS + "watch", _STREAMS + "schema/1.0/watch"),
    ),
    "listened": Verb(
        _STREAMS + "listen",
        "listened to",
        "a écouté",
        "escuchó",
        (_STREAMS + "schema/1.0/listen",),
    ),
    "discussed": Verb(
        BYWAY + "verbs/discussed",
        "talked about",
        "a discuté de",
        "conversó sobre",
        (_TINCAN + "verb/discussed",),
    ),
    "mentored": Verb(_TINCAN + "verb/mentored", "mentored", "a accompagné", "acompañó"),
    "completed": Verb(
        _ADL + "verbs/completed",
        "completed",
        "a terminé",
        "completó",
        (_STREAMS + "complete", _STREAMS + "schema/1.0/complete"),
    ),
    "verified": Verb(_TLA + "verbs/verified", "confirmed", "a confirmé", "confirmó"),
    "rated": Verb(_TINCAN + "verb/rated", "rated", "a évalué", "valoró"),
    "disagreed": Verb(
        _STREAMS + "disagree", "disagreed with", "a contesté", "no estuvo de acuerdo con"
    ),
    "asserted": Verb(
        _TLA + "verbs/asserted", "changed level in", "a changé de niveau en", "cambió de nivel en"
    ),
    "conferred": Verb(
        _TLA + "verbs/conferred",
        "confirmed a level of",
        "a confirmé un niveau de",
        "confirmó un nivel de",
    ),
    "voided": Verb(_ADL + "verbs/voided", "voided", "a annulé", "anuló"),
}

TYPES: dict[str, str] = {
    "webinar": _TINCAN + "activitytype/webinar",
    "meeting": _ADL + "activities/meeting",
    "conference": _TINCAN + "activitytype/conference",
    "conference-session": _TINCAN + "activitytype/conference-session",
    "event": _STREAMS + "event",
    "question": _ADL + "activities/question",
    "discussion": _TINCAN + "activitytype/discussion",
    "forum-topic": _TINCAN + "activitytype/forum-topic",
    "forum-reply": _TINCAN + "activitytype/forum-reply",
    "community": _TINCAN + "activitytype/community-site",
    "article": _STREAMS + "article",
    "blog": _TINCAN + "activitytype/blog",
    "comment": _STREAMS + "comment",
    "message": _ACROSSX + "activities/message",
    "email": _TINCAN + "activitytype/email",
    "note": _STREAMS + "note",
    "status-update": _TINCAN + "activitytype/status-update",
    "book": _TINCAN + "activitytype/book",
    "document": _TINCAN + "activitytype/document",
    "report": _TINCAN + "activitytype/research-report",
    "slide-deck": _TINCAN + "activitytype/slide-deck",
    "bookmark": _STREAMS + "bookmark",
    "page": _ACROSSX + "activities/page",
    "code-commit": _TINCAN + "activitytype/code-commit",
    "issue": _STREAMS + "issue",
    "review": _STREAMS + "review",
    "project": _TINCAN + "activitytype/project",
    "idea": _TINCAN + "activitytype/suggestion",
    "badge": _STREAMS + "badge",
    "certificate": "https://www.opigno.org/en/tincan_registry/activity_type/certificate",
    "course": _ADL + "activities/course",
    "webpage": _ACROSSX + "activities/webpage",
    "video": "https://w3id.org/xapi/video/activity-type/video",
    "audio": _STREAMS + "audio",
    "conversation": _ACROSSX + "activities/face-to-face-discussion",
    "lunch-and-learn": BYWAY + "activity-types/lunch-and-learn",
    "committee": BYWAY + "activity-types/committee",
    "job-shadowing": BYWAY + "activity-types/job-shadowing",
    "mentoring": _TINCAN + "activitytype/tutor-session",
    "reading": _STREAMS + "article",
    "series": BYWAY + "activity-types/series",
    "other": BYWAY + "activity-types/informal-learning",
    "competency": _TLA + "activity-types/competency",
}

VOIDED = VERBS["voided"].iri
COMPETENCY = TYPES["competency"]


TYPE_ALIASES: dict[str, str] = {
    _STREAMS + "schema/1.0/article": TYPES["article"],
    _STREAMS + "schema/1.0/audio": TYPES["audio"],
    _STREAMS + "schema/1.0/badge": TYPES["badge"],
    _STREAMS + "schema/1.0/bookmark": TYPES["bookmark"],
    _STREAMS + "schema/1.0/comment": TYPES["comment"],
    _STREAMS + "schema/1.0/event": TYPES["event"],
    _STREAMS + "schema/1.0/issue": TYPES["issue"],
    _STREAMS + "schema/1.0/page": TYPES["page"],
    _STREAMS + "page": TYPES["page"],
    _STREAMS + "schema/1.0/review": TYPES["review"],
    _STREAMS + "schema/1.0/video": TYPES["video"],
    _STREAMS + "video": TYPES["video"],
    _ACROSSX + "activities/video": TYPES["video"],
    _ACROSSX + "activities/online-discussion": TYPES["discussion"],
    _TINCAN + "activitytype/chat-message": TYPES["message"],
    _STREAMS + "group": TYPES["community"],
    _STREAMS + "schema/1.0/group": TYPES["community"],
}
"""Every other spelling of an activity type -> the IRI Byway speaks of it under."""


class Extension:
    """The extension IRIs Byway writes into its own statements."""

    TAGS = BYWAY + "ext/tags"
    REPLACES = BYWAY + "ext/replaces"
    CORRECTED_BY = BYWAY + "ext/corrected-by"
    NAMED = BYWAY + "ext/named"
    LEVEL = BYWAY + "ext/level"
    RULESET = BYWAY + "ext/ruleset"
    AS_OF = BYWAY + "ext/as-of"


ALIASES: dict[str, str] = {alias: verb.iri for verb in VERBS.values() for alias in verb.aliases}
"""Every other spelling of a verb -> the IRI Byway counts it under."""
