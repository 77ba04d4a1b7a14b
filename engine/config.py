"""The settings of one installation, read once at start from `BYWAY_*`."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from flask import current_app

from engine.errors import Refused
from engine.keyring import Keyring

SECRET_FILE = "secret.key"
SEALING_FILE = "sealing.keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the instance lives and how it is reached."""

    instance: Path
    database_url: str
    public_url: str
    xapi_default_version: str
    cors_origins: tuple[str, ...]
    max_body: int
    max_attachment: int
    allow_private_fetch: bool
    denied_hosts: tuple[str, ...] = ()

    @property
    def secret_file(self) -> Path:
        """The installation's secret: 32 random bytes that every other key is derived from."""
        return self.instance / SECRET_FILE

    def keyring(self) -> Keyring:
        """Read the installation's secret; refused with the mend while there is none."""
        if not self.secret_file.is_file():
            raise Refused(
                f"{self.instance} is not a Byway instance: it has no {SECRET_FILE}.",
                "Run `byway init`, or set BYWAY_INSTANCE to the directory of one.",
            )
        return Keyring(self.secret_file.read_bytes(), self.instance / SEALING_FILE)


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; everything has a default that works on one machine."""
    env = os.environ if environ is None else environ
    instance = Path(env.get("BYWAY_INSTANCE") or "instance").resolve()
    return Settings(
        instance=instance,
        database_url=_database(env, f"sqlite:///{instance / 'byway.sqlite3'}"),
        public_url=_matching(
            env, "BYWAY_PUBLIC_URL", r"https?://\S+", "http://127.0.0.1:8000"
        ).rstrip("/"),
        xapi_default_version=_matching(
            env, "BYWAY_XAPI_DEFAULT_VERSION", r"1\.0\.[0-3]|2\.0\.0", "2.0.0"
        ),
        cors_origins=_origins(env),
        max_body=_size(env, "BYWAY_MAX_BODY"),
        max_attachment=_size(env, "BYWAY_MAX_ATTACHMENT"),
        allow_private_fetch=env.get("BYWAY_ALLOW_PRIVATE_FETCH") == "1",
        denied_hosts=_hosts(env),
    )


def _database(env: Mapping[str, str], default: str) -> str:
    """SQLite, or PostgreSQL through psycopg, which need not be named."""
    form = r"sqlite:///\S.*|postgres(ql)?(\+psycopg)?://\S+"
    found = _matching(env, "BYWAY_DATABASE_URL", form, default)
    return re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", found)


def _origins(env: Mapping[str, str]) -> tuple[str, ...]:
    """The web sites whose pages may speak to the xAPI endpoint, in lower case; "*" is any."""
    found = env.get("BYWAY_CORS_ORIGINS", "").lower().replace(",", " ").split() or ["*"]
    for origin in found:
        if found != ["*"] and not re.fullmatch(r"https?://[^\s/?#@]+|null", origin):
            raise Refused(
                f'BYWAY_CORS_ORIGINS names "{origin}".',
                "Expected * alone, or origins such as https://courses.example.org, without a path.",
            )
    return tuple(found)


def _hosts(env: Mapping[str, str]) -> tuple[str, ...]:
    """Hosts that nothing is collected from, beside those on our own list."""
    found = env.get("BYWAY_DENIED_HOSTS", "").lower().replace(",", " ").split()
    for host in found:
        if not re.fullmatch(r"[a-z0-9.-]+", host):
            raise Refused(f'BYWAY_DENIED_HOSTS names "{host}".', "Expected hosts, as example.org.")
    return tuple(found)


def _size(env: Mapping[str, str], name: str) -> int:
    """A number of bytes; 32 MiB unless it is set."""
    return int(_matching(env, name, r"[1-9][0-9]{0,11}", str(32 * 1024 * 1024)))


def _matching(env: Mapping[str, str], name: str, form: str, default: str) -> str:
    """A setting that must have a form, as an address or a number has."""
    found = (env.get(name) or default).strip()
    if not re.fullmatch(form, found):
        raise Refused(f'{name} is "{found}".', f"Expected something like {default}.")
    return found


def create_secret(settings: Settings) -> bool:
    """Make the instance directory and its secret once; False when there was one already."""
    settings.instance.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(settings.secret_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(32))
    return True


def settings() -> Settings:
    """The settings of the running application."""
    return cast(Settings, current_app.extensions["byway.settings"])


def keyring() -> Keyring:
    """The keys of the running application."""
    return cast(Keyring, current_app.extensions["byway.keyring"])
