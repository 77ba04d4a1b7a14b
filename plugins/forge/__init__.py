"""GitHub and GitLab: issues, changes, reviews, comments and discussions of open repositories."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any

from engine.api import (
    Activity,
    Answer,
    BadReport,
    Bundle,
    Delivery,
    Failed,
    Fetch,
    Gone,
    HookRequest,
    Privacy,
    Refused,
    Skipped,
    Source,
    SourceSettings,
    Unauthorized,
    Words,
    fields,
    hookimpl,
    interface_address,
    secret_text,
    validate,
)
from plugins.forge.asking import API, asking
from plugins.forge.github import GitHub
from plugins.forge.gitlab import GitLab
from plugins.forge.shapes import GITHUB, GITLAB, kind_of_body, reports
from plugins.forge.telling import Forge, failed
from plugins.forums.addresses import base_address

KEPT_HEADERS = ("x-github-event", "x-gitlab-event")


class ForgeSettings(SourceSettings):
    """The forge, which of its repositories to ask for, and what is shared with its webhook."""

    url = base_address(
        "Address of the forge", "Such as https://github.com or https://gitlab.example.org."
    )
    kind = fields.String(
        load_default="",
        validate=validate.OneOf(("", "github", "gitlab")),
        metadata={"label": "Kind", "help": "“github” or “gitlab”; empty: by its address."},
    )
    repositories = Words(
        load_default=list,
        metadata={
            "label": "Repositories to ask for",
            "help": "Such as example/handbook, with commas between them.",
        },
    )
    api = interface_address(
        "Address of the API",
        "Stays as it is where the forge has its API at the usual place.",
        at=API,
    )
    token = secret_text(
        "Access token", "With the right to read. Open repositories can be asked for without one."
    )
    secret = secret_text(
        "Webhook secret", "The one given to the webhook at the forge. Files need none."
    )
    private = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Read private repositories too",
            "help": "Also internal ones, and confidential issues. Tell the members before.",
        },
    )


class Forges(Source):
    """A forge; it vouches for peers, since only who may can merge or accept others' work."""

    name = "forge"
    title = "GitHub or GitLab"
    api_version = 1
    mark = "Fo"
    hosts = ("{url}", "{api}")
    settings = ForgeSettings
    vouches = "peer"
    privacy = Privacy(
        reads=("username", "issues", "changes", "reviews", "comments"),
        keeps=("username", "titles", "the first 200 characters of a text"),
        note="Private repositories, confidential issues and bots are left out unless said otherwise"
        " in the settings; commits, and the addresses in them, are never read.",
    )

    def activities(
        self, bundle: Bundle, settings: Mapping[str, Any]
    ) -> Iterator[Activity | Gone | Skipped | Failed]:
        forge = Forge(url=settings["url"], private=bool(settings.get("private")))
        readers: dict[str, GitHub | GitLab] = {"github": GitHub(forge), "gitlab": GitLab(forge)}
        for delivery in bundle.deliveries:
            for report in reports(delivery):
                if isinstance(report, Skipped | Failed):
                    yield report
                    continue
                try:
                    yield from readers[report.forge].read(report)
                except BadReport as error:
                    yield failed(error, report.record.row)

    def poll(
        self, cursor: str | None, fetch: Fetch, settings: Mapping[str, Any]
    ) -> Iterator[Delivery]:
        """Bring what changed in the repositories since the cursor."""
        if not settings.get("repositories"):
            raise Refused(
                "There is no repository to ask for.",
                "Enter one, such as example/handbook.",
                where="repositories",
            )
        yield from asking(settings, fetch).news(cursor)

    def receive(self, request: HookRequest, settings: Mapping[str, Any]) -> Delivery | Answer:
        check_caller(request, settings.get("secret") or "")
        kind = request.headers.get("x-github-event", "").strip().lower()
        if kind == "ping":
            return Answer(body=b"pong")
        kind = kind or kind_of_body(request.body)
        if kind and kind not in GITHUB | GITLAB:
            return Answer(status=202, body=f"not used: {kind[:80]}".encode(errors="replace"))
        return kept(request, settings["url"])


def check_caller(request: HookRequest, secret: str) -> None:
    """Refuse a call without GitHub's signature over its bytes, or without GitLab's secret word."""
    if not secret:
        raise Unauthorized(
            "This source has no webhook secret, so it cannot tell who is calling.",
            "Set a secret here, and the same one in the webhook at the forge.",
        )
    signature = request.headers.get("x-hub-signature-256", "").strip().lower()
    token = request.headers.get("x-gitlab-token", "")
    if not signature and not token:
        raise Unauthorized(
            "The call is not signed: neither X-Hub-Signature-256 nor X-Gitlab-Token is there.",
            "Enter in the webhook at the forge the secret that is set here.",
        )
    expected = "sha256=" + hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
    given, right = (signature, expected) if signature else (token, secret)
    if not hmac.compare_digest(given.encode(errors="replace"), right.encode()):
        raise Unauthorized(
            "The signature does not fit the body and the secret set here.",
            "Enter the same secret in the webhook; nothing on the way may change the body.",
        )


def kept(request: HookRequest, url: str) -> Delivery:
    """The delivery, with the header that says what it is and the forge's own id of it."""
    headers = {name: request.headers[name] for name in KEPT_HEADERS if request.headers.get(name)}
    names = ("x-github-delivery", "idempotency-key")
    number = next(filter(None, (request.headers.get(name, "").strip() for name in names)), "")
    return Delivery(
        body=request.body,
        name=url,
        media_type=request.headers.get("content-type", ""),
        headers=headers,
        uid=f"{url.partition('://')[2]}#{number[:100]}" if number else None,
    )


@hookimpl
def register_sources() -> list[Source]:
    return [Forges()]
