"""The negative binomial's tail against sums of its own terms, and against the Poisson it comes near to."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.alerts.chance import improbability


def summed(count: int, mean: float, dispersion: float) -> float:
    size = 1 / dispersion
    q = mean / (mean + size)

    def term(k: int) -> float:
        front = math.lgamma(k + size) - math.lgamma(size) - math.lgamma(k + 1)
        return math.exp(front + k * math.log(q) + size * math.log1p(-q))

    return -math.log10(math.fsum(term(k) for k in range(count, count + 20_000)))


@pytest.mark.parametrize(
    ("count", "mean", "dispersion"),
    [(10, 2.0, 0.3), (40, 20.0, 0.05), (120, 20.0, 0.5), (12, 0.4, 2.0), (900, 300.0, 0.1), (25, 20.0, 0.03)],
)
def test_it_is_the_sum_of_the_tail(count: int, mean: float, dispersion: float) -> None:
    assert improbability(count, mean, dispersion) == pytest.approx(summed(count, mean, dispersion), rel=1e-6)


def test_without_dispersion_it_is_nearly_the_poissons() -> None:
    poisson = -math.log10(math.fsum(math.exp(-5.0 + k * math.log(5.0) - math.lgamma(k + 1)) for k in range(15, 200)))
    assert improbability(15, 5.0, 1e-6) == pytest.approx(poisson, rel=1e-3)


def test_what_is_at_or_under_the_mean_is_not_improbable() -> None:
    assert improbability(5, 5.0, 0.3) == 0
    assert improbability(0, 5.0, 0.3) == 0


@settings(deadline=None)
@given(
    count=st.integers(1, 100_000),
    mean=st.floats(1e-3, 5_000),
    dispersion=st.floats(0.03, 5),
)
def test_more_is_never_less_improbable(count: int, mean: float, dispersion: float) -> None:
    score, more = improbability(count, mean, dispersion), improbability(count + 1, mean, dispersion)
    assert math.isfinite(score)
    assert more >= score - 1e-6
