"""Accounts by rule: whose an LMS's account is, where its name is something we know of people.

A person's user names and external ids are identifiers like any other, under home pages that no
system has. A rule only ever links what nobody was asked about: what somebody unlinked stays so.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import select

from engine.db import db, portions
from engine.errors import Refused
from engine.people import inbox, service, together
from engine.people.models import Identifier, Person
from engine.people.together import Given
from xapi import actors

USERNAME = "urn:byway:username"
EXTERNAL_ID = "urn:byway:external-id"
MAX_NAME = 200
MAX_KEY = 1000
REPORTED = "reported"
"""The rule that a source's own reports tell whose its accounts are, by an address."""
BY = "account rule of "


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRule:
    """What the names of accounts are that come from one key, or what tells whose a source's are.

    `names` is "username", "external_id" or "email", or REPORTED: then the address counts that
    reports of `origin` give with an account. Without `home_page` it holds on every one.
    """

    names: str
    home_page: str | None
    by: str
    origin: int | None = None


_Asked = tuple[Collection[AccountRule], str, str]
"""The rules that hold for an account, its home page, and the identifier that they take it for."""


def username_key(text: str) -> str:
    """The identifier that stands for a user name, whatever its case."""
    return f"{USERNAME}::{_name(text).casefold()}"


def external_id_key(text: str) -> str:
    """The identifier that stands for an id of another system, such as a staff number."""
    return f"{EXTERNAL_ID}::{_name(text)}"


def _name(text: str) -> str:
    name = unicodedata.normalize("NFKC", text).strip()
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise Refused(f'"{text[:80]}" names nobody.', f"Expected 1 to {MAX_NAME} characters.")
    return name


def _email_key(text: str) -> str:
    return f"mailto:{service.clean_email(text)}"


_KEYS: Mapping[str, Callable[[str], str]] = {
    "username": username_key,
    "external_id": external_id_key,
    "email": _email_key,
}


def link_accounts(accounts: Mapping[str, Collection[AccountRule]]) -> int:
    """Link accounts to the people their rules tell; how many. Whoever is in doubt stays nobody's.

    Left alone is what is or ever was linked by hand or is put aside, what the rules tell two
    people of, and two accounts at one home page that would be the same user name.

    :param accounts: keys of actors, each with the rules of the origins it comes from.
    """
    free = unclaimed(accounts)
    given = _given(free, chain.from_iterable(accounts[key] for key in free))
    asking = {key: found for key in free if (found := _ask(key, accounts[key], given.get(key)))}
    rivals = Counter((home, one) for _, home, one in asking.values())
    owners = _owners({one for _, _, one in asking.values()})
    return sum(
        _link(key, owners[one], asking[key])
        for key, (_, home, one) in asking.items()
        if one in owners and rivals[home, one] == 1
    )


def unclaimed(keys: Iterable[str]) -> list[str]:
    """The accounts among identifiers that were never linked, and are not put aside.

    An identifier that is known and nobody's was unlinked by hand.
    """
    wanted = {key for key in keys if _account(key)[1]}
    known: set[str] = set()
    for part in portions(wanted):
        known.update(db.session.scalars(select(Identifier.key).where(Identifier.key.in_(part))))
    return sorted(wanted - known - inbox.ignored(wanted))


def _given(keys: Iterable[str], rules: Iterable[AccountRule]) -> Mapping[str, Given]:
    """The addresses that reports give accounts, if a rule goes by them."""
    return together.given_to(keys) if any(map(_is_reported, rules)) else {}


def _is_reported(rule: AccountRule) -> bool:
    return rule.names == REPORTED


def _ask(key: str, rules: Collection[AccountRule], given: Given | None = None) -> _Asked | None:
    """The rules that hold for an account, its home page, and the one identifier they stand for."""
    home, name = _account(key)
    held = [rule for rule in rules if rule.home_page in (None, home) and _holds(rule, given)]
    found = {_sought(rule, name, given) for rule in held}
    one = found.pop() if len(found) == 1 else None
    return (held, home, one) if one is not None else None


def _account(key: str) -> tuple[str, str]:
    """The home page and name of an account; no name for any other identifier."""
    try:
        whole = len(key) <= MAX_KEY and service.read_key(key) == key
    except Refused:
        whole = False
    account = actors.parse_key(key).get("account") if whole else None
    if account is None or account["homePage"] in (USERNAME, EXTERNAL_ID):
        return "", ""
    return str(account["homePage"]), str(account["name"])


def _holds(rule: AccountRule, given: Given | None) -> bool:
    """Whether a rule has anything to say: one that goes by reports needs its own source's."""
    return not _is_reported(rule) or (given is not None and rule.origin in given.origins)


def _sought(rule: AccountRule, name: str, given: Given | None) -> str | None:
    """The identifier that a rule takes an account for."""
    if _is_reported(rule):
        return given.one if given else None
    try:
        return _KEYS[rule.names](name)
    except Refused:
        return None


def _owners(keys: Collection[str]) -> dict[str, int]:
    """Whose each identifier is: the record that brought it, so that unmerging takes it along."""
    found: dict[str, int] = {}
    for part in portions(sorted(keys)):
        query = select(Identifier.key, Identifier.person_id).where(
            Identifier.key.in_(part), Identifier.person_id.is_not(None), Identifier.verified
        )
        found.update({key: owner for key, owner in db.session.execute(query) if owner is not None})
    return found


def _link(key: str, record: int, asked: _Asked) -> bool:
    """Link an account to whom it is asked for, unless she has another that asks the same.

    Nor does she link it to herself, by a report that nobody but she brought.
    """
    person = db.session.get_one(Person, record)
    rules, home, one = asked
    hers = service.keys_of(service.standing(person).id)
    others = [found for other in hers if (found := _ask(other, rules))]
    if any(found[1:] == (home, one) for found in others):
        return False
    if any(map(_is_reported, rules)) and _are_hers(together.told_by(key, one), hers):
        return False
    service.link(person, key, by=f"{BY}{_signature(rules, one)}"[:320])
    return True


def _are_hers(names: Iterable[str], keys: Collection[str]) -> bool:
    """Whether all of those who brought reports are one person, by her identifiers."""
    return all(f"mailto:{name}" in keys for name in names)


def _signature(rules: Collection[AccountRule], one: str) -> str:
    """Whose rules these are, and by which address if that is what they go by."""
    names = ", ".join(sorted({rule.by for rule in rules}))
    if not any(map(_is_reported, rules)):
        return names
    return f"{names}, whose reports give {one.removeprefix('mailto:')}"
