"""All that questions, figures and reports may see of a fit.

A `View` is plain data: the parameter table with its estimates and their covariance, and for each block (group) what its
variables are and what the sample said. `view` makes one of the `Results` of any engine. Everything that depends on
parameters is computed from it, for R parameter vectors at once: with B the paths (effects in rows, causes in columns)
and S the residual (co)variances, G = (I - B)^-1 holds the total effects and C = G S G' the implied covariances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sexresearch.errors import OptionError
from sexresearch.frozen import read_only
from sexresearch.sem.after.factor_scores import ScoreMethod
from sexresearch.sem.after.nesting import relation
from sexresearch.sem.after.score_tests import SeparatedModel, released, separated
from sexresearch.sem.after.vuong import Vuong, vuong
from sexresearch.sem.arrays import Array
from sexresearch.sem.data.asked_table import AskedTable
from sexresearch.sem.data.columns_alone import normal_moments, numeric_columns
from sexresearch.sem.data.moments import Moments
from sexresearch.sem.data.observed import first_rows, frame_of
from sexresearch.sem.data.ordered_columns import is_ordered
from sexresearch.sem.data.source_frames import SourceFrames, source_frames
from sexresearch.sem.data.sources import read_once
from sexresearch.sem.data.sums import Sums
from sexresearch.sem.delta_method import carried
from sexresearch.sem.estimation.options import ROBUST as LIKELIHOODS
from sexresearch.sem.estimation.options import Bounds, Estimator, Options, respelled
from sexresearch.sem.estimation.options import Missing as MissingData
from sexresearch.sem.fit import results_of
from sexresearch.sem.fitting import Fitting
from sexresearch.sem.fitting import options_of as options_asked
from sexresearch.sem.implied.total_effects import total_effects
from sexresearch.sem.inference.chisquare import chisq_pvalue
from sexresearch.sem.inference.rmsea import rmsea
from sexresearch.sem.item_subsets import ItemSubsets, TotalEffect, item_subsets
from sexresearch.sem.language.equality import EqualAcrossGroups
from sexresearch.sem.language.fewer_items import without_items
from sexresearch.sem.language.model import Model
from sexresearch.sem.language.names import written
from sexresearch.sem.language.other_arrows import with_arrows
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.language.statements import Formula, Modifiers
from sexresearch.sem.ordinal.category_covariances import category_covariances
from sexresearch.sem.output.bibliography import Reference, every_reference, references
from sexresearch.sem.output.fit_verdict import fit_prose, fit_verdicts
from sexresearch.sem.output.reported import ReportedFit, reported
from sexresearch.sem.output.results import Results
from sexresearch.sem.output.source_again import source_again, source_of_fit
from sexresearch.sem.output.summary import HEADLINE, SECTIONS, SHOWN
from sexresearch.sem.resampling.intervals import limits
from sexresearch.sem.resampling.path_matrices import Matrices, matrices, variance_slopes
from sexresearch.sem.resampling.row_values import AT_ONCE, RowPlaces, rows_at
from sexresearch.sem.resampling.uncertainty import (
    Draws,
    Interval,
    Replicates,
    draws,
    estimated,
    interval_method,
    no_resampler,
    redrawn,
    uncertain,
    with_beside,
    z_and_p,
)
from sexresearch.sem.rotation.extraction import Extraction
from sexresearch.sem.rotation.method import Method as RotationMethod
from sexresearch.sem.rotation.rotate import rotate
from sexresearch.sem.shared_out import shared_out
from sexresearch.sem.streaming import rows_by_group
from sexresearch.sem.terms.scores import cluster_sums
from sexresearch.sem.view_of_results import view_of
from sexresearch.sem.view_parts import View, ViewBlock
from sexresearch.sem.workers import Workers

__all__ = [
    "AT_ONCE",
    "HEADLINE",
    "LIKELIHOODS",
    "SECTIONS",
    "SHOWN",
    "Array",
    "AskedTable",
    "Bounds",
    "Draws",
    "EqualAcrossGroups",
    "Estimator",
    "Extraction",
    "Formula",
    "Interval",
    "ItemSubsets",
    "Matrices",
    "MissingData",
    "Modifiers",
    "Parameter",
    "Reference",
    "Replicates",
    "ReportedFit",
    "Roles",
    "RotationMethod",
    "RowPlaces",
    "ScoreMethod",
    "SourceFrames",
    "Sums",
    "TotalEffect",
    "View",
    "ViewBlock",
    "Vuong",
    "Workers",
    "carried",
    "category_covariances",
    "chisq_pvalue",
    "cluster_sums",
    "draws",
    "equality_tests",
    "estimated",
    "every_reference",
    "first_rows",
    "fit_prose",
    "fit_verdicts",
    "frame_of",
    "interval_method",
    "is_ordered",
    "item_subsets",
    "limits",
    "matrices",
    "means",
    "no_resampler",
    "normal_moments",
    "numeric_columns",
    "options_of",
    "parameter_slopes",
    "quiet_fit",
    "read_once",
    "redrawn",
    "references",
    "relation_of",
    "released",
    "reported",
    "rmsea",
    "rotate",
    "row_values",
    "rows_by_group",
    "shared_out",
    "source_again",
    "source_frames",
    "source_of_fit",
    "thresholds",
    "total_effects",
    "uncertain",
    "variance_slopes",
    "view",
    "vuong_test",
    "with_arrows",
    "with_beside",
    "without_items",
    "written",
    "z_and_p",
]


def view(results: Results | View, question: str, levels: bool = False) -> View:
    """What there is to see of a fit; OptionError for something else, and for two levels unless `levels` are taken."""
    if not isinstance(results, View | Results):
        raise OptionError(f"{question} needs the Results of a fit; found {type(results).__name__}")
    seen = results if isinstance(results, View) else view_of(results)
    read_only((seen.theta, seen.estimates, seen.blocks))
    if not levels and any(block.level is not None for block in seen.blocks):
        raise OptionError(f"{question} takes models of one level; this one has 'level:' blocks")
    return seen


def row_values(fit: View, theta: Array, exogenous: Array) -> Array:
    """(R, rows) estimates of every row from theta (R, q) and the values (R, e) of the exogenous rows."""
    return rows_at(fit.rows, theta, exogenous)


def means(fit: View, number: int, rows: Array, G: Array) -> Array:
    """(R, m) implied means of all variables of a block, G times the intercepts; 0 where it has none."""
    place = {name: i for i, name in enumerate(fit.blocks[number].names)}
    intercepts = np.zeros(G.shape[:2])
    for i in (i for i, row in enumerate(fit.rows) if row.group == number and row.op == "~1"):
        intercepts[:, place[fit.rows[i].lhs]] = rows[:, i]
    return np.einsum("rij,rj->ri", G, intercepts)


def thresholds(fit: View, number: int, rows: Array) -> tuple[Array, Array]:
    """(R, T) thresholds of a block's ordered variables, and the place (T,) of the variable of each."""
    place = {name: i for i, name in enumerate(fit.blocks[number].names)}
    own = [i for i, row in enumerate(fit.rows) if row.group == number and row.op == "|"]
    return rows[:, own], np.array([place[fit.rows[i].lhs] for i in own], dtype=int)


def parameter_slopes(fit: View, places: RowPlaces, slopes: Array) -> Array:
    """Derivatives by rows (k, rows of the block) as derivatives by parameters and exogenous rows (k, q + e)."""
    outside, free = (np.array([getattr(row, name) for row in fit.rows]) for name in ("exogenous", "free"))
    column = np.where(outside, len(fit.theta) + np.cumsum(outside) - 1, free)[places.own]
    out = np.zeros((len(slopes), len(fit.theta) + int(outside.sum())))
    np.add.at(out.T, column[column >= 0], slopes[:, column >= 0].T)
    return out


def quiet_fit(
    model: Model,
    data: object | None,
    fitting: Fitting,
    *,
    moments: Moments | Mapping[Any, Moments] | None = None,
    group: str | None = None,
    group_equal: Sequence[str] = (),
    group_partial: Sequence[str] = (),
) -> Results:
    """What `fit` returns, without a warning: for the many fits inside a question. All is told in `results.problems`."""
    return results_of(model, data, options_asked(fitting, group, group_equal, group_partial), moments)


def options_of(fitting: Fitting) -> Options:
    """The options that a fitting asks for, in this package's spelling; OptionError for words that are not known."""
    return respelled(options_asked(fitting))


def equality_tests(results: Results) -> SeparatedModel:
    """The model with every shared parameter taken apart, for score tests by `released`."""
    return separated(results.fitted)


def relation_of(larger: Results, smaller: Results) -> str:
    """How two models of the same answers stand to each other: "nested", "equivalent", "apart" or "incomparable"."""
    return relation(larger.fitted, smaller.fitted).kind


def vuong_test(first: Results, second: Results, adjust: str = "none") -> Vuong:
    """Can the data tell two models apart, and which one is nearer to the truth (Vuong 1989, doi 10.2307/1912557)?"""
    return vuong(first.fitted, second.fitted, adjust=adjust)
