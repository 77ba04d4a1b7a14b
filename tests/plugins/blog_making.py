"""What tests of blog sources make: readings of one delivery, polls of this machine, a WordPress."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.api import Bundle, Delivery, Source
from engine.fetcher import fetcher


def said_of(source: Source, body: bytes | str, given: Mapping[str, Any], **more: Any) -> list[Any]:
    """What a source says of one delivery, under settings as a person gives them."""
    raw = body.encode() if isinstance(body, str) else body
    loaded = source.settings().load(dict(given))
    bundle = Bundle(key=None, deliveries=(Delivery(body=raw, **more),))
    return list(source.activities(bundle, loaded))


def polled(source: Source, given: Mapping[str, Any], cursor: str | None = None) -> list[Delivery]:
    """What a poll of a server on this machine brings."""
    loaded = source.settings().load(dict(given))
    return list(source.poll(cursor, fetcher(allow_private=True), loaded))


class WordPressServer:
    """A site's interface, as wp/v2 documents it: pages by number, and an error past the last.

    `totals` are the headers that count pages, which some caches take away.
    """

    def __init__(self, server: HTTPServer, *, totals: bool = True, pretty: bool = True) -> None:
        self.records: dict[str, list[dict[str, Any]]] = {"posts": [], "comments": []}
        self.asked: list[Request] = []
        self.totals = totals
        self.url = server.url_for("").rstrip("/")
        for kind in self.records:
            path = f"/wp-json/wp/v2/{kind}" if pretty else "/"
            server.expect_request(path).respond_with_handler(self._answer)
        if not pretty:
            server.expect_request(re.compile("/wp-json/.*")).respond_with_data("", status=404)

    def _answer(self, request: Request) -> Response:
        self.asked.append(request)
        kind = (request.args.get("rest_route") or request.path).rpartition("/")[2]
        size, page = int(request.args["per_page"]), int(request.args["page"])
        since = request.args.get("modified_after", request.args.get("after", ""))
        dated = "modified_gmt" if kind == "posts" else "date_gmt"
        found = [one for one in self.records[kind] if f"{one[dated]}Z" > since]
        pages = -(-len(found) // size)
        if page > max(pages, 1):
            error = {"code": "rest_post_invalid_page_number", "message": "No such page."}
            return Response(json.dumps(error), status=400)
        part = found[(page - 1) * size : page * size]
        headers = {"X-WP-TotalPages": str(pages)} if self.totals else {}
        return Response(json.dumps(part), headers=headers, content_type="application/json")


def wp_post(number: int, **more: Any) -> dict[str, Any]:
    """A post as the interface gives it."""
    return {
        "id": number,
        "date_gmt": "2026-03-02T14:05:00",
        "modified_gmt": "2026-03-02T14:05:00",
        "guid": {"rendered": f"https://commons.example.org/?p={number}"},
        "status": "publish",
        "type": "post",
        "link": f"https://commons.example.org/{number}/",
        "title": {"rendered": "Queues"},
        "excerpt": {"rendered": "<p>One.</p>", "protected": False},
        "author": 7,
        **more,
    }


def wp_comment(number: int, **more: Any) -> dict[str, Any]:
    """A comment as the interface gives it."""
    return {
        "id": number,
        "post": 112,
        "author": 8,
        "author_name": "Tomás Abril",
        "date_gmt": "2026-03-03T10:30:00",
        "link": f"https://commons.example.org/112/#comment-{number}",
        "content": {"rendered": "<p>We drew the same map.</p>"},
        "status": "approved",
        "type": "comment",
        **more,
    }
