"""The projector: whatever order things arrive in, its rows are those of a rebuild."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from cli_running import environment
from factories import a_person, a_statement
from flask import Flask
from live_log import (
    ACCEPTED,
    REPLIED,
    VERIFIED,
    VOIDED,
    an_origin,
    answered,
    classes,
    new_id,
    on,
    projected,
    put,
    where,
)
from sqlalchemy import event, func, select, update

from engine import profiles
from engine.competencies import projector
from engine.competencies.models import Projection
from engine.db import db, drop_lease, lease_table, reading, take_lease, transaction, writing
from engine.lrs.models import statement
from engine.pipeline import reader
from engine.rebuilding.rebuild import rebuild
from xapi.vocabulary import BYWAY, Extension

pytestmark = pytest.mark.both_databases
HOLDER = "somewhere:1:a"
OTHER = "elsewhere:1:b"


def rebuilt() -> dict[str, list[tuple[Any, ...]]]:
    rebuild(check=False)
    return projected()


def follow(log: Any, holder: str = HOLDER) -> int:
    """Advance to the end of the log; how many statements that took."""
    done = projector.advance(log, holder=holder)
    return done and done + follow(log, holder)


def cursor() -> int:
    db.session.rollback()
    return projector.serving().cursor


def nothing() -> None:
    put(an_origin())


def statements() -> None:
    put(an_origin(), answered(), answered(thing="2"))


def void_after() -> None:
    origin = an_origin()
    (first,) = put(origin, answered())
    profiles.catch_up()
    put(origin, on(first, VOIDED))


def void_before() -> None:
    origin, coming = an_origin(), new_id()
    put(origin, on(coming, VOIDED))
    profiles.catch_up()
    put(origin, answered() | {"id": coming})


def void_by_another() -> None:
    (first,) = put(an_origin(), answered())
    profiles.catch_up()
    put(an_origin("other"), on(first, VOIDED))


def word_before_its_statement() -> None:
    origin, coming = an_origin("forum", "source", attests="peer"), new_id()
    put(origin, on(coming))
    profiles.catch_up()
    put(origin, answered() | {"id": coming})


def voided_word() -> None:
    origin = an_origin("forum", "source", attests="peer")
    (first,) = put(origin, answered())
    (word,) = put(origin, on(first))
    profiles.catch_up()
    put(origin, on(word, VOIDED))


def three_revisions() -> None:
    """An accepted answer, corrected twice: the word on the first stays with the third."""
    origin = an_origin("forum", "source", attests="peer")
    (first,) = put(origin, answered())
    put(origin, on(first))
    for _ in range(2):
        profiles.catch_up()
        put(origin, on(first, VOIDED))
        (first,) = put(origin, answered(**{Extension.REPLACES: first}))


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(nothing, id="nothing"),
        pytest.param(statements, id="statements"),
        pytest.param(void_after, id="voided after it was weighed"),
        pytest.param(void_before, id="voided before it came"),
        pytest.param(void_by_another, id="a void without the right"),
        pytest.param(word_before_its_statement, id="a word before its statement"),
        pytest.param(voided_word, id="a word taken back"),
        pytest.param(three_revisions, id="corrected twice"),
    ],
)
def test_following_the_log_equals_working_it_out_again(
    app: Flask, history: Callable[[], None]
) -> None:
    a_person()
    history()
    profiles.catch_up()
    incremental = projected()
    assert rebuild(check=True).equal
    assert rebuilt() == incremental


def test_a_voided_statement_leaves_no_evidence(app: Flask) -> None:
    a_person()
    void_after()
    assert where() is None
    assert projected()["line"] == []


def test_what_was_voided_before_it_came_never_counts(app: Flask) -> None:
    a_person()
    void_before()
    assert where() is None


def test_a_void_without_the_right_changes_nothing(app: Flask) -> None:
    a_person()
    void_by_another()
    assert where() is not None


def test_a_word_stays_with_the_item_through_its_revisions(app: Flask) -> None:
    a_person()
    three_revisions()
    assert classes(where()) == ["peer"]
    rebuilt()
    assert classes(where()) == ["peer"]


def test_rows_and_cursor_are_stored_together(app: Flask) -> None:
    put(an_origin(), answered())
    before = cursor()
    with failing_on("INSERT INTO line"), pytest.raises(RuntimeError):
        projector.advance(reader(), holder=HOLDER)
    assert (cursor(), projected()["evidence"]) == (before, [])
    profiles.catch_up()
    assert len(projected()["evidence"]) == 1


@contextmanager
def failing_on(start: str) -> Iterator[None]:
    """Let the database fail when a statement starts like this."""

    def fail(_conn: Any, _cursor: Any, text: str, *_: Any) -> None:
        if text.startswith(start):
            raise RuntimeError("out of paper")

    event.listen(db.engine, "before_cursor_execute", fail)
    yield
    event.remove(db.engine, "before_cursor_execute", fail)


def test_only_the_holder_of_the_lease_projects(app: Flask) -> None:
    put(an_origin(), answered())
    with writing() as connection:
        lease = take_lease(connection, projector.LEASE, OTHER, seconds=60)
    assert projector.advance(reader(), holder=HOLDER) == 0
    with writing() as connection:
        drop_lease(connection, lease)
    assert projector.advance(reader(), holder=HOLDER) == 1


def test_an_idle_projector_writes_nothing(app: Flask) -> None:
    with writing() as connection:
        take_lease(connection, projector.LEASE, OTHER, seconds=60)
    projector.advance(reader(), holder=HOLDER)
    with reading() as connection:
        holders = connection.execute(select(lease_table.c.holder)).scalars().all()
    assert holders == [OTHER]


def test_a_stretch_that_somebody_else_projected_meanwhile_is_not_stored(app: Flask) -> None:
    put(an_origin(), answered())
    follow(Overtaken(reader(), lambda: follow(reader())))
    assert len(projected()["line"]) == 1


class Overtaken:
    """The log, read by somebody whom another projector overtakes meanwhile."""

    def __init__(self, log: Any, meanwhile: Callable[[], object]) -> None:
        self.log_ = log
        self.meanwhile = [meanwhile]

    def last(self) -> int:
        return int(self.log_.last())

    def log(self, after: int, limit: int) -> Any:
        return self.log_.log(after, limit)

    def voided(self, sids: Any) -> Any:
        while self.meanwhile:
            self.meanwhile.pop()()
        return self.log_.voided(sids)


def test_two_threads_project_each_statement_once(app: Flask) -> None:
    origin = an_origin()
    stop = threading.Event()
    threads = [threading.Thread(target=keep_on, args=(app, n, stop)) for n in ("a", "b")]
    [one.start() for one in threads]
    sids = [put(origin, answered(thing=str(n)))[0] for n in range(60)]
    until(lambda: cursor() == reader().last())
    stop.set()
    [one.join() for one in threads]
    assert sorted(row[3] for row in projected()["evidence"]) == sorted(sids)


def keep_on(app: Flask, name: str, stop: threading.Event) -> None:
    """Project as a worker would, giving the lease back now and then."""
    with app.app_context():
        while not stop.is_set():
            projector.advance(reader(), holder=f"host-{name}:1:{name}")
            projector.release(f"host-{name}:1:{name}")


def until(done: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.02)


PROJECT = """
import time
from engine.app import create_app
from engine.competencies import projector
from engine.db import holder_name
from engine.pipeline import reader
holder = holder_name()
with create_app().app_context():
    print("ready", flush=True)
    while True:
        projector.advance(reader(), holder=holder) or time.sleep(0.01)
"""


@contextmanager
def projecting(app: Flask) -> Iterator[subprocess.Popen[str]]:
    """Another process that projects until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROJECT],
        env=environment(app.extensions["byway.settings"].instance),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_two_processes_project_each_statement_once(app: Flask) -> None:
    origin = an_origin()
    with projecting(app), projecting(app):
        sids = [put(origin, answered(thing=str(n)))[0] for n in range(60)]
        until(lambda: cursor() == reader().last())
    assert sorted(row[3] for row in projected()["evidence"]) == sorted(sids)


def test_the_lease_of_a_killed_process_is_taken_over_at_once(app: Flask) -> None:
    origin = an_origin()
    with projecting(app) as process:
        put(origin, answered())
        until(lambda: cursor() == reader().last())
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    put(origin, answered(thing="2"))
    assert projector.advance(reader(), holder=HOLDER) == 1


ODD = {
    "a group": {"actor": {"objectType": "Group", "member": [{"mbox": "mailto:a@x.org"}]}},
    "an account": {"actor": {"account": {"homePage": "https://x.org", "name": "Bo"}}},
    "an openid": {"actor": {"openid": "https://x.org/bo"}},
    "about a person": {"object": {"objectType": "Agent", "mbox": "mailto:a@x.org"}},
    "about a group": {
        "object": {"objectType": "Group", "member": [{"mbox": "mailto:a@x.org"}]},
    },
    "a statement within": {
        "object": {
            "objectType": "SubStatement",
            "actor": {"mbox": "mailto:a@x.org"},
            "verb": {"id": "https://x.org/v"},
            "object": {"id": "https://x.org/o"},
        }
    },
    "the year one": {"timestamp": "0001-01-01T00:00:00Z"},
    "the last year": {"timestamp": "9999-12-31T23:59:59.999Z"},
    "a day only": {"timestamp": "2026-09-08T12Z"},
    "a leap second": {"timestamp": "2016-12-31T23:59:60Z"},
    "a huge score": {"result": {"score": {"raw": 10**400}}},
    "a small score": {"result": {"score": {"raw": -1e300, "min": -1e301}}},
    "a long stay": {"result": {"duration": "P999999999Y"}},
    "half a second": {"result": {"duration": "PT0.5S"}},
    "tags that are none": {"context": {"extensions": {Extension.TAGS: {"a": [1]}}}},
    "tags of all kinds": {"context": {"extensions": {Extension.TAGS: ["data", 1, None, [], 2.5]}}},
    "tags of many digits": {
        "context": {"extensions": {Extension.TAGS: [Decimal("0." + "1" * 99), 10**400]}},
    },
    "replaces a list": {"context": {"extensions": {Extension.REPLACES: ["x"]}}},
    "replaces itself": {"context": {"extensions": {Extension.REPLACES: "urn:uuid:x"}}},
    "corrected by": {"context": {"extensions": {BYWAY + "ext/corrected-by": None}}},
    "no name": {"object": {"id": "https://x.org/o", "definition": {"name": {}}}},
    "a long id": {"object": {"id": "https://x.org/" + "o" * 5000}},
    "an instructor": {"context": {"instructor": {"mbox": "mailto:a@x.org"}}},
}


@pytest.mark.parametrize("members", [pytest.param(m, id=name) for name, m in ODD.items()])
def test_odd_statements_do_not_stop_the_projector(app: Flask, members: dict[str, Any]) -> None:
    verbs = (REPLIED, ACCEPTED, VERIFIED)
    put(an_origin(), *(a_statement(verb=verb) | members for verb in verbs), answered())
    assert follow(reader()) == 4
    assert len(projected()["evidence"]) >= 1


def test_a_statement_that_cannot_be_weighed_stops_nobody_elses(app: Flask) -> None:
    a_person()
    put(an_origin(), answered(), answered(thing="2"))
    with writing() as connection:
        first = statement.c.seq == select(func.min(statement.c.seq)).scalar_subquery()
        broken = b'{"actor": {"mbox": "mailto:bo@example.org"}, "object": {}, "stored": "x"}'
        connection.execute(update(statement).where(first).values(payload=broken))
    standing = where()
    assert standing is not None
    assert (standing.evidence_count, cursor()) == (1, reader().last())


def test_a_projection_that_is_thrown_away_leaves_no_rows(app: Flask) -> None:
    put(an_origin(), answered(), answered(thing="2"))
    profiles.catch_up()
    generation = projector.start(projector.serving().ruleset_id, "checking")
    follow(reader())
    projector.drop(generation)
    assert leftovers(generation) == 0


def leftovers(generation: int) -> int:
    db.session.rollback()
    with reading() as connection:
        return sum(
            len(connection.execute(select(table).where(table.c.generation == generation)).all())
            for table in (*projector.ROWS, Projection.__table__)
        )


def test_a_stretch_for_a_projection_that_is_gone_is_not_stored(app: Flask) -> None:
    put(an_origin(), answered())
    profiles.catch_up()
    generation = projector.start(projector.serving().ruleset_id, "checking")
    follow(Overtaken(reader(), lambda: projector.drop(generation)))
    assert leftovers(generation) == 0


def test_half_dropped_projections_are_swept(app: Flask) -> None:
    put(an_origin(), answered())
    profiles.catch_up()
    generation = projector.start(projector.serving().ruleset_id, "checking")
    follow(reader())
    with transaction() as session:
        mine = Projection.generation == generation
        session.execute(update(Projection).where(mine).values(state=projector.RETIRED))
    projector.sweep()
    assert leftovers(generation) == 0
