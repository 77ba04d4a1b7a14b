"""A count of what was stored, one JSON line a batch in the log: verbs and numbers, never people."""

from __future__ import annotations

import json
import logging
from collections import Counter
from typing import Any

from engine.api import hookimpl
from xapi.vocabulary import ALIASES, VERBS

log = logging.getLogger("engine.tally")

_NAMES = {verb.iri: name for name, verb in VERBS.items()}
OTHER = "other"


def counts(statements: list[dict[str, Any]]) -> dict[str, int]:
    """How many statements there are of each verb; one Byway has no name for counts as other.

    An IRI of somebody's own making could hold anything, so it is not written down.
    """
    verbs = (str(one.get("verb", {}).get("id", "")) for one in statements)
    counted = Counter(_NAMES.get(ALIASES.get(verb, verb), OTHER) for verb in verbs)
    return dict(sorted(counted.items()))


@hookimpl
def statements_stored(statements: list[dict[str, Any]]) -> None:
    """Write one line for the batch, where somebody wants to read such lines."""
    if log.isEnabledFor(logging.DEBUG):
        log.debug("%s", json.dumps({"stored": len(statements), "verbs": counts(statements)}))
