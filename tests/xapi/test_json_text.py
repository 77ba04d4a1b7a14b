"""JSON in and out without loss."""

from __future__ import annotations

from decimal import Decimal

import pytest

from xapi.errors import StatementRefused
from xapi.text import canonical, dump, parse

DEEP = 100


@pytest.mark.parametrize(
    ("body", "value"),
    [
        pytest.param(b'{"a":1}', {"a": 1}, id="compact"),
        pytest.param(b' { "a" : [ 1 ] }\n', {"a": [1]}, id="spaced"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', {"a": 1}, id="byte order mark"),
        pytest.param(
            b"[123456789012345678901234567890]", [123456789012345678901234567890], id="big"
        ),
        pytest.param(b"[18446744073709551615]", [2**64 - 1], id="unsigned 64 bits"),
        pytest.param(b"[0.10]", [0.1], id="trailing zero"),
        pytest.param(b"[0.12123434]", [0.12123434], id="decimal"),
        pytest.param(b"[1E2]", [100.0], id="exponent"),
        pytest.param(
            b"[0.1234567890123456789]", [Decimal("0.1234567890123456789")], id="beyond a double"
        ),
        pytest.param(b"[1e400]", [Decimal("1e400")], id="beyond the largest double"),
        pytest.param(b'["\\ud83d\\ude00"]', ["😀"], id="surrogate pair"),
        pytest.param(b'["a\\u0000b"]', ["a\0b"], id="escaped control character"),
        pytest.param(b"[" * DEEP + b"]" * DEEP, None, id="as deep as allowed"),
    ],
)
def test_parsed(body, value):
    assert value in (None, parse(body))
    assert parse(dump(parse(body))) == parse(body)


@pytest.mark.parametrize(
    ("body", "path", "word"),
    [
        pytest.param(b'{"a":1,"a":1}', "$.a", '"a" occurs twice', id="repeated key"),
        pytest.param(
            b'[{"x":{"b c":1,"d":2,"b c":3}}]', '$[0].x["b c"]', "twice", id="deep repeat"
        ),
        pytest.param(b'{"a":1,"\\u0061":1}', "$.a", "twice", id="repeated key, escaped"),
        pytest.param(b"[NaN]", "$", "NaN", id="NaN"),
        pytest.param(b"[Infinity]", "$", "Infinity", id="Infinity"),
        pytest.param(b"[-Infinity]", "$", "-Infinity", id="minus Infinity"),
        pytest.param(b'["\\ud800"]', "$", "surrogate", id="half a character"),
        pytest.param(b'{"\\udfff":1}', "$", "surrogate", id="half a character in a key"),
        pytest.param(b"\xff\xfe{\x00}\x00", "$", "UTF-8", id="UTF-16"),
        pytest.param('["é"]'.encode("latin-1"), "$", "UTF-8", id="Latin-1"),
        pytest.param(b"", "$", "Expected JSON", id="nothing"),
        pytest.param(b"{'a': 1}", "$", "Expected JSON", id="single quotes"),
        pytest.param(b'{"a":1,}', "$", "Expected JSON", id="comma too many"),
        pytest.param(b'{"a":1} x', "$", "Extra data", id="more after the end"),
        pytest.param(b"[01]", "$", "Expected JSON", id="leading zero"),
        pytest.param(b'["a\nb"]', "$", "Expected JSON", id="bare control character"),
        pytest.param(b"[1e99999999999999999999]", "$", "range", id="number beyond any range"),
        pytest.param(b"[" * 101 + b"]" * 101, "$", "deep", id="too deep"),
        pytest.param(b"[ " * 101 + b"]" * 101, "$", "deep", id="too deep, spaced"),
        pytest.param(
            b"[1," + b'{"a":' * 300 + b"1" + b"}" * 300 + b"]", "$", "deep", id="deep in a batch"
        ),
        pytest.param(b"[" * 200_000, "$", "deep", id="hostile depth"),
        pytest.param(b'{"a":' * 200_000, "$", "deep", id="hostile depth of objects"),
    ],
)
def test_refused(body, path, word):
    with pytest.raises(StatementRefused) as caught:
        parse(body)
    assert caught.value.path == path
    assert word in caught.value.rule
    assert caught.value.clause
    assert caught.value.fix


def test_a_batch_holds_more_than_is_nested():
    batch = b"[" + b",".join([b'{"a":[[]],"n":123456789012345678901234567890}'] * 200) + b"]"
    assert dump(parse(batch)) == batch


def test_thousands_of_digits_are_kept():
    body = b"[" + b"7" * 10_000 + b"]"
    assert dump(parse(body)) == body


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(b'{"a":1,"b":2}', b'{"b":2,"a":1}', id="order of keys"),
        pytest.param(b"[1]", b"[1.0]", id="integer and decimal"),
        pytest.param(b"[100]", b"[1e2]", id="exponent"),
        pytest.param(b"[1e30]", b"[1000000000000000000000000000000]", id="big"),
        pytest.param(b'["\\u00e9"]', '["é"]'.encode(), id="escapes"),
    ],
)
def test_canonical_same(a, b):
    assert canonical(parse(a)) == canonical(parse(b))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(b"[1]", b"[true]", id="one and true"),
        pytest.param(b"[0]", b"[null]", id="zero and null"),
        pytest.param(b"[1]", b'["1"]', id="number and string"),
        pytest.param(b"[1,2]", b"[2,1]", id="order of elements"),
        pytest.param(b"[9007199254740993]", b"[9007199254740992.0]", id="near numbers"),
    ],
)
def test_canonical_different(a, b):
    assert canonical(parse(a)) != canonical(parse(b))


def test_what_is_no_json_is_not_written():
    with pytest.raises(TypeError):
        dump({"a": object()})
