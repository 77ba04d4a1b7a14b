"""How evidence fades: the one curve, in whole millionths."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

MICRO = 1_000_000
"""One whole, in the integer units of weights, factors and shares."""

_EXACT = Context(prec=60)
_ONE = Decimal(1)


@lru_cache(maxsize=1 << 17)
def decay_ppm(age: int, half_life: int | None) -> int:
    """What is left of a weight after `age` days, in millionths; a half-life of None never fades.

    The nearest whole millionth to 2^(-age/half_life), halves rounded up. Sixty digits decide the
    rounding, so every machine finds the same figure; past 21 half-lives it is 0.
    """
    if half_life is None or age <= 0:
        return MICRO
    if age > 21 * half_life:
        return 0
    halvings, days = divmod(age, half_life)
    if days == 0:
        return (2 * MICRO + (1 << halvings)) >> (halvings + 1)
    exponent = _EXACT.divide(Decimal(-age), Decimal(half_life))
    left = _EXACT.multiply(Decimal(MICRO), _EXACT.power(Decimal(2), exponent))
    return int(left.quantize(_ONE, rounding=ROUND_HALF_UP))
