"""Competency frameworks in Byway's own form, as YAML or JSON."""

from __future__ import annotations

from typing import Any

import yaml

from engine.api import BadReport, FrameworkFormat, hookimpl


def reads(body: bytes, name: str) -> bool:
    """Whether this looks like a framework of our own: a mapping with levels and competencies."""
    return (
        name.lower().endswith((".yaml", ".yml", ".json"))
        and b"competencies" in body
        and b"levels" in body
    )


def read(body: bytes) -> dict[str, Any]:
    """The framework document.

    :raises BadReport: it is no YAML, or no mapping.
    """
    try:
        document = yaml.safe_load(body)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadReport(f"This is not YAML: {error}", "Check it where the message says.") from error
    if not isinstance(document, dict):
        raise BadReport("This is not a framework: it is no mapping.", "See docs/frameworks.md.")
    return document


@hookimpl
def register_framework_formats() -> list[FrameworkFormat]:
    """Byway's own form."""
    form = FrameworkFormat(name="byway", title="Byway YAML", reads=reads, read=read)
    return [form]
