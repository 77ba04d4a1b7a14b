"""Single cells: numbers, ids, addresses, and the names that systems decorate."""

from __future__ import annotations

import re
import unicodedata

from engine.errors import BadReport, Refused

_ADDRESS = re.compile(r"[\w.!$&'+=~-]+@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]")
_PHONE = re.compile(r"\+?\(?\d[\d\s().*/-]{5,}[\d*]\)?")
_ASIDE = re.compile(r"^(?P<shown>.*?)\s*[(（](?P<aside>[^()（）]*)[)）]\s*$", re.DOTALL)
_DECORATIONS = frozenset(
    ("guest", "external", "unverified", "host", "co-host", "cohost", "panelist", "attendee", "me",
     "presenter", "invité", "invitado", "externe", "externo", "no", "verificado")
)  # fmt: skip
PHONE_CALLER = "Phone caller"


class BadCell(Refused):
    """One cell of a row cannot be read; the row fails, the file goes on."""

    status = 422


def is_blank(cell: str) -> bool:
    """Whether a cell says nothing: empty, or dashes in place of a value."""
    return not cell.strip(" -–—")


def place(row: int | str) -> str:
    """How a refusal names the row it is about."""
    return f"row {row}" if isinstance(row, int) else row


def read_number(written: str) -> float | None:
    """A number, with a decimal point or comma, or commas between thousands; None when blank."""
    if is_blank(written):
        return None
    plain = re.sub(r"[\s\u2019']", "", written)
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    if not re.fullmatch(r"[+-]?\d{1,15}([.,]\d{1,15})?", plain):
        raise BadCell(f"“{written[:60]}” is not a number.", "Write it with digits only.")
    return float(plain.replace(",", "."))


def read_id(written: str, *, row: int | str) -> str:
    """The digits of a long id, which may be written in groups; "" when there are none.

    :raises BadReport: a spreadsheet wrote it as 5.62E+18, so its last digits are lost.
    """
    if re.fullmatch(r"\s*\d+(?:[.,]\d+)?\s*E\s*\+?\s*\d+\s*", written, re.IGNORECASE):
        raise BadReport(
            f"The id “{written}” was shortened by a spreadsheet; its last digits are lost.",
            "Export the report again and send it without opening it in a spreadsheet.",
            where=place(row),
        )
    return re.sub(r"\D", "", re.sub(r"[.,]0+$", "", written.strip()))


def read_email(written: str) -> str | None:
    """The address in lower case, compatibility forms folded; None when blank.

    :raises BadCell: there is something, and it is not a whole address.
    """
    address = unicodedata.normalize("NFKC", written).strip().strip("<>").strip().lower()
    address = address.removeprefix("mailto:")
    if is_blank(address):
        return None
    if len(address) > 254 or ".." in address or not _ADDRESS.fullmatch(address):
        raise BadCell(
            f"“{written[:80]}” is not a whole address.",
            "Correct the address, or empty the cell so that the row waits under its name.",
        )
    return address


def without_phone(name: str) -> str:
    """The name as written without telephone numbers, which are personal and name nobody."""
    rest = " ".join(_PHONE.sub(_mask, name[:200]).split())
    return rest or (PHONE_CALLER if name.strip() else "")


def _mask(number: re.Match[str]) -> str:
    return " " if sum(letter in "0123456789*" for letter in number[0]) > 6 else number[0]


def clean_name(written: str) -> str:
    """A display name without what the system hung on it.

    Marks such as "(Guest)" and pronouns go. Of "Renamed (Original Name)" the original stays,
    unless it is the shorter: in "Diego Gomez (TA)" the brackets are an aside.
    """
    name = without_phone(
        unicodedata.normalize("NFC", re.sub(r"^\s*\[[^\]]*\]\s*(?=\S)", "", written))
    )
    while (found := _ASIDE.match(name)) and (found["shown"] or found["aside"]):
        shown, aside = found["shown"].strip(), found["aside"].strip()
        decorates = not aside or "/" in aside or set(aside.casefold().split()) <= _DECORATIONS
        longer = len(aside.split()) >= len(shown.split())
        name = aside if not shown or (not decorates and longer) else shown
        if name == aside:
            break
    return name.strip()
