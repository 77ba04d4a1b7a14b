"""What a message of a review is kept as: lines of plain text, whatever was typed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Refused
from engine.reviews.dialogue import LONGEST, kept

TYPED = st.text(st.characters(exclude_categories=["Cs"]), max_size=LONGEST)


@given(TYPED)
def test_only_lines_of_text_are_kept(typed: str) -> None:
    assert all(unicodedata.category(one) != "Cc" for one in kept(typed) if one != "\n")


@given(TYPED)
def test_what_is_kept_is_kept_as_it_is(typed: str) -> None:
    assert kept(kept(typed)) == kept(typed)


@pytest.mark.parametrize("blank", ["", " ", "\n\n", "\x00", "\u2029\u3000"])
def test_nothing_at_all_is_refused_where_something_is_needed(blank: str) -> None:
    with pytest.raises(Refused, match="nothing in it"):
        kept(blank, missing="Write it.")
