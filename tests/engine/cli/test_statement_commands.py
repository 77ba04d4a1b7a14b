"""byway statements: files out and in, the digest of both, and a check that needs no instance."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from cli_running import Byway, spawned
from factories import a_statement
from flask import Flask
from xapi_making import Lms

from xapi import text
from xapi.text import parse

ONE, TWO = a_statement(), a_statement(thing="https://events.example.org/2")
BAD = {**ONE, "actor": {"mbox": "bo@example.org"}}


def written(tmp_path: Path, *values: Any, name: str = "in.jsonl") -> Path:
    """A file of JSON lines."""
    file = tmp_path / name
    file.write_bytes(b"".join(text.dump(value) + b"\n" for value in values))
    return file


def ids_in(body: bytes) -> list[str]:
    return [parse(line)["id"] for line in body.splitlines()]


@pytest.fixture
def lms(app: Flask) -> Lms:
    """An instance that holds two statements."""
    lms = Lms(app, name="moodle")
    lms.post([ONE, TWO])
    return lms


def test_statements_are_written_to_a_file(lms: Lms, byway: Byway, tmp_path: Path) -> None:
    ran = byway("statements", "export", tmp_path / "out.jsonl")
    assert ran.out.startswith("2 statements, digest ")
    assert ids_in((tmp_path / "out.jsonl").read_bytes()) == [ONE["id"], TWO["id"]]


def test_name_that_ends_in_gz_is_packed(lms: Lms, byway: Byway, tmp_path: Path) -> None:
    byway("statements", "export", tmp_path / "out.jsonl.gz")
    packed = (tmp_path / "out.jsonl.gz").read_bytes()
    assert ids_in(gzip.decompress(packed)) == [ONE["id"], TWO["id"]]


def test_same_log_is_packed_to_the_same_bytes(lms: Lms, byway: Byway, tmp_path: Path) -> None:
    byway("statements", "export", tmp_path / "a.gz")
    byway("statements", "export", tmp_path / "b.gz")
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_standard_output_holds_the_statements_alone(lms: Lms, byway: Byway) -> None:
    ran = byway("statements", "export", "-")
    assert ids_in(ran.out.encode()) == [ONE["id"], TWO["id"]]
    assert ran.err.startswith("2 statements, digest ")


def test_only_the_whole_file_is_left(lms: Lms, byway: Byway, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    byway("statements", "export", tmp_path / "out" / "x.jsonl")
    assert os.listdir(tmp_path / "out") == ["x.jsonl"]


def test_refused_choice_leaves_the_old_file(lms: Lms, byway: Byway, tmp_path: Path) -> None:
    old = written(tmp_path, ONE, name="out.jsonl")
    before = old.read_bytes()
    assert byway("statements", "export", old, "--key", "nobody").code == 1
    assert old.read_bytes() == before


def test_pipe_is_written_to_as_it_is(lms: Lms, byway: Byway, tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    byway("statements", "export", pipe)
    reader.join(timeout=30)
    assert ids_in(read[0]) == [ONE["id"], TWO["id"]]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        pytest.param("--since 2001-01-01", 2, id="since a day"),
        pytest.param("--since 2999-01-01T00:00:00Z", 0, id="since a time"),
        pytest.param("--until 2001-01-01", 0, id="until"),
        pytest.param("--key moodle", 2, id="key"),
        pytest.param("--audience private --audience public", 2, id="audiences"),
        pytest.param("--audience public", 0, id="audience"),
    ],
)
def test_part_of_the_log_can_be_chosen(lms: Lms, byway: Byway, words: str, count: int) -> None:
    assert byway("statements", "digest", "--json", *words.split()).json["count"] == count


def test_digest_of_file_and_record_agree(
    lms: Lms, byway: Byway, tmp_path: Path, made_instance: Path
) -> None:
    file = tmp_path / "out.jsonl"
    of_export = byway("statements", "export", file, "--json").json
    of_import = byway("statements", "import", file, "--json").json
    of_record = byway("statements", "digest", "--json").json
    assert of_export == of_record == {name: of_import[name] for name in ("count", "digest")}


def test_file_is_read_and_summed_up(byway: Byway, tmp_path: Path) -> None:
    ran = byway("statements", "import", written(tmp_path, ONE, TWO))
    assert ran.code == 0
    assert ran.out.startswith("2 stored, 0 known, 0 refused, 0 conflict. In the record: 2 stat")


def test_bad_line_is_told_with_its_mend_and_the_rest_is_read(byway: Byway, tmp_path: Path) -> None:
    ran = byway("statements", "import", written(tmp_path, ONE, BAD, TWO))
    assert (ran.code, ran.out[:21]) == (1, "2 stored, 0 known, 1 ")
    assert ran.err.startswith("line 2: $.actor.mbox: Expected mailto: and one address")


def test_bad_line_in_json(byway: Byway, tmp_path: Path) -> None:
    ran = byway("statements", "import", written(tmp_path, BAD), "--json")
    [problem] = ran.json["problems"]
    assert (problem["where"], problem["outcome"], problem["path"]) == (
        "line 1",
        "refused",
        "$.actor.mbox",
    )
    assert problem["example"]["actor"]["mbox"].startswith("mailto:")


def test_contradiction_in_json(byway: Byway, tmp_path: Path) -> None:
    file = written(tmp_path, ONE, {**TWO, "id": ONE["id"]})
    found = byway("statements", "import", file, "--json").json
    assert (found["stored"], found["conflict"]) == (1, 1)
    assert "other content" in found["problems"][0]["why"]


def test_standard_input_is_read(instance_dir: Path) -> None:
    ran = spawned(instance_dir, "statements", "import", "-", stdin=gzip.compress(text.dump([ONE])))
    assert ran.out.startswith("1 stored, ")


def test_key_can_be_named_for_what_is_read(lms: Lms, byway: Byway, tmp_path: Path) -> None:
    more = a_statement()
    byway("statements", "import", written(tmp_path, more), "--key", "moodle")
    assert more["id"] in lms.ids()


def test_many_bad_lines_are_counted(byway: Byway, tmp_path: Path) -> None:
    ran = byway("statements", "check", written(tmp_path, *[BAD] * 1003))
    assert "And 3 more like these." in ran.err
    assert ran.out == "0 passed, 1003 refused.\n"


def test_check_needs_no_instance(tmp_path: Path) -> None:
    ran = spawned(tmp_path / "nowhere", "statements", "check", written(tmp_path, ONE, TWO))
    assert (ran.code, ran.out, ran.err) == (0, "2 passed, 0 refused.\n", "")


def test_check_says_what_would_be_refused(byway: Byway, tmp_path: Path) -> None:
    ran = byway("statements", "check", written(tmp_path, ONE, BAD))
    assert (ran.code, ran.out) == (1, "1 passed, 1 refused.\n")
    assert ran.err.startswith("line 2: $.actor.mbox: ")


def test_check_in_json(byway: Byway, tmp_path: Path) -> None:
    found = byway("statements", "check", written(tmp_path, ONE, BAD), "--json").json
    assert (found["passed"], found["refused"]) == (1, 1)
    assert found["problems"][0]["clause"].startswith("xAPI 1.0.3")


@pytest.mark.parametrize(
    ("version", "code"),
    [pytest.param("1.0.3", 1, id="older"), pytest.param("2.0.0", 0, id="newer")],
)
def test_check_by_the_rules_of_one_version(
    byway: Byway, tmp_path: Path, version: str, code: int
) -> None:
    newer = {**ONE, "version": "2.0.0"}
    assert byway("statements", "check", written(tmp_path, newer), "--as", version).code == code


def test_check_stores_nothing(lms: Lms, byway: Byway, tmp_path: Path) -> None:
    byway("statements", "check", written(tmp_path, a_statement()))
    assert byway("statements", "digest", "--json").json["count"] == 2


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("import nowhere.jsonl", id="no such file"),
        pytest.param("export out --since yesterday", id="no time"),
        pytest.param("check x --as 0.9", id="no such version"),
        pytest.param("import x --basis none", id="no such basis"),
    ],
)
def test_wrong_usage_ends_with_two(byway: Byway, words: str) -> None:
    assert byway("statements", *words.split()).code == 2


def test_directory_that_is_not_there_is_refused(byway: Byway, tmp_path: Path) -> None:
    ran = byway("statements", "export", tmp_path / "nowhere" / "x.jsonl")
    assert (ran.code, "No such file" in ran.err) == (1, True)
