"""`Bootstrap`: the replicates of a fit, what failed, and the intervals they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.frozen import by_value
from sexresearch.sem.arrays import Array
from sexresearch.sem.inference.parameter_frame import parameter_frame
from sexresearch.sem.output.results import Results
from sexresearch.sem.resampling.drawn_clusters import ClusterResampler
from sexresearch.sem.resampling.draws import RowResampler
from sexresearch.sem.resampling.intervals import METHODS, BootstrapInterval, acceleration, limits, value_influence
from sexresearch.sem.resampling.refit import refit
from sexresearch.sem.resampling.row_values import SCALES, Standardization, definition_values, row_values, values
from sexresearch.sem.resampling.run import Job, Outcome
from sexresearch.sem.terms.scores import cluster_sums

ROUNDING = 1e-12  # relative spread of replicates below which a value is fixed
KEYS = ["lhs", "op", "rhs", "label", "group", "level"]


@by_value
@dataclass(frozen=True, repr=False)
class Bootstrap:
    """What `bootstrap` found.

    results : the fit that was resampled. kind, seed, requested : what was asked for.
    chisq : the chi-square of the fit (Bollen-Stine only, else None). statistics : the user's statistics of the fit.
    """

    results: Results
    kind: str
    seed: int
    requested: int
    outcome: Outcome
    job: Job
    chisq: float | None = None
    statistics: Mapping[str, float] | None = None

    @property
    def replicates(self) -> pd.DataFrame:
        """One row per successful replicate, indexed by its number; one column per parameter, definition, statistic."""
        fitted = self.results.fitted
        theta, exogenous = self._arrays
        defined = definition_values(fitted, row_values(fitted, theta, exogenous))
        names = [*fitted.table.free_names(), *(d.name for d in fitted.names.definitions)]
        numbers = pd.Index([r.number for r in self.outcome.replicates], name="replicate", dtype=int)
        measured = [{name: r.measured[name] for name in self.statistics or {}} for r in self.outcome.replicates]
        frame = pd.DataFrame(np.hstack([theta, defined]), index=numbers, columns=names)
        return frame.join(pd.DataFrame(measured, index=numbers)) if self.statistics else frame

    @property
    def failures(self) -> pd.DataFrame:
        """Why replicates are missing and how many: columns reason, replicates; empty where none is."""
        rows = list(self.outcome.failures.items())
        rows += [("interrupted before it ran", self.outcome.not_run)] if self.outcome.not_run else []
        return pd.DataFrame(rows, columns=["reason", "replicates"])

    @property
    def failed(self) -> int:
        """Replicates that ran and could not be estimated."""
        return sum(self.outcome.failures.values())

    @property
    def pvalue(self) -> float:
        """Share of Bollen-Stine replicates whose chi-square exceeds that of the data; OptionError for other kinds."""
        if self.chisq is None:
            raise OptionError(f"the bootstrap p value needs kind='bollen-stine'; this bootstrap is {self.kind!r}")
        return float(np.mean([r.measured["chisq"] > self.chisq for r in self.outcome.replicates]))

    @in_words
    def intervals(
        self, method: BootstrapInterval = "percentile", level: float = 0.95, scale: Standardization = "est"
    ) -> pd.DataFrame:
        """Bootstrap standard errors and confidence limits.

        Parameters
        ----------
        method : {"percentile", "bias_corrected", "bca"}
            "bca" is bias-corrected and accelerated: the acceleration comes from each respondent's or cluster's
            influence, for a user's statistic from leaving each one out; it needs kind "nonparametric".
        level : float
            Coverage of the limits, between 0 and 1.
        scale : {"est", "std_lv", "std_all"}
            Units of the data, of standardized latents, or of all variables standardized; statistics of the user appear
            on "est" only.

        Returns
        -------
        DataFrame
            One row per parameter, definition and statistic: lhs, op, rhs, label, group, level, the estimate under the
            name of its scale, se, ci_lower, ci_upper, note. Fixed parameters have se 0; replicates without a value are
            left out, and note counts them.

        Raises
        ------
        OptionError
            An unknown method or scale, a level out of its range, "bca" of another kind, or fewer than 2 replicates.

        Notes
        -----
        Efron 1987, doi 10.1080/01621459.1987.10478410; DiCiccio & Efron 1996, doi 10.1214/ss/1032280214.
        """
        self._refuse(method, level, scale)
        fitted = self.results.fitted
        frame = parameter_frame(fitted, np.zeros((fitted.table.n_free,) * 2))
        draws = values(fitted, *self._arrays, scale)
        speed = self._acceleration(scale) if method == "bca" else np.zeros(len(frame))
        limited = [
            _row(draws[:, i], est, level, method, speed[i]) for i, est in enumerate(frame[scale].to_numpy(dtype=float))
        ]
        out = pd.concat([frame[[*KEYS, scale]], pd.DataFrame(limited)], axis=1)
        out = out[~out["lhs"].isin(fitted.options.auxiliary)].reset_index(drop=True)
        own = self._own_statistics(method, level) if scale == "est" and self.statistics else []
        return pd.concat([out, pd.DataFrame(own)], ignore_index=True) if own else out

    def _refuse(self, method: str, level: float, scale: str) -> None:
        if method not in METHODS:
            raise OptionError(f"method {method!r} is not known; allowed: {', '.join(METHODS)}")
        if scale not in SCALES:
            raise OptionError(f"scale {scale!r} is not known; allowed: {', '.join(SCALES)}")
        if not 0 < level < 1:
            raise OptionError(f"level must lie between 0 and 1; found {level!r}")
        if method == "bca" and self.kind != "nonparametric":
            raise OptionError(f"method 'bca' needs kind='nonparametric'; this bootstrap is {self.kind!r}")
        if method == "bca" and isinstance(self.job.source, ClusterResampler):
            raise OptionError(
                "method 'bca' needs each row's influence, and rows of a source are not held; use 'percentile'"
            )
        if len(self.outcome.replicates) < 2:
            raise OptionError(f"intervals need at least 2 successful replicates; found {len(self.outcome.replicates)}")

    @property
    def _arrays(self) -> tuple[Array, Array]:
        done, fitted = self.outcome.replicates, self.results.fitted
        e = sum(row.exogenous for row in fitted.table.rows)
        theta = np.array([r.theta for r in done]).reshape(len(done), fitted.table.n_free)
        return theta, np.array([r.exogenous for r in done]).reshape(len(done), e)

    def _acceleration(self, scale: str) -> Array:
        assert isinstance(self.job.source, RowResampler)
        return acceleration(cluster_sums(value_influence(self.results.fitted, scale), self.job.source.units))

    def _own_statistics(self, method: str, level: float) -> list[dict[str, object]]:
        statistics, rows = self.statistics or {}, []
        speed = self._jackknife() if method == "bca" else dict.fromkeys(statistics, 0.0)
        blank = {"label": "", "group": pd.NA, "level": pd.NA}
        for name, est in statistics.items():
            draws = np.array([r.measured[name] for r in self.outcome.replicates])
            limited = _row(draws, est, level, method, speed[name])
            rows.append({"lhs": name, "op": ":=", "rhs": "statistic", **blank, "est": est, **limited})
        return rows

    def _jackknife(self) -> dict[str, float]:
        """Acceleration of each statistic from the fits that leave out one respondent or cluster at a time."""
        source, measure = self.job.source, self.job.measure
        assert isinstance(source, RowResampler)
        assert measure is not None
        left_out = [
            measure(refit(self.results.fitted, source.expanded((source.units != unit).astype(int))))
            for unit in range(int(source.units.max()) + 1)
        ]
        table = pd.DataFrame(left_out)
        return dict(zip(table.columns, acceleration((table.mean() - table).to_numpy()), strict=True))

    def __repr__(self) -> str:
        done, missing = len(self.outcome.replicates), self.failures
        lost = "; ".join(f"{n} {reason}" for reason, n in missing.itertuples(index=False))
        bollen = "" if self.chisq is None or not done else f", p {self.pvalue:.3f}"
        return (
            f"Bootstrap({self.kind}, seed {self.seed}: {done} of {self.requested} replicates"
            f"{f' ({lost})' if lost else ''}{bollen})"
        )


def _row(draws: Array, est: float, level: float, method: str, speed: float) -> dict[str, object]:
    """se, ci_lower, ci_upper and a note for one quantity."""
    valid = draws[np.isfinite(draws)]
    if len(valid) < 2 or not np.isfinite(est):
        return {"se": np.nan, "ci_lower": np.nan, "ci_upper": np.nan, "note": "no value to resample"}
    note = f"{len(draws) - len(valid)} of {len(draws)} replicates have no value" if len(valid) < len(draws) else ""
    if np.ptp(valid) <= ROUNDING * abs(est):
        return {"se": 0.0, "ci_lower": est, "ci_upper": est, "note": note}
    low, high = limits(valid, est, level, method, speed)
    note = note if np.isfinite(low) else "every replicate lies on one side of the estimate"
    return {"se": float(valid.std(ddof=1)), "ci_lower": low, "ci_upper": high, "note": note}
