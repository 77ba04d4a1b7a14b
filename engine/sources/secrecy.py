"""Secrets of sources in what is said of them: left out, in every form in which they travel."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, quote_plus

from engine.api import Source
from engine.errors import Refused

HIDDEN = "(secret)"
SHORTEST = 4
"""Characters: shorter ones are in every word, and leaving them out would say what they are."""


def secret_names(source: Source) -> frozenset[str]:
    """The settings of a source that are never shown."""
    fields = source.settings().fields.items()
    return frozenset(name for name, field in fields if field.metadata.get("secret"))


def spoken_forms(secrets: Iterable[object]) -> list[str]:
    """How these secrets may stand in a text: plain, in an address, in a header; longest first."""
    forms: set[str] = set()
    for secret in secrets:
        text = str(secret or "")
        if len(text) >= SHORTEST:
            packed = base64.b64encode(text.encode(errors="replace")).decode()
            forms |= {text, quote(text), quote(text, safe=""), quote_plus(text), packed}
            forms.add(repr(text)[1:-1])
    return sorted(forms, key=lambda form: (-len(form), form))


def without_secrets(text: str, forms: Iterable[str]) -> str:
    """A text with every form of a secret left out."""
    for form in forms:
        text = text.replace(form, HIDDEN)
    return text


def forms_of(source: Source, own: Mapping[str, Any]) -> list[str]:
    """How the secrets among a source's settings may stand in a text."""
    return spoken_forms(own.get(name) for name in secret_names(source))


@contextmanager
def unspoken(source: Source, own: Mapping[str, Any]) -> Iterator[None]:
    """Let no refusal that leaves here speak of the secrets among a source's settings."""
    try:
        yield
    except Refused as refusal:
        forms = forms_of(source, own)
        refusal.why = without_secrets(refusal.why, forms)
        refusal.mend = without_secrets(refusal.mend, forms)
        refusal.where = without_secrets(refusal.where, forms)
        refusal.args = (refusal.why,)
        raise
