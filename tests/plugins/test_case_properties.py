"""Any framework as CASE 1.1, valid and the same again; any file read or refused, never broken."""

from __future__ import annotations

import contextlib

from case_making import Object, again, faults, frameworks, of, packages, plain, written
from hypothesis import given, settings

from engine.api import BadReport
from engine.competencies.framework_documents import read as checked


@settings(max_examples=150)
@given(frameworks())
def test_any_framework_is_exported_validly_and_comes_back_equal(document: Object) -> None:
    checked(document)
    assert faults(written(document)) == []
    assert again(document) == plain(document)


@settings(max_examples=150)
@given(packages())
def test_any_package_is_refused_or_comes_back_equal(told: Object) -> None:
    with contextlib.suppress(BadReport):
        document = of(told)
        checked(document)
        assert faults(written(document)) == []
        assert again(document) == plain(document)
