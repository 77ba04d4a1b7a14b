"""The product in one file: a webinar, a forum and a blog go in, an explained profile comes out.

Ines attends webinars, answers colleagues in the forum and writes a blog. Odile, of the L&D team,
runs the sources. Nobody fills in a form.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests
from cli_running import serving, until
from factories import ATTENDED, a_key, a_statement, headers
from flask import Flask
from sqlalchemy import func, select

from engine import profiles
from engine.api import Delivery
from engine.competencies.evidence import EvidenceRow
from engine.db import db, transaction
from engine.demo import people as cast
from engine.demo import samples, seed
from engine.lrs.models import statement
from engine.people import service as people
from engine.people import signin
from engine.people.service import Who
from engine.rebuilding.rebuild import rebuild
from engine.sources import decisions, instances, runs, undo
from engine.sources.models import Item, Run
from xapi.vocabulary import TYPES

pytestmark = pytest.mark.both_databases
FRAMEWORK = "https://w3id.org/byway/frameworks/public-service-learning/"
TODAY = date(2026, 11, 20)


@pytest.fixture
def story(app: Flask) -> Flask:
    """The application, once the samples have been read."""
    read_samples(app, TODAY)
    return app


def read_samples(app: Flask, today: date) -> None:
    seed.seed(samples.write(app.extensions["byway.settings"].instance / "demo", today))
    profiles.catch_up()


def the_samples(app: Flask) -> samples.Samples:
    return samples.write(app.extensions["byway.settings"].instance / "demo", TODAY)


def ines() -> Who:
    return people.who(people.get_person(cast.LEARNER))


def levels(as_of: date = TODAY) -> dict[str, int]:
    """Ines's levels by the last word of the competency's address."""
    profiles.catch_up()
    found = profiles.profile_of(ines().id, as_of).standings
    return {name.removeprefix(FRAMEWORK): one.level for name, one in found.items()}


def standing_facts() -> dict[str, Any]:
    """What every item's standing statement says, without ids and times of storing."""
    db.session.rollback()
    items = db.session.scalars(select(Item).where(Item.sid.is_not(None)))
    return {item.key: item.essence for item in items}


def count_statements() -> int:
    return db.session.scalar(select(func.count()).select_from(statement)) or 0


def digest() -> str:
    profiles.catch_up()
    return profiles.digest_of(TODAY)


def run_again(app: Flask, name: str) -> list[runs.Report]:
    source = the_samples(app).source(name)
    return [runs.run_file(name, Delivery(body=f.read_bytes(), name=f.name)) for f in source.files]


def run_longer(app: Flask) -> runs.Report:
    file = the_samples(app).longer
    return runs.run_file(samples.WEBINARS, Delivery(body=file.read_bytes(), name=file.name))


@pytest.mark.parametrize(
    "today",
    [
        pytest.param(date(2026, 11, 20), id="an ordinary day"),
        pytest.param(date(2028, 2, 29), id="a leap day"),
        pytest.param(date(2027, 1, 1), id="the first day of a year"),
        pytest.param(date(2027, 3, 29), id="after the clocks changed"),
        pytest.param(date(2031, 7, 14), id="years from now"),
    ],
)
def test_what_ines_did_becomes_levels_at_any_date(app: Flask, today: date) -> None:
    read_samples(app, today)
    found = levels(today)
    assert sum(level >= 1 for level in found.values()) >= 3
    assert max(found.values()) >= 2


@pytest.mark.usefixtures("story")
def test_every_level_is_explained_to_the_last_unit() -> None:
    found = profiles.profile_of(ines().id, TODAY).standings
    masses = [one.positive[max(one.level, 1) - 1] for one in found.values()]
    assert masses == [sum(part.contribution for part in one.explain) for one in found.values()]


def test_reading_everything_three_times_counts_once(story: Flask) -> None:
    before, statements = digest(), count_statements()
    for name in (samples.WEBINARS, samples.CLINIC, samples.LUNCHES, samples.FORUM, samples.BLOG):
        run_again(story, name)
        run_again(story, name)
    assert (digest(), count_statements()) == (before, statements)


def test_a_longer_report_corrects_and_undo_restores(story: Flask) -> None:
    before = standing_facts()
    report = run_longer(story)
    assert report.counts["corrected"] >= 1
    assert standing_facts() != before
    undo.undo(report.run or 0)
    assert standing_facts() == before


def test_reading_after_undo_restores(story: Flask) -> None:
    after = digest()
    report = run_longer(story)
    longer = digest()
    undo.undo(report.run or 0)
    assert digest() == after
    run_longer(story)
    assert digest() == longer


def test_a_corrected_zone_corrects(story: Flask) -> None:
    with transaction():
        instances.change(instances.get(samples.WEBINARS), {"timezone": "America/Vancouver"})
    reports = run_again(story, samples.WEBINARS)
    assert sum(report.counts["corrected"] for report in reports) > 0
    assert sum(report.counts["new"] for report in reports) == 0


@pytest.mark.parametrize(
    "order", [pytest.param((0, 1), id="older first"), pytest.param((1, 0), id="newer first")]
)
def test_undoing_two_runs_in_either_order_ends_the_same(
    story: Flask, order: tuple[int, int]
) -> None:
    before = standing_facts()
    with transaction():
        instances.change(instances.get(samples.WEBINARS), {"timezone": "America/Vancouver"})
    file = the_samples(story).source(samples.WEBINARS).files[-1]
    moved = runs.run_file(samples.WEBINARS, Delivery(body=file.read_bytes(), name=file.name))
    made = (moved.run, run_longer(story).run)
    undo.undo(made[order[0]] or 0)
    undo.undo(made[order[1]] or 0)
    assert standing_facts() == before


def all_runs() -> list[int]:
    return list(db.session.scalars(select(Run.id)))


@pytest.mark.usefixtures("story")
def test_an_acceptance_survives_a_correction_of_its_target() -> None:
    answer = an_accepted_answer()
    corrected = decisions.correct(
        ines(), answer, decisions.Correction(at=datetime(2026, 10, 1, 9, 30, tzinfo=UTC))
    )
    profiles.catch_up()
    explained = [
        part
        for one in profiles.profile_of(ines().id, TODAY).standings.values()
        for part in one.explain
        if part.statement == str(corrected)
    ]
    assert {part.assurance for part in explained} == {"peer"}


def an_accepted_answer() -> uuid.UUID:
    standings = profiles.profile_of(ines().id, TODAY).standings.values()
    accepted = [
        part.statement for one in standings for part in one.explain if part.assurance == "peer"
    ]
    return uuid.UUID(accepted[0])


@pytest.mark.usefixtures("story")
def test_a_rebuild_ends_in_the_same_digest_whatever_was_decided() -> None:
    ines_now = people.get_person(cast.LEARNER)
    account = next(key for key in people.keys_of(ines_now.id) if "hub.northmoor" in key)
    assert rebuild(check=True).equal
    with transaction():
        people.unlink(people.get_person(cast.LEARNER), account)
    assert rebuild(check=True).equal
    with transaction():
        people.link(people.get_person(cast.LEARNER), account)
    undo.undo(all_runs()[0])
    assert rebuild(check=True).equal


@pytest.mark.usefixtures("story")
def test_a_link_lights_up_what_is_already_recorded() -> None:
    before = levels()
    account = next(key for key in ines().keys if "hub.northmoor" in key)
    with transaction():
        people.unlink(people.get_person(cast.LEARNER), account)
    assert levels() != before
    with transaction():
        people.link(people.get_person(cast.LEARNER), account)
    assert levels() == before


@pytest.mark.usefixtures("story")
def test_a_merge_and_back_leaves_every_digest() -> None:
    profiles.catch_up()
    before = profiles.person_digests(TODAY)
    with transaction():
        people.merge(people.get_person(cast.LEARNER), people.get_person(cast.EXPERT))
    assert profiles.person_digests(TODAY) != before
    with transaction():
        other = db.session.scalars(
            select(people.Person).where(people.Person.email == cast.EXPERT)
        ).one()
        people.unmerge(other)
    assert profiles.person_digests(TODAY) == before


def test_a_statement_from_the_lms_joins_the_same_record(story: Flask) -> None:
    key = a_key()
    thing = {"id": "https://lms.example.org/clinic", "definition": {"type": TYPES["webinar"]}}
    tags = {"https://w3id.org/byway/ext/tags": ["data-literacy"]}
    more = {"object": thing, "result": {"duration": "PT50M"}, "context": {"extensions": tags}}
    sent = a_statement(cast.LEARNER, ATTENDED, **more)
    answer = story.test_client().post("/xapi/statements", json=sent, headers=headers(key))
    assert answer.json == [sent["id"]]
    profiles.catch_up()
    assert sent["id"] in {row.statement_id for row in rows_of_ines()}


def rows_of_ines() -> Sequence[EvidenceRow]:
    return profiles.profile_of(ines().id, TODAY).record.rows


def test_what_an_lms_sends_shows_on_her_page(story: Flask) -> None:
    key, settings = a_key(), story.extensions["byway.settings"]
    with transaction():
        link = signin.make_link(people.get_person(cast.LEARNER), public_url="")
    thing = {"id": "https://lms.example.org/9", "definition": {"name": {"en": "Maps for all"}}}
    with serving(settings.instance) as (_server, url), requests.Session() as browser:
        sign_in(browser, url + link)
        sent = a_statement(cast.LEARNER, ATTENDED, object=thing)
        assert browser.post(f"{url}/xapi/statements", json=sent, headers=headers(key)).ok
        until(lambda: "Maps for all" in browser.get(f"{url}/learning").text)


def sign_in(browser: requests.Session, link: str) -> None:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(link).text)
    assert browser.post(link, data={"csrf_token": token and token[1]}).ok


def test_undo_of_everything_leaves_no_level(story: Flask) -> None:
    for run in all_runs():
        undo.undo(run)
    assert levels() == {}
