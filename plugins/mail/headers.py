"""The headers of mails as programs of thirty years wrote them: who, when, what, and the ids."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from engine.api import Actor, BadCell, read_email

_OBFUSCATED = re.compile(r"(?<=[\w.+-])\s*(?: at |\(at\)|\(a\)|\[at\]|_at_| en )\s*(?=[\w-])", re.I)
# As Mailman writes senders: bo at example.org (Bo Lund). The name may hold an "@".
_MAILMANS = re.compile(r"^([^\s<>()@]+) at ([^\s<>()@]+\.[^\s<>()@]+)(?=\s*(?:\(|$))")
_DOTS = re.compile(r"\s*(?: dot |\(dot\)|\[dot\])\s*", re.IGNORECASE)
_ID = re.compile(r"<([^<>\s]{1,500})>")
_VIA = re.compile(r"^['\"\s]*(.*?)['\"\s]* (?:via|por|durch|par) .+$", re.IGNORECASE | re.DOTALL)
# "Re:" in the languages of mail programs, also counted ("Re[2]:", "Re (2):", "AW: AW:").
_REPLY = re.compile(
    r"^\s*(?:re|aw|antw|antwort|sv|vs|odp|rif|ynt|回复|答复|res|rv|tr|r)"
    r"\s*(?:\[\d+\]|\(\d+\)|\^\d+)?\s*[:：]\s*",
    re.IGNORECASE,
)
_TAG = re.compile(r"^\s*\[[^\]\n]{1,60}\]\s*")
_ANGLED = re.compile(r"<\s*([^<>]*@[^<>]*)>")
_BARE = re.compile(r"([^\s<>()\",;]+@[^\s<>()\",;]+)")
_IN_BRACKETS = re.compile(r"\s*\(((?:[^()]|\([^()]*\))*)\)")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([QqBb])\?([^?]{0,2000})\?=")
_WORDS = re.compile(r"(?:=\?[^?\s]{1,60}\?[QqBb]\?[^?]{0,2000}\?=\s*)+")
_UNSHOWN = re.compile("[\x00-\x1f\x7f\ud800-\udfff]+")


def text_of(message: Message, name: str) -> str:
    """A header as people read it, on one line; what cannot be decoded stands for itself."""
    wanted = name.lower()
    raw = next((value for key, value in message.raw_items() if key.lower() == wanted), "")
    # Bytes that were sent raw are UTF-8 mostly, else Windows'.
    text = _decoded(str(raw)[:20_000].encode("utf-8", "surrogateescape"), "utf-8")
    text = _WORDS.sub(_run, text)
    return " ".join(_UNSHOWN.sub(" ", text).split())[:2000]


def _run(run: re.Match[str]) -> str:
    """Encoded words that follow each other (RFC 2047); some programs cut letters between them."""
    parts: list[tuple[str, bytes]] = []
    for charset, encoding, written in _WORD.findall(run[0]):
        body = _unpacked(encoding, written)
        if parts and parts[-1][0] == charset.lower():
            body = parts.pop()[1] + body
        parts.append((charset.lower(), body))
    space = " " if run[0][-1].isspace() else ""
    return "".join(_decoded(body, charset) for charset, body in parts) + space


def _unpacked(encoding: str, written: str) -> bytes:
    octets = written.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(octets, header=True)
    try:
        return binascii.a2b_base64(octets + b"=" * (-len(octets) % 4))
    except binascii.Error:
        return octets


def _decoded(octets: bytes, charset: str) -> str:
    for encoding in (charset.partition("*")[0], "utf-8", "cp1252"):
        try:
            return octets.decode(encoding)
        except (LookupError, ValueError):
            continue
    return octets.decode("latin-1")


# --- ids ---------------------------------------------------------------------------------------


def message_id(message: Message) -> str:
    """The id without its brackets; "" when the mail has none."""
    written = text_of(message, "Message-ID")
    found = _ID.search(written)
    return found[1] if found else written.strip("<> ")[:500].replace(" ", "")


def answered(message: Message) -> tuple[str, ...]:
    """The ids of the mails it answers, the first of the thread first, the nearest last."""
    earlier = _ID.findall(text_of(message, "References"))
    nearest = _ID.findall(text_of(message, "In-Reply-To"))[:1]
    return tuple(dict.fromkeys((*earlier[:50], *nearest)))


# --- subjects ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A subject without the list's tag and without "Re:"; `is_reply` where it had one."""

    title: str
    is_reply: bool

    @property
    def compared(self) -> str:
        return self.title.casefold()


def subject_of(message: Message) -> Subject:
    title, is_reply = text_of(message, "Subject"), False
    for _ in range(20):
        bare = _TAG.sub("", title)
        cut = _REPLY.sub("", bare)
        is_reply = is_reply or cut != bare
        if cut == title or not cut:
            break
        title = cut
    return Subject(title=title.strip(), is_reply=is_reply)


# --- times -------------------------------------------------------------------------------------


def sent_at(message: Message, envelope: str) -> datetime | None:
    """When it was sent, else when it was received; a time without zone is taken as UTC."""
    written = [text_of(message, "Date"), text_of(message, "X-List-Received-Date")]
    written += [text_of(message, "Received").rpartition(";")[2]]
    written += [re.sub(r"^From .*?(?=(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b)", "", envelope)]
    return next(filter(None, map(_moment, written)), None)


def _moment(written: str) -> datetime | None:
    if not written.strip():
        return None
    try:
        found = parsedate_to_datetime(written)
        moment = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return _asctime(written)
    return moment if 1970 <= moment.year < 2200 else None


def _asctime(written: str) -> datetime | None:
    """The time of a line "From ", which names no zone: Tue Sep  8 15:01:00 2026."""
    try:
        text = " ".join(written.split()[:5])
        return datetime.strptime(text, "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return None


# --- people ------------------------------------------------------------------------------------


def sender(message: Message, list_address: str) -> Actor:
    """Who wrote it. A list that put its own address in place of the sender's is seen through.

    Lists do so for senders whose domain forbids sending in its name (DMARC); the true address is
    then in another header, or nowhere, and only the name is known.
    """
    name, address = _mailbox(text_of(message, "From"))
    if via := _VIA.match(name):
        name = via[1]
    if not _is_lists(address, list_address) and not _is_hidden(address):
        return Actor(name=name or None, email=address)
    for header in ("X-Original-From", "Reply-To", "X-Original-Sender", "X-MailFrom"):
        other, true = _mailbox(text_of(message, header))
        if true and not _is_lists(true, list_address):
            return Actor(name=name or other or None, email=true)
    return Actor(name=name or None, email=_unwrapped(address))


def _mailbox(written: str) -> tuple[str, str | None]:
    """Name and address of the first sender; addresses hidden from harvesters are read too."""
    # Only what has no address is hidden: "Ines at Northmoor <ines@…>" is a name.
    plain = _MAILMANS.sub(r"\1@\2", written)
    plain = plain if "@" in plain else _DOTS.sub(".", _OBFUSCATED.sub("@", plain))
    found = _ANGLED.search(plain) or _BARE.search(plain)
    if found is None:
        return "", None
    # Mailman writes the name after the address: bo at example.org (Bo Lund).
    after = _IN_BRACKETS.match(plain[found.end() :])
    name = plain[: found.start()] or (after[1] if after else "")
    try:
        email = read_email(found[1])
    except BadCell:
        email = None
    name = " ".join(name.replace("\\", "").split()).strip("'\" ")
    return ("" if "@" in name else name)[:200], email


def _is_lists(address: str | None, list_address: str) -> bool:
    if not address:
        return True
    local, _, domain = address.partition("@")
    mine, _, home = list_address.partition("@")
    return address == list_address or (domain == home and re.sub(r"-bounces.*$", "", local) == mine)


def _is_hidden(address: str | None) -> bool:
    """Whether it is one that the host of a list made up for the true one."""
    local, _, domain = (address or "").partition("@")
    return domain in ("groups.io", "googlegroups.com") or "=" in local


def _unwrapped(address: str | None) -> str | None:
    """The true address inside one such as bo=example.org@groups.io; None when there is none."""
    local = (address or "").partition("@")[0]
    name, sign, domain = local.rpartition("=")
    if not sign:
        return None
    try:
        return read_email(f"{name.rpartition('+')[2]}@{domain}")
    except BadCell:
        return None
