"""JSON and XML of strangers: read in any usual encoding, refused where they can do harm."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadReport
from engine.reading import read_json, read_xml
from engine.reading.documents import DEEPEST


def refusal_of_json(body: bytes) -> BadReport:
    with pytest.raises(BadReport) as caught:
        read_json(body, what="The export")
    return caught.value


def refusal_of_xml(body: bytes) -> BadReport:
    with pytest.raises(BadReport) as caught:
        read_xml(body, what="The export")
    return caught.value


# --- JSON --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"a": "é"}'.encode(), id="UTF-8"),
        pytest.param('\ufeff{"a": "é"}'.encode(), id="UTF-8 with its mark"),
        pytest.param('{"a": "é"}'.encode("utf-16"), id="UTF-16 with its mark"),
        pytest.param('{"a": "é"}'.encode("utf-16-le"), id="UTF-16 LE"),
        pytest.param('{"a": "é"}'.encode("utf-16-be"), id="UTF-16 BE"),
        pytest.param('{"a": "é"}'.encode("utf-32"), id="UTF-32"),
        pytest.param('{"a": "é"}'.encode("cp1252"), id="Windows-1252"),
        pytest.param(b'{"a": "\\u00e9"}', id="escaped"),
        pytest.param('{"a": "é", "a": "é"}'.encode(), id="a member twice"),
    ],
)
def test_json_in_any_usual_encoding(body: bytes) -> None:
    assert read_json(body) == {"a": "é"}


@pytest.mark.parametrize("number", [5621234567890123456, 10**30, -(2**63) - 1])
def test_whole_numbers_stay_exact(number: int) -> None:
    assert read_json(b"[%d]" % number) == [number]


def test_what_no_database_takes_is_left_out() -> None:
    assert read_json(b'["a\\u0000b", "\\ud83d", "\\ud83d\\ude00"]') == [
        "ab",
        "\ufffd",
        "\U0001f600",
    ]


@pytest.mark.parametrize(
    ("body", "why", "where"),
    [
        pytest.param(b"", "is empty", "", id="empty"),
        pytest.param(b"\xef\xbb\xbf \n", "is empty", "", id="blank"),
        pytest.param(b'{\n"a": }', "not JSON", "line 2, column 6", id="broken"),
        pytest.param(b'{"a": [1, 2', "not JSON", "line 1, column 12", id="cut off"),
        pytest.param(b'{} {"a": 1}', "not JSON", "line 1, column 4", id="two values"),
        pytest.param(b"<!DOCTYPE html><p>Sign in", "a web page", "line 1, column 1", id="page"),
        pytest.param(b"[NaN]", "NaN", "", id="not a number"),
        pytest.param(b"[-Infinity]", "Infinity", "", id="infinite"),
        pytest.param(b"[" + b"9" * 5000 + b"]", "not sound", "", id="endless number"),
        pytest.param(b"[" * 200 + b"]" * 200, "nested", "", id="deep"),
        pytest.param(b"[" * 100_000, "sound JSON", "", id="as deep as bytes go"),
        pytest.param(b'{"a":' * 100_000, "sound JSON", "", id="objects as deep as bytes go"),
    ],
)
def test_json_that_is_refused(body: bytes, why: str, where: str) -> None:
    refused = refusal_of_json(body)
    assert why in refused.why
    assert (refused.where, refused.status) == (where, 422)
    assert refused.mend


def test_json_as_deep_as_allowed() -> None:
    body = b"[" * DEEPEST + b"]" * DEEPEST
    assert json.dumps(read_json(body)).encode() == body


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    with suppress(BadReport):
        assert json.dumps(read_json(body), ensure_ascii=False).encode()


# --- XML ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<a>é</a>".encode(), id="UTF-8"),
        pytest.param("\ufeff<a>é</a>".encode(), id="UTF-8 with its mark"),
        pytest.param("<a>é</a>".encode("utf-16"), id="UTF-16 with its mark"),
        pytest.param("<a>é</a>".encode("utf-16-le"), id="UTF-16 LE without mark"),
        pytest.param('<?xml version="1.0" encoding="utf-16"?><a>é</a>'.encode(), id="wrong name"),
        pytest.param('<?xml version="1.0" encoding="cp1251"?><a>é</a>'.encode(), id="still UTF-8"),
        pytest.param(
            '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"), id="Latin-1"
        ),
        pytest.param("<a>é</a>".encode("cp1252"), id="Windows-1252, unsaid"),
        pytest.param(b"<a>&eacute;</a>", id="named in HTML only"),
        pytest.param(b"<!DOCTYPE a SYSTEM 'a.dtd'>\n<a>&#233;</a>", id="document type"),
        pytest.param('\n<?xml version="1.0"?><a>é</a>'.encode(), id="a line before it"),
        pytest.param("<a>\x0bé&#x1;&#0;\0</a>".encode(), id="characters XML forbids"),
    ],
)
def test_xml_in_any_usual_encoding(body: bytes) -> None:
    assert read_xml(body).text == "é"


def test_a_name_that_nobody_knows_stays_as_written() -> None:
    assert read_xml(b"<a>&blurb; &amp;amp;</a>").text == "&blurb; &amp;"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<a xmlns:wp='w'><atom:b/><wp:c/></a>", id="an element's"),
        pytest.param(b"<a><b xlink:href='x'/></a>", id="an attribute's"),
    ],
)
def test_a_prefix_that_nobody_declared_is_borne(body: bytes) -> None:
    assert read_xml(body).tag == "a"


def test_more_prefixes_than_any_export_has_are_refused() -> None:
    many = "".join(f"<p{number}:b/>" for number in range(101))
    assert "unbound prefix" in refusal_of_xml(f"<a>{many}</a>".encode()).why


BOMB = b"""<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>
<a>&c;</a>"""
OUTSIDE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
PARAMETER = b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://example.org/x"> %x;]><a/>'


@pytest.mark.parametrize(
    ("body", "why", "where"),
    [
        pytest.param(b"", "is empty", "", id="empty"),
        pytest.param(b"a,b\n1,2\n", "not sound XML", "line 1, column 1", id="table"),
        pytest.param(b"<a>\n<b></a>", "not sound XML", "line 2, column 6", id="crossed"),
        pytest.param(b"<a>\n<b>text", "not sound XML", "line 2, column 8", id="cut off"),
        pytest.param(BOMB, "entities", "line 1", id="entity bomb"),
        pytest.param(BOMB.decode().encode("utf-16"), "entities", "line 1", id="bomb in UTF-16"),
        pytest.param(b"\n\n" + OUTSIDE, "entities", "line 3", id="entity from outside"),
        pytest.param(PARAMETER, "entities", "line 1", id="parameter entity"),
        pytest.param(b"<!DOCTYPE a [<!ELEMENT", "does not end", "line 1", id="endless type"),
        pytest.param(b"<a>" * 100_000, "nested", "", id="as deep as bytes go"),
        pytest.param(b"<a>" * 101 + b"</a>" * 101, "nested", "", id="deep"),
    ],
)
def test_xml_that_is_refused(body: bytes, why: str, where: str) -> None:
    refused = refusal_of_xml(body)
    assert why in refused.why
    assert (refused.where, refused.status) == (where, 422)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60) | st.text("<>a/!&;[]\"'-?DOCTYPE ", max_size=60).map(str.encode))
def test_any_bytes_are_xml_or_refused(body: bytes) -> None:
    with suppress(BadReport):
        assert read_xml(body).tag
