"""Who a handle could be, with the reason; a name is never a reason, and is only mentioned."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import func, select

from engine.db import db, portions
from engine.errors import Refused
from engine.people import accounts, inbox, service, together
from engine.people.models import Identifier, Person
from xapi import actors

STRONG, WEAK, NAME = "strong", "weak", "name"
"""Enough for one click; worth a look; the same name, which is not enough."""
_RANK = (STRONG, WEAK, NAME)
MOST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A person that a handle could be of, and why."""

    handle: str
    email: str
    name: str
    reason: str
    strength: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trace:
    """An identifier that a handle leads to; `told` says how, "{email}" is whose it turns out."""

    handle: str
    key: str
    told: str
    strength: str


def suggest(handles: Collection[str]) -> dict[str, list[Suggestion]]:
    """Suggestions for these handles, the strongest first; who has none is left out."""
    known = _known(handles)
    traces = [trace for handle in handles for trace in _traces(handle)]
    traces += _from_reports(handles)
    owners = _owners({trace.key for trace in traces})
    found: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for trace in traces:
        for record in owners.get(trace.key, ()):
            found[trace.handle].append((record, trace.told, trace.strength))
    for handle, record, told in [*_former(known), *_namesakes(handles)]:
        strength = NAME if inbox.name_in(handle) else WEAK
        found[handle].append((record, told, strength))
    people = _people({record for pairs in found.values() for record, _, _ in pairs})
    return _without_rivals(
        {
            handle: _ranked(handle, pairs, people, unlinked=handle in known)
            for handle, pairs in found.items()
        }
    )


def _known(handles: Iterable[str]) -> list[str]:
    """Handles that were linked once and are nobody's: somebody said that they are not hers."""
    found: list[str] = []
    for part in portions(sorted(set(handles))):
        query = select(Identifier.key).where(
            Identifier.key.in_(part), Identifier.person_id.is_(None)
        )
        found += db.session.scalars(query)
    return found


def _traces(handle: str) -> Iterator[_Trace]:
    """The identifiers that a handle points to."""
    agent = _agent(handle)
    if "mbox" in agent:
        yield from _from_address(handle)
    elif "account" in agent and inbox.name_in(handle) is None:
        home, name = str(agent["account"]["homePage"]), str(agent["account"]["name"])
        yield from _from_account(handle, home, name)


def _agent(handle: str) -> Mapping[str, Mapping[str, object]]:
    try:
        return actors.parse_key(handle)
    except ValueError:
        return {}


def _from_address(handle: str) -> Iterator[_Trace]:
    local, _, domain = handle.removeprefix("mailto:").rpartition("@")
    plain, plus, _ = local.partition("+")
    if plus and plain:
        told = "same mailbox as {email}, but for what follows the plus sign"
        yield _Trace(handle=handle, key=f"mailto:{plain}@{domain}", told=told, strength=WEAK)


def _from_account(handle: str, home: str, name: str) -> Iterator[_Trace]:
    rules = (
        (accounts.external_id_key, "same account name as the external id of {email}"),
        (accounts.username_key, "same account name as the user name of {email}"),
        (_email_key, "same verified email as {email}"),
    )
    for rule, told in rules:
        if key := _key_by(rule, name):
            yield _Trace(handle=handle, key=key, told=told, strength=STRONG)
    for other in _spellings(home):
        told = "same account name as {email} at the same site, whose address is written otherwise"
        yield _Trace(handle=handle, key=f"{other}::{name}", told=told, strength=WEAK)
    if name.casefold() != name:
        told = "same account name as {email} at this site, but for capitals"
        yield _Trace(handle=handle, key=f"{home}::{name.casefold()}", told=told, strength=WEAK)


def _from_reports(handles: Iterable[str]) -> Iterator[_Trace]:
    """The addresses that reports give accounts; in doubt about which or whose none is enough."""
    told = "a report of its source gives this account the address of {email}"
    for handle, given in together.given_to(handles).items():
        strength = STRONG if given.one else WEAK
        for key in given.addresses:
            yield _Trace(handle=handle, key=key, told=told, strength=strength)


def _email_key(name: str) -> str:
    return f"mailto:{service.clean_email(name)}"


def _key_by(rule: object, name: str) -> str | None:
    try:
        return str(rule(name)) if callable(rule) else None
    except Refused:
        return None


def _spellings(home: str) -> Iterator[str]:
    """Other ways to write a site's address: http or https, with and without www."""
    try:
        parts = urlsplit(home)
    except ValueError:
        return
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return
    host = parts.netloc.lower()
    bare = host.removeprefix("www.")
    for scheme in ("https", "http"):
        for other in (bare, f"www.{bare}"):
            written = parts._replace(scheme=scheme, netloc=other).geturl()
            if written != home:
                yield written


def _owners(keys: Collection[str]) -> dict[str, list[int]]:
    """The records that verified identifiers belong to."""
    found: dict[str, list[int]] = defaultdict(list)
    for part in portions(sorted(keys)):
        query = select(Identifier.key, Identifier.person_id).where(
            Identifier.key.in_(part), Identifier.person_id.is_not(None), Identifier.verified
        )
        for key, record in db.session.execute(query):
            if record is not None:
                found[key].append(record)
    return found


def _former(known: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    """Whose unlinked handles were, and who said so."""
    for handle, (record, by) in inbox.last_linked(known).items():
        if "import" in by:
            yield handle, record, "said so for {email} in the people CSV, and unlinked since"
        else:
            yield handle, record, "was linked to {email}, and unlinked since"


def _namesakes(handles: Iterable[str]) -> Iterator[tuple[str, int, str]]:
    """People who are called as somebody is in a report; this is told and never offered."""
    named = {handle: found[1] for handle in handles if (found := inbox.name_in(handle))}
    wanted: dict[str, list[str]] = defaultdict(list)
    for handle, name in named.items():
        for written in {name.lower(), _ascii_lower(name)}:
            wanted[written].append(handle)
    for part in portions(sorted(wanted)):
        lower = func.lower(Person.name)  # of SQLite: letters of English only
        query = select(Person.id, Person.name).where(lower.in_(part), Person.merged_into.is_(None))
        for record, name in db.session.execute(query):
            for handle in {*wanted.get(name.lower(), ()), *wanted.get(_ascii_lower(name), ())}:
                yield handle, record, "same name as {email}, which is not enough"


def _ascii_lower(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def _people(records: Collection[int]) -> dict[int, Person]:
    """The person that each record stands for now."""
    return {record: service.get_by_id(record) for record in records}


def _ranked(
    handle: str,
    pairs: Iterable[tuple[int, str, str]],
    people: Mapping[int, Person],
    *,
    unlinked: bool,
) -> list[Suggestion]:
    """Each person once, by her best reason; of two for whom it speaks alike, neither is enough."""
    best: dict[int, Suggestion] = {}
    for record, told, strength in sorted(pairs, key=lambda pair: _RANK.index(pair[2])):
        person = people[record]
        if unlinked and strength == STRONG:
            strength = WEAK
        reason = told.format(email=person.email)
        best.setdefault(
            person.id,
            Suggestion(
                handle=handle,
                email=person.email,
                name=person.name,
                reason=reason,
                strength=strength,
            ),
        )
    strong = [one for one in best.values() if one.strength == STRONG]
    found = list(best.values()) if len(strong) < 2 else [_weaker(one) for one in best.values()]
    return sorted(found, key=lambda one: _RANK.index(one.strength))[:MOST]


def _weaker(one: Suggestion) -> Suggestion:
    return Suggestion(
        handle=one.handle,
        email=one.email,
        name=one.name,
        reason=one.reason,
        strength=WEAK if one.strength == STRONG else one.strength,
    )


def _without_rivals(told: Mapping[str, list[Suggestion]]) -> dict[str, list[Suggestion]]:
    """Two accounts at one site that would be one person's by one reason: neither is enough."""
    claims = Counter(
        (_home(handle), one.email)
        for handle, found in told.items()
        for one in found
        if one.strength == STRONG
    )
    return {
        handle: [
            _weaker(one) if claims[_home(handle), one.email] > 1 or _has_one(handle, one) else one
            for one in found
        ]
        for handle, found in told.items()
        if found
    }


def _home(handle: str) -> str:
    return handle.rpartition("::")[0]


def _has_one(handle: str, one: Suggestion) -> bool:
    """Whether the person has an account at this site already."""
    person = service.find_person(one.email) if one.strength == STRONG else None
    home = _home(handle)
    return person is not None and any(_home(key) == home for key in service.keys_of(person.id))
