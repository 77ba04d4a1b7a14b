"""Byway's own form of a framework: which files it recognises, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from engine.api import BadReport, FrameworkFile
from plugins.yaml_framework import read, reads

FILE = b"uri: https://f.example\nlevels: []\ncompetencies: []\n"


def of(*bodies: bytes) -> dict[str, Any]:
    return read([FrameworkFile(name="f.yaml", body=body) for body in bodies], {})


@pytest.mark.parametrize(
    ("body", "name", "ours"),
    [
        pytest.param(FILE, "f.yaml", True, id="YAML"),
        pytest.param(FILE, "F.YML", True, id="YAML in capitals"),
        pytest.param(b'{"levels": [], "competencies": []}', "f.json", True, id="JSON"),
        pytest.param(FILE, "<stdin>", True, id="standard input"),
        pytest.param(b'{"a":1,"competencies":[]}', "f.json", True, id="JSON without spaces"),
        pytest.param(FILE, "f.csv", False, id="another kind of file"),
        pytest.param(b'{"CFDocument": {}}', "f.json", False, id="another kind of JSON"),
    ],
)
def test_which_files_are_ours(body: bytes, name: str, ours: bool) -> None:
    assert reads(FrameworkFile(name=name, body=body)) is ours


def test_a_file_is_read_as_it_is_written() -> None:
    written = b"uri: x\nfrom: 2026-01-01\nlabel: {no: Ja, en: 'Yes'}\n"
    assert of(written) == {"uri": "x", "from": "2026-01-01", "label": {"no": "Ja", "en": "Yes"}}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"a: [", id="broken"),
        pytest.param(b"\xff\xfea", id="no UTF-8"),
        pytest.param(b"\x00", id="a control character"),
        pytest.param(b"- a list", id="a list"),
        pytest.param(b"", id="empty"),
        pytest.param(b"a: 1\n---\nb: 2", id="two documents"),
        pytest.param(b"a: !!python/object:os.system x", id="a foreign tag"),
        pytest.param(b"? [a, b]\n: c", id="a key that is a list"),
        pytest.param(b"a: " + b"[" * 5000, id="nested too deep"),
    ],
)
def test_what_is_no_mapping_is_refused(body: bytes) -> None:
    with pytest.raises(BadReport):
        of(body)


def test_several_files_are_refused() -> None:
    with pytest.raises(BadReport, match="one file"):
        of(FILE, FILE)
