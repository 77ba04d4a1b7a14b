"""Another set of plugins is taken over by every server of an instance, and nobody notices."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from cli_running import serving, until
from flask import Flask
from plugin_set_making import chosen, installed

from engine.cli.serve import Restarted, Watch

ENDS = "import sys; sys.exit(75)"


@contextmanager
def asking(*urls: str) -> Iterator[list[str]]:
    """Clients that ask all the time, by kept connections and by fresh ones; what failed."""
    failed: list[str] = []
    stop = threading.Event()

    def ask(url: str, session: requests.Session | None) -> None:
        while not stop.wait(0.02):
            try:
                answer = (session or requests).get(f"{url}/xapi/about", timeout=30)
                failed.extend([] if answer.ok else [str(answer.status_code)])
            except requests.RequestException as error:
                failed.append(repr(error))

    threads = [
        threading.Thread(target=ask, args=(url, session))
        for url in urls
        for session in (None, requests.Session())
    ]
    for thread in threads:
        thread.start()
    yield failed
    stop.set()
    for thread in threads:
        thread.join()


def has_help(url: str) -> bool:
    """Whether a process with the plugin that brings the help page answers."""
    return requests.get(f"{url}/help", timeout=30).status_code == 200


def test_every_server_takes_a_new_set_over_and_no_request_fails(
    app: Flask, instance_dir: Path
) -> None:
    with (
        serving(instance_dir, "--workers", "1", "--no-worker") as (first, here),
        serving(instance_dir, "--workers", "1", "--no-worker") as (_, there),
        asking(here, there) as failed,
    ):
        chosen(off=["guide"])
        until(lambda: not has_help(here) and not has_help(there))
        chosen(installed("sheet"))
        until(lambda: has_help(here) and has_help(there))
        assert first.poll() is None
    assert failed == []


def test_a_worker_with_the_old_set_is_started_again_at_once() -> None:
    now = [0.0]
    worker = Restarted([sys.executable, "-c", ENDS], clock=lambda: now[0])
    first = worker.process
    first.wait()
    worker.look()
    assert worker.process is not first
    worker.process.wait()


@pytest.mark.usefixtures("app")
def test_a_new_set_is_seen_once_and_within_a_second() -> None:
    now = [0.0]
    watch = Watch(0, clock=lambda: now[0])
    chosen(off=["feed"])
    assert not watch.sees_another()
    now[0] = 1.0
    assert watch.sees_another()
    now[0] = 2.0
    assert not watch.sees_another()
