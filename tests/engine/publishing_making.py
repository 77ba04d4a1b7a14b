"""What tests of results make: a learner with a level, who consents; L&D that publishes."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlsplit

from factories import a_person
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet
from live_log import ACCEPTED, DATA, DAY, an_origin, answered, on, put

from engine import profiles
from engine.db import db, transaction
from engine.lrs.reader import Stored
from engine.people import service as people
from engine.people.service import Who
from engine.pipeline import reader
from engine.publishing import asserting, consents, grants
from engine.publishing.consents import Choice
from engine.publishing.grants import Asked
from engine.publishing.models import Grant
from engine.publishing.policy import Policy, decide
from xapi import text

ALL = Choice(everything=True)
LATER = date(2026, 9, 10)
ATTESTING = {"ceiling": "expert", "attests": "expert"}


def a_learner(answers: int = 4) -> Who:
    """Somebody with so many answers that a peer accepted: level 2 of data literacy with four."""
    who = a_person("Bo Lund", "bo@example.org")
    a_person("Ines Roy", "ines@example.org")
    forum, peers = an_origin("forum"), an_origin("peers", **ATTESTING)
    for thing in range(answers):
        (sid,) = put(forum, answered(thing=str(thing)))
        put(peers, on(sid, ACCEPTED))
    profiles.catch_up()
    return who


def an_officer(email: str = "odile@example.org", role: str = "ld") -> Who:
    """Somebody who decides."""
    return a_person("Odile Brandt", email, role)


def decided(**given: Any) -> None:
    """L&D lets levels be published and badges be issued from level 1 on, unless told otherwise."""
    rules = {"publishes": True, "badge_level": 1, "issuer": "Northmoor Council"} | given
    with transaction():
        decide(Policy(**rules), by="odile@example.org")


def chosen(who: Who, choice: Choice = ALL) -> None:
    """A learner's word on publishing."""
    with transaction():
        consents.choose(who, choice, known=frozenset({DATA}))


def published(email: str = "bo@example.org", as_of: date = DAY) -> int:
    """Publish what changed; how many statements that took."""
    profiles.catch_up()
    db.session.rollback()
    return asserting.publish(people.get_person(email), as_of)


def out(email: str = "bo@example.org") -> dict[str, Any]:
    """The statement that is out about data literacy."""
    db.session.rollback()
    found = asserting.published_of(people.get_person(email).id)[DATA]
    return dict(text.parse(stored(found.sid).payload))


def stored(sid: Any) -> Stored:
    return reader().many([sid])[sid]


def asked(who: Who, **given: Any) -> Grant:
    """A learner asks that her level in data literacy be confirmed, with a badge."""
    with transaction():
        return grants.ask(who, Asked(**{"competency": DATA, "wants_badge": True} | given), DAY)


def confirmed(row: Grant, by: Who, *, with_badge: bool = True) -> Grant:
    """It is confirmed."""
    grants.confirm(row.uid, by=by, with_badge=with_badge, as_of=DAY)
    return grants.find(row.uid)


def a_badge(**given: Any) -> Grant:
    """A badge that has been issued; `given` is what the learner asked."""
    decided()
    row = asked(a_learner(), **given)
    return confirmed(row, an_officer())


def claims(app: Flask, token: str) -> dict[str, Any]:
    """What a token says, once it is verified against our key set as anybody gets it."""
    fetched = app.test_client().get("/.well-known/jwks.json").json
    return dict(jwt.decode(token, KeySet.import_key_set(fetched), algorithms=["RS256"]).claims)


def path_of(address: str) -> str:
    """The path of an address of ours."""
    return urlsplit(address).path
