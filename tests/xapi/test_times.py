"""Timestamps and durations: read, written, refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from xapi.statements import duration, duration_seconds, read_timestamp, timestamp
from xapi.times import cut_duration, is_duration

NOON = datetime(2026, 3, 19, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        pytest.param("2026-03-19T12:00:00Z", NOON, id="UTC"),
        pytest.param("2026-03-19T12:00:00.000Z", NOON, id="milliseconds"),
        pytest.param("2026-03-19T12:00:00+00:00", NOON, id="plus zero"),
        pytest.param("2026-03-19T08:00:00-04:00", NOON, id="offset"),
        pytest.param("2026-03-19T17:30:00+0530", NOON, id="offset without colon"),
        pytest.param("2026-03-19T13:00:00+01", NOON, id="offset in hours"),
        pytest.param("2026-03-19T12:00:00", NOON, id="no zone is UTC"),
        pytest.param("2026-03-19T12:00Z", NOON, id="no seconds"),
        pytest.param("2026-03-19T12Z", NOON, id="no minutes"),
        pytest.param("20260319T120000Z", NOON, id="basic format"),
        pytest.param("2026-03-19t12:00:00z", NOON, id="lower case"),
        pytest.param("2026-03-19T12:00:00,5Z", NOON + timedelta(seconds=0.5), id="comma"),
        pytest.param(
            "2026-03-19T12:00:00.123456789Z",
            NOON + timedelta(microseconds=123456),
            id="nanoseconds are cut",
        ),
        pytest.param("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC), id="leap second"),
        pytest.param("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC), id="leap day"),
    ],
)
def test_timestamp_read(text, instant):
    assert read_timestamp(text) == instant
    assert read_timestamp(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "", "should fail", "01/011/2015", "2026-03-19", "12:00:00Z", "2026-03-19 12:00:00Z",
        "2026-02-30T12:00:00Z", "2025-02-29T12:00:00Z", "2026-13-01T12:00:00Z",
        "2026-00-10T12:00:00Z", "2026-03-32T12:00:00Z", "2026-03-19T24:00:00Z",
        "2026-03-19T12:60:00Z", "2026-03-19T12:00:61Z", "2026-03-19T12:30:60Z",
        "2026-03-19T12:00:00-00:00", "2026-03-19T12:00:00-0000", "2026-03-19T12:00:00.601-00",
        "2026-03-19T12:00:00+25:00", "2026-03-19T12:00:00+01:75", "2026-03-19T12:00:00 Z",
        "2026-03-19T120000Z", "20260319T12:00:00Z", "26-03-19T12:00:00Z", "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:60Z", "2026-03-19T12:00:00.Z",
        "2026-03-19T12:00:00Z\n", "２０２６-03-19T12:00:00Z", "1742393100",
    ],
)  # fmt: skip
def test_timestamp_refused(text):
    with pytest.raises(ValueError):
        read_timestamp(text)


def test_timestamp_written_in_utc_with_milliseconds():
    local = datetime(2026, 3, 19, 8, 0, 0, 123999, tzinfo=timezone(timedelta(hours=-4)))
    assert timestamp(local) == "2026-03-19T12:00:00.123Z"


def test_timestamp_without_zone_is_not_written():
    with pytest.raises(ValueError):
        timestamp(NOON.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT57M", 3420),
        ("PT1H2M3S", 3723),
        ("PT4H35M59.14S", Decimal("16559.14")),
        ("PT16559.14S", Decimal("16559.14")),
        ("PT0.1237S", Decimal("0.1237")),
        ("PT1,5S", Decimal("1.5")),
        ("PT1.5H", 5400),
        ("PT0S", 0),
        ("P4W", 2_419_200),
        ("P1D", 86_400),
        ("P3Y", 94_608_000),
        ("P1M", 2_592_000),
        ("P3Y1M29DT4H35M59.14S", Decimal("99722159.14")),
        ("P0Y0M0DT0H0M5S", 5),
        ("PT90M", 5400),
    ],
)
def test_duration_read(text, seconds):
    assert is_duration(text)
    assert duration_seconds(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "P1", "1H", "PT1", "P4W1D", "P1Y4W", "PA1H0M0S", "PT1H0.5M3S", "P1H",
     "PT1D", "PT1S1M", "P-1D", "-P1D", "pt1s", "PT1.S", "PT.5S", "P0003-01-01T00:00:00", "PT1H ",
     "PT1H\n", "PT1M1M", "P1DT1H30", "PT" + "1" * 500 + "S"],
)  # fmt: skip
def test_duration_refused(text):
    assert not is_duration(text)
    with pytest.raises(ValueError):
        duration_seconds(text)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(minutes=57), "PT57M"),
        (timedelta(hours=1, minutes=2, seconds=3), "PT1H2M3S"),
        (timedelta(0), "PT0S"),
        (timedelta(days=2), "P2D"),
        (timedelta(days=1, hours=1), "P1DT1H"),
        (timedelta(seconds=1.5), "PT1.5S"),
        (timedelta(seconds=1.129), "PT1.12S"),
        (timedelta(microseconds=10), "PT0S"),
    ],
)
def test_duration_written(length, text):
    assert duration(length) == text


def test_duration_below_zero_is_not_written():
    with pytest.raises(ValueError):
        duration(timedelta(seconds=-1))


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("PT0.1237S", "PT0.12S"),
        ("PT1.10S", "PT1.1S"),
        ("PT1.001S", "PT1S"),
        ("PT1,5S", "PT1.5S"),
        ("P1DT12H", "P1DT12H"),
    ],
)
def test_duration_cut_to_a_hundredth(text, cut):
    assert cut_duration(text) == cut
