"""Which version of the standard a request speaks."""

from __future__ import annotations

import re

from xapi.errors import QueryRefused
from xapi.rules import came

V1 = "1.0.3"
V2 = "2.0.0"
SUPPORTED = (V1, V2)
HEADER = "X-Experience-API-Version"

_LIKE_V1 = re.compile(r"1\.0(?:\.[0-9]{1,9})?")
_LIKE_V2 = re.compile(r"2\.0(?:\.[0-9]{1,9})?")


def negotiate(header: str | None) -> str:
    """The version to check and answer in: any 1.0 or 1.0.x is 1.0.3, any 2.0 or 2.0.x is 2.0.0."""
    asked = (header or "").strip()
    if _LIKE_V1.fullmatch(asked):
        return V1
    if _LIKE_V2.fullmatch(asked):
        return V2
    got = "the header is missing" if header is None else came(header)
    raise QueryRefused(
        parameter=HEADER,
        rule=f"Expected one of the supported versions, {' or '.join(SUPPORTED)}; {got}.",
        clause="xAPI 1.0.3 Communication 3.3 / IEEE 9274.1.1 4.1.1",
        fix=f'Send the header "{HEADER}: {V2}", or "{HEADER}: {V1}" for the older standard.',
    )
