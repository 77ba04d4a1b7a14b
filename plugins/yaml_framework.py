"""Competency frameworks in Byway's own form, as YAML or JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from engine.api import BadReport, FrameworkFile, FrameworkFormat, hookimpl

PLAIN = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")


_MEMBER = re.compile(rb"""(?:^|[{,])[ \t]*["']?competencies["']?[ \t]*:""", re.MULTILINE)


class _Loader(yaml.SafeLoader):
    """Dates stay the text they are, and `no` is Norwegian."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag not in PLAIN]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def reads(file: FrameworkFile) -> bool:
    """Whether this looks like a framework of our own: a mapping with a uri and competencies."""
    named = file.name.lower().endswith((".yaml", ".yml", ".json", "<stdin>"))
    return named and _MEMBER.search(file.body) is not None


def read(files: Sequence[FrameworkFile], options: Mapping[str, Any]) -> dict[str, Any]:
    """The framework document.

    :raises BadReport: it is no YAML, or no mapping; or there are several.
    """
    if len(files) > 1:
        raise BadReport("A framework in Byway's own form is one file.", "Import one at a time.")
    try:
        document = yaml.load(files[0].body, Loader=_Loader)
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
