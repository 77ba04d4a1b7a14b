"""Sources from the shell: tests of the connection, schedules, pauses, calls, the sealing key."""

from __future__ import annotations

import json

import pytest
from cli_running import Byway
from instance_making import SECRET
from pytest_httpserver import HTTPServer

ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>Blog</title><id>urn:b</id>'
    "<updated>2026-09-08T12:00:00Z</updated><entry><id>urn:1</id><title>One</title>"
    '<link href="https://blog.example.org/1"/><author><name>bo</name></author>'
    "<updated>2026-09-08T12:00:00Z</updated></entry></feed>"
)


@pytest.fixture
def blog(byway: Byway, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> HTTPServer:
    """A blog on this machine, and a source that asks it."""
    monkeypatch.setenv("BYWAY_ALLOW_PRIVATE_FETCH", "1")
    httpserver.expect_request("/feed").respond_with_data(ATOM, content_type="application/atom+xml")
    byway("sources", "add", "feed", "blog", "--set", f"url={httpserver.url_for('/feed')}")
    return httpserver


@pytest.mark.usefixtures("blog")
def test_what_works_is_said_with_what_would_come(byway: Byway) -> None:
    ran = byway("sources", "test", "blog")
    assert (ran.code, ran.out.strip()) == (
        0,
        "It works. The first page has 1 row, the newest of 2026-09-08.",
    )


def test_what_does_not_work_ends_with_one_and_the_mend(byway: Byway, blog: HTTPServer) -> None:
    blog.clear()
    blog.expect_request("/feed").respond_with_data("", status=404)
    ran = byway("sources", "test", "blog")
    assert ran.code == 1
    assert ran.out.startswith("There is nothing at this address. The feed was not found")


@pytest.mark.usefixtures("blog")
def test_a_preview_without_a_file_asks_and_records_nothing(byway: Byway) -> None:
    assert byway("sources", "preview", "blog", "--json").json["rows"] == 1
    assert byway("sources", "run", "blog", "--json").json["new"] == 1


def test_scripts_read_the_kind(byway: Byway, blog: HTTPServer) -> None:
    blog.clear()
    blog.expect_request("/feed").respond_with_data("", status=429, headers={"Retry-After": "60"})
    told = byway("sources", "test", "blog", "--json").json
    assert (told["kind"], told["seconds"], told["works"]) == ("rate", 60, False)


@pytest.mark.usefixtures("blog")
def test_a_source_is_paused_and_goes_on(byway: Byway) -> None:
    assert byway("sources", "pause", "blog").code == 0
    assert byway("sources", "list", "--json").json[0]["paused"]
    assert byway("sources", "run", "blog").code == 1
    byway("sources", "resume", "blog")
    assert byway("sources", "run", "blog").code == 0


@pytest.mark.usefixtures("blog")
def test_a_schedule_is_decided_and_listed(byway: Byway) -> None:
    ran = byway("sources", "schedule", "blog", "--every", "day", "--silent-after", "9")
    assert ran.out.startswith("blog is asked next on 2")
    assert byway("sources", "list", "--json").json[0]["every"] == "day"
    byway("sources", "schedule", "blog", "--every", "never")
    assert byway("sources", "list", "--json").json[0]["next"] is None


@pytest.mark.usefixtures("blog")
def test_calls_are_listed(byway: Byway) -> None:
    assert byway("sources", "calls", "blog", "--json").json == []
    assert byway("sources", "calls", "blog", "--again", "7").code == 1


def test_no_command_prints_a_secret(byway: Byway) -> None:
    given = ("url=https://forum.example.org", f"secret={SECRET}")
    byway("sources", "add", "discourse", "forum", "--set", given[0], "--set", given[1])
    ran = [byway("sources", "list", "--json"), byway("sources", "test", "forum", "--json")]
    assert SECRET not in "".join(one.out + one.err for one in ran)


@pytest.mark.usefixtures("blog")
def test_the_key_is_rotated_and_the_old_one_forgotten(byway: Byway) -> None:
    byway("sources", "run", "blog")
    assert "Sealed with it: 1 of the database, 0 files." in byway("sources", "rotate-key").out
    assert "Keys forgotten: 1." in byway("sources", "rotate-key", "--forget-old").out
    assert json.loads(byway("sources", "run", "blog", "--json").out)["rows"] == 0
