"""Competency frameworks in Byway's own form, as YAML or JSON."""

from __future__ import annotations

from typing import Any

import yaml

from engine.api import BadReport, FrameworkFormat, hookimpl

PLAIN = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")


class _Loader(yaml.SafeLoader):
    """Dates stay the text they are, and `no` is Norwegian."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag not in PLAIN]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def reads(body: bytes, name: str) -> bool:
    """Whether this looks like a framework of our own: a mapping with levels and competencies."""
    named = name.lower().endswith((".yaml", ".yml", ".json", "<stdin>"))
    return named and b"competencies" in body and b"levels" in body


def read(body: bytes) -> dict[str, Any]:
    """The framework document.

    :raises BadReport: it is no YAML, or no mapping.
    """
    try:
        document = yaml.load(body, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadReport(f"This is not YAML: {error}", "Check it where the message says.") from error
    if not isinstance(document, dict):
        raise BadReport("This is not a framework: it is no mapping.", "See docs/frameworks.md.")
    return document


@hookimpl
def register_framework_formats() -> list[FrameworkFormat]:
    """Byway's own form."""
    form = FrameworkFormat(name="byway", title="Byway YAML", reads=reads, read=read)
    return [form]
