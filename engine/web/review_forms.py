"""What learner and reviewer type: read, handed on, and what is refused said at its field."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from engine.db import transaction
from engine.errors import Refused
from engine.people import service as people
from engine.reviews import dialogue, requests
from engine.reviews.dialogue import ACCEPTED, COMMENTED, REJECTED
from engine.reviews.models import LONGEST_QUESTION
from engine.sources import decisions
from engine.web import words
from engine.web.learner_forms import Form
from engine.web.learner_reader import Reader

ASK = ("reviewer", "question")
ANSWER = ("message", "answer", "level")
LONGEST_ADDRESS = 320

_TOLD = {
    ACCEPTED: "You accepted it. That counts, until you change it or take it back.",
    COMMENTED: "Your question is kept.",
    REJECTED: "You did not accept it. Your reason is kept with it.",
}


def ask(form: Form, reader: Reader, sid: uuid.UUID) -> str:
    """Ask somebody to look at an item; what to tell her, empty when something is wrong."""
    email, question = form.text("reviewer"), words.clean(form.text("question"), 10_000)
    if not email or len(email) > LONGEST_ADDRESS or not email.isprintable():
        form.errors["reviewer"] = "Write the email address of one person, like name@example.org."
    if len(question) > LONGEST_QUESTION:
        form.errors["question"] = (
            f"This has {len(question)} letters. Say it in {LONGEST_QUESTION} or fewer."
        )
    if form.errors:
        return ""
    root = decisions.root_of(reader.who, sid)

    def asked() -> None:
        with transaction():
            requests.ask(reader.who, email, root, question)

    _at_its_field(form, asked, ASK)
    return "" if form.errors else f"{_name(email)} can see this line now, and nothing else of you."


def _name(email: str) -> str:
    return words.clean(people.get_person(email).name)


def answer(form: Form, reader: Reader, number: int) -> str:
    """Accept, ask or reject; what to tell her, empty when something is wrong."""
    chosen, message = form.text("answer"), form.text("message")
    if chosen not in _TOLD:
        form.errors["answer"] = "Choose one of the answers."
        return ""

    def said() -> None:
        if chosen == COMMENTED:
            dialogue.comment(reader.who, number, message)
        else:
            dialogue.judge(reader.who, number, chosen, message, _level(form, chosen))

    _at_its_field(form, said, ANSWER)
    return "" if form.errors else _TOLD[chosen]


def _level(form: Form, chosen: str) -> int | None:
    """The level of the list, which only an acceptance has; 0 is none there is."""
    typed = form.text("level") if chosen == ACCEPTED else ""
    if not typed:
        return None
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0


def reply(form: Form, reader: Reader, number: int) -> str:
    """Answer the reviewer; what to tell her, empty when something is wrong."""
    field = f"reply-{number}"
    _at_its_field(form, lambda: dialogue.reply(reader.who, number, form.text(field)), (field,))
    return "" if form.errors else "Your answer is kept."


def _at_its_field(form: Form, act: Callable[[], None], fields: Sequence[str]) -> None:
    """Do it; what is refused is said at the field that is meant, at the first if at none of them.

    What is not there, not hers to do or outdated has no field, and is refused as a page.
    """
    try:
        act()
    except Refused as refusal:
        if type(refusal) is not Refused:
            raise
        field = refusal.where if refusal.where in fields else fields[0]
        form.errors[field] = f"{refusal.why} {refusal.mend}"
