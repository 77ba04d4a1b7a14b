"""Everything that follows from the installation's secret: namespaces, index keys, encryption."""

from __future__ import annotations

import base64
import hashlib
import uuid

from cryptography.fernet import Fernet, InvalidToken

from engine.errors import Refused


class Keyring:
    """Keys derived from one secret, each for one purpose, so none reveals another."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise Refused("The installation's secret is shorter than 32 bytes.", "Restore it.")
        self._secret = secret
        self._fernet = Fernet(base64.urlsafe_b64encode(self.derive("at rest")))

    def derive(self, purpose: str, size: int = 32) -> bytes:
        """A key for `purpose`; the same one at every start."""
        digest = hashlib.blake2b(purpose.encode(), key=self._secret[:64], digest_size=size)
        return digest.digest()

    def namespace(self, name: str) -> uuid.UUID:
        """A UUID namespace of this installation: uuid5 of its secret and `name`."""
        return uuid.uuid5(uuid.UUID(bytes=self.derive("namespace", 16)), name)

    def seal(self, clear: bytes) -> bytes:
        """Encrypt for keeping; Fernet (AES-128-CBC with HMAC-SHA256)."""
        return self._fernet.encrypt(clear)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed; refused when it was sealed under another secret."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise Refused(
                "What is stored was encrypted under another secret.",
                "Restore the secret.key that belongs to this database.",
            ) from error
