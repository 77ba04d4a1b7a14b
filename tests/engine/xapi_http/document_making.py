"""Somebody who keeps documents: one resource, with what it is asked by."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse
from xapi_making import Lms

ANNA = json.dumps({"mbox": "mailto:anna@example.org"})
COURSE = "http://example.org/course"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One of the three: its path, what its documents are about, and what names one of them."""

    path: str
    about: dict[str, str]
    name: str


STATE = Kind(
    path="/xapi/activities/state",
    about={"activityId": COURSE, "agent": ANNA},
    name="stateId",
)
ACTIVITY_PROFILE = Kind(
    path="/xapi/activities/profile",
    about={"activityId": COURSE},
    name="profileId",
)
AGENT_PROFILE = Kind(
    path="/xapi/agents/profile",
    about={"agent": ANNA},
    name="profileId",
)
KINDS = (STATE, ACTIVITY_PROFILE, AGENT_PROFILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """A client of one resource; `name` None asks for all of the context."""

    lms: Lms
    kind: Kind

    def send(
        self,
        method: str,
        content: bytes | None = None,
        *,
        name: str | None = "place",
        headers: dict[str, str] | None = None,
        **query: str,
    ) -> TestResponse:
        """Send a request about one document, with further parameters and headers."""
        asked = {**self.kind.about, **({self.kind.name: name} if name is not None else {}), **query}
        return self.lms.send(
            method, self.kind.path, query_string=asked, data=content, with_=headers or {}
        )

    def get(self, **given: Any) -> TestResponse:
        """GET a document."""
        return self.send("GET", **given)

    def put(self, content: bytes = b"{}", **given: Any) -> TestResponse:
        """PUT a document."""
        return self.send("PUT", content, **given)

    def post(self, content: bytes = b"{}", **given: Any) -> TestResponse:
        """POST a document."""
        return self.send("POST", content, **given)

    def delete(self, **given: Any) -> TestResponse:
        """DELETE a document."""
        return self.send("DELETE", **given)

    def names(self, **query: str) -> list[str]:
        """The names of those there are."""
        return self.get(name=None, **query).json
