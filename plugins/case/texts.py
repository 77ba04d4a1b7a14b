"""What an item is called and says, in which language: between CASE's statements and our labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

LONGEST_LABEL = 120
"""A statement longer than this is a description; its beginning becomes the label."""

_SHORT = {
    "eng": "en", "english": "en", "fra": "fr", "fre": "fr", "french": "fr", "spa": "es",
    "spanish": "es", "deu": "de", "ger": "de", "por": "pt", "ita": "it", "nld": "nl", "dut": "nl",
}  # fmt: skip
_STATEMENTS = ("fullStatement", "abbreviatedStatement")


def language(told: object, taken: Collection[str] = ()) -> str:
    """The key of a label: the language without its region, unless that is taken."""
    full = str(told or "en").strip().replace("_", "-")
    short = full.split("-")[0].lower()
    key = _SHORT.get(short, short) or "en"
    return full if key in taken else key


def shortened(text: str) -> str:
    """A text as a label can be: whole, or cut between words."""
    if len(text) <= LONGEST_LABEL:
        return text
    words = " ".join(text.split())
    return words if len(words) <= LONGEST_LABEL else _cut(words)


def _cut(words: str) -> str:
    return words[: LONGEST_LABEL - 1].rpartition(" ")[0].rstrip(" ,;:.") + "…" or words[:40]


def label_of(item: Mapping[str, Any]) -> str:
    """The short statement, else the beginning of the full one."""
    short = str(item.get("abbreviatedStatement", ""))
    return short if short.strip() else shortened(str(item["fullStatement"]))


def description_of(item: Mapping[str, Any]) -> str:
    """The full statement where it says more than the label."""
    full = str(item["fullStatement"])
    return "" if full == label_of(item) else full


def statements(label: str, description: str) -> dict[str, str]:
    """The statements from which `label_of` and `description_of` read the same again."""
    full = description or label
    return {"fullStatement": full} | (
        {} if shortened(full) == label else {"abbreviatedStatement": label}
    )


def without_statements(item: Mapping[str, Any]) -> dict[str, Any]:
    """What else an item tells."""
    return {name: value for name, value in item.items() if name not in _STATEMENTS}
