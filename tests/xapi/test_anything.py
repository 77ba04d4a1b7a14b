"""Whatever arrives is accepted or refused, and never anything else."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st
from xapi_samples import full, modern, planned, put

from xapi.errors import QueryRefused, StatementRefused
from xapi.query import PARAMETERS, read_query
from xapi.sameness import same
from xapi.text import canonical, dump, parse
from xapi.walk import walk

KEYS = st.sampled_from(
    [
        "objectType", "id", "mbox", "account", "member", "name", "display", "definition", "actor",
        "verb", "object", "result", "score", "context", "contextActivities", "parent",
        "contextAgents", "agent", "extensions", "timestamp", "duration", "raw",
    ]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["Agent", "Group", "SubStatement", "StatementRef", "mailto:a@b.org", "x:y"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(), inner, max_size=5)
    ),
    max_leaves=20,
)
PLACES = st.sampled_from(
    [
        "actor", "actor.mbox", "actor.name", "verb", "verb.id", "verb.display", "object",
        "object.id", "object.definition", "object.objectType", "result", "context", "timestamp",
        "stored", "authority", "version", "attachments", "id",
    ]
)  # fmt: skip
VERSIONS = st.sampled_from(["1.0.3", "2.0.0"])


@given(ANYTHING, VERSIONS)
def test_any_value_is_walked_or_refused(value, version):
    with contextlib.suppress(StatementRefused):
        walk(value, version=version)


@given(PLACES, ANYTHING, VERSIONS)
@settings(max_examples=300)
def test_any_value_in_any_place_is_walked_or_refused(place, value, version):
    with contextlib.suppress(StatementRefused):
        walk(put(full(), place, value), version=version)


@given(ANYTHING, VERSIONS)
def test_any_context_is_walked_or_refused(value, version):
    with contextlib.suppress(StatementRefused):
        walk(put(modern(), "context.contextAgents[0]", value), version=version)


@given(st.sampled_from(["actor", "verb", "object", "context", "timestamp", "result"]), ANYTHING)
def test_any_substatement_is_walked_or_refused(place, value):
    with contextlib.suppress(StatementRefused):
        walk(put(planned(), f"object.{place}", value), version="1.0.3")


@given(PLACES, ANYTHING)
def test_whatever_passes_is_the_same_as_itself(place, value):
    with contextlib.suppress(StatementRefused):
        statement = put(full(), place, value)
        walk(statement, version="1.0.3")
        assert same(statement, parse(dump(statement)))


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_parsed_or_refused(body):
    with contextlib.suppress(StatementRefused):
        parse(body)


FINITE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False).map(str).filter(lambda text: text != "-0")
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(FINITE)
def test_what_is_written_is_read_again(value):
    assert parse(dump(value)) == value
    assert canonical(parse(dump(value))) == canonical(value)


@given(st.dictionaries(st.sampled_from(PARAMETERS) | st.text(), st.text(), max_size=3))
def test_any_parameters_are_read_or_refused(args):
    with contextlib.suppress(QueryRefused):
        read_query(args, version="1.0.3")
