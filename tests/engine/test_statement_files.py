"""Statement files: written as stored, read liberally, and the digest that proves the trip."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import shutil
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from factories import a_key, a_statement, settings_in
from flask import Flask
from lrs_making import a_reference, a_void, add, an_authority, an_entry, found
from xapi_making import Lms

from engine import statement_files as files
from engine.app import create_app
from engine.db import db, reading
from engine.errors import Conflict, NotFound
from engine.intake import Outcome
from engine.lrs import attachments
from engine.lrs.store import Authority, Entry
from engine.pipeline import entry_of, reader, store
from engine.statement_files import Chosen, Imported
from xapi import text
from xapi.digests import LEFT_OUT
from xapi.signatures import SIGNATURE

EVERYTHING = Chosen()
CERTIFICATE = b"%PDF-1.7 certificate"
SHA2 = hashlib.sha256(CERTIFICATE).hexdigest()
ATTACHMENT = {
    "usageType": "http://example.org/attachments/certificate",
    "display": {"en": "Certificate"},
    "contentType": "application/pdf",
    "length": len(CERTIFICATE),
    "sha2": SHA2,
}
MENTOR = {"objectType": "contextAgent", "agent": {"mbox": "mailto:cy@example.org"}}


@pytest.fixture
def lms(app: Flask) -> Authority:
    """Somebody who brings statements."""
    return an_authority()


@pytest.fixture
def elsewhere(made_instance: Path, tmp_path: Path) -> Iterator[Flask]:
    """Another instance, with a database of its own."""
    directory = Path(shutil.copytree(made_instance, tmp_path / "elsewhere"))
    app = create_app(settings_in(directory))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def exported(choice: Chosen = EVERYTHING, *, attachments: bool = True) -> bytes:
    """The file of a part of the log."""
    out = io.BytesIO()
    files.write(out, choice, attachments=attachments)
    return out.getvalue()


def imported(body: bytes, name: str = "file.jsonl") -> Imported:
    """What came of a file."""
    return files.read(io.BytesIO(body), files.file_origin(name), told=lambda _: None)


def counts(body: bytes, name: str = "file.jsonl") -> dict[str, int]:
    """How many rows of a file came to what."""
    return dict(imported(body, name).counts)


def problems(body: bytes) -> list[Outcome]:
    """What was told of a file's bad rows."""
    told: list[Outcome] = []
    files.read(io.BytesIO(body), files.file_origin("file.jsonl"), told=told.append)
    return told


def lines(*values: Any) -> bytes:
    """Values as JSON lines."""
    return b"".join(text.dump(value) + b"\n" for value in values)


def content(sha2: str = SHA2, body: bytes = CERTIFICATE) -> dict[str, str]:
    """The line of an attachment's content."""
    return {"attachment": sha2, "base64": base64.b64encode(body).decode()}


def payloads() -> list[bytes]:
    """The stored bytes in stored order."""
    return [one.payload for one in reader().log(0, 1000)]


def proof(choice: Chosen = EVERYTHING) -> tuple[int, str]:
    """Count and digest of the record."""
    digest = files.digest_of(choice)
    return digest.count, digest.hex


def contents(*seqs: int) -> dict[str, bytes]:
    """The contents of all statements, or of those at these positions."""
    with reading() as connection:
        return attachments.read(connection, seqs or [one.seq for one in reader().log(0, 1000)])


# Writing.


@pytest.mark.both_databases
def test_file_holds_the_stored_bytes_in_stored_order(lms: Authority) -> None:
    add(*(an_entry(lms) for _ in range(3)))
    assert exported().splitlines() == payloads()


def test_voided_statements_and_what_voids_them_are_in_it(lms: Authority) -> None:
    entry = an_entry(lms)
    add(entry, a_void(lms, entry.sid))
    assert len(exported().splitlines()) == 2


@pytest.mark.both_databases
def test_since_is_exclusive_and_until_inclusive(lms: Authority) -> None:
    add(*(an_entry(lms) for _ in range(4)))
    seqs = [one.seq for one in reader().log(0, 10)]
    chosen = exported(Chosen(after=seqs[0], until=seqs[2]))
    assert chosen.splitlines() == payloads()[1:3]


def test_one_origin_alone_can_be_chosen(lms: Authority) -> None:
    other = an_authority("other")
    add(an_entry(lms), an_entry(other))
    assert exported(Chosen(origin=other.origin)).splitlines() == payloads()[1:]


def test_audiences_can_be_chosen(lms: Authority) -> None:
    add(an_entry(lms), an_entry(lms, "public"), an_entry(lms, "community:maps"))
    chosen = exported(Chosen(audiences=frozenset({"public", "community:maps"})))
    assert chosen.splitlines() == payloads()[1:]


def test_a_key_stands_for_its_origin(app: Flask) -> None:
    key = a_key("moodle")
    assert files.origin_of("moodle").id == files.origin_of(key.key).id == key.origin


def test_unknown_key_is_refused(app: Flask) -> None:
    with pytest.raises(NotFound, match="no key called"):
        files.origin_of("nobody")


@pytest.mark.both_databases
def test_name_of_two_keys_is_refused(app: Flask) -> None:
    a_key("moodle")
    a_key("moodle")
    with pytest.raises(Conflict, match="Several keys"):
        files.origin_of("moodle")


def test_digest_counts_what_is_chosen(lms: Authority) -> None:
    add(an_entry(lms), an_entry(an_authority("other")))
    assert proof(Chosen(origin=lms.origin))[0] == 1


@pytest.mark.both_databases
def test_what_is_stored_after_the_first_was_asked_for_is_left_out(lms: Authority) -> None:
    add(*(an_entry(lms) for _ in range(3)))
    choice = files.chosen(EVERYTHING)
    first = next(choice)
    add(an_entry(lms))
    assert [one.payload for one in (first, *choice)] == payloads()[:3]


@pytest.mark.both_databases
def test_file_written_while_others_write_is_a_beginning_of_the_log(lms: Authority) -> None:
    add(*(an_entry(lms) for _ in range(20)))
    batches = [[an_entry(lms) for _ in range(5)] for _ in range(20)]
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(lambda keeper: [keeper.add(batch) for batch in batches], store())
        body = exported()
        written.result()
    assert body.splitlines() == payloads()[: len(body.splitlines())]


# The round trip.


def a_mixture(lms: Authority) -> None:
    """Statements with what may be lost or changed on the way."""
    numbers = text.parse(b"[1.0, 1e400, 12345678901234567890123, 0.10]")
    entry, odd = an_entry(lms), an_entry(lms, verb="http://example.org/verbs/\u00f1and\u00fa")
    bare = a_statement()
    del bare["timestamp"]
    add(
        an_entry(lms, context={"extensions": {"http://example.org/ext/n": numbers}}),
        an_entry(lms, result={"response": "\u2028 \U0001f388\x00\n"}),
        an_entry(lms, context={"contextAgents": [MENTOR]}),
        an_entry(lms, context={"contextActivities": {"parent": {"id": "http://example.org/p"}}}),
        an_entry(lms, version="1.0.3"),
        a_reference(lms, entry.sid),
        a_void(lms, odd.sid),
        entry_of(bare, authority=lms),
        entry,
        odd,
    )


@pytest.mark.both_databases
def test_round_trip_proves_count_and_digest(lms: Authority, elsewhere: Flask) -> None:
    a_mixture(lms)
    body, before = exported(), proof()
    with elsewhere.app_context():
        digest = imported(body).digest
        assert (digest.count, digest.hex) == proof() == before


@pytest.mark.both_databases
def test_timestamp_of_the_older_standard_comes_through_as_written(
    app: Flask, elsewhere: Flask
) -> None:
    Lms(app).post(a_statement(timestamp="2026-09-08T08:00:00.123456789+02:00"))
    body, before = exported(), proof()
    with elsewhere.app_context():
        imported(body)
        assert proof() == before


def test_file_of_a_file_is_the_same_but_for_what_each_store_fills_in(
    lms: Authority, elsewhere: Flask
) -> None:
    a_mixture(lms)
    body = exported()
    with elsewhere.app_context():
        imported(body)
        again = exported()
    assert [ours(line) for line in again.splitlines()] == [ours(line) for line in body.splitlines()]


def ours(line: bytes) -> Any:
    """A line without what each record store fills in."""
    statement = text.parse(line)
    return {name: value for name, value in statement.items() if name not in LEFT_OUT}


def test_voided_is_voided_there_too(lms: Authority, elsewhere: Flask) -> None:
    entry = an_entry(lms)
    add(a_void(lms, entry.sid), entry, an_entry(lms))
    body = exported()
    with elsewhere.app_context():
        imported(body)
        assert [one.voided for one in reader().log(0, 10)] == [False, True, False]


def test_references_are_found_there_too(lms: Authority, elsewhere: Flask) -> None:
    entry = an_entry(lms, thing="https://events.example.org/only")
    reference = a_reference(lms, entry.sid)
    add(reference, entry)
    body = exported()
    with elsewhere.app_context():
        imported(body)
        assert set(found(activity="https://events.example.org/only")) == {entry.sid, reference.sid}


def test_reading_twice_stores_once(lms: Authority, elsewhere: Flask) -> None:
    add(*(an_entry(lms) for _ in range(3)))
    body = exported()
    with elsewhere.app_context():
        assert (counts(body), counts(body)) == ({"stored": 3}, {"known": 3})


def test_digest_of_the_second_reading_is_that_of_the_first(app: Flask) -> None:
    body = lines(a_statement(), a_statement())
    assert imported(body).digest.hex == imported(body).digest.hex == proof()[1]


@pytest.mark.both_databases
def test_file_is_known_where_it_came_from(lms: Authority) -> None:
    a_mixture(lms)
    before = proof()
    assert (counts(exported()), proof()) == ({"known": 10}, before)


@pytest.mark.both_databases
def test_many_portions_come_through(lms: Authority, elsewhere: Flask) -> None:
    add(*(an_entry(lms) for _ in range(1100)))
    body, before = exported(), proof()
    with elsewhere.app_context():
        assert counts(body) == {"stored": 1100}
        assert proof() == before


# Attachments.


def an_attached(lms: Authority) -> Entry:
    """A statement that came with a certificate."""
    entry = an_entry(lms, attachments=[ATTACHMENT])
    return replace(entry, attachments={SHA2: CERTIFICATE})


@pytest.mark.both_databases
def test_content_stands_once_before_the_statement_that_first_needs_it(lms: Authority) -> None:
    add(an_entry(lms), an_attached(lms), an_attached(lms))
    assert [text.parse(line).get("attachment") for line in exported().splitlines()] == [
        None,
        SHA2,
        None,
        None,
    ]


def test_contents_are_left_out_unless_asked_for(lms: Authority) -> None:
    add(an_attached(lms))
    assert exported(attachments=False).splitlines() == payloads()


@pytest.mark.both_databases
def test_contents_come_through(lms: Authority, elsewhere: Flask) -> None:
    add(an_attached(lms), an_attached(lms))
    body, before = exported(), proof()
    with elsewhere.app_context():
        imported(body)
        assert (contents(), proof()) == ({SHA2: CERTIFICATE}, before)


def test_statement_is_read_where_its_content_did_not_come(lms: Authority, elsewhere: Flask) -> None:
    add(an_attached(lms))
    body = exported(attachments=False)
    with elsewhere.app_context():
        assert counts(body) == {"stored": 1}


def test_naming_a_hash_opens_nothing(lms: Authority) -> None:
    add(an_attached(lms))
    imported(lines(a_statement(attachments=[ATTACHMENT])))
    assert contents(reader().log(0, 10)[1].seq) == {}


def test_attachment_of_a_substatement_comes_through(app: Flask) -> None:
    plan = {name: part for name, part in a_statement().items() if name not in ("id", "timestamp")}
    inner = {"objectType": "SubStatement", **plan, "attachments": [ATTACHMENT]}
    imported(lines(content(), a_statement(object=inner)))
    assert contents() == {SHA2: CERTIFICATE}


@pytest.mark.parametrize("name", ["sha224", "sha256", "sha384", "sha512"])
def test_every_sha2_is_verified(app: Flask, name: str) -> None:
    sha2 = hashlib.new(name, CERTIFICATE).hexdigest()
    attached = a_statement(attachments=[{**ATTACHMENT, "sha2": sha2.upper()}])
    imported(lines(content(sha2), attached))
    assert contents() == {sha2: CERTIFICATE}


@pytest.mark.parametrize(
    ("line", "path", "rule"),
    [
        pytest.param(content(body=b"other"), "$.attachment", "another hash", id="another content"),
        pytest.param(content("../../x"), "$.attachment", "SHA-2", id="a path"),
        pytest.param({**content(), "attachment": None}, "$.attachment", "SHA-2", id="no hash"),
        pytest.param({**content(), "base64": "?"}, "$.base64", "Expected base64", id="no base64"),
        pytest.param({**content(), "base64": "\u00e9"}, "$.base64", "base64", id="no ASCII"),
        pytest.param({**content(), "base64": 5}, "$.base64", "Expected base64", id="a number"),
    ],
)
def test_content_that_is_wrong_is_told_of(
    app: Flask, line: dict[str, Any], path: str, rule: str
) -> None:
    [problem] = problems(lines(line, a_statement()))
    assert (problem.place, problem.why.path) == ("line 1", path)
    assert rule in problem.why.rule


def test_signature_is_verified_when_it_came(app: Flask) -> None:
    forged = b"e30.e30.e30"
    sha2 = hashlib.sha256(forged).hexdigest()
    signature = {**ATTACHMENT, "sha2": sha2, "usageType": SIGNATURE}
    statement = a_statement(attachments=[signature | {"contentType": "application/octet-stream"}])
    [problem] = problems(lines(content(sha2, forged), statement))
    assert "2.6" in problem.why.clause


# Reading liberally.

ONE, TWO = a_statement(), a_statement(thing="https://events.example.org/2")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(lines(ONE, TWO), id="JSON lines"),
        pytest.param(b"\xef\xbb\xbf" + lines(ONE, TWO), id="a byte order mark"),
        pytest.param(json.dumps([ONE, TWO], indent=2).encode(), id="an array"),
        pytest.param(text.dump({"statements": [ONE, TWO], "more": ""}), id="a page"),
        pytest.param(gzip.compress(lines(ONE, TWO)), id="packed"),
        pytest.param(gzip.compress(lines(ONE)) + gzip.compress(lines(TWO)), id="packed twice"),
        pytest.param(gzip.compress(text.dump([ONE, TWO])), id="a packed array"),
    ],
)
def test_every_way_of_writing_is_read(app: Flask, body: bytes) -> None:
    assert counts(body) == {"stored": 2}


def test_bad_line_spoils_no_other(app: Flask) -> None:
    body = lines(ONE) + b"{\n" + lines({**TWO, "verb": {}}, TWO)
    assert counts(body) == {"stored": 2, "refused": 2}


def test_bad_line_is_told_with_its_number_rule_and_mend(app: Flask) -> None:
    [problem] = problems(lines(ONE, {**TWO, "verb": {}}))
    assert (problem.place, problem.outcome, problem.why.path) == ("line 2", "refused", "$.verb.id")


def test_contradiction_is_told(app: Flask) -> None:
    imported(lines(ONE))
    [problem] = problems(lines({**TWO, "id": ONE["id"]}))
    assert (problem.place, problem.outcome) == ("line 1", "conflict")


@pytest.mark.both_databases
def test_contradiction_is_not_in_the_digest(app: Flask) -> None:
    imported(lines(ONE))
    digest = imported(lines({**TWO, "id": ONE["id"]}, TWO)).digest
    assert (digest.count, proof()[0]) == (1, 2)


def test_packed_file_that_breaks_off_is_read_as_far_as_it_goes(app: Flask) -> None:
    random = [a_statement(result={"response": uuid.uuid4().hex * 50}) for _ in range(200)]
    found = counts(gzip.compress(lines(*random))[:-200])
    assert found["refused"] == 1
    assert found["stored"] > 100


def test_packed_file_that_is_broken_says_so(app: Flask) -> None:
    [problem] = problems(gzip.compress(b"")[:-4] + b"\xff\xff\xff\xff")
    assert "The gzip is broken" in problem.why.rule


def test_nothing_comes_of_nothing(app: Flask) -> None:
    found = imported(b"")
    assert (found.counts.total(), found.digest.count) == (0, 0)


def test_statement_without_id_is_stored_once_however_often_it_is_read(app: Flask) -> None:
    bare = {name: part for name, part in a_statement().items() if name != "id"}
    assert (counts(lines(bare)), counts(lines(bare))) == ({"stored": 1}, {"known": 1})


def test_statement_without_id_is_another_one_from_another_file(app: Flask) -> None:
    bare = {name: part for name, part in a_statement().items() if name != "id"}
    assert (counts(lines(bare)), counts(lines(bare), "other")) == ({"stored": 1}, {"stored": 1})


# In whose name.


def test_statements_are_stored_in_the_name_of_their_file(app: Flask) -> None:
    imported(lines(ONE), "old.jsonl")
    [stored] = reader().log(0, 10)
    assert text.parse(stored.payload)["authority"]["name"] == "old.jsonl"


@pytest.mark.both_databases
def test_file_has_one_origin_however_often_it_is_read(app: Flask) -> None:
    first = files.file_origin("old.jsonl")
    assert files.file_origin("old.jsonl").id == first.id
    assert files.file_origin("new.jsonl").id != first.id


def test_file_gives_what_a_system_gives_at_most(app: Flask) -> None:
    origin = files.file_origin("old.jsonl", basis="consent")
    assert (origin.kind, origin.ceiling, origin.attests, origin.basis, origin.may_void) == (
        "file",
        "system",
        None,
        "consent",
        False,
    )


@pytest.mark.both_databases
def test_statements_can_be_stored_in_the_name_of_a_key(app: Flask) -> None:
    lms = Lms(app, name="moodle")
    files.read(io.BytesIO(lines(ONE)), files.origin_of("moodle"), told=lambda _: None)
    assert lms.ids() == [ONE["id"]]


def test_what_is_read_is_private(app: Flask) -> None:
    imported(lines(ONE))
    assert reader().log(0, 10)[0].audience == "private"
