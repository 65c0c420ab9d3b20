"""The view of a fit, filled from its results."""

from __future__ import annotations

import numpy as np

from sexresearch.frozen import read_only
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.code_moments import CodeMoments
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.inference.mean_covariance import mean_covariance
from sexresearch.sem.inference.parameter_frame import row_estimates
from sexresearch.sem.output.results import Results
from sexresearch.sem.resampling.native_resampler import Refits
from sexresearch.sem.view_parts import View, ViewBlock


def view_of(results: Results) -> View:
    """What our own core, and engines that stand beside it, say of a fit."""
    fitted, engine = results.fitted, results.provenance.engine
    return View(
        engine=engine,
        blocks=tuple(_block(fitted, number) for number in range(fitted.table.n_blocks)),
        rows=fitted.table.rows,
        theta=fitted.theta,
        vcov=lambda: read_only(results.vcov.to_numpy()),  # type: ignore[arg-type]
        estimates=row_estimates(fitted),
        parameters=lambda: results.parameters,
        converged=results.converged,
        inadmissible=lambda: results.inadmissible,  # type: ignore[arg-type]
        options=fitted.options,
        categories=fitted.categories,
        resampler=Refits(results) if engine == "native" else None,
        redrawer=None if engine == "pooled" else Refits(results),
        gains=lambda: results.modification_indices(sort=False),
    )


def _block(fitted: Fitted, number: int) -> ViewBlock:
    sample, structure, roles = fitted.samples[number], fitted.structures[number], fitted.table.roles[number]
    names = structure.names[: len(structure.names) - structure.has_means]
    fixed, own = roles.exogenous if fitted.options.fixed_x else (), sample.answers
    rows: tuple[Array | None, ...] = (None,) * 3 if own is None else (own.values, own.weights, own.clusters)
    sample_facts = sample.n, sample.nobs, sample.mean, sample.cov, sample.complete, structure.has_means
    up = sample.nested  # level 2, whose answers stand in every row of a cluster
    if own is None and up is not None and up.answers is not None:
        rows = (up.answers.values[:, up.data.between], None, up.answers.clusters)
    return ViewBlock(
        sample.label, names, roles, *sample_facts, fixed, rows[0], rows[1], rows[2],
        fitted.table.level(number), 0 if up is None else up.data.n_clusters,
        None if own is not None or sample.ordinal is None else CodeMoments(sample),
        _known_ends(sample),
        lambda: mean_covariance(sample, fitted.options.sampling_weights is not None),  # type: ignore[arg-type]
        lambda: sample.sums if own is None and sample.has_sums else None,  # type: ignore[arg-type]
    )  # fmt: skip


def _known_ends(sample: Sample) -> Array | None:
    """(2, p) lowest and highest answers of rows that were added up; None where rows tell, or nothing does."""
    own = sample.nested
    if own is not None:
        return None if own.ends is None else own.ends[:, [own.names.index(name) for name in sample.names]]
    return None if sample.again is None or sample.again.ends is None else np.array(sample.again.ends)
