"""Reading what people export, for every source that takes a file.

An odd encoding, a date without a zone or an id that a spreadsheet damaged is understood, or
refused with the row and the mend, in one and the same way.
"""

from engine.reading.answers import Fetch, Fetched, Unanswered, accepted
from engine.reading.archives import Member, is_zip, read_zip
from engine.reading.cells import (
    PHONE_CALLER,
    BadCell,
    clean_name,
    is_blank,
    read_email,
    read_id,
    read_number,
    without_phone,
)
from engine.reading.dates import Dates, read_dates, read_zone, union
from engine.reading.documents import read_json, read_xml, xml_text
from engine.reading.markup import excerpt, plain
from engine.reading.tables import (
    Line,
    Shape,
    Sheet,
    Table,
    Text,
    decode,
    find_sheets,
    find_tables,
    place_in,
    read_records,
)
from engine.reading.workbooks import Worksheet, read_workbook, visible_sheets, write_workbook

__all__ = [
    "PHONE_CALLER",
    "BadCell",
    "Dates",
    "Fetch",
    "Fetched",
    "Line",
    "Member",
    "Shape",
    "Sheet",
    "Table",
    "Text",
    "Unanswered",
    "Worksheet",
    "accepted",
    "clean_name",
    "decode",
    "excerpt",
    "find_sheets",
    "find_tables",
    "is_blank",
    "is_zip",
    "place_in",
    "plain",
    "read_dates",
    "read_email",
    "read_id",
    "read_json",
    "read_number",
    "read_records",
    "read_workbook",
    "read_xml",
    "read_zip",
    "read_zone",
    "union",
    "visible_sheets",
    "without_phone",
    "write_workbook",
    "xml_text",
]
