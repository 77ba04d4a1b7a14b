"""The address of a system in one spelling: accounts and links are made of it."""

from __future__ import annotations

from typing import Any

from engine.api import ValidationError, fields


class Address(fields.Url):
    """A system's base address: without trailing slash, host in lower case."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        address = str(super()._deserialize(value, attr, data, **kwargs)).strip().rstrip("/")
        if any(mark in address for mark in "?#@"):
            raise ValidationError("Only the forum's own address, as in https://forum.example.org.")
        scheme, mark, rest = address.partition("://")
        host, slash, path = rest.partition("/")
        return scheme.lower() + mark + host.lower() + slash + path


def base_address(label: str, help_text: str = "") -> Address:
    """The setting that names the system, without which nothing of it could be told apart."""
    return Address(
        required=True,
        schemes={"http", "https"},
        require_tld=False,
        metadata={"label": label, "help": help_text, "identity": True},
    )
