"""The settings of sources: what all have, and the fields that many need, each said once."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from engine.errors import BadReport
from engine.reading import read_zone

ORDERS = {
    "": "Let each file decide",
    "mdy": "Month first",
    "dmy": "Day first",
    "ymd": "Year first",
}


class Words(fields.Field[list[str]]):
    """A list of words: a JSON array, or one text with commas or bars between them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        if isinstance(value, str):
            value = value.replace("|", ",").split(",")
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise ValidationError("Expected words with commas between them.")
        return [word.strip() for word in value if word.strip()]


class SourceSettings(Schema):
    """The settings every instance has; a source's own schema extends it.

    Field metadata: `secret` (encrypted at rest, never shown), `identity` (these fields name the
    system, so two instances with the same ones are the same system), `label`, `help`.
    """

    class Meta:
        unknown = RAISE

    title = fields.String(
        load_default="",
        validate=validate.Length(max=80),
        metadata={"label": "Name", "help": "What learners know this source as."},
    )
    tags = Words(
        load_default=list,
        metadata={"label": "Default tags", "help": "Added to everything this source brings."},
    )


def known_zone(name: str) -> None:
    """A validator: the name of a time zone as the tz database has it."""
    try:
        read_zone(name)
    except BadReport as unknown:
        raise ValidationError(f"{unknown.why} {unknown.mend}") from unknown


def order_of_dates(help_text: str) -> fields.String:
    """The order of day, month and year, for files that do not decide it themselves."""
    return fields.String(
        load_default="",
        allow_none=True,
        validate=validate.OneOf(list(ORDERS), list(ORDERS.values())),
        metadata={"label": "Order of dates", "help": help_text},
    )


def secret_text(label: str, help_text: str) -> fields.String:
    """A key, a token or a password; none unless it is given."""
    return fields.String(
        load_default="", metadata={"label": label, "secret": True, "help": help_text}
    )


def interface_address(label: str, help_text: str, *, at: str) -> fields.Url:
    """The address of a system's interface, where it usually is."""
    return fields.Url(
        load_default=at,
        schemes={"http", "https"},
        require_tld=False,
        metadata={"label": label, "help": help_text},
    )
