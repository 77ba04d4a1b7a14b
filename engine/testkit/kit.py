"""The cases of the kit: what every source must do, whatever it reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from engine.api import Activity, BadReport, Bundle, Delivery, Failed, Gone, Skipped, Source
from engine.plugin_checks.brought import home_of, sources_of
from engine.plugin_checks.sample_files import FOLDER, SETTINGS
from engine.sources.checking import checked
from engine.testkit import growth, scratch
from engine.testkit.broken import Broken
from engine.testkit.case import Case
from engine.testkit.formats import format_cases
from engine.testkit.guards import pure
from engine.testkit.hostile import MANGLED, Hostile, hostile
from engine.testkit.samples import (
    Sample,
    expected_of,
    samples_in,
    settings_in,
    write_expected,
)

MOST = 200_000
"""How many things a reading may say before it counts as endless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A source under test: `settings` as a person gives them, and the samples it reads."""

    source: Source
    home: Path | None
    settings: Mapping[str, Any]
    samples: tuple[Sample, ...]

    def read(self, *deliveries: Delivery) -> list[Any]:
        """What the source says of deliveries that are one bundle, read under guard."""
        loaded = self.source.settings().load(dict(self.settings))
        bundle = Bundle(key=deliveries[-1].bundle, deliveries=deliveries)
        with pure(self.home):
            said = list(islice(self.source.activities(bundle, loaded), MOST))
        if len(said) == MOST:
            raise Broken(f"It says more than {MOST} things.", "Look for a loop without an end.")
        return said

    def read_sample(self, sample: Sample) -> list[Any]:
        """What the source says of a sample, which it must not refuse."""
        with _accepted(sample):
            return self.read(*sample.deliveries)


@contextmanager
def _accepted(sample: Sample) -> Iterator[None]:
    try:
        yield
    except BadReport as refusal:
        why = f"It refuses its own sample: {refusal.why}"
        mend = f"Put what it needs into settings.json. ({refusal.mend})"
        raise Broken(why, mend, where=sample.name) from refusal


def cases(
    module: Any, *, pairs: Path | None = None, settings: Mapping[str, Any] | None = None
) -> list[Case]:
    """Every case for every source and every format of frameworks a plugin brings.

    :param module: the plugin: what its entry point names.
    :param pairs: the folder of golden pairs; else the folder `pairs` in the plugin's package.
    :param settings: what the samples are read with, beside what `settings.json` says.
    """
    found = subjects(module, pairs=pairs, settings=settings)
    return [*(case for subject in found for case in _cases(subject)), *format_cases(module)]


def subjects(
    module: Any, *, pairs: Path | None = None, settings: Mapping[str, Any] | None = None
) -> list[Subject]:
    """The sources a plugin brings, each with its samples."""
    home, sources = home_of(module), sources_of(module)
    if pairs is None and home is not None and home.is_dir():
        pairs = home / FOLDER
    several = len(sources) > 1
    folders = [pairs / source.name if pairs and several else pairs for source in sources]
    return [
        _subject(source, home, folder, settings or {})
        for source, folder in zip(sources, folders, strict=True)
    ]


def _subject(
    source: Source, home: Path | None, folder: Path | None, settings: Mapping[str, Any]
) -> Subject:
    return Subject(
        source=source,
        home=home,
        settings={**(settings_in(folder) if folder else {}), **settings},
        samples=samples_in(folder) if folder else (),
    )


def _cases(subject: Subject) -> Iterator[Case]:
    if unfit := subject.source.settings().validate(dict(subject.settings)):
        if subject.samples:
            name = f"{subject.source.name}: has the settings it needs"
            yield Case(name=name, about="golden pairs", run=partial(_lacks_settings, unfit))
        return
    for sample in subject.samples:
        for words, rule in _RULES.items():
            about = "golden pairs" if rule is comes_to_what_is_expected else "conformance"
            name = f"{subject.source.name}: {words}: {sample.name}"
            yield Case(name=name, about=about, run=partial(rule, subject, sample))
    bodies = [one for sample in subject.samples for one in sample.deliveries]
    for one in hostile(bodies):
        name = f"{subject.source.name}: trusts nothing: {one.name}"
        run = partial(survives, subject, one)
        yield Case(name=name, about="hostile input", run=run)


def _lacks_settings(unfit: Mapping[str, Any]) -> str:
    said = "; ".join(f"{name}: {' '.join(map(str, words))}" for name, words in unfit.items())
    raise Broken(
        f"Its settings do not fit. {said}", f"Write them into {FOLDER}/{SETTINGS}.", where=SETTINGS
    )


def reads_nothing_else(subject: Subject, sample: Sample) -> str:
    """Reads no clock, network, database or file, and says the same each time."""
    first, second = subject.read_sample(sample), subject.read_sample(sample)
    if first != second:
        raise Broken(
            "Two readings of the same report differ.",
            "Take nothing but the delivery and the settings, and sort what a set holds.",
            where=sample.name,
        )
    for said in first:
        for one in checked(said, plugin=subject.source.name):
            _explained(one, sample.name)
    return f"{len(first)} things read."


def declares_what_it_keeps(subject: Subject, sample: Sample) -> str:
    """Keeps no more of a person than its privacy declaration says."""
    words = " ".join(subject.source.privacy.keeps).casefold()
    said = subject.read_sample(sample)
    people = [one.actor for one in said if isinstance(one, Activity)]
    emails = any(getattr(who, "email", None) for who in people)
    if emails and "mail" not in words and "address" not in words:
        why = "It keeps email addresses, which its privacy declaration does not say."
        raise Broken(why, 'Add "email" to Privacy.keeps.', where=sample.name)
    if any(getattr(who, "name", None) for who in people) and "name" not in words:
        why = "It keeps names, which its privacy declaration does not say."
        raise Broken(why, 'Add "name" to Privacy.keeps.', where=sample.name)
    return "What it keeps is declared."


def preview_writes_nothing(subject: Subject, sample: Sample) -> str:
    """Writes nothing in a preview, and records what the preview showed."""
    with _instance(subject, sample) as last:
        before = scratch.table_sizes()
        shown = scratch.preview(last)
        if scratch.table_sizes() != before:
            raise Broken("A preview wrote something.", "Leave the database alone.")
        recorded = scratch.read(last)
    ids, then = ({one["id"] for one in report.statements} for report in (shown, recorded))
    if ids != then:
        why = "A preview and a run of one report come to different statements."
        raise Broken(why, "Say the same at every reading.", where=sample.name)
    return f"{len(ids)} statements, foreseen and recorded."


def reading_again_changes_nothing(subject: Subject, sample: Sample) -> str:
    """Changes nothing when a report comes again."""
    with _instance(subject, sample) as last:
        scratch.read(last)
        before = scratch.standing()
        again = scratch.read(last)
        after = scratch.standing()
    if again.statements or before != after:
        raise Broken(
            f"The same report again came to {len(again.statements)} new statements.",
            "Make keys of what the report says alone: never of a row's number, or of when it came.",
            where=sample.name,
        )
    return f"{len(after)} items, the same after a second reading."


def growing_corrects(subject: Subject, sample: Sample) -> str:
    """Corrects what it said when a report has grown, and doubles nothing."""
    grown = growth.of_sample(sample)
    tried = [one for one in grown if _readable(subject, one.before)]
    for one in tried:
        _nothing_is_left_behind(subject, one)
    if tried:
        _comes_to_the_same_record(subject, tried[-1])
    return f"Read again after growing in {len(tried)} ways."


def comes_to_what_is_expected(subject: Subject, sample: Sample) -> str:
    """Comes to the expected statements."""
    expected, shown = expected_of(sample), becomes(subject, sample)
    for part in dict.fromkeys((*expected, *shown)):
        if expected.get(part) != shown.get(part):
            raise Broken(
                f"“{part}” is not what {sample.expected.name} says. "
                + growth.first_difference(expected.get(part), shown.get(part)),
                "Correct the plugin; or, if the change is meant, write the pair again with "
                "`byway plugins check NAME --write-pairs`.",
                where=sample.name,
            )
    return "It comes to what is expected."


_RULES: dict[str, Callable[[Subject, Sample], str]] = {
    "reads no clock, network, database or file, and says the same each time": reads_nothing_else,
    "keeps no more of a person than it declares": declares_what_it_keeps,
    "writes nothing in a preview, and records what the preview showed": preview_writes_nothing,
    "changes nothing when a report comes again": reading_again_changes_nothing,
    "corrects what it said when a report has grown, and doubles nothing": growing_corrects,
    "comes to the expected statements": comes_to_what_is_expected,
}


def survives(subject: Subject, given: Hostile) -> str:
    """Ends a delivery nobody should trust in a refusal, or in rows that say why."""
    try:
        said = subject.read(given.delivery)
    except BadReport as refusal:
        if not refusal.why.strip() or not refusal.mend.strip():
            why, mend = "It refuses without a reason or a mend.", "Give BadReport both."
            raise Broken(why, mend, where=given.name) from refusal
        return f"Refused: {refusal.why}"
    for one in said:
        _trustworthy(one, subject, given.name)
    if given.refused and not any(isinstance(one, Failed) for one in said):
        raise Broken(
            "It made nothing of it and did not say so.",
            "Raise BadReport when a delivery is none of those you know; find_tables does.",
            where=given.name,
        )
    return f"{len(said)} things said."


def _trustworthy(said: Any, subject: Subject, where: str) -> None:
    """Whether one thing said of such a delivery can be taken."""
    for told in checked(said, plugin=subject.source.name):
        _explained(told, where)
    if isinstance(said, Activity) and any(MANGLED in key for key in said.keys):
        raise Broken(
            f"An id that a spreadsheet mangled ({MANGLED}) became a key.",
            "Read ids with read_id, which fails such a row.",
            where=where,
        )


def becomes(subject: Subject, sample: Sample) -> dict[str, Any]:
    """What a sample comes to: what a preview of its last delivery shows, without our own words."""
    with _instance(subject, sample) as last:
        shown = scratch.preview(last).as_json()
    shown.pop("run")
    shown["statements"] = [_of_the_plugin(one) for one in shown["statements"]]
    plain: dict[str, Any] = json.loads(json.dumps(shown))
    return plain


def write_pairs(module: Any, *, pairs: Path | None = None) -> list[Path]:
    """Write what every sample comes to now as what it must come to; which files were written."""
    written = []
    for subject in subjects(module, pairs=pairs):
        for sample in subject.samples:
            write_expected(sample, becomes(subject, sample))
            written.append(sample.expected)
    return written


def _of_the_plugin(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement without what Byway adds to it and may say otherwise one day."""
    kept = {name: value for name, value in statement.items() if name != "version"}
    return kept | {"verb": {"id": statement["verb"]["id"]}}


def _explained(said: Any, where: str) -> None:
    """Whether a row that is left out says why, and one that failed what to do."""
    told = [said.why] if isinstance(said, Skipped | Failed) else []
    told += [said.mend] if isinstance(said, Failed) else []
    if not all(words.strip() for words in told):
        why = f"Row {said.row} is {type(said).__name__} without saying why and how to mend it."
        raise Broken(why, "Give both in words that can be shown.", where=where)


def _readable(subject: Subject, deliveries: Sequence[Delivery]) -> bool:
    with suppress(BadReport):
        return bool(subject.read(*deliveries))
    return False


def _nothing_is_left_behind(subject: Subject, grown: growth.Grown) -> None:
    """Whether every item that was spoken of before is spoken of still, by one of its keys."""
    now = {key for one in subject.read(*grown.after) for key in _keys(one)}
    for one in subject.read(*grown.before):
        keys = _keys(one)
        if keys and not now.intersection(keys):
            raise Broken(
                f"After the report grew, nothing has the key {keys[0]!r} any more, "
                "so that item would be recorded twice.",
                "Make keys of what stays the same when the report grows.",
                where=grown.after[-1].name,
            )


def _keys(said: Any) -> tuple[str, ...]:
    if isinstance(said, Gone):
        return (said.key,)
    return tuple(said.keys) if isinstance(said, Activity) else ()


def _comes_to_the_same_record(subject: Subject, grown: growth.Grown) -> None:
    """Whether the record is the same as if the whole had come at once."""
    with scratch.scratch(subject.source, subject.settings):
        for delivery in (*grown.before, grown.after[-1]):
            scratch.read(delivery)
        grew = scratch.standing()
    if grown.after[-1].bundle is not None:
        return
    with scratch.scratch(subject.source, subject.settings):
        scratch.read(grown.after[-1])
        at_once = scratch.standing()
    if grew != at_once:
        raise Broken(
            "A report that grew comes to another record than the whole report alone.",
            "Say of an item what the report says of it, whatever was said before.",
            where=grown.after[-1].name,
        )


@contextmanager
def _instance(subject: Subject, sample: Sample) -> Iterator[Delivery]:
    """An instance that has read all deliveries of a sample but the last, and that one."""
    *earlier, last = sample.deliveries
    with _accepted(sample), scratch.scratch(subject.source, subject.settings):
        for delivery in earlier:
            scratch.read(delivery)
        yield last
