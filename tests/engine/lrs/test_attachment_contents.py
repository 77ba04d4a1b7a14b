"""The bytes of attachments in the database, on both."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine.db import PORTION, reading, writing
from engine.lrs import attachments
from engine.lrs.models import attachment, statement_attachment

ONE, OTHER, ALL_BYTES = b"one", b"other", bytes(range(256))


def sha2(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def by_hash(*contents: bytes) -> dict[str, bytes]:
    return {sha2(content): content for content in contents}


def keep(*rows: tuple[int, Mapping[str, bytes]]) -> None:
    with writing() as connection:
        attachments.keep(connection, rows)


def read(*seqs: int) -> dict[str, bytes]:
    with reading() as connection:
        return attachments.read(connection, seqs)


def fitting(*seqs: int, most: int) -> int:
    with reading() as connection:
        return attachments.fitting(connection, seqs, most)


def kept(table: object) -> int:
    with reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_contents_are_read_as_they_were_kept(app: Flask) -> None:
    keep((7, by_hash(ONE, b"", ALL_BYTES)))
    assert read(7) == by_hash(ONE, b"", ALL_BYTES)


def test_contents_are_read_by_the_statements_they_came_with(app: Flask) -> None:
    keep((7, by_hash(ONE)), (8, by_hash(OTHER)), (9, {}))
    assert read(7) == by_hash(ONE)
    assert read(9) == {}
    assert read(7, 8, 9, 10) == by_hash(ONE, OTHER)


def test_each_content_is_kept_once(app: Flask) -> None:
    keep((7, by_hash(ONE)), (8, by_hash(ONE)))
    keep((9, by_hash(ONE, OTHER)))
    assert (kept(attachment), kept(statement_attachment)) == (2, 4)
    assert read(7) == read(8) == by_hash(ONE)


def test_keeping_again_changes_nothing(app: Flask) -> None:
    keep((7, by_hash(ONE)))
    keep((7, by_hash(ONE)))
    assert (kept(attachment), kept(statement_attachment)) == (1, 1)


def test_hash_in_capitals_is_the_same_hash(app: Flask) -> None:
    keep((7, {sha2(ONE).upper(): ONE}))
    assert read(7) == by_hash(ONE)


def test_nothing_to_keep_is_no_mistake(app: Flask) -> None:
    keep((7, {}))
    assert kept(attachment) == 0


def test_more_statements_than_one_question_takes_are_read(app: Flask) -> None:
    seqs = range(1, 2 * PORTION + 2)
    keep(*((seq, by_hash(b"%d" % seq)) for seq in seqs))
    assert read(*seqs) == by_hash(*(b"%d" % seq for seq in seqs))
    assert fitting(*seqs, most=10_000) == len(seqs)


@pytest.mark.parametrize(
    ("seqs", "most", "count"),
    [
        pytest.param((1, 2, 3), 300, 3, id="all, exactly"),
        pytest.param((1, 2, 3), 299, 2, id="one byte short"),
        pytest.param((1, 2, 3), 100, 1, id="one"),
        pytest.param((1, 2, 3), 1, 1, id="the first, however large"),
        pytest.param((4, 1, 5, 2, 4), 100, 3, id="those without any are free"),
        pytest.param((), 1, 0, id="none"),
    ],
)
def test_statements_fit_as_long_as_their_bytes_do(
    app: Flask, seqs: tuple[int, ...], most: int, count: int
) -> None:
    keep((1, by_hash(b"a" * 100)), (2, by_hash(b"b" * 60, b"c" * 40)), (3, by_hash(b"d" * 100)))
    assert fitting(*seqs, most=most) == count
