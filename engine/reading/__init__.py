"""Reading what people export, for every source that takes a file.

An odd encoding, a date without a zone or an id that a spreadsheet damaged is understood, or
refused with the row and the mend, in one and the same way.
"""

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
from engine.reading.tables import Line, Shape, Sheet, Table, Text, decode, find_tables, read_records

__all__ = [
    "PHONE_CALLER",
    "BadCell",
    "Dates",
    "Line",
    "Shape",
    "Sheet",
    "Table",
    "Text",
    "clean_name",
    "decode",
    "find_tables",
    "is_blank",
    "read_dates",
    "read_email",
    "read_id",
    "read_number",
    "read_records",
    "read_zone",
    "union",
    "without_phone",
]
