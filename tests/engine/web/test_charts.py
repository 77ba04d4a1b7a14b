"""Charts: right numbers in the right places, said in words too, and deaf to hostile labels."""

from __future__ import annotations

import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from engine.web import charts

UNTIL = date(2026, 11, 20)
COUNTS = {UNTIL: 1, UNTIL - timedelta(days=1): 3, date(2026, 10, 5): 4, date(2020, 1, 1): 9}
HOSTILE = "</title><script>alert('1')</script>\x00"
NAMES = ("Community facilitation", "Digital collaboration", "Procurement", "Data literacy")


def spokes(number: int) -> list[charts.Spoke]:
    return [
        charts.Spoke(label=NAMES[place % 4], now=place % 5, best=max(place % 5, 2))
        for place in range(number)
    ]


PARTS = [
    charts.Part(label="To be recorded", count=212),
    charts.Part(label="Already there", count=39),
    charts.Part(label="Left out", count=17),
]
DRAWN = {
    "heat": charts.heat_strip(COUNTS, until=UNTIL),
    "radar": charts.radar(spokes(6)),
    "year": charts.step_line([1, 2, 2], words="Up from 1 in May", ident="y"),
    "share": charts.share_bar(33, title="Shares", ident="s"),
    "split": charts.split_bar(PARTS, title="268 rows by outcome"),
    "hostile radar": charts.radar([charts.Spoke(label=HOSTILE, now=1, best=2)] * 3, ident=HOSTILE),
    "hostile year": charts.step_line([1, 2], words=HOSTILE, ident=HOSTILE),
    "hostile split": charts.split_bar(
        [charts.Part(label=HOSTILE, count=1)], title=HOSTILE, ident=HOSTILE
    ),
}


@pytest.mark.parametrize("chart", DRAWN.values(), ids=DRAWN)
def test_chart_is_an_image_with_a_name_and_a_description(chart: str) -> None:
    svg = ElementTree.fromstring(chart)
    title, desc = svg[0], svg[1]

    assert svg.get("role") == "img"
    assert (svg.get("aria-labelledby"), svg.get("aria-describedby")) == (
        title.get("id"),
        desc.get("id"),
    )
    assert title.text
    assert desc.text


@pytest.mark.parametrize("chart", DRAWN.values(), ids=DRAWN)
def test_chart_brings_no_colour_style_or_script(chart: str) -> None:
    assert re.findall(r"<script|style=|#[0-9a-f]{3,6}\b|nan|inf", chart) == []


def test_heat_strip_draws_each_day_up_to_the_last() -> None:
    assert DRAWN["heat"].count("<rect") == 25 * 7 + 5


def test_heat_strip_names_its_numbers() -> None:
    assert "8 activities on 3 days" in DRAWN["heat"]


@pytest.mark.parametrize(
    ("count", "step"), [(-1, 0), (0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (99, 3)]
)
def test_heat_step(count: int, step: int) -> None:
    assert charts.heat_step(count) == step


def test_heat_months_count_only_the_days_shown() -> None:
    months = charts.heat_months(COUNTS, until=UNTIL)

    assert [(month.name, month.days, month.activities) for month in months] == [
        ("November", 2, 4),
        ("October", 1, 4),
        ("September", 0, 0),
        ("August", 0, 0),
        ("July", 0, 0),
        ("June", 0, 0),
        ("May", 0, 0),
    ]


@pytest.mark.parametrize("number", [0, 1, 2, 9])
def test_radar_is_left_out(number: int) -> None:
    assert charts.radar(spokes(number)) == ""


@pytest.mark.parametrize("number", range(3, 9))
def test_radar_keeps_its_labels_inside(number: int) -> None:
    svg = ElementTree.fromstring(charts.radar(spokes(number)))
    left, top, width, height = (float(part) for part in svg.attrib["viewBox"].split())
    places = [(float(text.attrib["x"]), float(text.attrib["y"])) for text in svg.iter("text")]

    assert all(left <= x <= left + width and top + 10 <= y <= top + height for x, y in places)


def test_radar_breaks_labels_after_14_characters() -> None:
    svg = ElementTree.fromstring(
        charts.radar([charts.Spoke(label="Antidisestablishmentarianism " * 3, now=1, best=1)] * 3)
    )

    assert max(len(text.text or "") for text in svg.iter("text")) <= 14


def test_radar_says_what_was_reached_before() -> None:
    assert ">0, was 2<" in charts.radar(spokes(3))


def test_levels_outside_the_scale_stay_on_the_chart() -> None:
    far = [charts.Spoke(label="Far", now=9, best=9)] * 3
    edge = [charts.Spoke(label="Far", now=4, best=4)] * 3

    assert re.findall("<polygon[^>]*>", charts.radar(far)) == re.findall(
        "<polygon[^>]*>", charts.radar(edge)
    )


def test_step_line_steps() -> None:
    assert 'd="M2.0 15.0H42.0V11.0H82.0V11.0"' in DRAWN["year"]


def test_one_point_is_no_line() -> None:
    assert charts.step_line([1], words="New", ident="y") == ""


@pytest.mark.parametrize(
    ("weights", "per_cents"),
    [
        pytest.param([1, 1, 1], (34, 33, 33), id="first of equals gets the rest"),
        pytest.param([2, 1], (67, 33), id="largest remainder"),
        pytest.param([0, 5], (0, 100), id="nothing stays nothing"),
        pytest.param([0, 0], (0, 0), id="nothing at all"),
        pytest.param([], (), id="no parts"),
    ],
)
def test_whole_per_cents(weights: list[int], per_cents: tuple[int, ...]) -> None:
    assert charts.whole_per_cents(weights) == per_cents


@pytest.mark.parametrize(("per_cent", "width"), [(33, "33%"), (-1, "0%"), (101, "100%")])
def test_share_bar(per_cent: int, width: str) -> None:
    assert f'class="fill" width="{width}"' in charts.share_bar(per_cent)


def test_untitled_share_bar_is_decoration() -> None:
    assert 'aria-hidden="true"' in charts.share_bar(33)


@pytest.mark.parametrize(
    ("number", "looks"),
    [
        (0, ()),
        (1, ("p-record",)),
        (2, ("p-record", "p-out")),
        (4, ("p-record", "p-known", "p-more", "p-out")),
    ],
)
def test_looks_of_parts(number: int, looks: tuple[str, ...]) -> None:
    assert charts.part_looks(number) == looks


def test_smallest_part_can_be_seen() -> None:
    parts = [charts.Part(label="Many", count=100_000), charts.Part(label="One", count=1)]

    assert 'width="0.8%"' in charts.split_bar(parts, title="Rows")


def test_part_without_rows_is_not_drawn() -> None:
    parts = [charts.Part(label="All", count=5), charts.Part(label="None", count=0)]

    assert "hatch)" not in charts.split_bar(parts, title="Rows")
