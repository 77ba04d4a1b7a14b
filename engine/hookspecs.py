"""Every hook a plugin may implement, on one page. Grammar: docs/plugins.md."""

from __future__ import annotations

from typing import Any

import pluggy

from engine.api import FrameworkFormat, PluginPage, Source

hookspec = pluggy.HookspecMarker("byway")


@hookspec
def register_sources() -> list[Source]:
    """Bring kinds of systems to collect from.

    Called once, while the plugin set is loaded. If it raises, or a source does not declare what
    it must, this plugin is quarantined and shown; the site starts.
    """
    raise NotImplementedError


@hookspec
def register_framework_formats() -> list[FrameworkFormat]:
    """Bring file formats that competency frameworks can be imported from.

    Called once, while the plugin set is loaded; what it raises quarantines this plugin.
    """
    raise NotImplementedError


@hookspec
def register_pages() -> list[PluginPage]:
    """Bring pages of text to be shown under /pages/NAME and linked from the footer.

    Called once, while the plugin set is loaded; what it raises quarantines this plugin.
    """
    raise NotImplementedError


@hookspec
def statements_stored(statements: list[dict[str, Any]]) -> None:
    """Take note that statements are now in the record store.

    Called after the commit, with new statements only, in stored order. What it returns is
    ignored; what it raises is logged and goes no further.

    :param statements: as stored; treat them as read-only.
    """
