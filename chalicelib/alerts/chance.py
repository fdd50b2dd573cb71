"""How improbable a count is, when counts scatter more than a Poisson's: the negative binomial's upper tail."""

from __future__ import annotations

import math

_ENOUGH = 1e-9
_MOST_TERMS = 300


def improbability(count: float, mean: float, dispersion: float) -> float:
    """-log10 of the probability of `count` or more, 0 where that is even or likelier than so.

    mean > 0 and dispersion > 0: the variance is mean + dispersion * mean^2. Never decreases as count grows.
    The tail is the regularised incomplete beta function I_q(count, size), by its continued fraction (Numerical Recipes,
    section 6.4), which converges at once where count is above the mean; in logarithms, so that nothing underflows.
    """
    if count <= mean:
        return 0.0
    size = 1 / dispersion
    q = mean / (mean + size)
    front = math.lgamma(count + size) - math.lgamma(count) - math.lgamma(size) - math.log(count)
    front += count * math.log(q) + size * math.log1p(-q)
    ratio, inverse = 1.0, 1 / (1 - (count + size) * q / (count + 1))
    fraction = inverse
    for term in range(1, _MOST_TERMS):
        at = count + 2 * term
        for factor in (
            term * (size - term) * q / ((at - 1) * at),
            -(count + term) * (count + size + term) * q / (at * (at + 1)),
        ):
            inverse = 1 / (1 + factor * inverse)
            ratio = 1 + factor / ratio
            fraction *= inverse * ratio
        if abs(inverse * ratio - 1) < _ENOUGH:
            break
    return max(0.0, -(front + math.log(fraction)) / math.log(10))
