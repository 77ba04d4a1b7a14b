"""Change the set of plugins while two servers of one instance are under load: nothing may fail.

python -m bench.changes                     # 20 changes at 200 requests a second
python -m bench.changes --changes 5 --database postgresql://...

Half of the load goes to each `byway serve`. Of its clients, one half keep their connections open
and the others make one for each request; one request in ten stores a statement.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import sys
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

from bench.scratch import (
    byway,
    free_port,
    say,
    scratch_database,
    scratch_directory,
    serving,
)
from engine.app import create_app
from engine.config import read_settings
from engine.plugin_sets import generations
from engine.plugin_sets.generations import Choice

CLIENTS = 40
PLUGIN = "tally"
SETTLE_S = 4.0


@dataclass(slots=True)
class Seen:
    """What came of the requests; `spans` are seconds, each with the moment it began."""

    spans: list[tuple[float, float]] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Client:
    """One client of one server; it makes no request a second time."""

    def __init__(self, port: int, pair: str, *, keeps: bool) -> None:
        self.port, self.keeps, self.sent = port, keeps, 0
        self._headers = {
            "Authorization": f"Basic {pair}",
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "application/json",
        }
        self._connection: http.client.HTTPConnection | None = None

    def ask(self) -> str:
        """Make one request; how it failed, or nothing."""
        self.sent += 1
        try:
            connection = self._connection or http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=30
            )
            self._connection = None
            if self.sent % 10:
                connection.request("GET", "/xapi/statements?limit=1", headers=self._headers)
            else:
                connection.request("POST", "/xapi/statements", _statement(), self._headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            return f"{type(error).__name__}, {'kept' if self.keeps else 'fresh'} connection"
        if self.keeps and not answer.will_close:
            self._connection = connection
        else:
            connection.close()
        return "" if answer.status == 200 else f"status {answer.status}"


def _statement() -> bytes:
    return json.dumps(
        {
            "id": str(uuid.uuid4()),
            "actor": {"mbox": "mailto:somebody@example.org"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/attended"},
            "object": {"id": "https://events.example.org/1"},
        }
    ).encode()


def main() -> None:
    """Measure, report, and end with 1 where anything failed."""
    asked = _asked()
    with ExitStack() as stack:
        directory = stack.enter_context(scratch_directory(keep=False))
        url = stack.enter_context(scratch_database(asked.database, False))
        settings = {
            "BYWAY_INSTANCE": str(directory / "instance"),
            **({"BYWAY_DATABASE_URL": url} if url else {}),
        }
        byway(settings, "init")
        made = json.loads(
            byway(settings, "keys", "create", "load", "--scope", "all", "--reads", "all", "--json")
        )
        ports = [free_port(), free_port()]
        for port in ports:
            stack.enter_context(serving(settings, port, directory / f"server-{port}.log"))
        pair = base64.b64encode(f"{made['key']}:{made['secret']}".encode()).decode()
        seen = _under_load(ports, pair, settings, asked)
    sys.exit(_report(seen, asked))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--database")
    return parser.parse_args()


def _under_load(
    ports: list[int], pair: str, settings: dict[str, str], asked: argparse.Namespace
) -> Seen:
    """Change the set so many times while clients ask."""
    seen, stop = Seen(), threading.Event()
    clients = [Client(ports[n % 2], pair, keeps=bool(n // 2 % 2)) for n in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        for place, client in enumerate(clients):
            pool.submit(_go_on, client, place, CLIENTS / asked.rate, seen, stop)
        time.sleep(SETTLE_S)
        try:
            with create_app(read_settings(settings)).app_context():
                for number in range(asked.changes):
                    _change(enabled=bool(number % 2))
                    time.sleep(SETTLE_S)
        finally:
            stop.set()
    return seen


def _change(*, enabled: bool) -> None:
    """Make another set count, without its trial, which would take its part of the machine."""
    choice = Choice(plugin=PLUGIN, version="", sha256=None, enabled=enabled)
    generations.add(generations.current(), (choice,), by="bench", why="To see what happens")


def _go_on(client: Client, place: int, every: float, seen: Seen, stop: threading.Event) -> None:
    """Ask at even intervals, each client at a time of its own; who is late asks at once."""
    due = time.monotonic() + every * place / CLIENTS
    while not stop.is_set():
        time.sleep(max(0.0, due - time.monotonic()))
        failure = client.ask()
        with seen.lock:
            seen.spans.append((due, time.monotonic() - due))  # waiting for its turn counts too
            seen.failures.update([failure] if failure else [])
        due += every


def _report(seen: Seen, asked: argparse.Namespace) -> int:
    spans = sorted(span for _, span in seen.spans)
    begun = min(at for at, _ in seen.spans)
    lasted = max(at for at, _ in seen.spans) - begun
    say(f"{len(spans)} requests in {lasted:.0f} s ({len(spans) / lasted:.0f}/s), two servers")
    say(f"{asked.changes} changes of the set")
    for name, share in (("median", 0.5), ("95 %", 0.95), ("99 %", 0.99), ("longest", 1.0)):
        say(f"  {name:<8} {1000 * spans[min(len(spans) - 1, int(share * len(spans)))]:8.1f} ms")
    say(f"{sum(seen.failures.values())} failed: {dict(seen.failures) or 'none'}")
    return 1 if seen.failures else 0


if __name__ == "__main__":
    main()
