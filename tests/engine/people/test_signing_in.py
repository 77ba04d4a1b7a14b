"""Sign-in links: once, not for long, and by one person."""

from __future__ import annotations

import threading

import pytest
from factories import a_person
from flask import Flask
from sqlalchemy import update

from engine.db import db, transaction
from engine.people import service, signin
from engine.people.models import SigninLink
from engine.people.signin import LinkSpent

pytestmark = pytest.mark.both_databases


@pytest.fixture
def token(app: Flask) -> str:
    a_person()
    with transaction():
        address = signin.make_link(service.get_person("bo@example.org"), public_url="http://x")
    return address.rsplit("/", 1)[1]


def use(token: str) -> str:
    with transaction():
        return signin.use(token).email


def test_looking_does_not_use_a_link_up(token: str) -> None:
    assert signin.peek(token).email == signin.peek(token).email == use(token)


def test_a_link_works_once(token: str) -> None:
    use(token)
    with pytest.raises(LinkSpent):
        use(token)


def test_an_expired_link_lets_nobody_in(token: str) -> None:
    with transaction() as session:
        session.execute(update(SigninLink).values(expires_at=1))
    with pytest.raises(LinkSpent):
        use(token)


def test_a_made_up_link_lets_nobody_in(token: str) -> None:
    with pytest.raises(LinkSpent):
        signin.peek(token + "x")


def test_of_many_at_once_one_gets_in(app: Flask, token: str) -> None:
    came: list[str] = []
    start = threading.Barrier(6)

    def enter() -> None:
        with app.app_context():
            start.wait()
            try:
                came.append(use(token))
            except LinkSpent:
                came.append("spent")

    people = [threading.Thread(target=enter) for _ in range(6)]
    [one.start() for one in people]
    [one.join() for one in people]
    assert sorted(came) == ["bo@example.org", *["spent"] * 5]


def test_a_link_of_a_merged_person_signs_in_who_she_is_now(token: str) -> None:
    a_person("Ines Roy", "ines@example.org")
    with transaction():
        service.merge(service.get_person("ines@example.org"), service.get_person("bo@example.org"))
    assert use(token) == "ines@example.org"
    db.session.rollback()
