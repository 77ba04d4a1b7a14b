"""One value of a mapping: where it stands in a row, and the few things that can be done to it.

There are no expressions: whoever gets a mapping from somebody else can read what it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.api import BadCell, ValidationError, fields

LONGEST = 500
"""Characters of a heading, a constant or a template."""
MOST = 200
"""Values of a `map`, or of a `skip_when`; of `first_of` ten."""
DEEPEST = 3
LEAVE_OUT = "skip"
OTHERWISE = "*"

_PLACE = re.compile(r"\{([^{}]+)\}")
_FORM = "Write the name of a column, or one of column, const, template and first_of."


class Texts(Protocol):
    """A row, as far as values are read from it."""

    def texts(self, column: str) -> list[str]:
        """The texts of a column that say something; none where it is absent or empty."""
        ...


class LeftOut(Exception):
    """A mapping says that this row is to be left out; the message is why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """Exactly one of `column`, `const`, `template` and `first_of`; `split` and `map` on top."""

    column: str = ""
    const: str = ""
    template: str = ""
    first_of: tuple[Value, ...] = ()
    split: str = ""
    map: Mapping[str, str] = field(default_factory=dict)

    def columns(self) -> Iterator[str]:
        """The columns it reads."""
        if self.column:
            yield self.column
        yield from _PLACE.findall(self.template)
        for one in self.first_of:
            yield from one.columns()

    def texts(self, row: Texts) -> list[str]:
        """What a row says here; several where the row has a list, or it is split.

        :raises LeftOut: the row is to be left out.
        :raises BadCell: a text is not among those that `map` knows.
        """
        found = self._found(row)
        if self.split:
            found = [part.strip() for text in found for part in text.split(self.split)]
        found = [text for text in found if text]
        return [self._mapped(text) for text in found or [""]] if self.map else found

    def _found(self, row: Texts) -> list[str]:
        if self.const:
            return [self.const]
        if self.template:
            return _filled(self.template, row)
        if self.first_of:
            return next((found for one in self.first_of if (found := one.texts(row))), [])
        return row.texts(self.column)

    def _mapped(self, text: str) -> str:
        known = {folded(name): meant for name, meant in self.map.items()}
        meant = known.get(folded(text), known.get(OTHERWISE))
        if meant is None:
            listed = ", ".join(f"“{name}”" if name else "none" for name in list(self.map)[:12])
            found = f"“{text[:60]}”" if text else "An empty cell"
            raise BadCell(
                f"{found} is none of the values that the mapping knows: {listed}.",
                f"Add it to the mapping, or “{OTHERWISE}” for all others, or correct the cell.",
            )
        if meant == LEAVE_OUT:
            found = f"“{text[:60]}”" if text else "An empty cell"
            raise LeftOut(f"{found} is left out by the mapping.")
        return meant


def folded(text: str) -> str:
    """A heading or a cell as it is compared."""
    return " ".join(text.split()).casefold()


def _filled(template: str, row: Texts) -> list[str]:
    """The text with its places filled; nothing when no place has anything to fill it."""
    found = {name: " ".join(row.texts(name)[:1]) for name in _PLACE.findall(template)}
    if not any(found.values()):
        return []
    return [" ".join(_PLACE.sub(lambda place: found[place[1]], template).split())]


def read_value(given: Any, depth: int = 1) -> Value:
    """A value as a mapping writes it: a heading, or a mapping of what is done.

    :raises ValidationError: it is neither; the message says what was found and expected.
    """
    if isinstance(given, str):
        return Value(column=_text(given, "The column"))
    if not isinstance(given, Mapping):
        raise ValidationError(f"This is a {_kind(given)}. {_FORM}")
    if depth > DEEPEST:
        raise ValidationError(f"first_of stands inside first_of more than {DEEPEST} times.")
    _only(given, {"column", "const", "template", "first_of", "split", "map"})
    ways = [name for name in ("column", "const", "template", "first_of") if given.get(name)]
    if len(ways) != 1:
        raise ValidationError(f"It has {' and '.join(ways) or 'none'} of these. {_FORM}")
    return Value(
        column=_text(given.get("column", ""), "column"),
        const=_text(given.get("const", ""), "const"),
        template=_template(given.get("template", "")),
        first_of=_several(given.get("first_of") or [], depth),
        split=_text(given.get("split", ""), "split", strip=False),
        map=_pairs(given.get("map") or {}),
    )


def _text(given: Any, name: str, *, strip: bool = True) -> str:
    if not isinstance(given, str):
        raise ValidationError(f"{name} is a {_kind(given)}. Write one text.")
    if len(given) > LONGEST:
        raise ValidationError(f"{name} has {len(given)} characters; {LONGEST} are the most.")
    return given.strip() if strip else given


def _template(given: Any) -> str:
    text = _text(given, "template")
    if text and not _PLACE.search(text):
        raise ValidationError(
            f"template “{text[:60]}” names no column. Write columns in braces, as in "
            "{Talk} ({Room}), or use const."
        )
    return text


def _several(given: Any, depth: int) -> tuple[Value, ...]:
    if not isinstance(given, list) or len(given) > 10:
        raise ValidationError("first_of is no list of at most 10 values. Write them below it.")
    return tuple(read_value(one, depth + 1) for one in given)


def _pairs(given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping) or len(given) > MOST:
        raise ValidationError(
            f"map is no list of at most {MOST} pairs. Write them below it, as in yes: attended."
        )
    return {_text(name, "map"): _text(meant, "map") for name, meant in given.items()}


def _only(given: Mapping[Any, Any], known: set[str]) -> None:
    if foreign := [name for name in given if name not in known]:
        listed = ", ".join(f"“{str(name)[:40]}”" for name in foreign[:5])
        raise ValidationError(f"{listed} means nothing here. {_FORM}")


def _kind(given: Any) -> str:
    return "mapping" if isinstance(given, Mapping) else type(given).__name__


class ValueField(fields.Field[Value]):
    """A value of a mapping, as a field of a schema."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Value:
        return read_value(value)
