"""Random histories of people, for what must hold for every one of them."""

from __future__ import annotations

from competency_making import (
    ACCEPT,
    HOSTED,
    READ,
    about,
    answered,
    attended,
    attested,
    did,
    scored,
)
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

quick = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)

days = st.integers(0, 150).map(lambda day: f"2026-{1 + day // 28:02}-{1 + day % 28:02}")
people = st.sampled_from(["a", "b", "c"])
things = st.sampled_from(["x", "y", "z", "w"])
tags = st.sampled_from([("community",), ("comms",), ("data",), ("comms-data",), ("values",)])

positives = st.one_of(
    st.builds(lambda t, w, d, g: answered(t, w, d, tags=g), things, people, days, tags),
    st.builds(lambda t, w, d, g: attended(t, w, d, "PT20M", tags=g), things, people, days, tags),
    st.builds(lambda t, w, d, g: did(READ, t, w, d, tags=g), things, people, days, tags),
    st.builds(lambda t, w, d, g: did(HOSTED, t, w, d, tags=g), things, people, days, tags),
    st.builds(lambda w, n, d: attested("lead", n, w, on=d), people, st.integers(1, 4), days),
    st.builds(lambda t, w, d: scored(t, 0.8, who=w, on=d), things, people, days),
)
negatives = st.builds(lambda t, w, d: scored(t, 0.3, who=w, on=d), things, people, days)


mixed = st.one_of(positives, positives, negatives)


@st.composite
def histories(draw, evidence=mixed):
    """Up to a dozen pieces of evidence, some of them accepted, some accepted by an expert."""
    pieces = draw(st.lists(evidence, max_size=12))
    words = st.tuples(st.integers(0, 11), st.sampled_from(["a", "b", "c", "lead"]), days)
    said = draw(st.lists(words, max_size=6)) if pieces else []
    return [
        *pieces,
        *(about(ACCEPT, pieces[at % len(pieces)], who, day) for at, who, day in said),
    ]
