"""What is found out about a plugin before it is enabled, as plain data that pages can show."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["ERROR", "WARN", "INFO"]
LEVELS: tuple[Level, ...] = ("ERROR", "WARN", "INFO")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found out.

    :param level: ERROR: not to be enabled; WARN: a person should look; INFO: so it is.
    :param about: what was looked at, such as "settings" or "golden pairs".
    :param where: the source, field, file and line or case, as far as there is one.
    """

    level: Level
    about: str
    why: str
    mend: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The validation report of one plugin, the gravest findings first."""

    plugin: str
    version: str
    findings: tuple[Finding, ...]

    @property
    def passes(self) -> bool:
        """Whether the plugin may be enabled."""
        return not any(one.level == "ERROR" for one in self.findings)

    @property
    def counts(self) -> dict[Level, int]:
        """How many findings there are of each level."""
        counted = Counter(one.level for one in self.findings)
        return {level: counted[level] for level in LEVELS}

    def as_json(self) -> dict[str, Any]:
        """The fixed form that scripts rely on."""
        return {
            "plugin": self.plugin,
            "version": self.version,
            "passes": self.passes,
            "counts": self.counts,
            "findings": [asdict(one) for one in self.findings],
        }


def report_of(plugin: str, version: str, findings: list[Finding]) -> Report:
    """A report with its findings in order."""
    ordered = sorted(findings, key=lambda one: LEVELS.index(one.level))
    return Report(plugin=plugin, version=version, findings=tuple(ordered))
