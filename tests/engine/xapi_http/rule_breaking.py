"""Statements that break exactly one rule of the standard, whatever values hypothesis tries."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from xapi_samples import GONE, VOIDED, at, full, modern, planned, put

NOTHING = st.just(GONE)
NO_TEXT = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.lists(st.text(max_size=5), max_size=2)
    | st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2)
)
TEXT = st.text(max_size=40)
NO_LIST = NO_TEXT.filter(lambda value: not isinstance(value, list)) | TEXT
NO_OBJECT = NO_TEXT.filter(lambda value: not isinstance(value, dict)) | TEXT
NO_NUMBER = NO_TEXT.filter(lambda value: type(value) not in (int, float)) | TEXT
NO_BOOLEAN = NO_TEXT.filter(lambda value: not isinstance(value, bool)) | TEXT
NO_IRI = NO_TEXT | TEXT.filter(lambda text: ":" not in text) | TEXT.map("http://a b/{}".format)
NO_UUID = NO_TEXT | st.text(max_size=35)
NO_HASH = NO_TEXT | st.text(max_size=39)
NO_MBOX = NO_TEXT | TEXT.filter(lambda text: "@" not in text)
NO_TIME = NO_TEXT | st.text(max_size=9)
NO_DURATION = NO_TEXT | TEXT.filter(lambda text: not text.startswith("P"))
NO_LANGUAGES = (
    NO_OBJECT
    | st.dictionaries(st.text("0123456789 _", min_size=1), TEXT, min_size=1, max_size=2)
    | st.dictionaries(st.just("en"), NO_TEXT, min_size=1)
)
NO_EXTENSIONS = NO_OBJECT | st.dictionaries(st.text("abc /", max_size=9), TEXT, min_size=1)
NO_SHARE = NO_NUMBER | st.floats(1.001, 1e300) | st.floats(-1e300, -1.001)
NO_TYPE = NO_TEXT | TEXT.filter(lambda text: text not in ("Agent", "Group", "Activity"))
ANOTHER_KEY = st.text(min_size=1, max_size=12).filter(str.isupper)

WRONG: dict[str, st.SearchStrategy[Any]] = {
    "id": NO_UUID,
    "actor": NO_OBJECT | NOTHING,
    "actor.objectType": NO_TYPE,
    "actor.name": NO_TEXT,
    "actor.mbox": NO_MBOX | NOTHING,
    "actor.mbox_sha1sum": NO_HASH,
    "verb": NO_OBJECT | NOTHING,
    "verb.id": NO_IRI | NOTHING | st.just(VOIDED),
    "verb.display": NO_LANGUAGES,
    "object": NO_OBJECT | NOTHING,
    "object.objectType": NO_TYPE,
    "object.id": NO_IRI | NOTHING,
    "object.definition": NO_OBJECT,
    "object.definition.name": NO_LANGUAGES,
    "object.definition.description": NO_LANGUAGES,
    "object.definition.type": NO_IRI,
    "object.definition.moreInfo": NO_IRI,
    "object.definition.extensions": NO_EXTENSIONS,
    "object.definition.interactionType": NO_TEXT | TEXT.map("no {}".format) | NOTHING,
    "object.definition.correctResponsesPattern": NO_LIST | st.lists(NO_TEXT, min_size=1),
    "object.definition.choices": NO_LIST | st.lists(NO_OBJECT, min_size=1),
    "object.definition.choices[0].id": NO_TEXT | NOTHING | st.just("b"),
    "result": NO_OBJECT,
    "result.score": NO_OBJECT,
    "result.score.scaled": NO_SHARE,
    "result.score.raw": NO_NUMBER | st.floats(100.5, 1e300) | st.floats(-1e300, -0.5),
    "result.score.min": NO_NUMBER | st.floats(100, 1e300),
    "result.score.max": NO_NUMBER | st.floats(-1e300, 0),
    "result.success": NO_BOOLEAN,
    "result.completion": NO_BOOLEAN,
    "result.response": NO_TEXT,
    "result.duration": NO_DURATION,
    "result.extensions": NO_EXTENSIONS,
    "context": NO_OBJECT,
    "context.registration": NO_UUID,
    "context.instructor": NO_OBJECT,
    "context.team": NO_OBJECT,
    "context.team.objectType": NO_TEXT | st.just("Agent") | NOTHING,
    "context.team.member": NO_LIST | st.just([]) | st.lists(NO_OBJECT, min_size=1) | NOTHING,
    "context.contextActivities": NO_OBJECT,
    "context.contextActivities.parent": NO_LIST.filter(lambda value: value != {}) | st.just({}),
    "context.contextActivities.category[0].id": NO_IRI | NOTHING,
    "context.revision": NO_TEXT,
    "context.platform": NO_TEXT,
    "context.language": NO_TEXT | st.text("0123456789_ "),
    "context.statement": NO_OBJECT,
    "context.statement.id": NO_UUID | NOTHING,
    "context.statement.objectType": NO_TEXT | TEXT | NOTHING,
    "context.extensions": NO_EXTENSIONS,
    "timestamp": NO_TIME,
    "stored": NO_TIME,
    "authority": NO_OBJECT,
    "version": NO_TEXT | TEXT.map("0.{}".format),
    "attachments": NO_LIST | st.lists(NO_OBJECT, min_size=1),
    "attachments[0].usageType": NO_IRI | NOTHING,
    "attachments[0].display": NO_LANGUAGES | NOTHING,
    "attachments[0].contentType": NO_TEXT | TEXT.filter(lambda text: "/" not in text) | NOTHING,
    "attachments[0].length": NO_NUMBER | st.integers(max_value=-1) | st.just(1.5) | NOTHING,
    "attachments[0].sha2": NO_HASH | NOTHING,
    "attachments[0].fileUrl": NO_IRI,
}
"""What no value at a place of the full statement may be."""

HOLDERS = (
    *("", "actor", "verb", "object", "object.definition", "object.definition.choices[0]"),
    *("result", "result.score", "context", "context.team", "context.contextActivities"),
    *("context.statement", "authority", "authority.account", "attachments[0]"),
)


def _wrong_value() -> st.SearchStrategy[Any]:
    places = st.sampled_from(sorted(WRONG))
    return places.flatmap(lambda place: WRONG[place].map(lambda value: put(full(), place, value)))


def _another_key() -> st.SearchStrategy[Any]:
    return st.builds(_with_key, st.sampled_from(HOLDERS), ANOTHER_KEY, NO_TEXT | TEXT)


def _with_key(holder: str, key: str, value: Any) -> Any:
    statement = full()
    at(statement, holder)[key] = value
    return statement


def _in_a_substatement() -> st.SearchStrategy[Any]:
    places = {
        "object.actor": NO_OBJECT | NOTHING,
        "object.verb.id": NO_IRI | NOTHING,
        "object.object": NO_OBJECT | NOTHING,
        "object.id": TEXT,
        "object.stored": TEXT,
        "object.timestamp": NO_TIME,
        "object.context": NO_OBJECT,
        "object.object.objectType": st.just("SubStatement") | NO_TYPE,
    }
    chosen = st.sampled_from(sorted(places))
    return chosen.flatmap(lambda at: places[at].map(lambda value: put(planned(), at, value)))


def _newer() -> st.SearchStrategy[Any]:
    """What 2.0 added, broken; at 1.0.3 it is wrong altogether."""
    places = {
        "context.contextAgents": NO_LIST | st.lists(NO_OBJECT, min_size=1),
        "context.contextAgents[0].objectType": NO_TEXT | TEXT | NOTHING,
        "context.contextAgents[0].agent": NO_OBJECT | NOTHING,
        "context.contextAgents[0].relevantTypes": NO_LIST | st.just([]),
        "context.contextGroups[0].group": NO_OBJECT | NOTHING,
    }
    chosen = st.sampled_from(sorted(places))
    return chosen.flatmap(lambda at: places[at].map(lambda value: put(modern(), at, value)))


BROKEN = _wrong_value() | _wrong_value() | _another_key() | _in_a_substatement() | _newer()
"""Parsed JSON that is no statement, by one fault."""
