"""From the bytes of an iCalendar file to its events, property by property (RFC 5545).

Files are read liberally: any line ends, folding in the middle of a character, other encodings,
components nobody asked for. A file that breaks off is refused: events may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from icalendar.parser import Contentline

from engine.api import BadReport, decode

MEND = "Export the calendar again, and give the whole .ics file as it is."
MOST = 20_000
"""How many events one file may have."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property: its parameters by their names in capitals, and its value as written."""

    params: Mapping[str, str]
    value: str

    @property
    def text(self) -> str:
        """The value as text, its escapes undone, on one line."""
        plain = re.sub(r"\\([nN,;:\\])", lambda mark: _ESCAPES.get(mark[1], mark[1]), self.value)
        return " ".join(plain.replace("\0", "").split())


_ESCAPES = {"n": " ", "N": " "}


@dataclass(slots=True)
class Component:
    """A component such as an event: where it begins, its properties, and its lines as they came."""

    name: str
    row: str
    properties: dict[str, list[Property]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    calendar: Component | None = None

    def one(self, name: str) -> Property | None:
        return next(iter(self.properties.get(name, ())), None)

    def text(self, name: str) -> str:
        found = self.one(name)
        return found.text if found else ""

    def all(self, name: str) -> list[Property]:
        return self.properties.get(name, [])


@dataclass(frozen=True, slots=True)
class File:
    """The events of a file in their order, and the time zones it defines, by their names."""

    events: list[Component]
    zones: Mapping[str, Component]


def read_file(body: bytes) -> File:
    """The events and zones of a file.

    :raises BadReport: it is no iCalendar, breaks off, or holds too many events.
    """
    lines = list(_lines(body))
    first = next((line for _, line in lines), "")
    if first.upper() != "BEGIN:VCALENDAR":
        raise BadReport(
            f"Expected an iCalendar file, which begins with BEGIN:VCALENDAR, found"
            f" {ascii(first)[1:-1][:60] or 'nothing'}.",
            "In the calendar choose Export; the file's name ends in .ics. An address must give"
            " such a file and not a web page.",
        )
    events: list[Component] = []
    zones: dict[str, Component] = {}
    for component in _components(lines):
        if component.name == "VEVENT":
            events.append(component)
        elif component.name == "VTIMEZONE":
            zones[component.text("TZID")] = component
        if len(events) > MOST:
            raise BadReport(f"There are more than {MOST} events.", "Give the calendar in parts.")
    return File(events, zones)


def _lines(body: bytes) -> Iterator[tuple[int, str]]:
    """Lines, with the number each begins at; unfolded before decoding: a fold may cut letters."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        body = decode(body).text.encode(errors="replace")
    numbers: list[int] = []
    unfolded: list[bytes] = []
    for number, line in enumerate(re.split(rb"\r\n|\r|\n", body), start=1):
        if line[:1] in (b" ", b"\t") and unfolded:
            unfolded[-1] += line[1:]
        else:
            numbers.append(number)
            unfolded.append(line)
    text = decode(b"\n".join(unfolded)).text.replace("\0", "")
    for number, line in zip(numbers, text.split("\n"), strict=False):
        if shown := line.lstrip("\ufeff").strip(" \r"):
            yield number, shown


def _components(lines: list[tuple[int, str]]) -> Iterator[Component]:
    """Events and time zones as they end; what stands in others, alarms among them, is passed by."""
    stack: list[Component] = []
    for number, line in lines:
        upper = line[:60].upper()
        if upper.startswith("BEGIN:"):
            above = stack[0] if stack else None
            stack.append(Component(upper[6:].strip(), f"line {number}", calendar=above))
            if len(stack) > 8:
                raise BadReport("Its parts are nested too deep.", MEND, where=f"line {number}")
        elif upper.startswith("END:"):
            name = upper[4:].strip()
            if not stack or stack[-1].name != name:
                raise _unbalanced(stack, name, number)
            _keep(stack, line)
            yield stack.pop()
            continue
        elif stack and stack[-1].name in ("VCALENDAR", "VEVENT", "VTIMEZONE"):
            _add(stack[-1], line)
        _keep(stack, line)
    if stack:
        raise BadReport(
            f"The file breaks off: {stack[-1].name[:40]} has no end.", MEND, where=stack[-1].row
        )


def _keep(stack: list[Component], line: str) -> None:
    """Zones are read as a whole by those who know how: their lines are kept."""
    for one in stack:
        if one.name == "VTIMEZONE":
            one.lines.append(line)


def _unbalanced(stack: list[Component], name: str, number: int) -> BadReport:
    expected = f"END:{stack[-1].name[:40]}" if stack else "BEGIN:VCALENDAR"
    return BadReport(
        f"Expected {expected}, found END:{ascii(name)[1:-1][:40]}.", MEND, where=f"line {number}"
    )


def _add(component: Component, line: str) -> None:
    """One property; a line that is none or says nothing is passed by, as other readers do."""
    try:
        name, params, value = Contentline(line).parts()  # type: ignore[no-untyped-call]
    except (ValueError, KeyError, IndexError, TypeError):
        return
    known = {
        str(key).upper(): ",".join(map(str, given)) if isinstance(given, list) else str(given)
        for key, given in params.items()
    }
    if not str(value).strip():
        return
    bare = str(name).upper().rpartition(".")[2]
    component.properties.setdefault(bare, []).append(Property(known, str(value)))
