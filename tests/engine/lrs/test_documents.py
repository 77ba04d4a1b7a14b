"""Documents in the store: whose they are, what lists name, and writers that meet."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from lrs_making import an_authority
from sqlalchemy import func, select

from engine.db import reading, writing
from engine.errors import TooLarge
from engine.lrs import documents
from engine.lrs.documents import Context
from engine.lrs.models import document
from engine.moments import now_us
from xapi.documents import Condition, Contents, PreconditionFailed, etag
from xapi.errors import StatementRefused

ANNA = "mailto:anna@example.org"
COURSE = Context(kind="state", activity="http://example.org/course", agent=ANNA)
FIRST = replace(COURSE, registration="ec531277-b57b-4c15-8d91-d292c5b2b8f7")
SECOND = replace(COURSE, registration="8f87ccde-bb56-4c2e-ab83-44982ef22df0")
FREE = Condition(method="POST", kind="state", version="1.0.3")


@pytest.fixture
def origin(app):
    return an_authority().origin


@pytest.fixture
def other(app):
    return an_authority("other").origin


def held(content=b"{}", media_type="application/json"):
    return Contents(media_type=media_type, content=content)


def put(origin, name="place", content=b"{}", context=COURSE, condition=FREE):
    return documents.put(context, name, held(content), origin=origin, condition=condition)


def post(origin, content, name="place", context=COURSE, condition=FREE):
    return documents.post(context, name, held(content), origin=origin, condition=condition)


def content_of(origin, name="place", context=COURSE, **more):
    found = documents.read(context, name, origin=origin, **more)
    return found and found.contents.content


def names(origin, context=COURSE, **more):
    return documents.names(context, origin=origin, **more).names


def expecting(content):
    return replace(FREE, if_match=etag(content))


def test_document_comes_back_as_it_was_put(origin):
    contents = held(b"\x00\xff\r\n", "text/plain; charset=utf-8")
    documents.put(COURSE, "place", contents, origin=origin, condition=FREE)
    assert documents.read(COURSE, "place", origin=origin).contents == contents


def test_empty_document_is_one(origin):
    put(origin, content=b"")
    assert content_of(origin) == b""


def test_document_that_is_not_there_is_none(origin):
    assert documents.read(COURSE, "place", origin=origin) is None


def test_put_replaces_what_was_there(origin):
    put(origin, content=b"1")
    put(origin, content=b"2")
    assert content_of(origin) == b"2"


def test_tag_is_of_what_is_kept(origin):
    put(origin, content=b'{"a":1}')
    assert post(origin, b'{"b":2}').etag == etag(b'{"a":1,"b":2}')


def test_moment_rises_though_the_clock_goes_back(origin):
    ahead = put(origin).updated_at + 10**12
    with writing() as connection:
        connection.execute(document.update().values(updated_at=ahead))
    assert put(origin).updated_at == ahead + 1


@pytest.mark.parametrize(
    "context",
    [
        pytest.param(replace(COURSE, kind="agent-profile"), id="kind"),
        pytest.param(replace(COURSE, activity="http://example.org/other"), id="activity"),
        pytest.param(replace(COURSE, agent="mailto:ben@example.org"), id="agent"),
        pytest.param(FIRST, id="registration"),
    ],
)
def test_document_is_found_by_all_that_names_it(origin, context):
    put(origin)
    assert content_of(origin, context=context) is None


def test_document_of_another_name_is_another(origin):
    put(origin)
    assert content_of(origin, "other") is None


def test_parts_of_a_name_do_not_run_together(origin):
    put(origin, name="c", context=replace(COURSE, activity="http://a.org/b", agent="x"))
    assert content_of(origin, "c", replace(COURSE, activity="http://a.org/", agent="bx")) is None


def test_origins_do_not_meet(origin, other):
    put(origin, content=b"mine")
    put(other, content=b"theirs")
    assert content_of(origin) == b"mine"


def test_origin_does_not_see_what_another_keeps(origin, other):
    put(other)
    assert content_of(origin) is None
    assert names(origin) == ()


def test_who_reads_everything_sees_own_first(origin, other):
    put(origin, content=b"mine")
    put(other, content=b"theirs")
    assert content_of(origin, everything=True) == b"mine"


def test_who_reads_everything_sees_the_latest_of_others(origin, other):
    put(an_authority("third").origin, content=b"older")
    put(other, content=b"newer")
    assert content_of(origin, everything=True) == b"newer"


def test_who_reads_everything_sees_each_name_once(origin, other):
    put(origin, "a")
    put(other, "a")
    put(other, "b")
    assert names(origin, everything=True) == ("a", "b")


def test_list_knows_its_latest_change(origin):
    put(origin, "a")
    latest = put(origin, "b").updated_at
    assert documents.names(COURSE, origin=origin).updated_at == latest


def test_list_of_nothing_was_never_changed(origin):
    assert documents.names(COURSE, origin=origin).updated_at is None


def test_list_since_excludes_its_own_moment(origin):
    since = put(origin, "old").updated_at
    put(origin, "new")
    assert names(origin, since=since) == ("new",)


def test_changed_document_is_listed_again(origin):
    since = put(origin, "old").updated_at
    post(origin, b'{"a":1}', "old")
    assert names(origin, since=since) == ("old",)


@pytest.mark.parametrize(
    ("context", "listed"),
    [
        pytest.param(COURSE, ("a", "b", "c"), id="whatever the registration"),
        pytest.param(FIRST, ("b", "c"), id="of one registration"),
    ],
)
def test_list_by_registration(origin, context, listed):
    put(origin, "a")
    put(origin, "b", context=FIRST)
    put(origin, "c", context=FIRST)
    put(origin, "c", context=SECOND)
    assert names(origin, context) == listed


def test_delete_takes_one_document(origin):
    put(origin, "a")
    put(origin, "b")
    documents.delete(COURSE, "a", origin=origin, condition=FREE)
    assert names(origin) == ("b",)


def test_delete_of_what_is_not_there_is_no_fault(origin):
    documents.delete(COURSE, "a", origin=origin, condition=FREE)
    assert names(origin) == ()


def test_delete_with_a_wrong_tag_leaves_it(origin):
    put(origin)
    with pytest.raises(PreconditionFailed):
        documents.delete(COURSE, "place", origin=origin, condition=expecting(b"other"))
    assert names(origin) == ("place",)


@pytest.mark.parametrize(
    ("context", "left"),
    [
        pytest.param(COURSE, (), id="whatever the registration"),
        pytest.param(FIRST, ("a", "c"), id="of one registration"),
    ],
)
def test_clear_takes_a_whole_context(origin, context, left):
    put(origin, "a")
    put(origin, "b", context=FIRST)
    put(origin, "c", context=SECOND)
    documents.clear(context, origin=origin, condition=FREE)
    assert names(origin) == left


def test_clear_leaves_what_others_keep(origin, other):
    put(other)
    documents.clear(COURSE, origin=origin, condition=FREE)
    assert names(other) == ("place",)


def test_clear_with_a_tag_takes_nothing(origin):
    put(origin)
    with pytest.raises(PreconditionFailed):
        documents.clear(COURSE, origin=origin, condition=expecting(b"{}"))
    assert names(origin) == ("place",)


def test_put_with_a_wrong_tag_changes_nothing(origin):
    put(origin, content=b"1")
    with pytest.raises(PreconditionFailed):
        put(origin, content=b"2", condition=expecting(b"0"))
    assert content_of(origin) == b"1"


def test_post_that_cannot_be_merged_changes_nothing(origin):
    before = put(origin, content=b'{"a":1}')
    with pytest.raises(StatementRefused):
        post(origin, b"[]")
    assert documents.read(COURSE, "place", origin=origin) == before


def test_post_of_a_new_document_that_is_refused_stores_nothing(origin):
    with pytest.raises(StatementRefused):
        post(origin, b"{")
    assert names(origin) == ()


def test_merging_does_not_pass_the_limit(app, origin):
    half = json.dumps({"a": "x" * (app.config["MAX_CONTENT_LENGTH"] // 2)}).encode()
    put(origin, content=half)
    with pytest.raises(TooLarge):
        post(origin, half.replace(b'"a"', b'"b"'))
    assert content_of(origin) == half


def test_document_says_what_it_is_about(origin):
    put(origin, context=FIRST)
    with reading() as connection:
        row = connection.execute(select(document)).one()
    assert (row.kind, row.activity, row.agent, row.registration, row.name) == (
        "state", FIRST.activity, ANNA, FIRST.registration, "place",
    )  # fmt: skip


def test_document_is_dated_by_the_clock(origin):
    before = now_us()
    assert before <= put(origin).updated_at <= now_us()


def test_no_merge_is_lost_between_writers(app, origin):
    def add(number):
        with app.app_context():
            post(origin, json.dumps({str(number): number}).encode())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    assert json.loads(content_of(origin)) == {str(number): number for number in range(40)}


def test_one_of_many_who_know_the_same_tag_may_write(app, origin):
    def replaced(number):
        with app.app_context():
            return _try(lambda: put(origin, content=b"%d" % number, condition=expecting(b"old")))

    put(origin, content=b"old")
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(replaced, range(16))) == 1


def test_new_document_of_many_writers_is_one(app, origin):
    def create(number):
        with app.app_context():
            return _try(lambda: put(origin, condition=replace(FREE, if_none_match="*")))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(16))) == 1
    with reading() as connection:
        assert connection.scalar(select(func.count()).select_from(document)) == 1


def _try(write):
    try:
        write()
    except PreconditionFailed:
        return False
    return True
