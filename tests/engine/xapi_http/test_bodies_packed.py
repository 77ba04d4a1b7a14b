"""Bodies that come compressed (RFC 9110 8.4.1)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from attachment_making import CONTENT, MIXED, a_part, attached, mixed
from factories import a_statement
from flask import Flask
from site_making import a_site
from xapi_making import Lms

from engine.pipeline import reader
from xapi import text

Pack = Callable[[bytes], bytes]
STATEMENT = text.dump(a_statement())


@pytest.fixture
def lms(app: Flask) -> Lms:
    return Lms(app)


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        pytest.param("gzip", gzip.compress, id="gzip"),
        pytest.param("GZip ", gzip.compress, id="in capitals"),
        pytest.param("x-gzip", gzip.compress, id="its old name"),
        pytest.param("deflate", zlib.compress, id="deflate"),
        pytest.param("identity", bytes, id="not at all"),
    ],
)
def test_compressed_statement_is_taken(lms: Lms, coding: str, pack: Pack) -> None:
    answer = lms.post(pack(STATEMENT), with_={"Content-Encoding": coding})
    assert answer.json == [text.parse(STATEMENT)["id"]]


def test_attachments_may_come_compressed(lms: Lms) -> None:
    body = gzip.compress(mixed(attached(CONTENT), a_part()))
    answer = lms.post(body, with_={"Content-Encoding": "gzip", "Content-Type": MIXED})
    assert answer.status_code == 200


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "gzip, identity", "nothing", ""])
def test_other_coding_is_refused(lms: Lms, coding: str) -> None:
    answer = lms.post(gzip.compress(STATEMENT), with_={"Content-Encoding": coding})
    assert answer.status_code == 415
    assert f"({coding})" in answer.json["error"]
    assert "gzip or deflate" in answer.json["fix"]


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        pytest.param("gzip", STATEMENT, id="plain"),
        pytest.param("gzip", b"", id="nothing"),
        pytest.param("gzip", b"\x1f\x8b", id="two bytes"),
        pytest.param("gzip", gzip.compress(STATEMENT)[:-1], id="cut off"),
        pytest.param("gzip", gzip.compress(STATEMENT)[:-8] + bytes(8), id="wrong checksum"),
        pytest.param("gzip", gzip.compress(STATEMENT) + b"x", id="something behind"),
        pytest.param("gzip", gzip.compress(b"[") + gzip.compress(b"]"), id="two texts"),
        pytest.param("gzip", zlib.compress(STATEMENT), id="deflate as gzip"),
        pytest.param("deflate", gzip.compress(STATEMENT), id="gzip as deflate"),
        pytest.param("deflate", zlib.compress(STATEMENT)[:-1], id="deflate cut off"),
    ],
)
def test_broken_compression_is_refused(lms: Lms, coding: str, body: bytes) -> None:
    answer = lms.post(body, with_={"Content-Encoding": coding})
    assert answer.status_code == 400
    assert coding in answer.json["error"]
    assert reader().count() == 0


@pytest.mark.parametrize(
    ("size", "status"),
    [(1000, 200), (1001, 413), (5_000_000, 413)],
    ids=["fits", "one more", "many"],
)
def test_limit_holds_for_what_is_unpacked(
    instance_dir: Path, database_url: str, size: int, status: int
) -> None:
    body = gzip.compress(b" " * (size - len(STATEMENT)) + STATEMENT)
    with a_site(instance_dir, database_url, max_body=1000) as app:
        answer = Lms(app).post(body, with_={"Content-Encoding": "gzip"})
        assert answer.status_code == status
