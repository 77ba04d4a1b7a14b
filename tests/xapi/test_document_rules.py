"""Documents: their tag, what a POST makes of two, and when a write may go ahead."""

from __future__ import annotations

import json
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xapi.documents import (
    ACTIVITY_PROFILE,
    AGENT_PROFILE,
    STATE,
    Condition,
    Contents,
    PreconditionFailed,
    Unguarded,
    etag,
    is_json,
    matches,
    merge,
    posted,
)
from xapi.errors import QueryRefused, StatementRefused

TAG = etag(b"hello")
OTHER = etag(b"other")
JSON = "application/json"
KINDS = (STATE, ACTIVITY_PROFILE, AGENT_PROFILE)
PROFILES = (ACTIVITY_PROFILE, AGENT_PROFILE)
VERSIONS = ("1.0.3", "2.0.0")
OBJECTS = st.dictionaries(st.text(max_size=3), st.integers() | st.text() | st.none())


def a_write(method="PUT", kind=STATE, version="2.0.0", **headers):
    return Condition(method=method, kind=kind, version=version, **headers)


def holding(content, media_type=JSON):
    return Contents(media_type=media_type, content=content)


def test_tag_is_the_sha1_of_the_content():
    assert TAG == "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(f'"{TAG}"', id="quoted"),
        pytest.param(TAG, id="bare, as TinCanJS writes it"),
        pytest.param(TAG.upper(), id="upper case"),
        pytest.param(f'W/"{TAG}"', id="weak, as proxies make it"),
        pytest.param(f'"{OTHER}", "{TAG}"', id="in a list"),
        pytest.param(f"{OTHER},{TAG}", id="in a bare list"),
        pytest.param("*", id="whatever is there"),
    ],
)
def test_header_names_the_document(header):
    assert matches(header, TAG)


@pytest.mark.parametrize("header", ["", '""', '"', "W/", ",", f'"{OTHER}"', f'"{TAG}x"', "1234"])
def test_header_names_another_document(header):
    assert not matches(header, TAG)


def test_nothing_names_what_is_not_there():
    assert not matches("*", None)


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
def test_write_with_the_right_tag_goes_ahead(method, kind, version):
    a_write(method, kind, version, if_match=f'"{TAG}"').check(TAG)


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("existing", [TAG, None])
def test_write_with_a_wrong_tag_is_refused(method, kind, version, existing):
    with pytest.raises(PreconditionFailed) as caught:
        a_write(method, kind, version, if_match=f'"{OTHER}"').check(existing)
    assert caught.value.status == 412
    assert caught.value.parameter == "If-Match"


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("header", ["*", f'"{TAG}"'])
def test_write_for_what_is_not_there_is_refused_when_it_is(method, kind, version, header):
    with pytest.raises(PreconditionFailed) as caught:
        a_write(method, kind, version, if_none_match=header).check(TAG)
    assert caught.value.parameter == "If-None-Match"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("existing", [None, OTHER])
def test_write_that_excludes_another_tag_goes_ahead(kind, version, existing):
    a_write("PUT", kind, version, if_none_match=f'"{TAG}"').check(existing)


def test_both_headers_must_hold():
    with pytest.raises(PreconditionFailed):
        a_write(if_match=f'"{TAG}"', if_none_match="*").check(TAG)


@pytest.mark.parametrize(("kind", "version"), [(STATE, "2.0.0"), *product(PROFILES, VERSIONS)])
def test_put_over_a_document_needs_a_header(kind, version):
    with pytest.raises(Unguarded) as caught:
        a_write("PUT", kind, version).check(TAG)
    assert caught.value.status == 409
    assert f'If-Match: "{TAG}"' in caught.value.fix


def test_put_over_state_needs_none_at_1_0():
    a_write("PUT", STATE, "1.0.3").check(TAG)


@pytest.mark.parametrize("kind", PROFILES)
def test_put_of_a_new_profile_needs_a_header_at_1_0(kind):
    with pytest.raises(QueryRefused) as caught:
        a_write("PUT", kind, "1.0.3").check(None)
    assert caught.value.status == 400
    assert caught.value.clause == "xAPI 1.0.3 Communication 3.1"


@pytest.mark.parametrize(
    ("kind", "version"), [(STATE, "1.0.3"), *((kind, "2.0.0") for kind in KINDS)]
)
def test_put_of_a_new_document_needs_none_otherwise(kind, version):
    a_write("PUT", kind, version).check(None)


def test_blank_header_is_no_header():
    with pytest.raises(Unguarded):
        a_write(if_match="", if_none_match="").check(TAG)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("existing", [TAG, None])
def test_post_and_delete_need_no_header(method, kind, version, existing):
    a_write(method, kind, version).check(existing)


@pytest.mark.parametrize(
    ("media_type", "answer"),
    [
        ("application/json", True),
        ("Application/JSON ; charset=utf-8", True),
        ("application/jsonx", False),
        ("application/ld+json", False),
        ("text/plain", False),
    ],
)
def test_json_by_its_type(media_type, answer):
    assert is_json(media_type) is answer


def test_merge_replaces_what_stands_at_the_top():
    before = b'{"car":{"make":"Ford","model":"Escape"},"driver":"Dale"}'
    assert merge(before, b'{"car":{"make":"Dodge"},"year":1}') == (
        b'{"car":{"make":"Dodge"},"driver":"Dale","year":1}'
    )


def test_merge_keeps_every_digit():
    long = b'{"a":0.1000000000000000055511151231257827,"b":123456789012345678901234567890}'
    assert merge(long, b"{}") == long
    assert merge(b"{}", long) == long


@given(OBJECTS, OBJECTS)
def test_merge_is_the_union_where_the_later_wins(before, after):
    merged = merge(json.dumps(before).encode(), json.dumps(after).encode())
    assert json.loads(merged) == before | after


@pytest.mark.parametrize(
    ("before", "after", "whose"),
    [
        pytest.param(b"{}", b"[]", "sent", id="array sent"),
        pytest.param(b'"text"', b"{}", "there", id="text there"),
        pytest.param(b"{}", b"{}{", "sent", id="no JSON sent"),
        pytest.param(b"hello", b"{}", "there", id="no JSON there"),
        pytest.param(b"{}", b'{"a":1,"a":2}', "sent", id="repeated key"),
        pytest.param(b"{}", b"", "sent", id="nothing sent"),
        pytest.param(b"{}", b"[" * 9000, "sent", id="nested too deep"),
        pytest.param(b"{}", b"\xff", "sent", id="no text"),
    ],
)
def test_merge_refuses_all_but_objects(before, after, whose):
    with pytest.raises(StatementRefused) as caught:
        merge(before, after)
    assert whose in caught.value.rule
    assert "Communication 2.2" in caught.value.clause


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(holding(b"{}", "text/plain"), holding(b"{}"), id="text there"),
        pytest.param(holding(b"{}"), holding(b"{}", "text/plain"), id="text sent"),
    ],
)
def test_post_merges_only_what_is_declared_as_json(before, after):
    with pytest.raises(StatementRefused) as caught:
        posted(before, after)
    assert "text/plain" in caught.value.rule


def test_post_of_two_objects_merges_them():
    after = holding(b'{"b":2}', "application/json; charset=utf-8")
    assert posted(holding(b'{"a":1}'), after) == holding(b'{"a":1,"b":2}', after.media_type)


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(holding(b"\xff\x00", "text/plain"), id="any bytes"),
        pytest.param(holding(b'{ "a": 1 }'), id="JSON as it was written"),
        pytest.param(holding(b"[1]"), id="JSON that is no object"),
    ],
)
def test_first_post_is_kept_as_it_came(first):
    assert posted(None, first) == first


def test_first_post_that_calls_itself_json_must_be():
    with pytest.raises(StatementRefused):
        posted(None, holding(b"{}{"))
