"""What anybody may ask: the keys of badges, which are revoked, and our xAPI Profile."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from engine.errors import NotFound
from engine.publishing import badges, grants, keys
from engine.xapi_http import errors
from engine.xapi_http.bodies import JSON
from xapi import profile, text

CREDENTIAL = "application/vc+jwt"
AGE_S = 300
"""How long others may keep an answer; a revocation is known everywhere after that."""

bp = Blueprint("public", __name__)
errors.install(bp)


@bp.get("/.well-known/jwks.json")
def key_set() -> Response:
    """Every public key, those included that sign no more (RFC 7517)."""
    return _answer(keys.key_set(), JSON)


@bp.get("/badges/keys/<kid>")
def key(kid: str) -> Response:
    """One public key; the `kid` of a badge leads here."""
    return _answer(keys.public_key(kid), JSON)


@bp.get("/badges/status")
def status() -> Response:
    """Which badges are revoked: a signed list of bits that names nobody."""
    if not keys.key_set()["keys"]:
        raise NotFound("No badge has been issued here.", "Ask again when one has.")
    return _open(Response(badges.status_list(grants.revoked_places()), content_type=CREDENTIAL))


@bp.get("/xapi-profile")
def xapi_profile() -> Response:
    """The words of ours that statements here may hold (xAPI Profiles 1.0, part two)."""
    return _answer(profile.document(), profile.MEDIA_TYPE)


def _answer(body: dict[str, Any], media_type: str) -> Response:
    return _open(Response(text.dump(body), content_type=media_type))


def _open(response: Response) -> Response:
    """For every web site and cache: nothing in it is about anybody."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = f"public, max-age={AGE_S}"
    return response
