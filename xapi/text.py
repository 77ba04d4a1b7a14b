"""JSON in and out without loss: what was sent is what is checked, kept and given back."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import orjson

from xapi.errors import StatementRefused
from xapi.rules import both_clauses, shown, step

MAX_DEPTH = 100
_LONG_INTEGER = 4000
_BOM = b"\xef\xbb\xbf"
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")
_CLAUSE = f"RFC 8259; {both_clauses('format')}"


def parse(body: bytes) -> Any:
    """The value of a JSON text.

    JSON as programs send it takes the fast way; where writing it again would not give the same
    text, spaces and escaped slashes apart, a strict parser looks for what JSON libraries swallow:
    repeated keys, NaN, half characters. Integers of any size stay integers; decimals that a double
    would round stay decimals. Raises StatementRefused.
    """
    try:
        value = orjson.loads(body)
        written = orjson.dumps(value)
        if written != body and _bare(written) != _bare(body):
            value = _parse_strictly(body)
    except (orjson.JSONDecodeError, TypeError):
        value = _parse_strictly(body)
    if _openings(body) > MAX_DEPTH and _may_be_too_deep(value):
        deque(_layers(value), maxlen=0)  # refuses what is nested too deep
    return value


def _openings(text: bytes) -> int:
    """How many objects and arrays there are at most; brackets in strings count too."""
    return text.count(b"{") + text.count(b"[")


def _may_be_too_deep(value: Any) -> bool:
    """Whether it is worth going through all of it; a batch of small statements is not."""
    if value.__class__ is not list:
        return True
    try:
        return any(_openings(orjson.dumps(item)) >= MAX_DEPTH for item in value)
    except TypeError:  # nested much too deep, or a number that is not written so
        return True


def _bare(text: bytes) -> bytes:
    """JSON without spaces, inside strings too, and with its slashes plain.

    Neither changes how many members an object has, so a text with a repeated key never equals one
    without.
    """
    return text.translate(None, b" \t\r\n").replace(b"\\/", b"/")


def dump(value: Any) -> bytes:
    """A parsed value as compact JSON; numbers beyond 64 bits or a double keep every digit."""
    try:
        return orjson.dumps(value, default=_fragment)
    except TypeError:
        return orjson.dumps(_with_fragments(value))


def canonical(value: Any) -> bytes:
    """The one text of a value, for hashing and comparing: keys sorted, 1.0 written as 1."""
    return orjson.dumps(_with_fragments(value, settle=True), option=orjson.OPT_SORT_KEYS)


def _fragment(number: object) -> orjson.Fragment:
    if number.__class__ is Decimal:
        return orjson.Fragment(str(number))
    raise TypeError(f"{type(number).__name__} is no JSON value")


def _with_fragments(value: Any, *, settle: bool = False) -> Any:
    """The value with numbers that orjson cannot write as ready text; `settle` makes 1.0 a 1."""
    kind = value.__class__
    if kind is dict:
        return {key: _with_fragments(item, settle=settle) for key, item in value.items()}
    if kind is list:
        return [_with_fragments(item, settle=settle) for item in value]
    if settle and kind is float and value.is_integer():
        return _with_fragments(int(Decimal(repr(value))))  # 1e30 is ten to the thirty
    if kind is int and value.bit_length() > 63:
        return orjson.Fragment(str(value))
    return _fragment(value) if kind is Decimal else value


class _Repeated(dict[str, Any]):
    """An object in which one key occurs twice."""

    key: str


_NESTING = frozenset({dict, list, _Repeated})


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeated, seen = _Repeated(found), set[str]()
    for key, _ in pairs:
        if key in seen:
            repeated.key = key
            break
        seen.add(key)
    return repeated


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= _LONG_INTEGER else Decimal(text)


def _decimal(text: str) -> float | Decimal:
    """A float, or the decimal itself where a float would be another number."""
    number = float(text)
    exact = Decimal(text)
    return number if exact == Decimal(repr(number)) else exact


def _constant(name: str) -> NoReturn:
    raise _refusal(
        f"Expected a JSON value; got {name}.", f"JSON has no {name}: leave the property out."
    )


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
)


def _parse_strictly(body: bytes) -> Any:
    try:
        text = body.removeprefix(_BOM).decode()
        value = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        rule = f"Expected UTF-8 text; byte {error.start} is something else."
        raise _refusal(rule, "Send the JSON encoded as UTF-8.") from None
    except json.JSONDecodeError as error:
        rule = f"Expected JSON; {error.msg} at line {error.lineno}, column {error.colno}."
        fix = "Send one JSON value, for example an object, with double quotes around names."
        raise _refusal(rule, fix) from None
    except RecursionError:
        raise _too_deep() from None
    except InvalidOperation:
        raise _refusal("A number is out of any range.", "Send smaller numbers.") from None
    _refuse_repeated(value)
    if _HALF_CHARACTER.search(body):
        _refuse_half_characters(value)
    return value


def _layers(value: Any) -> Iterator[list[Any]]:
    """The objects and arrays at each depth, without recursion; refuses beyond MAX_DEPTH."""
    layer: list[Any] = [value] if value.__class__ in _NESTING else []
    depth = 0
    while layer:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        yield layer
        layer = [
            item
            for holder in layer
            for item in (holder if holder.__class__ is list else holder.values())
            if item.__class__ in _NESTING
        ]


def _refuse_repeated(value: Any) -> None:
    if any(_Repeated in map(type, layer) for layer in _layers(value)):
        path, key = next(_repeated_keys(value, "$"))
        rule = f'Every key occurs once in an object; "{shown(key)}" occurs twice.'
        fix = f'Send one "{shown(key)}"; several values belong in an array.'
        raise _refusal(rule, fix, step(path, key))


def _repeated_keys(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, _Repeated):
        yield path, value.key
    if value.__class__ in _NESTING:
        for key, item in enumerate(value) if value.__class__ is list else value.items():
            if item.__class__ in _NESTING:
                yield from _repeated_keys(item, step(path, key))


def _refuse_half_characters(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        rule = "Expected whole characters; got half of a surrogate pair."
        fix = 'Send both halves, for example "\\ud83d\\ude00", or the character itself in UTF-8.'
        raise _refusal(rule, fix) from None


def _too_deep() -> StatementRefused:
    rule = f"Objects and arrays are nested more than {MAX_DEPTH} deep."
    return _refusal(rule, "Flatten the extension, or send its value as one string.")


def _refusal(rule: str, fix: str, path: str = "$") -> StatementRefused:
    return StatementRefused(path=path, rule=rule, clause=_CLAUSE, fix=fix)
