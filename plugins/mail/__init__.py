"""Mailing lists: their archives as mbox, plain, packed by Mailman, HyperKitty or Groups.io."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import (
    Activity,
    BadCell,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Gone,
    Privacy,
    Skipped,
    Source,
    SourceSettings,
    ValidationError,
    fields,
    hookimpl,
    interface_address,
    read_email,
    secret_text,
)
from plugins.mail.archives import brought
from plugins.mail.boxes import messages
from plugins.mail.threads import MailingList


def _list_address(written: str) -> None:
    try:
        found = read_email(written)
    except BadCell as bad:
        raise ValidationError(f"{bad.why} {bad.mend}") from bad
    if found is None:
        raise ValidationError("Expected the address mail is sent to, as in list@example.org.")


class MailSettings(SourceSettings):
    """Which list it is, and where its archive is, if it has one that can be asked."""

    address = fields.String(
        required=True,
        validate=_list_address,
        metadata={
            "label": "Address of the list",
            "help": "Mail that was sent to somebody else is left out.",
            "identity": True,
        },
    )
    url = interface_address(
        "Address of the archive",
        "Of HyperKitty (…/hyperkitty/list/ADDRESS) or Mailman 2 (…/pipermail/NAME). "
        "Leave empty to upload files.",
        at="",
    )
    token = secret_text(
        "Token of the archive",
        "Only where the archive asks for one; sent as “Authorization: Bearer”.",
    )


class Mail(Source):
    """A mailing list; whoever wrote is known by the address it was sent from."""

    name = "mail"
    title = "Mailing list"
    api_version = 1
    mark = "Ml"
    hosts = ("{url}",)
    settings = MailSettings
    privacy = Privacy(
        reads=("names", "email addresses", "subjects", "messages"),
        keeps=("name", "email", "subject", "the first 200 characters of a message"),
        note=(
            "Mail that was not sent to the list, and mail whose sender asked not to be archived, "
            "is left out. The sender of a mail is not proven."
        ),
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        mailing_list = MailingList.of(settings)
        for delivery in bundle.deliveries:
            yield from mailing_list.read(list(messages(delivery.body)))

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring the months of the archive that are new or have grown."""
        yield from brought(cursor, fetch, settings)


@hookimpl
def register_sources() -> list[Source]:
    return [Mail()]
