"""Everything that follows from the installation's secret: namespaces, index keys, encryption."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import uuid
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from engine.errors import Refused

FROM_SECRET = "from secret.key"
"""The line of the sealing file that stands for the key which follows from the secret."""


class Keyring:
    """Keys derived from one secret, each for one purpose, so none reveals another.

    What is kept encrypted is sealed with the first key of the sealing file, once there is one, and
    opened with any of them. That file can change while we run: another process may rotate.

    :param sealing: where the sealing file is, or will be.
    """

    def __init__(self, secret: bytes, sealing: Path | None = None) -> None:
        if len(secret) < 32:
            raise Refused("The installation's secret is shorter than 32 bytes.", "Restore it.")
        self._secret = secret
        self._sealing = sealing
        self._seen: tuple[int, int, int] | None = None
        self._ring = MultiFernet([self._first()])
        self._look()

    def derive(self, purpose: str, size: int = 32) -> bytes:
        """A key for `purpose`; the same one at every start."""
        digest = hashlib.blake2b(purpose.encode(), key=self._secret[:64], digest_size=size)
        return digest.digest()

    def namespace(self, name: str) -> uuid.UUID:
        """A UUID namespace of this installation: uuid5 of its secret and `name`."""
        return uuid.uuid5(uuid.UUID(bytes=self.derive("namespace", 16)), name)

    def seal(self, clear: bytes) -> bytes:
        """Encrypt for keeping; Fernet (AES-128-CBC with HMAC-SHA256), under the newest key."""
        self._look()
        return self._ring.encrypt(clear)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed; refused when it was sealed under a key we do not have."""
        self._look()
        try:
            return self._ring.decrypt(sealed)
        except InvalidToken as error:
            raise Refused(
                "What is stored was encrypted under another secret.",
                "Restore the secret.key, and the sealing.keys if there was one, that belong to "
                "this database.",
            ) from error

    def add_key(self) -> None:
        """Seal with a new key from now on; the others go on opening what they sealed."""
        self._write([Fernet.generate_key().decode(), *self._lines()])

    def drop_old_keys(self) -> int:
        """Forget all keys but the newest; how many there were. What they sealed is lost."""
        newest, *old = self._lines()
        self._write([newest])
        return len(old)

    def _first(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self.derive("at rest")))

    def _lines(self) -> list[str]:
        """The keys of the sealing file, newest first; without a file the one there always is."""
        try:
            text = self._sealing.read_text(encoding="ascii") if self._sealing else ""
        except FileNotFoundError:
            text = ""
        except ValueError as error:
            raise self._unfit() from error
        return [line.strip() for line in text.splitlines() if line.strip()] or [FROM_SECRET]

    def _write(self, lines: list[str]) -> None:
        """Put the file in place whole, readable by its owner alone, and on the disk for good."""
        if self._sealing is None:
            raise Refused("There is no place for a sealing key.", "Use an instance's keyring.")
        made = self._sealing.with_name(f".{self._sealing.name}.{secrets.token_hex(8)}")
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        made.replace(self._sealing)
        self._look()

    def _look(self) -> None:
        """Take the keys from the file anew if it changed since it was read."""
        seen = _identity(self._sealing)
        if seen == self._seen:
            return
        try:
            keys = [
                self._first() if line == FROM_SECRET else Fernet(line) for line in self._lines()
            ]
        except ValueError as error:
            raise self._unfit() from error
        self._ring, self._seen = MultiFernet(keys), seen

    def _unfit(self) -> Refused:
        return Refused(f"{self._sealing} holds no keys.", "Restore it from your backup.")


def _identity(path: Path | None) -> tuple[int, int, int] | None:
    """By what a file is told from the one that was there before; None where there is none."""
    try:
        found = os.stat(path) if path else None
    except FileNotFoundError:
        found = None
    return (found.st_ino, found.st_mtime_ns, found.st_size) if found else None
