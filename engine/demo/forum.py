"""A Discourse forum's webhook bodies: topics, replies, likes and accepted answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from engine.demo.people import (
    BO,
    INES,
    MBALI,
    NOOR,
    ODILE,
    PRIYA,
    RUTH,
    THEA,
    TOMAS,
    Member,
)  # fmt: skip

CATEGORIES = {"digital-collaboration": 6, "open-data": 7, "policy": 8, "communities": 9}
# An account of somebody whom the people file does not link to it.
LENA_AT_THE_FORUM = Member(name="Lena O.", account="lena_o", communities=(), number=21)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer in a topic; `liked` by whom, `accepted` by whoever started the topic."""

    who: Member
    text: str
    liked: tuple[Member, ...] = ()
    accepted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic with its replies, started `age` days before the demonstration.

    A webhook sends the tags with the topic; with a post it sends the category alone.
    """

    age: int
    who: Member
    title: str
    text: str
    category: str
    tags: tuple[str, ...]
    replies: tuple[Reply, ...]


TOPICS = (
    Topic(
        age=82,
        who=PRIYA,
        title="How do we run a consultation in a shared workspace?",
        text="Four departments, one draft, and everybody keeps a copy of their own.",
        category="digital-collaboration",
        tags=("digital-collaboration",),
        replies=(
            Reply(
                who=INES,
                text="One page per question, and the page is the minutes. We did it in spring.",
                liked=(BO, NOOR, PRIYA),
                accepted=True,
            ),
            Reply(who=BO, text="We kept a copy each. Never again."),
        ),
    ),
    Topic(
        age=68,
        who=NOOR,
        title="Which licence suits our meeting notes?",
        text="We would like to publish them, and nobody dares to choose.",
        category="open-data",
        tags=("open-data",),
        replies=(
            Reply(who=THEA, text="An open government licence covers notes too.", accepted=True),
            Reply(who=INES, text="Ask who is quoted before you publish.", liked=(THEA,)),
        ),
    ),
    Topic(
        age=61,
        who=BO,
        title="Editing one document with three councils",
        text="Comments arrive by letter, by mail and in the margin.",
        category="digital-collaboration",
        tags=("digital-collaboration", "wiki"),
        replies=(
            Reply(
                who=INES,
                text="Close the mailbox: comments count in the margin only, and say so on top.",
                liked=(BO, PRIYA),
                accepted=True,
            ),
        ),
    ),
    Topic(
        age=47,
        who=RUTH,
        title="Meetings that half of us join from home",
        text="The room talks, the screen listens.",
        category="digital-collaboration",
        tags=("hybrid-work",),
        replies=(
            Reply(who=TOMAS, text="A microphone for each table helps."),
            Reply(
                who=INES,
                text="Everybody on a screen of their own, also in the room. It feels odd once.",
                liked=(TOMAS, RUTH),
                accepted=True,
            ),
            Reply(who=LENA_AT_THE_FORUM, text="We rotate who chairs from home."),
        ),
    ),
    Topic(
        age=33,
        who=TOMAS,
        title="Our wiki has four hundred pages and no readers",
        text="What do we keep?",
        category="digital-collaboration",
        tags=("wiki",),
        replies=(
            Reply(
                who=INES,
                text="Keep what was opened this year, and put a name on each page you keep.",
                liked=(TOMAS,),
                accepted=True,
            ),
            Reply(who=MBALI, text="Thanks, that is what we will do."),
        ),
    ),
    Topic(
        age=26,
        who=MBALI,
        title="Budget hearings: who speaks for those who are not there?",
        text="The same ten people come each year.",
        category="policy",
        tags=("policy", "participation"),
        replies=(
            Reply(who=INES, text="We asked the libraries to carry the questions."),
            Reply(who=RUTH, text="Pay for the bus. It was that simple.", accepted=True),
        ),
    ),
    Topic(
        age=19,
        who=PRIYA,
        title="Shared calendars across departments",
        text="Everybody sees everything, or nobody sees anything.",
        category="digital-collaboration",
        tags=("digital-tools",),
        replies=(
            Reply(
                who=INES,
                text="Free and busy for all, titles for the team. Write it down once.",
                liked=(PRIYA, ODILE),
                accepted=True,
            ),
        ),
    ),
    Topic(
        age=8,
        who=NOOR,
        title="A task board that people look at",
        text="Ours is green and nobody believes it.",
        category="digital-collaboration",
        tags=("teamwork",),
        replies=(
            Reply(
                who=INES,
                text="Look at it standing, ten minutes, and move the cards while people watch.",
                liked=(NOOR, BO, PRIYA),
                accepted=True,
            ),
            Reply(who=BO, text="And delete what nobody touched for a month."),
        ),
    ),
    Topic(
        age=3,
        who=INES,
        title="How do you welcome newcomers to a community?",
        text="Thirty people joined this month and most of them are silent.",
        category="communities",
        tags=("community-of-practice",),
        replies=(Reply(who=ODILE, text="Ask each of them a question only they can answer."),),
    ),
)


def webhook_bodies(today: date) -> list[dict[str, Any]]:
    """Every call the forum made, in order, as the bodies of its webhook."""
    bodies: list[dict[str, Any]] = []
    for number, topic in enumerate(TOPICS):
        started = datetime.combine(today - timedelta(days=topic.age), time(14, 5), UTC)
        bodies += _of_topic(topic, 800 + number, 4000 + 20 * number, started)
    return bodies


def _of_topic(topic: Topic, number: int, post: int, started: datetime) -> Iterator[dict[str, Any]]:
    about = _about(topic, number)
    yield {"topic": _topic(topic, number, started)}
    yield {"post": about | _post(topic.who, topic.text, post, 1, started)}
    for place, reply in enumerate(topic.replies, start=1):
        at = started + timedelta(hours=3 * place)
        answer = about | _post(reply.who, reply.text, post + place, place + 1, at)
        yield {"post": answer}
        for liker in reply.liked:
            yield {"like": {"post": answer, "user": _user(liker)}}
        if reply.accepted:
            yield {"solved": answer | {"updated_at": _moment(at + timedelta(hours=20))}}


def _topic(topic: Topic, number: int, started: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "title": topic.title,
        "slug": _slug(topic.title),
        "tags": list(topic.tags),
        "created_at": _moment(started),
        "archetype": "regular",
        "category_id": CATEGORIES[topic.category],
        "posts_count": 1,
        "deleted_at": None,
        "user_id": topic.who.number,
        "created_by": _user(topic.who),
    }


def _about(topic: Topic, number: int) -> dict[str, Any]:
    """What every post says of its topic."""
    return {
        "topic_id": number,
        "topic_slug": _slug(topic.title),
        "topic_title": topic.title,
        "topic_archetype": "regular",
        "category_id": CATEGORIES[topic.category],
        "category_slug": topic.category,
    }


def _post(who: Member, text: str, number: int, place: int, at: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "name": who.name,
        "username": who.account,
        "user_id": who.number,
        "created_at": _moment(at),
        "updated_at": _moment(at),
        "post_number": place,
        "post_type": 1,
        "cooked": f"<p>{text}</p>",
        "raw": text,
        "hidden": False,
        "deleted_at": None,
        "user_deleted": False,
    }


def _user(who: Member) -> dict[str, Any]:
    return {"id": who.number, "username": who.account, "name": who.name}


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
