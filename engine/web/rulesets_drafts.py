"""Rulesets that somebody is working on: kept for her alone until she publishes or discards them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from engine.competencies import framework_rulesets, frameworks, rulesets
from engine.competencies.config import compile_ruleset, config_hash
from engine.competencies.framework_rulesets import SHIPPED
from engine.competencies.models import RulesetRow
from engine.competencies.yaml_reading import LONGEST
from engine.db import transaction
from engine.errors import Conflict, NotFound, Refused
from engine.moments import now_us
from engine.reading import decode
from engine.web import rulesets_yaml as yaml_text
from engine.web.drawers import DAY_US, Drawer, new_key
from engine.web.rulesets_checks import Checked, check

KEPT_DAYS = 30
LONGEST_NOTE = 300
_DRAFTS = Drawer(name="drafts", kept_us=KEPT_DAYS * DAY_US)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A ruleset on its way: `base` is the version it began from, `revision` counts its changes.

    `at` in microseconds: when it was changed last.
    """

    token: str
    by: str
    base: str
    text: str
    title: str
    revision: int
    at: int


def begin(sha256: str, *, by: str) -> Draft:
    """A draft that begins as a version, the newest one unless another is named."""
    row = rulesets.find(sha256) if sha256 else rulesets.current()
    return _kept(by=by, text=text_of(row), title=row.title)


def begin_for(uri: str, *, by: str) -> Draft:
    """A draft that counts for a framework.

    :raises NotFound: there is no such framework. :raises Refused: nothing in it can be counted for.
    """
    row = frameworks.newest(uri)
    if row is None:
        raise NotFound("There is no such framework.", "Look at the list of frameworks.")
    return _kept(by=by, text=framework_rulesets.ruleset_for(row.document), title=row.title)


def begin_with(body: bytes, *, title: str, by: str) -> Draft:
    """A draft of a file that was written elsewhere; what is wrong in it is shown, not refused.

    :raises BadReport: it is no text.
    """
    return _kept(by=by, text=_fit(decode(body).text), title=title)


def find(token: str, *, by: str) -> Draft:
    """A draft; somebody else's is as good as absent.

    :raises NotFound: it is not there any more.
    """
    found = _DRAFTS.find(token)
    if found is None or found["by"] != by:
        raise NotFound(
            "This draft is no longer there. It was published, discarded, or not touched for "
            f"{KEPT_DAYS} days.",
            "Begin another from the version you want to change.",
        )
    return Draft(**found)


def mine(by: str) -> list[Draft]:
    """Somebody's drafts, the one changed last first."""
    found = (Draft(**one) for one in _DRAFTS.every() if one["by"] == by)
    return sorted(found, key=lambda draft: -draft.at)


def changed(draft: Draft, text: str, *, seen: int) -> Draft:
    """The draft with another text.

    :param seen: the revision that was on the page.
    :raises Conflict: the draft was changed in another window meanwhile.
    """
    if seen != draft.revision:
        raise Conflict(
            "This draft was changed in another window meanwhile.",
            "Go back, copy what you typed, load the page again and put it in there.",
        )
    if _fit(text) == draft.text:
        return draft
    return _put(replace(draft, text=_fit(text), revision=draft.revision + 1, at=now_us()))


def rebased(draft: Draft, sha256: str) -> Draft:
    """The draft as a change of another version: its author has seen what is different there."""
    return _put(replace(draft, base=rulesets.find(sha256).sha256, at=now_us()))


def discard(draft: Draft) -> None:
    """Forget a draft."""
    _DRAFTS.drop(draft.token)


def newer(draft: Draft) -> RulesetRow | None:
    """The version that was published since the draft was begun, if any."""
    row = rulesets.current()
    return None if row.sha256 == draft.base else row


def publish(draft: Draft, *, note: str, seen: int, by: str) -> RulesetRow | Refused:
    """Publish a draft as a new version, and forget it; or why not, with nothing changed.

    :param seen: the revision that was on the page.
    :param by: in whose name.
    """
    wrong = _unfit(draft, check(draft.text), note, seen)
    if wrong is not None:
        return wrong
    with transaction():  # nobody else publishes while this is looked at
        row = rulesets.current()
        if row.sha256 != draft.base:
            return Conflict(
                f"{row.by or 'Somebody'} published a newer version since you began.",
                "Look at what is different there before you publish yours.",
            )
        made = rulesets.publish(draft.text, title=note, by=by)
    rulesets.bring_into_force(made)
    discard(draft)
    return made


def text_of(row: RulesetRow) -> str:
    """A version as YAML: the shipped text with its comments where it is that, else written anew."""
    shipped = _shipped()
    same = config_hash(compile_ruleset(shipped)) == row.sha256
    return shipped if same else yaml_text.written(row.config)


def _unfit(draft: Draft, checked: Checked, note: str, seen: int) -> Refused | None:
    if seen != draft.revision:
        return Conflict("This draft was changed in another window.", "Look at it and publish then.")
    if not note.strip():
        return Refused("Say in a few words what is new.", where="note")
    if len(note) > LONGEST_NOTE:
        return Refused(f"Use {LONGEST_NOTE} characters at most.", where="note")
    if checked.errors:
        first = checked.errors[0].finding
        return Refused(first.why, first.mend, where=first.where)
    if checked.sha256 == draft.base:
        return Refused("Nothing is different from the version you began with.", "Change a rule.")
    return None


def _kept(*, by: str, text: str, title: str) -> Draft:
    base = rulesets.current().sha256
    return _put(
        Draft(
            token=new_key(), by=by, base=base, text=text, title=title, revision=0, at=now_us()
        )
    )  # fmt: skip


def _put(draft: Draft) -> Draft:
    _DRAFTS.put(draft.token, {name: getattr(draft, name) for name in Draft.__dataclass_fields__})
    return draft


def _fit(text: str) -> str:
    """A text as browsers send it, with the line ends and the end that files have."""
    if len(text) > LONGEST:
        raise Refused(f"This is longer than {LONGEST:,} characters.", "Shorten it.")
    return text.replace("\r\n", "\n").strip("\n") + "\n"


def _shipped() -> str:
    return Path(SHIPPED).read_text(encoding="utf-8")
