"""What tests of instances make: a fetcher that reaches this machine, a system that answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pytest_httpserver import HTTPServer
from sqlalchemy import update
from toy import add_toy, file

from engine.api import Bundle, Privacy, Skipped, Source, hookimpl
from engine.config import settings
from engine.db import db, transaction
from engine.moments import now_us
from engine.sources import instances
from engine.sources.instance_models import SourceAlert, SourceCare
from engine.sources.models import Run, SourceInstance

DAY_US = 86_400_000_000
SECRET = "correct horse/battery+staple"


class Still(Source):
    """A kind of source that has no door but files."""

    name = "still"
    title = "Still"
    privacy = Privacy(reads=("nothing",), keeps=("nothing",))

    def activities(self, bundle: Bundle, settings: Mapping[str, Any]) -> Iterator[Skipped]:
        """Every file is one row that is left out."""
        yield Skipped(row=1, why="Nothing is read.")


class StillPlugin:
    """The plugin that brings it."""

    @hookimpl
    def register_sources(self) -> list[Source]:
        return [Still()]


def allow_private_fetch() -> None:
    """Let the running application's sources be on this machine."""
    object.__setattr__(settings(), "allow_private_fetch", True)


def a_polled_toy(server: HTTPServer, name: str = "s", **given: Any) -> SourceInstance:
    """A source that is asked at an address of this machine."""
    allow_private_fetch()
    add_toy(name, url=server.url_for("/toy"), account=name, **given)
    return instance(name)


def answers(server: HTTPServer, *said: dict[str, Any], etag: str = "1") -> None:
    """The toy's system says this from now on."""
    server.clear()
    server.expect_request("/toy").respond_with_data(file(*said).body, headers={"etag": etag})


def fails(server: HTTPServer, status: int = 500, **headers: str) -> None:
    """The toy's system answers with a failure from now on."""
    server.clear()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    server.expect_request("/toy").respond_with_data("no", status=status, headers=named)


def instance(name: str = "s") -> SourceInstance:
    """An instance as it is now."""
    db.session.rollback()
    return instances.get(name)


def care(name: str = "s") -> SourceCare:
    """What is known of an instance now."""
    return instances.care_of(instance(name))


def set_care(name: str = "s", **values: Any) -> None:
    """Decide something of an instance, or let it have come to this."""
    with transaction() as session:
        mine = SourceCare.source_id == instances.get(name).id
        session.execute(update(SourceCare).where(mine).values(**values))


def a_run_of(name: str = "s", *, days_ago: float = 0, **values: Any) -> int:
    """A run that began so long ago and brought something new."""
    with transaction() as session:
        source = instances.get(name)
        known = {"door": "poll", "state": "done", "rows": 1, "counts": {"new": 1}}
        run = Run(
            source_id=source.id,
            generation=1,
            started_at=now_us() - int(days_ago * DAY_US),
            **known | values,
        )
        session.add(run)
        session.flush()
        return run.id


def alert_rows() -> list[SourceAlert]:
    """Every alert there ever was."""
    db.session.rollback()
    return list(db.session.query(SourceAlert).order_by(SourceAlert.id))


def a_certificate(path: Path) -> Path:
    """A certificate of this machine that nobody but itself vouches for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(signed.public_bytes(Encoding.PEM) + key.private_bytes(*plain))
    return path
