"""Which version a request speaks."""

from __future__ import annotations

import pytest

from xapi.errors import QueryRefused
from xapi.versions import negotiate


@pytest.mark.parametrize(
    ("header", "version"),
    [
        ("1.0", "1.0.3"),
        ("1.0.0", "1.0.3"),
        ("1.0.3", "1.0.3"),
        ("1.0.9", "1.0.3"),
        ("2.0", "2.0.0"),
        ("2.0.0", "2.0.0"),
        ("2.0.1", "2.0.0"),
        (" 2.0.0 ", "2.0.0"),
    ],
)
def test_version_spoken(header, version):
    assert negotiate(header) == version


@pytest.mark.parametrize(
    "header", [None, "", "0.9", "0.95", "1", "1.1.0", "2", "2.1.0", "x", "1.0.x"]
)
def test_version_refused(header):
    with pytest.raises(QueryRefused) as caught:
        negotiate(header)
    assert caught.value.parameter == "X-Experience-API-Version"
    assert "1.0.3 or 2.0.0" in caught.value.rule
    assert caught.value.clause
    assert caught.value.fix
