"""The conformance kit: a sound source passes every case, and each rule finds who breaks it."""

from __future__ import annotations

import gc
import json
import random
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from testkit_making import REPORT, Lines, a, bundle_in, case, pairs_in, plugin, settings

from engine.api import (
    BadReport,
    Failed,
    FrameworkFormat,
    Line,
    Privacy,
    SourceSettings,
    fields,
    hookimpl,
)
from engine.db import transaction
from engine.people import service as people
from engine.testkit import Broken, cases, pure
from engine.testkit.kit import write_pairs

HERE = Path(__file__)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """A report and what it comes to when read rightly."""
    folder = pairs_in(tmp_path)
    write_pairs(plugin(Lines()), pairs=folder)
    return folder


def why(source: Any, words: str, pairs: Path) -> str:
    """Why a source breaks the rule of these words."""
    with pytest.raises(Broken) as broken:
        case(source, words, pairs).run()
    assert broken.value.mend
    return broken.value.why


def broken(found: Any) -> list[str]:
    """The names of the cases that a plugin fails."""
    return [one.name for one in found if fails(one.run)]


def fails(run: Callable[[], str]) -> bool:
    try:
        return not run()
    except Broken:
        return True


def test_a_sound_source_passes_every_case(pairs: Path) -> None:
    found = cases(plugin(Lines()), pairs=pairs)
    assert len(found) > 30
    assert broken(found) == []


def test_a_source_without_samples_is_given_what_nobody_can_read() -> None:
    found = cases(plugin(Lines()))
    assert {one.about for one in found} == {"hostile input"}
    assert broken(found) == []


def test_a_sound_bundle_passes_every_case(tmp_path: Path) -> None:
    folder = bundle_in(tmp_path, "\n".join(REPORT.split("\n")[:3]), REPORT)
    write_pairs(plugin(Lines()), pairs=folder)
    assert broken(cases(plugin(Lines()), pairs=folder)) == []


# What activities may not look at.


def looking(at: Callable[[], Any]) -> Any:
    """A source that looks at something while it reads."""

    def said(self: Lines, line: Line, dates: Any, lines: list[Line]) -> Any:
        at()
        return Lines.said(self, line, dates, lines)

    return a(said=said)


class Moment(datetime):
    """A plugin's own class of dates."""


@pytest.mark.parametrize(
    ("at", "what"),
    [
        pytest.param(lambda: datetime.now(UTC), "the clock", id="the time"),
        pytest.param(lambda: Moment.now(UTC), "the clock", id="the time of a class of its own"),
        pytest.param(date.today, "the clock", id="the day"),
        pytest.param(time.time, "the clock", id="seconds"),
        pytest.param(lambda: time.sleep(0), "the clock", id="it waits"),
        pytest.param(random.random, "chance", id="a random number"),
        pytest.param(lambda: random.randint(1, 6), "chance", id="dice"),
        pytest.param(lambda: HERE.read_text(), "a file", id="a file"),
        pytest.param(lambda: list(HERE.parent.iterdir()), "a file", id="a folder"),
        pytest.param(lambda: socket.create_connection(("::1", 9)), "the network", id="a socket"),
        pytest.param(lambda: __import__("sqlite3").connect(":memory:"), "a database", id="SQLite"),
        pytest.param(lambda: Thread(target=int).start(), "another thread", id="a thread"),
        pytest.param(lambda: __import__("subprocess").run(["true"]), "another program", id="a run"),
    ],
)
def test_what_activities_looks_at_is_caught(at: Callable[[], Any], what: str, pairs: Path) -> None:
    assert why(looking(at), "reads no clock", pairs) == f"activities uses {what}."


def test_the_line_that_looked_is_named() -> None:
    with pytest.raises(Broken) as broken, pure(HERE):
        swallowed(HERE.read_text)
    assert broken.value.where.startswith("test_testkit.py, line ")


def test_who_swallows_the_guards_words_is_caught_all_the_same() -> None:
    with pytest.raises(Broken, match="the clock"), pure():
        swallowed(time.time)


def swallowed(call: Callable[[], Any]) -> None:
    with suppress(Exception):
        call()


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: ZoneInfo.no_cache("America/Toronto"), id="a time zone"),
        pytest.param(lambda: datetime.fromisoformat("2026-09-08"), id="a date that is written"),
        pytest.param(lambda: datetime.strptime("2026", "%Y").astimezone(UTC), id="a parsed date"),
        pytest.param(lambda: random.Random(7).random(), id="chance from a fixed seed"),
        pytest.param(lambda: __import__("colorsys"), id="a module imported late"),
    ],
)
def test_what_does_not_change_may_be_read(call: Callable[[], Any]) -> None:
    with pure():
        call()


def test_the_guard_leaves_nothing_behind() -> None:
    with pytest.raises(ZeroDivisionError), pure():
        raise ZeroDivisionError
    assert sys.getprofile() is None
    assert gc.isenabled()


class Finalized:
    """Rubbish in a circle, which looks at the clock when it is thrown away."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        time.time()


def test_what_is_thrown_away_meanwhile_is_not_the_plugins_doing() -> None:
    Finalized()
    with pure():
        assert len([[] for _ in range(100_000)]) == 100_000
    gc.collect()


def test_a_reading_without_an_end_is_stopped() -> None:
    with pytest.raises(Broken, match="did not come to an end"), pure(seconds=0.1):
        sum(iter(lambda: one(), 2))


def one() -> int:
    return 1


# The other rules.


def counting() -> Callable[..., str]:
    """A key that is another one each time."""
    drawn = iter(range(10_000))
    return lambda *_: str(next(drawn))


def writing(self: Lines, line: Line, lines: list[Line]) -> str:
    with transaction():
        people.create_person(name="Bo", email=f"{time.time_ns()}@example.org")
    return line["id"]


def by_length(self: Lines, line: Line, lines: list[Line]) -> str:
    return f"{line['id']} of {len(lines)}"


@pytest.mark.parametrize(
    ("source", "words", "reason"),
    [
        pytest.param(
            a(key=counting()), "same each time", "Two readings of the same report differ.",
            id="another key each time",
        ),
        pytest.param(
            a(key=counting()), "changes nothing when", "The same report again came to 3 new",
            id="another key for a second delivery",
        ),
        pytest.param(
            a(key=counting()), "what the preview showed", "come to different statements",
            id="another key after the preview",
        ),
        pytest.param(
            a(key=writing), "nothing in a preview", "A preview wrote something.", id="it writes"
        ),
        pytest.param(
            a(key=by_length), "has grown", "nothing has the key", id="a key that grows too"
        ),
        pytest.param(
            a(privacy=Privacy(reads=("email",), keeps=("role",))), "keeps no more", "keeps email",
            id="it keeps more than it says",
        ),
        pytest.param(
            a(key=by_length), "expected statements",
            "“statements” is not what september.expected.json says. At [0].id: expected",
            id="other statements than expected",
        ),
    ],
)  # fmt: skip
def test_a_broken_rule_is_found(source: Any, words: str, reason: str, pairs: Path) -> None:
    assert reason in why(source, words, pairs)


def test_a_bundle_that_forgets_what_it_said_is_found(tmp_path: Path) -> None:
    first, second = REPORT, REPORT.replace("5620000000000000001", "5620000000000000009")
    folder = bundle_in(tmp_path, first, second)
    assert "nothing has the key '5620000000000000001'" in why(newest_only(), "has grown", folder)


def newest_only() -> Any:
    def activities(self: Lines, bundle: Any, settings: Any) -> Iterator[Any]:
        newest = type(bundle)(key=bundle.key, deliveries=bundle.deliveries[-1:])
        yield from Lines.activities(self, newest, settings)

    return a(activities=activities)


# What strangers send.


def raising(error: Exception) -> Any:
    def activities(self: Lines, bundle: Any, settings: Any) -> Iterator[Any]:
        raise error
        yield

    return a(activities=activities)


def saying(*said: Any) -> Any:
    return a(activities=lambda self, bundle, settings: iter(said))


def test_another_exception_than_a_refusal_passes_through() -> None:
    with pytest.raises(KeyError, match="header"):
        case(raising(KeyError("header")), "an empty file", None).run()


@pytest.mark.parametrize(
    ("source", "words", "reason"),
    [
        pytest.param(
            raising(BadReport("No header.")), "an empty file", "without a reason or a mend",
            id="a refusal without a mend",
        ),
        pytest.param(
            saying(), "two tables", "made nothing of it", id="nothing said of a wrong file"
        ),
        pytest.param(
            saying(Failed(row=1, why="", mend="")), "a picture", "without saying why",
            id="a failed row without why"
        ),
    ],
)  # fmt: skip
def test_an_answer_that_helps_nobody_is_found(source: Any, words: str, reason: str) -> None:
    with pytest.raises(Broken, match=reason):
        case(source, words, None).run()


def test_an_id_that_a_spreadsheet_mangled_must_not_become_a_key(pairs: Path) -> None:
    careless = a(key=lambda self, line, lines: line["id"])
    assert "5.62E+18" in why(careless, "as a spreadsheet leaves them", pairs)


# Formats of frameworks.


def form(reads: Any = None, read: Any = None) -> Any:
    """A plugin with a format that recognises nothing and refuses everything, or does worse."""
    made = FrameworkFormat(
        name="odd", title="Odd", reads=reads or (lambda file: False), read=read or refused
    )
    return plugin(register_framework_formats=hookimpl(lambda: [made]))


def refused(files: Any, options: Any) -> Any:
    raise BadReport("No framework.", "Choose another file.")


def crashing(files: Any, options: Any) -> Any:
    raise KeyError("levels")


def test_a_sound_format_passes_every_case() -> None:
    found = cases(form())
    assert len(found) > 15
    assert broken(found) == []


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        pytest.param(form(reads=lambda file: None), "something else than", id="no answer"),
        pytest.param(form(read=lambda files, options: None), "brought a NoneType", id="nothing"),
    ],
)
def test_a_format_that_answers_wrongly_is_found(module: Any, reason: str) -> None:
    with pytest.raises(Broken, match=reason):
        cases(module)[-1].run()


def test_what_a_format_raises_passes_through() -> None:
    with pytest.raises(KeyError, match="levels"):
        cases(form(read=crashing))[-1].run()


# Samples and settings.


class Zoned(SourceSettings):
    """Settings of which one is needed."""

    zone = fields.String(required=True)


def test_settings_that_are_missing_are_said_once(pairs: Path) -> None:
    assert "Its settings do not fit. zone:" in why(a(settings=Zoned), "settings", pairs)
    assert len(cases(plugin(a(settings=Zoned)), pairs=pairs)) == 1


def test_settings_stand_beside_the_samples(pairs: Path) -> None:
    settings(pairs, zone="UTC")
    assert broken(cases(plugin(a(settings=Zoned)), pairs=pairs)) == []


def test_a_sample_that_is_refused_is_found(tmp_path: Path) -> None:
    folder = pairs_in(tmp_path, "Region,Budget\nNorth,12\n")
    assert "It refuses its own sample: No table" in why(Lines(), "reads no clock", folder)


def test_a_pair_without_its_second_file(tmp_path: Path) -> None:
    assert why(Lines(), "expected", pairs_in(tmp_path)) == "There is no september.expected.json."


def test_a_second_file_that_is_no_json(pairs: Path) -> None:
    (pairs / "september.expected.json").write_text("{")
    assert "It is no JSON" in why(Lines(), "expected", pairs)


def test_each_source_of_a_plugin_has_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "pairs" / "lines").mkdir(parents=True)
    (tmp_path / "pairs" / "lines" / "a.csv").write_text(REPORT)
    found = cases(plugin(Lines(), a(name="other")), pairs=tmp_path / "pairs")
    assert {one.name.partition(":")[0] for one in found if "a.csv" in one.name} == {"lines"}


def test_headers_of_a_webhook_stand_beside_its_body(tmp_path: Path) -> None:
    folder = pairs_in(tmp_path, "{}", "event.json")
    (folder / "event.headers.json").write_text(json.dumps({"x-event": "created"}))
    seen: list[Any] = []
    noting = a(activities=lambda self, bundle, settings: seen.extend(bundle.deliveries) or iter(()))
    case(noting, "reads no clock", folder).run()
    assert seen[0].headers == {"x-event": "created"}


def test_written_pairs_hold_what_the_plugin_decides(pairs: Path) -> None:
    shown = json.loads((pairs / "september.expected.json").read_text())
    assert (shown["rows"], shown["new"], shown["failed"]) == (4, 3, 1)
    assert shown["statements"][0]["verb"] == {"id": "http://adlnet.gov/expapi/verbs/attended"}
    assert "version" not in shown["statements"][0]
