"""A group whose commands are imported when they are asked for: `byway --version` waits for none."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class Commands(click.Group):
    """Commands by name, each in the module that `places` gives; `add_to` there brings it in."""

    def __init__(self, *, places: Mapping[str, str], **members: Any) -> None:
        super().__init__(**members)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of `places`, which is that of a first day."""
        return [*self._places, *(name for name in self.commands if name not in self._places)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name in self._places and cmd_name not in self.commands:
            import_module(self._places[cmd_name]).add_to(self)
        return super().get_command(ctx, cmd_name)
