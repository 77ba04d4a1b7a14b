"""Every refusal brings a whole statement that would pass, about the place that was refused."""

from __future__ import annotations

from functools import reduce
from operator import getitem

import pytest
from test_walk_refuses import ALL, NEWER, SUBSTATEMENTS
from xapi_samples import full, modern, planned, put, short

from xapi.errors import StatementRefused
from xapi.examples import EXAMPLES, example_of
from xapi.examples import NEWER as ONLY_NEWER
from xapi.rules import CLAUSES, both_clauses, clause
from xapi.text import parse
from xapi.walk import walk

VERSIONS = ("1.0.3", "2.0.0")
EVERY = [one for topic in EXAMPLES.values() for one in topic]
NEWEST = [one for topic in ONLY_NEWER.values() for one in topic]


def refusal(statement, version):
    with pytest.raises(StatementRefused) as caught:
        walk(statement, version=version)
    return caught.value


def an_example(statement, version="1.0.3"):
    return example_of(refusal(statement, version))


def about(path="$", clause="xAPI 1.0.3 Data 2.4.3"):
    return example_of(StatementRefused(path=path, rule="x", clause=clause, fix="y"))


def test_every_topic_of_a_statement_has_an_example():
    topics = {topic for topic, (older, _) in CLAUSES.items() if older.startswith("Data ")}
    assert topics - EXAMPLES.keys() == set()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("number", range(len(EVERY)))
def test_example_passes(number, version):
    assert walk(EVERY[number], version=version).changed is False


@pytest.mark.parametrize("number", range(len(NEWEST)))
def test_example_of_two_point_nought_passes_there_only(number):
    walk(NEWEST[number], version="2.0.0")
    assert refusal(NEWEST[number], "1.0.3")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("topic", EXAMPLES)
def test_example_of_a_clause_passes_in_its_version(topic, version):
    walk(about(clause=clause(topic, version)), version=version)


@pytest.mark.parametrize(("path", "value", "refused"), ALL)
def test_refused_statement_brings_an_example(path, value, refused):
    walk(an_example(put(full(), path, value)), version="1.0.3")


@pytest.mark.parametrize(("path", "value", "refused"), SUBSTATEMENTS)
def test_refused_substatement_brings_an_example(path, value, refused):
    walk(an_example(put(planned(), path, value)), version="1.0.3")


@pytest.mark.parametrize(("path", "value", "refused"), NEWER)
def test_refusal_of_two_point_nought_brings_an_example(path, value, refused):
    walk(an_example(put(modern(), path, value), "2.0.0"), version="2.0.0")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        pytest.param("actor", {"account": {"name": "b"}}, "actor.account", id="account"),
        pytest.param("actor", {"mbox_sha1sum": "1"}, "actor.mbox_sha1sum", id="hash"),
        pytest.param("actor", {"openid": "1"}, "actor.openid", id="openid"),
        pytest.param("verb.display", "x", "verb.display", id="display"),
        pytest.param("object.definition.choices", 1, "object.definition.choices", id="quiz"),
        pytest.param("object.definition.moreInfo", 1, "object.definition.moreInfo", id="IRI"),
        pytest.param("context.statement", 1, "context.statement", id="reference"),
        pytest.param("context.language", 1, "context.language", id="language"),
        pytest.param("result.score.scaled", 8, "result.score.scaled", id="score"),
        pytest.param("result.duration", "1 h", "result.duration", id="duration"),
        pytest.param("timestamp", "now", "timestamp", id="timestamp"),
        pytest.param("attachments", "x", "attachments", id="attachments"),
    ],
)
def test_example_shows_what_was_refused(path, value, shown, version):
    found = an_example(put(full(), path, value), version)
    assert reduce(getitem, shown.split("."), found)


def test_place_in_a_batch_makes_no_difference():
    assert about("$[7].verb.id") == about("$.verb.id")


def test_clause_of_both_versions_is_understood():
    walk(about(clause=f"RFC 8259; {both_clauses('format')}"), version="1.0.3")


def test_broken_json_brings_an_example():
    with pytest.raises(StatementRefused) as caught:
        parse(b'{"actor": NaN}')
    assert example_of(caught.value) == short() | {"object": example_of(caught.value)["object"]}


def test_longer_clause_number_is_another_clause():
    assert "attachments" in about(clause="xAPI 1.0.3 Data 2.4.11")


def test_missing_bytes_of_an_attachment_bring_one_with_an_address():
    shown = about("$.attachments[0]", "xAPI 1.0.3 Communication 1.5.2 / IEEE 9274.1.1 4.1.3")
    assert "fileUrl" in shown["attachments"][0]


def test_clause_about_something_else_brings_none():
    assert about(clause="xAPI 1.0.3 Data 2.6") is None


def test_example_may_be_changed_by_whoever_gets_it():
    about()["actor"]["mbox"] = "changed"
    assert about()["actor"]["mbox"].startswith("mailto:")
