"""Quantiles of Student's t distribution, in plain Python."""

from __future__ import annotations

import math
from statistics import NormalDist


def t_quantile(share: float, degrees: int) -> float:
    """The value that a `share` (above 0.5, below 1) of the distribution does not exceed.

    Source of all constants: Hill, "Algorithm 396: Student's t-quantiles", Communications of the ACM 13
    (1970) 619-620. With 19 or more degrees of freedom and two-sided confidences up to 1 - 1e-7, which
    is what is asked of it here, the relative error is at most 1.1e-5; at 95 % it is below 1e-6.
    """
    tails = 2 * (1 - share)
    a = 1 / (degrees - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * degrees
    y = (d * tails) ** (2 / degrees)
    if y > 0.05 + a:  # an expansion about the normal quantile, else from the tail inwards
        x = -NormalDist().inv_cdf(tails / 2)
        y = x**2
        c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = math.expm1(a * y**2)
    else:
        inner = 1 / (((degrees + 6) / (degrees * y) - 0.089 * d - 0.822) * (degrees + 2) * 3)
        y = ((inner + 0.5 / (degrees + 4)) * y - 1) * (degrees + 1) / (degrees + 2) + 1 / y
    return math.sqrt(degrees * y)
