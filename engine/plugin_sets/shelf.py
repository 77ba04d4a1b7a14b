"""What is on the shelf: wheels and plugins of Byway that the present set does not load."""

from __future__ import annotations

from engine.config import settings
from engine.host import Candidate, Host, brought
from engine.plugin_checks.cards import author_of
from engine.plugin_sets import generations, wheels
from engine.plugin_sets.fitting import metadata_of
from engine.plugin_sets.wheels import Installed


def resting(host: Host) -> list[dict[str, str]]:
    """Plugins that are here and not loaded, each with its newest version, author and summary.

    `state` is "disabled" where that was decided, else "installed": nobody has enabled it yet.
    """
    decided = {one.plugin: one for one in generations.current().choices}
    here: list[Candidate | Installed] = [*brought(), *wheels.every(settings().instance)]
    wheeled = {one.name for one in here if isinstance(one, Installed)}
    packages = {one.name: (one.version, one.package) for one in here}
    return [
        {
            "name": name,
            "version": decided[name].version if name in decided else version,
            "author": author_of(package),
            # that of Byway's own package says nothing of the plugin
            "summary": metadata_of(package, "Summary") if package and name in wheeled else "",
            "state": "disabled" if name in decided else "installed",
        }
        for name, (version, package) in sorted(packages.items())
        if name not in host.plugins and not (name in decided and decided[name].enabled)
    ]
