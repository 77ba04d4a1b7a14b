"""Open Badges 3.0: a confirmed level as a credential, signed as a VC-JWT, and checked again.

Built as the specification's sections on AchievementCredential and on the JSON Web Token proof
format say (1EdTech, Open Badges 3.0); revocation is a W3C Bitstring Status List v1.0.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError

from engine.config import keyring, settings
from engine.errors import Refused
from engine.moments import from_us, now_us
from engine.publishing.keys import ALGORITHM, signing_key, verifying_keys

CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
)
SCHEMA = (
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
)
LIST_BITS = 131_072
"""The shortest list the standard allows, so that a place in it tells little."""
LONGEST_TOKEN = 100_000
CLOCKS = timedelta(minutes=5)
"""How far the clocks of two systems may differ."""

State = Literal["valid", "expired", "revoked", "not-yet", "tampered", "foreign", "unreadable"]
"""`tampered`: made with a key of ours and changed since; `foreign`: made by somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """The competency a badge is about; `case` is set where CASE knows it by its address."""

    id: str
    name: str
    description: str
    code: str
    framework: str
    levels: Sequence[str]
    case: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of evidence that the learner lets everybody see: what it is called, and where."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """All that a badge says. Moments are in microseconds; `place` is that in the status list."""

    uid: str
    place: int
    learner_uid: str
    email: str
    skill: Skill
    level: int
    basis: str
    ruleset: str
    issuer: str
    evidence: Sequence[Piece]
    issued_at: int
    valid_until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a token is worth; `credential` only where our signature holds."""

    state: State
    credential: Mapping[str, Any] | None = None


# ---- Made ------------------------------------------------------------------------------------


def signed(award: Award) -> str:
    """The badge as a compact JWS."""
    kid, key = signing_key()
    header = {"alg": ALGORITHM, "typ": "JWT", "kid": kid}
    return jwt.encode(header, claims_of(award), key)


def claims_of(award: Award) -> dict[str, Any]:
    """The credential, and what a JWT says of it again (Open Badges 3.0, JWT payload)."""
    credential = credential_of(award)
    until = {} if award.valid_until is None else {"exp": award.valid_until // 1_000_000}
    return {
        **credential,
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "nbf": award.issued_at // 1_000_000,
        "sub": credential["credentialSubject"]["id"],
        **until,
    }


def credential_of(award: Award) -> dict[str, Any]:
    """The credential; what is empty is left out, as the specification asks."""
    root = settings().public_url
    label = award.skill.levels[award.level - 1]
    credential: dict[str, Any] = _lean(
        {
            "@context": CONTEXTS,
            "id": f"urn:uuid:{award.uid}",
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": f"{award.skill.name}: {label}",
            "issuer": {"id": f"{root}/", "type": ["Profile"], "name": award.issuer, "url": root},
            "validFrom": _moment(award.issued_at),
            "awardedDate": _moment(award.issued_at),
            "validUntil": _moment(award.valid_until),
            "credentialSubject": _subject(award),
            "evidence": [
                {"id": one.url, "type": ["Evidence"], "name": one.title} for one in award.evidence
            ],
            "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
            "credentialStatus": {
                "id": f"{status_address()}#{award.place}",
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": str(award.place),
                "statusListCredential": status_address(),
            },
        }
    )
    return credential


def _subject(award: Award) -> dict[str, Any]:
    """The learner by a name that only means her here, and by a hash of her address."""
    achievement = _id("achievement", award.skill.id)
    result = f"{achievement}-level"
    return {
        "id": _id("learner", award.learner_uid),
        "type": ["AchievementSubject"],
        "identifier": [_hashed(award)],
        "achievement": _achievement(award, achievement, result),
        "result": [
            {
                "type": ["Result"],
                "resultDescription": result,
                "achievedLevel": f"{result}-{award.level}",
            }
        ],
    }


def _achievement(award: Award, id_: str, result: str) -> dict[str, Any]:
    skill = award.skill
    return {
        "id": id_,
        "type": ["Achievement"],
        "achievementType": "Competency",
        "name": skill.name,
        "description": skill.description or skill.name,
        "criteria": {"narrative": _criteria(award)},
        "alignment": [_alignment(skill)] if skill.id.startswith(("http://", "https://")) else [],
        "resultDescription": [
            {
                "id": result,
                "type": ["ResultDescription"],
                "name": "Level",
                "resultType": "RubricCriterionLevel",
                "rubricCriterionLevel": [
                    {
                        "id": f"{result}-{number}",
                        "type": ["RubricCriterionLevel"],
                        "name": name,
                        "level": str(number),
                    }
                    for number, name in enumerate(skill.levels, start=1)
                ],
            }
        ],
    }


def _criteria(award: Award) -> str:
    who = "an expert" if award.basis == "expert" else "peers"
    return (
        f"Evidence from work and informal learning reached level {award.level},"
        f" {award.skill.levels[award.level - 1]}, under the rules with the hash {award.ruleset}."
        f" Part of it was confirmed by {who}, and {award.issuer} approved the badge."
    )


def _alignment(skill: Skill) -> dict[str, Any]:
    return {
        "type": ["Alignment"],
        "targetName": skill.name,
        "targetUrl": skill.id,
        "targetFramework": skill.framework,
        "targetCode": skill.code,
        "targetType": "CFItem" if skill.case else None,
    }


def _hashed(award: Award) -> dict[str, Any]:
    """Her address, so that whoever knows it can compare, and nobody can read it."""
    salt = hashlib.sha256(keyring().derive("badge salts") + award.uid.encode()).hexdigest()[:32]
    return {
        "type": "IdentityObject",
        "identityType": "emailAddress",
        "hashed": True,
        "identityHash": _hash(award.email, salt),
        "salt": salt,
    }


def _id(kind: str, name: str) -> str:
    """A name that is always the same and tells nothing."""
    return f"urn:uuid:{uuid.uuid5(keyring().namespace('badges'), f'{kind}|{name}')}"


def _moment(at: int | None) -> str | None:
    return None if at is None else from_us(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def _lean(value: Any) -> Any:
    """The same without what is empty."""
    if isinstance(value, Mapping):
        kept = {name: _lean(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one not in (None, "", [], {})}
    if isinstance(value, list | tuple):
        return [_lean(one) for one in value]
    return value


# ---- Revoked ---------------------------------------------------------------------------------


def status_address() -> str:
    """Where the status list is."""
    return f"{settings().public_url}/badges/status"


def status_list(places: Iterable[int]) -> str:
    """The status list as a signed credential: a bit for every badge, set where it is revoked."""
    kid, key = signing_key()
    root = settings().public_url
    now = now_us()
    credential = {
        "@context": list(CONTEXTS[:1]),
        "id": status_address(),
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": f"{root}/",
        "validFrom": _moment(now),
        "credentialSubject": {
            "id": f"{status_address()}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": _bits(places),
        },
    }
    said = {"iss": f"{root}/", "jti": status_address(), "nbf": now // 1_000_000}
    return jwt.encode({"alg": ALGORITHM, "typ": "JWT", "kid": kid}, {**credential, **said}, key)


def _bits(places: Iterable[int]) -> str:
    # Bitstring Status List 1.0, 3.3: the first bit is the leftmost one; gzip, multibase base64url.
    wanted = sorted(set(places))
    length = LIST_BITS * (1 + (wanted[-1] // LIST_BITS if wanted else 0))
    bits = bytearray(length // 8)
    for place in wanted:
        bits[place // 8] |= 0x80 >> place % 8
    packed = base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0))
    return "u" + packed.rstrip(b"=").decode()


# ---- Checked ---------------------------------------------------------------------------------


def check(token: str, revoked: Iterable[int], now: datetime | None = None) -> Checked:
    """Whether a token is a badge of ours that holds: signature first, then revocation and time.

    :param revoked: the places in the status list that are set.
    """
    try:
        claims = _claims(token)
    except Refused:
        return Checked(state="unreadable")
    except BadSignatureError:
        return Checked(state="tampered")
    except (JoseError, ValueError):
        return Checked(state="foreign")
    return Checked(state=_state(claims, set(revoked), now or datetime.now(UTC)), credential=claims)


def _claims(token: str) -> dict[str, Any]:
    """What a token of ours says."""
    compact = "".join(token.split())
    if not 0 < len(compact) <= LONGEST_TOKEN or compact.count(".") != 2 or not compact.isascii():
        raise Refused("This is no badge.", "Give the whole text of the .jwt file.")
    return dict(jwt.decode(compact, verifying_keys(), algorithms=[ALGORITHM]).claims)


def _state(claims: Mapping[str, Any], revoked: set[int], now: datetime) -> State:
    if "OpenBadgeCredential" not in claims.get("type", ()):
        return "foreign"  # the status list is signed by us too
    seconds = now.timestamp()
    if int(claims["credentialStatus"]["statusListIndex"]) in revoked:
        return "revoked"
    if seconds + CLOCKS.total_seconds() < claims["nbf"]:
        return "not-yet"
    return "expired" if seconds >= claims.get("exp", seconds + 1) else "valid"


def is_of(credential: Mapping[str, Any], email: str) -> bool:
    """Whether a badge of ours was issued to this address, whatever its case."""
    known = email.strip().lower()
    identifiers = credential["credentialSubject"]["identifier"]
    return any(one["identityHash"] == _hash(known, one["salt"]) for one in identifiers)


def _hash(email: str, salt: str) -> str:
    # Open Badges 3.0, IdentityHash: the algorithm, "$", the hash over identifier and salt.
    return f"sha256${hashlib.sha256(f'{email}{salt}'.encode()).hexdigest()}"
