"""Agents and groups: their rules, the key that identifies one, and the way back from it."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from xapi.notes import DIRECT, Kinds, Notes
from xapi.rules import Offence, missing, must, step, unknown_key
from xapi.shapes import is_iri, is_mbox, is_sha1, need_iri, need_object, need_text

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")

_AGENT = frozenset({"objectType", "name", *IDENTIFIERS})
_GROUP = _AGENT | {"member"}
_ACCOUNT = frozenset({"homePage", "name"})

_LONGEST_KEY = 600

_MBOX_EXAMPLE = '"mbox": "mailto:anna@example.org"'
_AGENT_EXAMPLE = f"{{{_MBOX_EXAMPLE}}}"
_GROUP_EXAMPLE = f'{{"objectType": "Group", "member": [{_AGENT_EXAMPLE}]}}'
_ACCOUNT_EXAMPLE = '{"homePage": "https://lms.example.org", "name": "anna"}'

# a host in brackets may hold "::" itself (IPv6)
_ACCOUNT_KEY = re.compile(r"((?:[A-Za-z][A-Za-z0-9+.-]*://\[[^\]]*\])?.*?)::(.+)", re.DOTALL)


def key(agent: dict[str, Any]) -> str | None:
    """The one text that identifies an agent or identified group; None for an anonymous group.

    Spellings of one identifier share a key: addresses in lower case, home pages without the
    slash at their end. What no index would take, longer than any identifier of a person, is known
    by its hash. The agent must have passed the rules.
    """
    if "mbox" in agent:
        return _bounded(str(agent["mbox"]).lower())
    if "account" in agent:
        account = agent["account"]
        return _bounded(f"{account['homePage'].rstrip('/')}::{account['name']}")
    if "openid" in agent:
        return _bounded(str(agent["openid"]))
    if "mbox_sha1sum" in agent:
        return str(agent["mbox_sha1sum"]).lower()
    return None


def _bounded(text: str) -> str:
    if len(text) <= _LONGEST_KEY and "\0" not in text:
        return text
    return f"hash::{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def parse_key(text: str) -> dict[str, Any]:
    """The agent that a key stands for; ValueError, saying what is accepted, for anything else."""
    if text.startswith("mailto:") and is_mbox(text):
        return {"mbox": text}
    if is_sha1(text):
        return {"mbox_sha1sum": text.lower()}
    account = _ACCOUNT_KEY.fullmatch(text)
    if account and is_iri(account[1]):
        return {"account": {"homePage": account[1], "name": account[2]}}
    if text.startswith(("http://", "https://")) and "::" not in text and is_iri(text):
        return {"openid": text}
    raise ValueError(
        f"{text[:80]!r} identifies nobody: expected mailto:anna@example.org, "
        "https://lms.example.org::anna (home page and account name), an OpenID that starts with "
        "http:// or https://, or the 40 hexadecimal digits of an mbox_sha1sum"
    )


def check_actor(value: Any, path: str, kinds: Kinds, notes: Notes) -> None:
    """Refuse what is neither an agent nor a group; note whom it names."""
    need_object(value, path, "an agent or group", "agent", _AGENT_EXAMPLE)
    kind = value.get("objectType", "Agent")
    if kind == "Agent":
        check_agent(value, path, kinds, notes)
    elif kind == "Group":
        check_group(value, path, kinds, notes)
    else:
        fix = 'Write "objectType": "Agent" or "objectType": "Group".'
        raise must(step(path, "objectType"), '"Agent" or "Group"', kind, "agent", fix)


def check_agent(value: Any, path: str, kinds: Kinds, notes: Notes) -> None:
    """Refuse what is not an agent with exactly one identifier; note it."""
    need_object(value, path, "an agent", "agent", _AGENT_EXAMPLE)
    if not _AGENT.issuperset(value):
        raise _unknown_agent_key(value, path)
    if value.get("objectType", "Agent") != "Agent":
        fix = 'Write "objectType": "Agent", or leave it out.'
        raise must(step(path, "objectType"), '"Agent"', value["objectType"], "agent", fix)
    identity = _identity(value, path)
    if identity is None:
        fix = f"For example {_AGENT_EXAMPLE}."
        expected = "An agent needs exactly one of mbox, mbox_sha1sum, openid and account"
        raise Offence(path, f"{expected}; it has none.", "identifier", fix)
    notes.agent(kinds, identity)


def _unknown_agent_key(value: dict[str, Any], path: str) -> Offence:
    if "member" in value and _GROUP.issuperset(value):
        fix = 'Add "objectType": "Group" to make it a group, or remove "member".'
        return Offence(step(path, "member"), "An agent has no members.", "agent", fix)
    return unknown_key(value, _AGENT, path, "An agent", "agent")


# xAPI 1.0.3 Data 2.4.2.2: without identifier a group is known by its members alone
def check_group(value: Any, path: str, kinds: Kinds, notes: Notes) -> None:
    """Refuse what is not a group, identified or of members; note it and its members."""
    need_object(value, path, "a group", "group", _GROUP_EXAMPLE)
    if value.get("objectType") != "Group":
        fix = f"For example {_GROUP_EXAMPLE}."
        raise must(step(path, "objectType"), '"Group"', value.get("objectType"), "group", fix)
    if not _GROUP.issuperset(value):
        raise unknown_key(value, _GROUP, path, "A group", "group")
    identity = _identity(value, path)
    if identity is not None:
        notes.agent(kinds, identity)
    if "member" in value:
        _check_members(value["member"], f"{path}.member", kinds, notes)
    if identity is None and not value.get("member"):
        fix = f"Name its members, {_GROUP_EXAMPLE}, or identify it with an mbox or account."
        rule = "A group without identifier needs at least one member."
        raise Offence(step(path, "member"), rule, "group", fix)


def _check_members(members: Any, path: str, kinds: Kinds, notes: Notes) -> None:
    if members.__class__ is not list:
        raise must(path, "an array of agents", members, "group", f"For example [{_AGENT_EXAMPLE}].")
    for number, member in enumerate(members):
        if member.__class__ is dict and member.get("objectType") == "Group":
            fix = "List the agents of the inner group one by one."
            rule = "The members of a group are agents; got a group."
            raise Offence(f"{path}[{number}]", rule, "group", fix)
        check_agent(member, f"{path}[{number}]", kinds, notes)


def _identity(value: dict[str, Any], path: str) -> str | None:
    """The key of the one identifier, checked; None when there is none."""
    need_text(value, "name", path, "agent")
    # every key is known by now, so those that are not descriptive identify
    count = len(value) - ("name" in value) - ("objectType" in value) - ("member" in value)
    if count == 0:
        return None
    if count > 1:
        found = [name for name in IDENTIFIERS if name in value]
        rule = f"Expected exactly one identifier; got {' and '.join(found)}."
        raise Offence(path, rule, "identifier", f"Keep one, for example {found[0]}.")
    _check_identifier(value, path)
    return key(value)


def _check_identifier(value: dict[str, Any], path: str) -> None:
    if "mbox" in value:
        if not is_mbox(value["mbox"]):
            raise must(
                f"{path}.mbox", "mailto: and one address", value["mbox"], "identifier",
                f"For example {_MBOX_EXAMPLE}.",
            )  # fmt: skip
    elif "account" in value:
        _check_account(value["account"], f"{path}.account")
    elif "openid" in value:
        need_iri(value["openid"], f"{path}.openid", "identifier")
    elif not is_sha1(value["mbox_sha1sum"]):
        fix = "Send the SHA-1 of the mbox value (mailto: included) in hexadecimal."
        path = f"{path}.mbox_sha1sum"
        raise must(path, "40 hexadecimal digits", value["mbox_sha1sum"], "identifier", fix)


def _check_account(account: Any, path: str) -> None:
    need_object(account, path, "an account", "account", _ACCOUNT_EXAMPLE)
    if not _ACCOUNT.issuperset(account):
        raise unknown_key(account, _ACCOUNT, path, "An account", "account")
    for name in ("homePage", "name"):
        if name not in account:
            raise missing(path, name, "An account", "account", f"For example {_ACCOUNT_EXAMPLE}.")
    need_iri(account["homePage"], f"{path}.homePage", "account")
    need_text(account, "name", path, "account")


# xAPI 1.0.3 Data 2.4.9: an agent, or application and user together as a group of two
def check_authority(value: Any, path: str, kinds: Kinds, notes: Notes) -> None:
    """Refuse an authority that is neither an agent nor an anonymous group of exactly two."""
    check_actor(value, path, kinds, notes)
    if value.get("objectType") != "Group":
        return
    if key(value) is not None or len(value["member"]) != 2:
        rule = "A group as authority is anonymous and has exactly two members."
        fix = 'Leave "authority" out: the record store fills it in.'
        raise Offence(path, rule, "authority", fix)


def check_identified(value: Any, path: str) -> str:
    """Refuse what names no single agent or identified group; return its key."""
    check_actor(value, path, DIRECT, Notes(newer=False))
    identity = key(value)
    if identity is None:
        rule = "Expected an agent or an identified group; got an anonymous group."
        raise Offence(path, rule, "identifier", f"For example {_AGENT_EXAMPLE}.")
    return identity
