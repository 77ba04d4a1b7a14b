"""Accept-Language read, and one entry of a language map chosen (RFC 2616, 14.4)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xapi.languages import LONGEST_HEADER, MOST_RANGES, choose, ranges

MAP = {"en-US": "color", "en-GB": "colour", "fr": "couleur", "zh-Hant": "顏色"}
TAGS = st.sampled_from(["en", "en-US", "en-GB", "fr", "fr-CA", "de", "zh-Hant-TW", "und"])


def chosen(header: str | None, language_map: dict[str, str]) -> list[str]:
    return list(choose(language_map, ranges(header)))


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        pytest.param(None, "en-US", id="no header: the first"),
        pytest.param("", "en-US", id="an empty header: the first"),
        pytest.param("en-GB", "en-GB", id="exactly"),
        pytest.param("EN-gb", "en-GB", id="in any case"),
        pytest.param("en_GB", "en-GB", id="with an underscore, as some write it"),
        pytest.param("en", "en-US", id="a more special form of it, the first"),
        pytest.param("zh", "zh-Hant", id="a script of it"),
        pytest.param("fr;q=0.2, en-GB;q=0.7", "en-GB", id="the greater weight"),
        pytest.param("fr, en-GB;q=0.7", "fr", id="no weight is one"),
        pytest.param("fr , en-GB", "fr", id="equal weights: the first asked for"),
        pytest.param("de, fr;q=0.1", "fr", id="the only one there is, however unloved"),
        pytest.param("en;q=0.3, en-GB;q=0.9, fr;q=0.5", "en-GB", id="the longer range speaks"),
        pytest.param("en-GB;q=0, en;q=0.5", "en-US", id="all but one form of it"),
        pytest.param("*;q=0.5, fr;q=0.1", "en-US", id="the star is for what no other names"),
        pytest.param("*, en;q=0", "fr", id="anything but"),
        pytest.param("fr-CA", "fr", id="the language without the region asked for"),
        pytest.param("en-AU", "en-US", id="another region of it"),
        pytest.param("zh-Hant-TW", "zh-Hant", id="the nearest relative"),
        pytest.param("fr-CA, en;q=0.1", "en-US", id="what was asked for before relatives of it"),
        pytest.param("de-AT, fr-CA;q=0.5", "fr", id="a relative of the second choice"),
        pytest.param("de", "en-US", id="nothing related: the first"),
        pytest.param("en;q=0", "fr", id="turned down: the first other one"),
        pytest.param("*;q=0", "en-US", id="everything turned down: still one"),
        pytest.param("en-US;q=0, en-GB;q=0, zh;q=0, fr-CA", "fr", id="a relative not turned down"),
        pytest.param("englis,h;;q=, fr", "fr", id="garbage is passed over"),
        pytest.param("fr;q=many, en-GB;q=0.1", "en-GB", id="a weight that is no number"),
        pytest.param("fr;q=.9, en-GB;q=0.8", "fr", id="a weight without its zero"),
        pytest.param("fr, en-GB;q=1.5", "fr", id="no weight is above one"),
        pytest.param("fr;q=-1, en-GB;q=0.1", "en-GB", id="a negative weight"),
        pytest.param("f" * 40 + ", fr", "fr", id="no language is that long"),
    ],
)
def test_the_language_a_reader_gets(header: str | None, tag: str) -> None:
    assert choose(MAP, ranges(header)) == {tag: MAP[tag]}


def test_the_plain_tag_goes_before_its_more_special_forms() -> None:
    assert chosen("en", {"en-US": "color", "en": "colour"}) == ["en"]


def test_the_shorter_of_two_relatives_that_are_equally_near() -> None:
    assert chosen("en-GB", {"en-US": "color", "en": "colour"}) == ["en"]


def test_the_relative_with_most_in_common() -> None:
    tags = {"zh-Hans-CN": "颜色", "zh-Hant-HK": "顏色", "zh": "颜色"}
    assert chosen("zh-Hant-TW", tags) == ["zh-Hant-HK"]


def test_a_language_that_only_begins_alike_is_another_one() -> None:
    assert chosen("en", {"enm": "colour", "en-GB": "colour"}) == ["en-GB"]


@pytest.mark.parametrize("header", [None, "en", "*;q=0"])
def test_an_empty_map_stays_empty(header: str | None) -> None:
    assert chosen(header, {}) == []


def test_no_more_is_read_than_anybody_means() -> None:
    assert len(ranges(",".join(["en"] * 100))) == MOST_RANGES
    assert ranges("," * LONGEST_HEADER + "en") == ()


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        pytest.param("en" * 100_000, "en", id="a long word"),
        pytest.param("," * 100_000, "en", id="commas"),
        pytest.param("en;q=" + "1" * 100_000, "en", id="a long weight"),
        pytest.param(" " * 100_000, "en", id="spaces"),
        pytest.param("en", "x" + "-a" * 100_000, id="a long tag"),
    ],
)
def test_long_texts_take_no_time(header: str, tag: str) -> None:
    start = time.process_time()
    choose({tag: "one", "fr": "another"}, ranges(header))
    assert time.process_time() - start < 0.5


@given(st.text(), st.dictionaries(TAGS, st.text(), min_size=1))
def test_any_header_gives_one_entry_of_the_map(header: str, language_map: dict[str, str]) -> None:
    [(tag, words)] = choose(language_map, ranges(header)).items()
    assert language_map[tag] == words


@given(st.lists(TAGS, min_size=1, max_size=5, unique=True))
def test_a_language_that_is_there_is_given(tags: list[str]) -> None:
    assert chosen(tags[-1], {tag: tag for tag in tags}) == [tags[-1]]
