"""The doors that open by themselves: webhooks over HTTP, and polling."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from factories import settings_in
from flask import Flask
from flask.testing import FlaskClient
from instance_making import StillPlugin, allow_private_fetch
from looking import count_statements, ended, live_statements, says, standing, state_of, table_sizes
from pytest_httpserver import HTTPServer
from toy import crash, did, file, refuse

from engine.app import create_app
from engine.db import db, transaction
from engine.errors import BadReport, Refused
from engine.jobs import tasks
from engine.sources import doors, instances
from engine.sources.models import SourceInstance

DATA = Path(__file__).parents[2] / "data"
FORUM, SECRET = "https://forum.example.org", "s3cret"
CREATED = (DATA / "discourse" / "post_created_reply.json").read_bytes()


@pytest.fixture
def forum(app: Flask) -> Iterator[FlaskClient]:
    """A client calling an application with a forum."""
    with transaction():
        url = json.loads(CREATED)["post"].get("url", FORUM)
        given = {"url": url if url.startswith("http") else FORUM, "secret": SECRET}
        instances.add("discourse", "forum", given, basis="notice")
    with app.test_client() as client:
        yield client


def call(client: FlaskClient, body: bytes, secret: str = SECRET, **headers: str) -> Any:
    """A call as Discourse makes it, signed over the raw bytes."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    given = {
        "Content-Type": "application/json",
        "X-Discourse-Event-Type": "post",
        "X-Discourse-Event": "post_created",
        "X-Discourse-Event-Id": "17",
        "X-Discourse-Event-Signature": f"sha256={signature}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return client.post("/sources/forum/hook", data=body, headers=given)


def test_a_signed_call_is_kept_and_the_worker_reads_it(forum: FlaskClient) -> None:
    answer = call(forum, CREATED)
    run_id = answer.json["run"]
    assert (answer.status_code, state_of(run_id).state) == (202, "waiting")
    assert tasks.read_unfinished() == 1
    assert (state_of(run_id).state, state_of(run_id).counts) == ("done", {"new": 1})
    assert live_statements() == 1


def test_the_same_call_again_is_the_same_run(forum: FlaskClient) -> None:
    first = call(forum, CREATED)
    assert call(forum, CREATED).json == first.json
    assert doors.unfinished() == [first.json["run"]]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"secret": "wrong"}, id="another secret"),
        pytest.param({"X_Discourse_Event_Signature": ""}, id="no signature"),
        pytest.param({"X_Discourse_Event_Signature": "sha256=ü"}, id="no ASCII"),
        pytest.param({"X_Discourse_Instance": "https://evil.example"}, id="another forum"),
    ],
)
def test_a_call_that_is_not_signed_is_refused_in_json(
    forum: FlaskClient, given: dict[str, str]
) -> None:
    before = table_sizes()
    answer = call(forum, CREATED, **given)
    assert answer.status_code == 401
    assert answer.json["error"]
    assert answer.json["mend"]
    assert table_sizes() == before | {"hook_call": 1}


def test_a_ping_is_answered_and_not_kept(forum: FlaskClient) -> None:
    before = table_sizes()
    answer = call(forum, b"{}", X_Discourse_Event_Type="ping", X_Discourse_Event="ping")
    assert (answer.status_code, answer.data) == (200, b"pong")
    assert table_sizes() == before | {"hook_call": 1}


@pytest.mark.parametrize("name", ["nowhere", "z"], ids=["no such source", "no webhook"])
def test_a_door_that_is_not_there(still: Flask, name: str) -> None:
    answer = still.test_client().post(f"/sources/{name}/hook", data=b"{}")
    assert answer.status_code == 404
    assert answer.json["error"]


def test_a_broken_call_is_refused_by_the_worker_and_the_next_is_read(forum: FlaskClient) -> None:
    broken = call(forum, b"not JSON", X_Discourse_Event_Id="18").json["run"]
    sound = call(forum, CREATED).json["run"]
    tasks.read_unfinished()
    assert (state_of(broken).state, state_of(sound).state) == ("refused", "done")
    assert state_of(broken).why


def test_a_bug_in_a_plugins_webhook_is_no_error_of_ours(toys: Flask) -> None:
    answer = toys.test_client().post("/sources/t/hook", data=b"crash", headers={"X-Secret": ""})
    assert answer.status_code == 422
    assert answer.json["error"].startswith("The plugin toy failed: ZeroDivisionError")


@pytest.fixture
def still(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """An application with a source, z, that is given files only."""
    app = make_app([("still", StillPlugin())])
    with app.app_context():
        with transaction():
            instances.add("still", "z", {}, basis="notice")
        yield app
        db.session.remove()


@pytest.fixture
def feed(instance_dir: Path, database_url: str, httpserver: HTTPServer) -> Iterator[HTTPServer]:
    """A blog, and an application that may fetch from this machine."""
    settings = replace(settings_in(instance_dir, database_url), allow_private_fetch=True)
    app = create_app(settings)
    with app.app_context():
        with transaction():
            given = {"url": httpserver.url_for("/feed.xml")}
            instances.add("feed", "blog", given, basis="notice")
        yield httpserver
        db.session.remove()
        db.engine.dispose()


ATOM = (DATA / "feed" / "atom_team.xml").read_text()


def blog() -> SourceInstance:
    db.session.rollback()
    return instances.get("blog")


def test_a_poll_reads_and_keeps_its_cursor(feed: HTTPServer) -> None:
    feed.expect_request("/feed.xml").respond_with_data(ATOM, headers={"ETag": '"one"'})
    report = doors.poll("blog")
    assert report.counts["new"] > 0
    assert "one" in (blog().cursor or "")
    assert blog().trouble is None


def test_no_news_is_no_run(feed: HTTPServer) -> None:
    feed.expect_ordered_request("/feed.xml").respond_with_data(ATOM, headers={"ETag": '"one"'})
    feed.expect_ordered_request("/feed.xml", headers={"If-None-Match": '"one"'}).respond_with_data(
        "", status=304
    )
    doors.poll("blog")
    before = count_statements()
    assert doors.poll("blog").as_json()["run"] is None
    assert count_statements() == before


def test_an_edited_feed_changes_what_changed_only(feed: HTTPServer) -> None:
    feed.expect_ordered_request("/feed.xml").respond_with_data(ATOM)
    feed.expect_ordered_request("/feed.xml").respond_with_data(ATOM + "\n<!-- edited -->")
    doors.poll("blog")
    before = standing()
    report = doors.poll("blog")
    assert report.counts["known"] > 0
    assert (report.counts["new"], report.counts["corrected"]) == (0, 0)
    assert standing() == before


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_feed_that_cannot_be_fetched_troubles_its_source(feed: HTTPServer, status: int) -> None:
    feed.expect_request("/feed.xml").respond_with_data("", status=status)
    with pytest.raises(Refused):
        doors.poll("blog")
    assert str(status) in (blog().trouble or "")
    assert table_sizes()["run"] == 0


def test_a_broken_feed_troubles_its_source_until_it_is_mended(feed: HTTPServer) -> None:
    again = {"If-None-Match": '"bad"'}
    feed.expect_ordered_request("/feed.xml").respond_with_data("<a>", headers={"ETag": '"bad"'})
    feed.expect_ordered_request("/feed.xml", headers=again).respond_with_data("", status=304)
    feed.expect_ordered_request("/feed.xml").respond_with_data(ATOM)
    with pytest.raises(BadReport):
        doors.poll("blog")
    trouble = blog().trouble
    assert trouble
    doors.poll("blog")
    assert blog().trouble == trouble
    doors.poll("blog")
    assert blog().trouble is None


def toy_url(name: str, address: str) -> None:
    """Let a toy be polled at an address on this machine."""
    with transaction():
        instances.change(instances.get(name), {"url": address})


@pytest.fixture
def polled(toys: Flask, httpserver: HTTPServer) -> HTTPServer:
    """The toy, polled at a server of this machine."""
    allow_private_fetch()
    toy_url("t", httpserver.url_for("/toy"))
    return httpserver


def answer(server: HTTPServer, *said: dict[str, Any], etag: str = "1", uid: str = "") -> None:
    headers = {"etag": etag} | ({"x-uid": uid} if uid else {})
    server.expect_ordered_request("/toy").respond_with_data(file(*said).body, headers=headers)


def test_a_delivery_known_by_its_id_is_not_polled_again(polled: HTTPServer) -> None:
    answer(polled, did("a"), uid="17")
    answer(polled, did("a", minutes=9), etag="2", uid="17")
    assert ended(doors.poll("t")) == {"new": 1}
    assert doors.poll("t").run is None
    assert instances.get("t").cursor == "2"


def test_a_refused_poll_records_nothing_of_any_delivery(polled: HTTPServer) -> None:
    answer(polled, did("a"), refuse("No header."))
    with pytest.raises(BadReport):
        doors.poll("t")
    assert state_of(1).state == "refused"
    assert state_of(1).why == "row 2: No header."
    assert count_statements() == 0
    assert "No header." in (instances.get("t").trouble or "")


def test_a_bug_in_a_plugins_poll_troubles_its_source(polled: HTTPServer) -> None:
    polled.expect_request("/toy").respond_with_data("[]")  # no ETag: a KeyError in the toy
    with pytest.raises(BadReport, match="The plugin toy failed: KeyError"):
        doors.poll("t")
    assert "The plugin toy failed" in (instances.get("t").trouble or "")


def test_a_bug_in_reading_what_was_polled_troubles_its_source(polled: HTTPServer) -> None:
    answer(polled, crash())
    with pytest.raises(BadReport):
        doors.poll("t")
    assert "The plugin toy failed" in (instances.get("t").trouble or "")


@pytest.mark.usefixtures("still")
def test_what_cannot_be_polled_says_so() -> None:
    with pytest.raises(Refused, match="cannot be polled"):
        doors.poll("z")


@pytest.mark.usefixtures("app")
def test_what_is_not_set_up_to_be_asked_has_not_failed() -> None:
    with transaction():
        instances.add("feed", "blog", {}, basis="notice")
    with pytest.raises(Refused, match="There is no address to poll"):
        doors.poll("blog")
    assert blog().trouble is None
    assert instances.care_of(blog()).failures == 0


@pytest.mark.usefixtures("forum")
def test_a_file_and_a_webhook_that_share_a_key_meet(app: Flask) -> None:
    call(app.test_client(), CREATED)
    call(app.test_client(), CREATED, X_Discourse_Event_Id="18")
    tasks.read_unfinished()
    post = json.loads(CREATED)["post"]["id"]
    assert live_statements() == 1
    assert says(f"post:{post}", "forum")
