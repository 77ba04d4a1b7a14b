"""One case of the kit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One rule, to be run on one source or format.

    `run` says in words what was seen, and raises `Broken` where the rule is broken; what the
    plugin itself raises passes through, so that a test shows the plugin's own line.

    :param about: which of the validation report's headings it belongs to.
    """

    name: str
    about: str
    run: Callable[[], str]

    def __str__(self) -> str:
        return self.name
