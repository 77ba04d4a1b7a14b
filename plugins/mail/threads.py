"""From the mails of a list to what their senders did: who began a thread and who answered."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from typing import Any
from urllib.parse import quote

from engine.api import Activity, BadReport, Failed, ItemRef, Skipped, Thing
from plugins.mail.bodies import first_words
from plugins.mail.boxes import Mailed
from plugins.mail.headers import (
    Subject,
    answered,
    message_id,
    sender,
    sent_at,
    subject_of,
    text_of,
)

SAME_THREAD = timedelta(days=30)
"""How long after the last mail "Re: X" still belongs to the thread X, when no id says so."""

_DIGEST = re.compile(r"\bdigest,? (?:vol|number|issue)\b", re.IGNORECASE)
_ROBOT = re.compile(r"^(?:mailer-daemon|postmaster|no-?reply|.*-(?:bounces|request|owner))@", re.I)
_RECEIVER = re.compile(r"[^\s<>:,;\"()]+(?:@| at )[^\s<>:,;\"()]+|(?<=<)[^\s<>]+(?=>)")
_WEB = re.compile(r"<?(https?://[^\s<>]{1,1900})>?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail whose headers were read: its place, key, thread and time."""

    mailed: Mailed
    id: str
    subject: Subject
    at: datetime | None
    answers: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"message:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingList:
    """The list that is read: its address, and where HyperKitty shows it, if it does."""

    address: str
    archive: str

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> MailingList:
        url = (settings.get("url") or "").rstrip("/")
        archive = url if "/hyperkitty/" in url else ""
        return cls(address=settings["address"].strip().lower(), archive=archive)

    def read(self, mails: Iterable[Mailed]) -> Iterator[Activity | Skipped | Failed]:
        """One outcome for each mail; a mail that is there twice counts once.

        :raises BadReport: not one was sent to the list: this is another list, or it has moved.
        """
        letters = [letter_of(mailed) for mailed in mails]
        if not any(self.is_addressed(letter.mailed.message) for letter in letters):
            raise BadReport(
                f"None of the {len(letters)} mails was sent to {self.address}; most went to "
                f"{_receiver(letters)}.",
                "Look at the headers To and List-Id of a mail, and correct the address of the list "
                "in the settings of this source.",
            )
        roots = roots_of(letters)
        seen: set[str] = set()
        for letter in letters:
            row = letter.mailed.row
            if why := self.left_out(letter.mailed.message):
                yield Skipped(row=row, why=why)
            elif letter.key in seen:
                yield Skipped(row=row, why="The same mail stands above.")
            elif letter.at is None:
                yield Failed(
                    row=row,
                    why="The mail has no date that can be read.",
                    mend="Correct its line Date:, as in Tue, 8 Sep 2026 15:01:00 +0000.",
                )
            else:
                seen.add(letter.key)
                yield self.activity(letter, roots[letter.id], letter.at)

    def left_out(self, message: Message) -> str | None:
        """Why a mail is rightly no activity, or None."""
        if text_of(message, "X-No-Archive").lower() == "yes":
            return "Its sender asked not to be archived."
        if text_of(message, "Auto-Submitted").lower() not in ("", "no"):
            return "A program sent it."
        if _is_digest(message):
            return "A digest of other mails."
        author = sender(message, self.address)
        if _ROBOT.search(author.email or ""):
            return "A program sent it."
        if not (author.email or author.name):
            return "It names no sender."
        return None if self.is_addressed(message) else "It was not sent to the list."

    def is_addressed(self, message: Message) -> bool:
        """Whether it went to the list; archives that leave out the receivers hold nothing else."""
        named = [text_of(message, name) for name in ("To", "Cc", "List-Post", "List-Id")]
        if not any(named):
            return True
        written = " ".join(named).lower().replace(" at ", "@").replace("(a)", "@")
        dotted = self.address.replace("@", ".")  # the form of List-Id, RFC 2919
        return self.address in written or dotted in written

    def activity(self, letter: Letter, root: str, at: datetime) -> Activity:
        message, is_start = letter.mailed.message, root == letter.id
        thread = Thing(
            url=self.address_of(root), title=letter.subject.title or None, type="discussion"
        )
        return Activity(
            rows=(letter.mailed.row,),
            keys=(letter.key,),
            actor=sender(message, self.address),
            verb="created" if is_start else "replied",
            type="discussion" if is_start else "forum-reply",
            url=self.address_of(letter.id, message),
            title=letter.subject.title or None,
            at=at,
            within=None if is_start else ItemRef(f"message:{root}"),
            parent=None if is_start else thread,
            community=self.community(message),
            excerpt=first_words(message) or None,
        )

    def community(self, message: Message) -> Thing:
        named = text_of(message, "List-Id").partition("<")[0].strip(' "')
        return Thing(url=f"mailto:{self.address}", title=named or self.address, type="community")

    def address_of(self, written: str, message: Message | None = None) -> str:
        """Where a mail can be read: in HyperKitty, which names it by its id, else by the id alone.

        An address that the archive wrote into the mail (RFC 5064) stands where there is no better.
        """
        if self.archive:
            digest = hashlib.sha1(written.encode(), usedforsecurity=False).digest()
            return f"{self.archive}/message/{base64.b32encode(digest).decode()}/"
        said = _WEB.search(text_of(message, "Archived-At")) if message else None
        return said[1] if said else f"mid:{quote(written, safe='@.+-_=')}"  # RFC 2392


def letter_of(mailed: Mailed) -> Letter:
    """The headers of a mail; one without an id is known by who wrote what when."""
    message, subject = mailed.message, subject_of(mailed.message)
    at = sent_at(message, mailed.envelope)
    own = message_id(message)
    if not own:
        told = "\n".join(text_of(message, name) for name in ("From", "Date", "Subject"))
        own = f"{hashlib.sha256(told.encode()).hexdigest()[:32]}@without-id.invalid"
    others = tuple(one for one in answered(message) if one != own)
    return Letter(mailed=mailed, id=own, subject=subject, at=at, answers=others)


def roots_of(letters: list[Letter]) -> dict[str, str]:
    """The first mail of each mail's thread, by id.

    The ids of `References` decide. Where a host strips them, "Re: X" belongs to the mails called X
    of the last 30 days; and where none is there, to a first mail that is not in this archive.
    """
    roots: dict[str, str] = {}
    latest: dict[str, tuple[datetime, str]] = {}
    timed = [letter for letter in letters if letter.at is not None]
    for letter in sorted(timed, key=lambda one: (one.at, one.mailed.row)):
        assert letter.at is not None
        titled = latest.get(letter.subject.compared)
        if letter.answers:
            first = letter.answers[0]
            root = roots.get(letter.answers[-1], roots.get(first, first))
        elif not letter.subject.is_reply:
            root = letter.id
        elif titled and letter.at - titled[0] <= SAME_THREAD:
            root = titled[1]
        else:
            root = f"{_slug(letter.subject)}@unknown.invalid"
        roots.setdefault(letter.id, root)
        latest[letter.subject.compared] = (letter.at, root)
    return roots


def _receiver(letters: list[Letter]) -> str:
    """Where most of the mails went: the list as it names itself, else the first receiver."""
    named = Counter(
        found[0][-200:]
        for letter in letters
        for header in ("List-Post", "To", "List-Id")
        if (found := _RECEIVER.search(text_of(letter.mailed.message, header).lower()))
    )
    return named.most_common(1)[0][0] if named else "nobody who is named"


def _slug(subject: Subject) -> str:
    return hashlib.sha256(subject.compared.encode()).hexdigest()[:32]


def _is_digest(message: Message) -> bool:
    """Whether the list's own program gathered mails in it; who answers a digest writes a mail."""
    named = _DIGEST.search(text_of(message, "Subject"))
    return message.get_content_type() == "multipart/digest" or bool(
        named and not subject_of(message).is_reply
    )
