"""What the kit raises when a plugin does not do what it must."""

from __future__ import annotations

from engine.errors import Refused


class Broken(Refused, AssertionError):
    """A rule that a plugin breaks: `why` names what happened, `mend` what its author can do."""

    status = 422
