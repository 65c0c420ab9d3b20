"""Whether constraints can hold together at all, looked at before any data: their closest point, by damped Gauss-Newton.

Levenberg 1944; Marquardt 1963, doi 10.1137/0111030, on the sum of squared gaps, in units of the parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sexresearch.errors import ModelError
from sexresearch.sem.arrays import Array
from sexresearch.sem.estimation.constraints import Namespace, Restriction, RestrictionValues, evaluate

HOLDS = 1e-7  # of its two sides, or of the parameters' units: a gap that is none
STEPS = 100  # towards the closest point; linear constraints need one or two
LEAST_FALL = 1e-4  # of the squared gaps: a step that wins less is not taken
MOST_DAMPING = 10.0  # of such a step, beyond which none is tried
STARTS = 5  # from where a point that meets constraints that are not linear is looked for
UNINFORMED = 1e-16  # curvature, if a parameter changes by its own size, from which the data say nothing about it


@dataclass(frozen=True)
class ParameterScales:
    """A unit (q,) of every parameter, and whether it comes from the data (q,) or is just the parameter's own size.

    most : (r,) how far each constraint moves at the start, or None; near the edge of a root or a logarithm it would
    seem to move much further.
    """

    size: Array
    informed: Array
    most: Array | None = None

    def seen_from(self, at: RestrictionValues) -> ParameterScales:
        """The same units, with what they do to the constraints at the start for a limit."""
        return replace(self, most=self.reach(at, informed_only=True))

    def reach(self, at: RestrictionValues, informed_only: bool = False) -> Array:
        """(r,) how far each constraint's value moves if its parameters move by their units, to second order."""
        unit = np.where(self.informed, self.size, 0.0) if informed_only else self.size
        first = np.sqrt(((at.jacobian * unit) ** 2).sum(axis=1))
        return first + 0.5 * np.abs(at.hessians * np.outer(unit, unit)).sum(axis=(1, 2))

    def row_scale(self, at: RestrictionValues) -> Array:
        """(r,) what turns each constraint's value into units of its parameters; its own size where nothing moves it."""
        reach = self.reach(at)
        return 1.0 / np.where(reach > 0, reach, np.where(at.sizes > 0, at.sizes, 1.0))

    def unmet(self, limits: Sequence[Restriction], at: RestrictionValues) -> Array:
        """(r,) which restrictions do not hold, beside their two sides or beside what the data can tell."""
        reach = self.reach(at, informed_only=True)
        capped = reach if self.most is None else np.minimum(reach, np.where(self.most > 0, self.most, np.inf))
        return np.abs(at.gaps(limits)) > HOLDS * np.maximum(at.sizes, capped)


def parameter_units(curvature: Array, theta: Array) -> ParameterScales:
    """What changes the discrepancy by one half; of a parameter without curvature its own size, or 1 where it is 0.

    >>> parameter_units(np.diag([4.0, 0.0]), np.array([1.0, 3.0])).size.tolist()
    [0.5, 3.0]
    """
    diagonal, own = np.abs(np.diag(curvature)), np.abs(theta)
    informed = (diagonal > 0) & ((own == 0) | (diagonal * own**2 > UNINFORMED))
    size = np.where(informed, 1.0 / np.sqrt(np.where(informed, diagonal, 1.0)), np.where(own > 0, own, 1.0))
    return ParameterScales(size, informed)


def refuse_contradictions(
    limits: Sequence[Restriction], names: Namespace, start: Array, units: ParameterScales
) -> None:
    """ModelError naming the constraints that cannot hold together, whatever the data."""
    rng = np.random.default_rng(1)
    broken, fewest = limits, np.inf
    for number in range(STARTS):
        point = start + (units.size * rng.normal(size=len(start)) * (1.0, 4.0)[number % 2] if number else 0.0)
        at = _evaluated(limits, names, point)
        if at is None:
            continue
        at = closest(limits, names, point, units, at)[1]
        if not units.unmet(limits, at).any():
            return
        gap = float(np.abs(at.gaps(limits) * units.row_scale(at)).max())
        if gap < fewest:
            broken, fewest = _involved(limits, at, units), gap
        if not at.hessians.any():  # linear: no other start ends elsewhere
            break
    words = "these constraints cannot all hold together" if len(broken) > 1 else "this constraint can never hold"
    raise ModelError(f"{words}: {'; '.join(r.text for r in broken)}")


def _involved(limits: Sequence[Restriction], at: RestrictionValues, units: ParameterScales) -> list[Restriction]:
    """What does not hold at the closest point; where not all is linear, also what shares parameters with it.

    Linear constraints left over there contradict each other by themselves: their gaps are a certificate (Farkas 1902).
    """
    wrong = units.unmet(limits, at)
    uses = (at.jacobian != 0) | (at.hessians != 0).any(axis=2)
    for _ in range(len(limits) if at.hessians.any() else 0):
        wrong = wrong | uses[:, uses[wrong].any(axis=0)].any(axis=1)
    return [r for r, no in zip(limits, wrong, strict=True) if no]


def closest(
    limits: Sequence[Restriction], names: Namespace, point: Array, units: ParameterScales, at: RestrictionValues
) -> tuple[Array, RestrictionValues]:
    """Where the gaps are smallest near `point` (q,), and the restrictions there; a parameter of unit 0 stays."""
    scale, damping = units.row_scale(at), 0.0
    for _ in range(STEPS):
        gaps = at.gaps(limits) * scale
        if not units.unmet(limits, at).any():
            break
        J = np.where((gaps != 0)[:, None], at.jacobian * scale[:, None] * units.size, 0.0)
        tall = np.vstack([J, np.sqrt(damping) * np.eye(J.shape[1])]) if damping else J
        step = np.linalg.lstsq(tall, -np.append(gaps, np.zeros(len(tall) - len(gaps))), rcond=1e-12)[0]
        there = _evaluated(limits, names, point + units.size * step)
        fall = -np.inf if there is None else float(gaps @ gaps - np.sum((there.gaps(limits) * scale) ** 2))
        if there is None or fall <= LEAST_FALL * float(gaps @ gaps):
            damping = max(10 * damping, 1e-3)
            if damping > MOST_DAMPING:
                break
            continue
        point, at, damping = point + units.size * step, there, damping / 10 if damping > 1e-2 else 0.0
    return point, at


def _evaluated(limits: Sequence[Restriction], names: Namespace, point: Array) -> RestrictionValues | None:
    """The restrictions at a point; None where one of them cannot be computed there."""
    try:
        at = evaluate(limits, names, point)
    except ModelError:
        return None
    return at if np.isfinite(at.values).all() and np.isfinite(at.jacobian).all() else None
