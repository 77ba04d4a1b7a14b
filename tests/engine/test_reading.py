"""Reading bytes, tables, dates, names and stays: one fact a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadReport, Refused
from engine.reading import (
    BadCell,
    Shape,
    clean_name,
    decode,
    find_tables,
    is_blank,
    read_dates,
    read_email,
    read_id,
    read_number,
    read_zone,
    union,
    without_phone,
)

TORONTO = ZoneInfo("America/Toronto")
PEOPLE = Shape(
    name="people",
    columns={"name": ("full name", "name"), "email": ("email",), "join": ("join time",)},
    required=("name", "join"),
)


# --- bytes


@pytest.mark.parametrize(
    ("body", "text", "encoding"),
    [
        pytest.param("Théa".encode(), "Théa", "utf-8-sig", id="utf-8"),
        pytest.param(b"\xef\xbb\xbfBo", "Bo", "utf-8-sig", id="utf-8 with BOM"),
        pytest.param("Théa\t1".encode("utf-16"), "Théa\t1", "utf-16-le", id="utf-16 with BOM"),
        pytest.param(b"\xfe\xff\0B\0o", "Bo", "utf-16-be", id="utf-16 big endian with BOM"),
        pytest.param("Name\tJoin".encode("utf-16-le"), "Name\tJoin", "utf-16-le", id="no BOM, LE"),
        pytest.param("Name\tJoin".encode("utf-16-be"), "Name\tJoin", "utf-16-be", id="no BOM, BE"),
        pytest.param("Théa".encode("cp1252"), "Théa", "cp1252", id="cp1252"),
        pytest.param(b"a name\0 with NUL", "a name with NUL", "utf-8-sig", id="stray NUL"),
        pytest.param(b"", "", "utf-8-sig", id="empty"),
    ],
)
def test_decode(body, text, encoding):
    decoded = decode(body)
    assert (decoded.text, decoded.encoding) == (text, encoding)


def test_a_guessed_encoding_is_said():
    assert "Windows-1252" in decode("Théa".encode("cp1252")).warning


def test_a_workbook_is_refused_with_the_mend():
    with pytest.raises(BadReport) as refused:
        decode(b"PK\x03\x04 and so on")
    assert "CSV" in refused.value.mend


# --- tables


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Name,Email,Join Time\nBo,bo@example.org,9:00\n", id="commas"),
        pytest.param("Name;Email;Join Time\nBo;bo@example.org;9:00\n", id="semicolons"),
        pytest.param("Name\tEmail\tJoin Time\nBo\tbo@example.org\t9:00\n", id="tabs"),
        pytest.param("Email, join  time ,NAME\nbo@example.org,9:00,Bo\n", id="order and case"),
        pytest.param("Name,Pay,Email,Join Time\r\nBo,1,bo@example.org,9:00", id="more columns"),
        pytest.param(
            'Name,"Why, ""really""\nhere?",Email,Join Time\nBo,"a\nb",bo@example.org,9:00',
            id="headings with commas, quotes, line breaks",
        ),
        pytest.param("Title\n\nName,Email,Join Time,,\n\nBo,bo@example.org,9:00,,", id="blanks"),
    ],
)
def test_a_table_is_found_by_its_headings(text):
    (line,) = find_tables(text, [PEOPLE]).tables[0].lines
    assert (line["name"], line["email"], line["join"]) == ("Bo", "bo@example.org", "9:00")


def test_rows_count_records_as_a_spreadsheet_does():
    text = 'Name,Join Time\n"Bo\nLund",9:00\n\nAda,9:05\n'
    assert [line.number for line in find_tables(text, [PEOPLE]).tables[0].lines] == [2, 4]


def test_a_short_row_is_padded_and_dashes_are_blank():
    line = find_tables("Name,Join Time,Email\nBo,--\n", [PEOPLE]).tables[0].lines[0]
    assert (line["join"], line["email"]) == ("", "")


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        pytest.param(
            "Hosts,,\nName,Join Time\nBo,9\nGuests,,\nName,Join Time\nAda,9",
            [("Hosts", ["Bo"]), ("Guests", ["Ada"])],
            id="marker with trailing commas",
        ),
        pytest.param(
            "Name,Join Time\nBo,9\nName,Join Time\nAda,9", [("", ["Bo"]), ("", ["Ada"])], id="none"
        ),
        pytest.param(
            "Name,Join Time\nBo,9\nQuestions\nWho,What\nx,y", [("", ["Bo"])], id="unknown table"
        ),
        pytest.param(
            "Name,Join Time\niPad,\nBo,9", [("", ["iPad", "Bo"])], id="a lone name is a row"
        ),
        pytest.param("Name,Join Time\nBo,9\nZoom Report", [("", ["Bo"])], id="a last word"),
    ],
)
def test_where_tables_end(text, tables):
    found = find_tables(text, [PEOPLE]).tables
    assert [(table.title, [line["name"] for line in table.lines]) for table in found] == tables


def test_an_unquoted_date_with_a_comma_is_joined_again():
    text = "Name,Join Time,Email\nBo,Mar 22, 2025 19:13:27,bo@example.org"
    line = find_tables(text, [PEOPLE]).tables[0].lines[0]
    assert (line["join"], line["email"]) == ("Mar 22, 2025 19:13:27", "bo@example.org")


def test_a_value_outside_the_tables_is_found_with_its_row():
    sheet = find_tables("x\nReport Generated:,Mar 23, 2025 6:26 PM\nName,Join Time", [PEOPLE])
    assert sheet.value("report generated") == (2, "Mar 23, 2025 6:26 PM")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param("\n\n", "empty", id="blank lines"),
        pytest.param("Topic,Answer\n1,2", "“Topic”, “Answer”", id="other headings are named"),
        pytest.param("bo@example.org,613", "none", id="personal data is not repeated"),
        pytest.param("Topic,Answer", "full name, join time", id="expected headings are named"),
    ],
)
def test_no_table(text, says):
    with pytest.raises(BadReport) as refused:
        find_tables(text, [PEOPLE])
    assert says in refused.value.why
    assert refused.value.mend


def test_a_cell_without_end_is_refused_with_its_row():
    with pytest.raises(BadReport) as refused:
        find_tables('Name,Join Time\nBo,9\n"' + "x" * 200_000, [PEOPLE])
    assert refused.value.where == "row 3"


# --- dates


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("09/22/2026 10:45:00 AM", (2026, 9, 22, 10, 45), id="US, 12 h"),
        pytest.param("09/22/2026 12:05:00 AM", (2026, 9, 22, 0, 5), id="midnight"),
        pytest.param("09/22/2026 12:05:00 PM", (2026, 9, 22, 12, 5), id="noon"),
        pytest.param("9/22/26, 2:48:05\u202fPM", (2026, 9, 22, 14, 48, 5), id="narrow space"),
        pytest.param("9/22/26, 2:48 p.\u00a0m.", (2026, 9, 22, 14, 48), id="Spanish half"),
        pytest.param("22.09.26 14:05", (2026, 9, 22, 14, 5), id="dots"),
        pytest.param("22-09-2026 14h05", (2026, 9, 22, 14, 5), id="h between"),
        pytest.param("Mar 22, 2025 19:13:27", (2025, 3, 22, 19, 13, 27), id="month by name"),
        pytest.param("05/Jan/21 8:55 PM", (2021, 1, 5, 20, 55), id="month by name, short year"),
        pytest.param("5 de enero de 2021 20:55", (2021, 1, 5, 20, 55), id="month in a sentence"),
        pytest.param("Mar 22, 2025 6:26 PM", (2025, 3, 22, 18, 26), id="name and half"),
        pytest.param("22 août 2025 19:13", (2025, 8, 22, 19, 13), id="day first, French name"),
        pytest.param("01 Gen 2025 10:00", (2025, 1, 1, 10), id="Italian name"),
        pytest.param("2 Okt 2025 10:00", (2025, 10, 2, 10), id="German name"),
        pytest.param("5 Mrt 2025 10:00", (2025, 3, 5, 10), id="Dutch name"),
        pytest.param("6 dez 2025 10:00", (2025, 12, 6, 10), id="Portuguese name"),
        pytest.param("22-Jul-2025 19:13", (2025, 7, 22, 19, 13), id="hyphens and name"),
        pytest.param("2026-03-20 09:00:00", (2026, 3, 20, 9), id="year first"),
        pytest.param("Sep 08, 2026 11:01 AM EDT", (2026, 9, 8, 11, 1), id="zone that agrees"),
    ],
)
def test_local_times(written, read):
    dates = read_dates([(1, written)], zone="America/Toronto")
    assert dates.at(written) == datetime(*read, tzinfo=TORONTO)


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        pytest.param("2026-03-20T09:00:00Z", 9, id="Z"),
        pytest.param("2026-03-20T09:00:00.123+01:00", 8, id="offset"),
        pytest.param("2026-03-20 09:00:00 -0500", 14, id="offset without colon"),
        pytest.param("2026-03-20T09:00:00+01", 8, id="offset without minutes"),
        pytest.param("2026-03-20 09:00 UTC", 9, id="UTC"),
    ],
)
def test_times_with_their_own_offset(written, hour):
    at = read_dates([], zone="America/Toronto").at(written)
    assert at.astimezone(UTC).replace(microsecond=0) == datetime(2026, 3, 20, hour, tzinfo=UTC)


def test_one_day_above_twelve_far_down_decides():
    values = [(row, "08/09/2026 10:00") for row in range(1, 900)] + [(900, "13/09/2026 10:00")]
    assert read_dates(values, zone="UTC").at("08/09/2026 10:00").month == 9


@pytest.mark.parametrize(
    ("order", "month"),
    [pytest.param("mdy", 8, id="month first"), pytest.param("dmy", 9, id="day first")],
)
def test_the_setting_decides_where_no_date_does(order, month):
    dates = read_dates([(1, "08/09/2026 10:00")], zone="UTC", order=order)
    assert dates.at("08/09/2026 10:00").month == month


def test_a_date_of_the_file_outweighs_the_setting():
    dates = read_dates([(1, "08/22/2026 10:00")], zone="UTC", order="dmy")
    assert dates.at("08/09/2026 10:00").month == 8


def test_year_first_with_two_digits_by_setting():
    dates = read_dates([(1, "26/08/09 10:00")], zone="UTC", order="ymd")
    assert dates.at("26/08/09 10:00") == datetime(2026, 8, 9, 10, tzinfo=UTC)


def test_equal_day_and_month_need_no_order():
    assert read_dates([(1, "08/08/2026 10:00")], zone="UTC").at("08/08/2026 10:00").day == 8


def test_an_ambiguous_order_names_the_row_and_the_mend():
    with pytest.raises(BadReport) as refused:
        read_dates([(1, ""), (7, "08/09/2026 10:00")], zone="UTC")
    assert refused.value.why.startswith("Ambiguous date order: “08/09/2026 10:00”")
    assert refused.value.where == "row 7"
    assert "date_order" in refused.value.mend


def test_a_contradiction_names_both_rows():
    with pytest.raises(BadReport) as refused:
        read_dates([(3, "13/08/2026"), (9, "08/13/2026")], zone="UTC", order="dmy")
    assert "row 3 has “13/08/2026”" in refused.value.why
    assert "row 9 has “08/13/2026”" in refused.value.why


@pytest.mark.parametrize(
    ("written", "says"),
    [
        pytest.param("09/22/2026 13:75", "“13:75” is not a time of day.", id="minute 75"),
        pytest.param("09/22/2026 25:10 PM", "“25:10” is not a time of day.", id="hour 25"),
        pytest.param("02/30/2026 10:00", "“02/30/2026” is not a date.", id="30 February"),
        pytest.param("22/22/2026 10:00", "“22/22/2026” is not a date.", id="both above 12"),
        pytest.param("Foo 22, 2026 10:00", "“Foo 22, 2026” is not a date.", id="no month"),
        pytest.param("09/22/2026", "“09/22/2026” has no time of day.", id="no time"),
        pytest.param("18:14", "“18:14” is not a date.", id="no date"),
        pytest.param("09/22/1026 10:00", "is not a date of our time", id="year 1026"),
        pytest.param("09/22/2026 10:00 PST", "given in PST", id="zone that disagrees"),
        pytest.param("2026-09-22 10:00 +99:00", "not an offset", id="offset of 99 hours"),
    ],
)
def test_a_bad_date_is_a_bad_cell(written, says):
    with pytest.raises(BadCell) as bad:
        read_dates([], zone="America/Toronto", order="mdy").at(written)
    assert says in bad.value.why
    assert bad.value.mend


def test_an_hour_that_comes_twice_is_the_first():
    at = read_dates([], zone="America/Toronto").at("2026-11-01 01:30:00")
    assert at.utcoffset() == timedelta(hours=-4)


def test_an_abbreviation_tells_the_second_one():
    at = read_dates([], zone="America/Toronto").at("2026-11-01 01:30:00 EST")
    assert at.utcoffset() == timedelta(hours=-5)


@pytest.mark.parametrize(
    ("written", "skipped"),
    [
        pytest.param("2026-03-08 02:30", True, id="in the gap"),
        pytest.param("2026-03-08 03:30", False, id="after it"),
        pytest.param("2026-11-01 01:30", False, id="twice is not skipped"),
    ],
)
def test_skipped_hours_are_noticed(written, skipped):
    assert read_dates([], zone="America/Toronto").skipped(written) is skipped


def test_stays_across_a_change_of_clocks_have_their_true_length():
    dates = read_dates([], zone="America/Toronto")
    stay = (dates.at("2026-11-01 00:30"), dates.at("2026-11-01 02:30"))
    assert union([stay]) == timedelta(hours=3)


def test_the_day_is_kept_as_written():
    assert read_dates([], zone="UTC").day("9/22/26, 2:48 PM") == "9/22/26"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param("America/Toronot", "Did you mean America/Toronto?", id="misspelt"),
        pytest.param("EST", "America/Toronto", id="abbreviation"),
        pytest.param("", "America/Toronto", id="empty"),
        pytest.param("America/", "IANA", id="folder"),
        pytest.param("../etc/passwd", "IANA", id="path"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_mend(name, says):
    with pytest.raises(BadReport) as refused:
        read_zone(name)
    assert says in refused.value.mend


# --- stays


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-09-08T{clock}:00+00:00")


@pytest.mark.parametrize(
    ("joins", "minutes"),
    [
        pytest.param([("11:00", "11:20")], 20, id="one stay"),
        pytest.param([("11:00", "11:20"), ("11:10", "11:30")], 30, id="overlap counts once"),
        pytest.param([("11:00", "11:20"), ("11:30", "11:40")], 30, id="left and came back"),
        pytest.param([("11:30", "11:40"), ("11:00", "11:20")], 30, id="in any order"),
        pytest.param([("11:00", "11:40"), ("11:10", "11:20")], 40, id="one inside the other"),
        pytest.param([("11:00", "11:20"), ("11:20", "11:30")], 30, id="end to end"),
        pytest.param([("11:00", "11:00")], 0, id="joined and left at once"),
        pytest.param([("11:20", "11:00")], None, id="left before joined: unknown, not zero"),
        pytest.param([("11:20", "11:00"), ("11:30", "11:40")], 10, id="the impossible is dropped"),
        pytest.param([("11:00", None)], None, id="no leave"),
        pytest.param([], None, id="nothing"),
    ],
)
def test_union_of_stays(joins, minutes):
    stays = [(at(join), leave and at(leave)) for join, leave in joins]
    assert union(stays) == (None if minutes is None else timedelta(minutes=minutes))


# --- cells


@pytest.mark.parametrize(
    ("written", "address"),
    [
        pytest.param(" Bo.Lund@Example.ORG ", "bo.lund@example.org", id="trimmed, lower case"),
        pytest.param("ｂｏ@example.org", "bo@example.org", id="full-width letters"),
        pytest.param("mailto:bo@example.org", "bo@example.org", id="with scheme"),
        pytest.param("o'neil+x@mail.example.org", "o'neil+x@mail.example.org", id="signs"),
        pytest.param("--", None, id="dashes"),
        pytest.param("", None, id="blank"),
    ],
)
def test_addresses(written, address):
    assert read_email(written) == address


@pytest.mark.parametrize(
    "written",
    ["k.dorsey@", "@example.org", "bo lund@example.org", "bo@example", "b***@example.org",
     "a@b@example.org", "bo@example..org", "bo@-example.org", "<script>@example.org"],
)  # fmt: skip
def test_what_is_not_a_whole_address(written):
    with pytest.raises(BadCell) as bad:
        read_email(written)
    assert bad.value.why == f"“{written}” is not a whole address."


@pytest.mark.parametrize(
    ("written", "name"),
    [
        pytest.param("Bo (Bo Lund)", "Bo Lund", id="renamed: the original"),
        pytest.param("iPhone(Brian Smith)", "Brian Smith", id="no space"),
        pytest.param("Bo Lund (Guest)", "Bo Lund", id="guest"),
        pytest.param("Bo Lund (Unverified)", "Bo Lund", id="unverified"),
        pytest.param("[Acme] Bo Lund", "Bo Lund", id="company"),
        pytest.param("Diego Gomez (TA)", "Diego Gomez", id="an aside"),
        pytest.param("Priya (she/her)", "Priya", id="pronouns"),
        pytest.param("Bo (Bo Lund) (Guest)", "Bo Lund", id="both"),
        pytest.param("+1 (613) 555-0100", "Phone caller", id="phone number"),
        pytest.param("1613***0100", "Phone caller", id="masked phone number"),
        pytest.param("Bo 613-555-0100", "Bo", id="name and number"),
        pytest.param("A_Disha_2504", "A_Disha_2504", id="a short number stays"),
        pytest.param("  Bo   Lund ", "Bo Lund", id="spaces"),
        pytest.param("", "", id="empty"),
    ],
)
def test_names(written, name):
    assert clean_name(written) == name


def test_a_name_as_written_still_loses_its_phone_number():
    assert without_phone("Bo (1 613 555-0100)") == "Bo"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        pytest.param("64", 64, id="whole"),
        pytest.param("-5", -5, id="negative"),
        pytest.param("64,5", 64.5, id="decimal comma"),
        pytest.param("1,234.5", 1234.5, id="thousands"),
        pytest.param("--", None, id="dashes"),
    ],
)
def test_numbers(written, number):
    assert read_number(written) == number


@pytest.mark.parametrize("written", ["sixty", "1e9", "nan", "1.2.3"])
def test_what_is_no_number(written):
    with pytest.raises(BadCell):
        read_number(written)


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        pytest.param("912 3456 7890", "91234567890", id="groups"),
        pytest.param("912-3456-7890", "91234567890", id="hyphens"),
        pytest.param("91234567890.0", "91234567890", id="a zero behind"),
        pytest.param('="91234567890"', "91234567890", id="formula"),
        pytest.param("none", "", id="no digits"),
    ],
)
def test_ids(written, digits):
    assert read_id(written, row=4) == digits


@pytest.mark.parametrize("written", ["5.62E+18", "9,12346E+10", "9e10"])
def test_a_shortened_id_is_refused(written):
    with pytest.raises(BadReport) as refused:
        read_id(written, row=4)
    assert refused.value.where == "row 4"
    assert "spreadsheet" in refused.value.mend


@pytest.mark.parametrize("cell", ["", "--", " - ", "—"])
def test_blank_cells(cell):
    assert is_blank(cell)


# --- anything at all


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(body):
    assert refused_or(lambda: find_tables(decode(body).text, [PEOPLE]))


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0129/.-: ,TZAPMapmEDTSepmar+\u202f", max_size=30))
def test_any_text_is_a_date_or_refused(written):
    dates = read_dates([], zone="America/Toronto", order="mdy")
    assert refused_or(lambda: (dates.at(written), dates.skipped(written)))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_an_address_a_number_a_name_or_refused(written):
    assert refused_or(lambda: read_email(written))
    assert refused_or(lambda: read_number(written))
    assert isinstance(clean_name(written), str)


def refused_or(read) -> bool:
    """Read; True, whether it could be read or was refused. Anything else is raised."""
    try:
        read()
    except Refused as refused:
        return bool(refused.why and refused.mend)
    return True
