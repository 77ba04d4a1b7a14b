"""The digest over many statements: what it follows from, and what makes no difference."""

from __future__ import annotations

import pytest
from xapi_samples import ANNA, SID, full, put, short

from xapi.digests import Digest
from xapi.text import parse


def of(*statements):
    digest = Digest()
    for statement in statements:
        digest.add(statement)
    return digest


def test_order_makes_no_difference():
    assert of(short(), full()).hex == of(full(), short()).hex


def test_statements_are_counted():
    assert (of().count, of(short(), short()).count) == (0, 2)


def test_nothing_is_nought():
    assert of().hex == "0" * 64


def test_one_twice_is_not_none():
    assert of(short(), short()).hex != of().hex


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("stored", "2030-01-01T00:00:00Z", id="stored"),
        pytest.param("authority", ANNA, id="authority"),
        pytest.param("version", "2.0.0", id="version"),
    ],
)
def test_what_each_store_fills_in_makes_no_difference(path, value):
    assert of(put(full(), path, value)).hex == of(full()).hex


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("id", SID.replace("8", "9"), id="id"),
        pytest.param("timestamp", "2030-01-01T00:00:00Z", id="timestamp"),
        pytest.param("verb.display.en", "was there", id="display"),
        pytest.param("object.definition.name.en", "Other", id="definition"),
        pytest.param("context.team.member[0].mbox", "mailto:c@example.org", id="deep inside"),
    ],
)
def test_everything_else_makes_one(path, value):
    assert of(put(full(), path, value)).hex != of(full()).hex


def test_spelling_of_json_makes_no_difference():
    one = parse(b'{"id":"1","n":[1.0,2]}')
    other = parse(b'{ "n" : [1, 2.00], "id":"1" }')
    assert of(one).hex == of(other).hex


def test_digest_reads_as_a_sentence():
    assert str(of(short())).startswith("1 statement, digest ")
