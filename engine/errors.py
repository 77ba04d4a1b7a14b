"""What Byway refuses, and how it says so: what came, what was expected, and the mend."""

from __future__ import annotations


class Refused(Exception):
    """Something from outside was not accepted; nothing was changed.

    `why` says what was found and expected, `mend` what to do about it, `where` the row, field or
    path it happened at. `status` is the HTTP status a surface answers with.
    """

    status = 400

    def __init__(self, why: str, mend: str = "", *, where: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.mend = mend
        self.where = where

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.why}{' ' + self.mend if self.mend else ''}"


class BadReport(Refused):
    """A delivery that cannot be read as a whole: wrong shape, ambiguous dates, broken feed."""

    status = 422


class Unauthorized(Refused):
    """Nobody was named, or the proof did not hold: a missing key, a wrong signature."""

    status = 401


class Forbidden(Refused):
    """Somebody was named who may not do this."""

    status = 403


class NotFound(Refused):
    """No such thing, or none that the asker may know of."""

    status = 404


class Conflict(Refused):
    """It contradicts what is already there."""

    status = 409


class TooLarge(Refused):
    """More bytes than the limit allows."""

    status = 413
