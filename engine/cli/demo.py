"""demo: an instance with invented people and samples, served on this machine."""

from __future__ import annotations

import http.client
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import FrameType

import click
import orjson

from engine import instance, profiles
from engine.cli import serve
from engine.cli.context import instance_app, progress
from engine.config import Settings, create_secret, read_settings
from engine.db import transaction
from engine.demo import people as cast
from engine.demo import samples
from engine.demo.seed import seed
from engine.errors import Refused
from engine.lrs import keys
from engine.people import service as people
from engine.people import signin

HOST = "127.0.0.1"
DIRECTORY = "demo"
KEY_FILE = "xapi-key.json"
WAIT = 0.1
SHOWN = {"Learner": cast.LEARNER, "L&D team": cast.LD, "Operator": cast.OPERATOR}


def add_to(group: click.Group) -> None:
    """Add this command."""
    group.add_command(demo)


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def demo(port: int) -> None:
    """Make an instance with samples in BYWAY_INSTANCE, once, and serve it until Ctrl-C."""
    # Started in the background by a script, Ctrl-C's signal would be ignored until we serve.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    require_free(port)
    os.environ.setdefault("BYWAY_PUBLIC_URL", f"http://{HOST}:{port}")
    settings = read_settings()
    written = prepare(settings, profiles.today())
    server = subprocess.Popen(
        [sys.executable, "-m", "engine.cli", "serve", "--bind", f"{HOST}:{port}"]
    )
    _stop_with_us(server)
    if _answers(server, port):
        click.echo(welcome(settings, written))
    sys.exit(server.wait())


def require_free(port: int) -> None:
    """Refuse a port that something else listens on, before anything is made."""
    try:
        serve.require_free(HOST, port)
    except Refused as taken:
        other = port + 1 if port < 65535 else 8000
        raise Refused(taken.why, f"Give another port: make demo PORT={other}") from taken


def prepare(settings: Settings, today: date) -> samples.Samples:
    """Make the instance and bring the samples in; what is there already stays as it is."""
    directory = settings.instance / DIRECTORY
    if settings.secret_file.is_file() and not directory.is_dir():
        raise Refused(
            f"{settings.instance} is an instance of your own; invented people do not belong there.",
            "Give another directory: make demo INSTANCE=./demo-instance",
        )
    written = samples.write(directory, today)
    create_secret(settings)
    with instance_app(settings):
        logging.getLogger("engine").setLevel(logging.WARNING)  # the bar tells enough
        instance.upgrade()
        with progress("Reading the samples", "rows") as step:
            reports = seed(written, progress=step)
        profiles.catch_up()
    rows = sum(report.rows for report in reports)
    click.echo(f"Read {rows} rows of {len(reports)} files." if reports else "The data is there.")
    return written


def welcome(settings: Settings, written: samples.Samples) -> str:
    """Where to go: fresh sign-in links, the endpoint and its key."""
    with instance_app(settings):
        links = _links(settings.public_url)
        key = _key(settings)
    return "\n".join(
        [
            "",
            f"Byway is at {settings.public_url}. Each link signs in once; start again for more.",
            "",
            *(f"  {role:<10}{name:<16}{link}" for role, name, link in links),
            "",
            f"  Endpoint  {settings.public_url}/xapi",
            f"  Key       {key['key']}",
            f"  Secret    {key['secret']}",
            "",
            f"To try a correction, upload {_shown(written.longer)} to {samples.WEBINARS}.",
            "Ctrl-C stops it. The data stays.",
        ]
    )


def _links(public_url: str) -> list[tuple[str, str, str]]:
    with transaction():
        members = {role: people.get_person(email) for role, email in SHOWN.items()}
        return [
            (role, person.name, signin.make_link(person, public_url=public_url))
            for role, person in members.items()
        ]


def _key(settings: Settings) -> Mapping[str, str]:
    """The demonstration's own key; its secret is kept in a file, which no real key's is."""
    file = settings.instance / DIRECTORY / KEY_FILE
    if not file.is_file():
        with transaction():
            made = keys.create_key(
                "demo",
                scopes=["all"],
                reads="all",
                may_attest=False,
                basis="notice",
                home_page=settings.public_url,
            )
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
            out.write(orjson.dumps({"key": made.key, "secret": made.secret}))
    found: dict[str, str] = orjson.loads(file.read_bytes())
    return found


def _shown(path: Path) -> Path:
    """A path as short as it can be typed here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _stop_with_us(server: subprocess.Popen[bytes]) -> None:
    """Hand signals on: the server stops its own children, and we wait for it."""

    def hand_on(_number: int, _frame: FrameType | None) -> None:
        server.terminate()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, hand_on)


def _answers(server: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the server answers; False when it ended instead."""
    while server.poll() is None:
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", "/xapi/about")
            connection.getresponse()
        except OSError:
            time.sleep(WAIT)
        else:
            return True
        finally:
            connection.close()
    return False
