"""`invariance`: may groups, or waves, be compared? One table from equal form to equal residuals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.invariance.invariance_design import OLD, design_of, source_of, with_categories
from sexresearch.chain.invariance.ladder import SearchEnd, climb
from sexresearch.chain.invariance.rung import NO_FIT, Rung
from sexresearch.deprecation import gathered
from sexresearch.sem import Fitting, Model, Moments, compare

MEASURES = ("chisq", "df", "cfi", "rmsea", "srmr")
ROBUST = ("chisq_scaled", "cfi_robust", "rmsea_robust", "cfi_scaled", "rmsea_scaled")


@gathered(OLD, into="fitting", kind=Fitting, until="0.3")
@in_words
def invariance(
    model: Model | str,
    data: pd.DataFrame | object | None = None,
    *,
    moments: Mapping[object, Moments] | None = None,
    group: str | None = None,
    waves: Mapping[str, str] | None = None,
    partial: bool = False,
    stop: SearchEnd = "score",
    fitting: Fitting | None = None,
) -> pd.DataFrame:
    """Do the items mean the same to all groups, or in all waves? One row per step, each against the row below it.

    Parameters
    ----------
    model : Model or str
        The measurement model of one group or wave.
    data : DataFrame or Survey, optional
        One row per respondent, with `group`; or wide data, with `waves`.
    moments : dict of Moments by group label, optional
        In place of data and group.
    group : str, optional
        Column of the groups. One too small for the model is named with its n in note, and nothing is computed.
    waves : dict of str by str, optional
        Pattern of the columns' names by wave: ``{"spring": "{}_1", "autumn": "{}_2"}``. Residuals of the same item are
        then correlated between waves.
    partial : bool
        Look for what differs: the parameter with the largest score test over all groups is set free, one after the
        other. Such a step adds a row "partial …", whose released names them; an item set free stays free above.
    stop : {"score", "cfi"}
        "score" ends that search when no test reaches .05 / number of tests, "cfi" as soon as CFI keeps its cut-off.
        Either way every construct keeps two equal items (Byrne, Shavelson & Muthen 1989).
    fitting : Fitting, optional
        How every step is fitted: estimator, missing, ordered, cluster, sampling_weights, …, as in `fit`. Ordered items
        (ordered categoricals always are) go with `group` only, and take the theta parameterization. Default:
        maximum likelihood from complete rows.

    Returns
    -------
    DataFrame
        One row per step: step, n, chisq, df, cfi, rmsea, srmr, chisq_diff, df_diff, pvalue, cfi_change, rmsea_change,
        srmr_change, released, outcome, verdict (the outcome and its reasons in words), note. A robust estimator adds
        chisq_scaled, it and "fiml" cfi_robust and rmsea_robust, from which verdicts and changes are then read; ordered
        items add cfi_scaled and rmsea_scaled.

    Raises
    ------
    DataError, ModelError, ModelSyntaxError
        As `fit`.
    OptionError
        It is unclear who is compared, or an option is unknown.

    Notes
    -----
    Steps: configural (equal form), metric (equal loadings: relations may be compared), scalar (and intercepts: means
    may be compared), strict (and residual variances). Constructs are identified by unit variances in the first group,
    so that every loading can be tested. Where the text restricts what depends on their units (fixed or labelled
    loadings, variances, paths; constraints), every step is `fit` of that text with `group_equal`, and loadings it fixes
    are not tested.

    outcome is "holds", "doubtful", "fails" or "not_computable". The configural model holds with CFI of at least .95,
    RMSEA up to .06 and SRMR up to .08 (Hu & Bentler 1999, doi 10.1080/10705519909540118); it fails with CFI below .90,
    SRMR above .10, or RMSEA above .10 with .05 outside its 90 % interval. Where it fails or is inadmissible, so does
    every later step. Above it, a step fails where CFI falls by more than .010 (Cheung & Rensvold 2002,
    doi 10.1207/S15328007SEM0902_5); it is doubtful unless RMSEA rises by less than .015 and SRMR by less than .030
    (metric) or .010 (Chen 2007, doi 10.1080/10705510701301834; less for n up to 300).

    Ordered items: theta parameterization; the metric step holds loadings equal in units of the items' residuals, the
    scalar step also thresholds, set against the configural one (Wu & Estabrook 2016, doi 10.1007/s11336-016-9506-0).
    The cut-offs were made for maximum likelihood, and by DWLS models look better (Xia & Yang 2019,
    doi 10.3758/s13428-018-1055-2): the verdict says so.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(400, 1)) + rng.normal(size=(400, 4)), columns=list("abcd"))
    >>> data["brand"] = ["low", "high"] * 200
    >>> table = invariance("joy =~ a + b + c + d", data, group="brand")
    >>> table["step"].tolist(), table["df"].tolist()
    (['configural', 'metric', 'scalar', 'strict'], [4, 7, 10, 14])
    """
    source = with_categories(source_of(data, moments, fitting), model, waves, partial)
    return steps_frame(climb(design_of(model, source, group, waves), partial, stop))


def steps_frame(rungs: Sequence[Rung]) -> pd.DataFrame:
    """The table of `invariance`."""
    frame = pd.DataFrame([_row(rung) for rung in rungs])
    used = {f"{name}{rung.ending}" for rung in rungs for name in ("cfi", "rmsea")}
    used |= {"chisq_scaled" for rung in rungs if rung.results is not None and rung.results.options.robust_test}
    unused = [name for name in ROBUST if name not in used]
    for name in ("n", "df"):
        frame[name] = frame[name].astype("Int64") if frame[name].isna().any() else frame[name].astype(int)
    return frame.drop(columns=unused)


def _row(rung: Rung) -> dict[str, object]:
    """One rung as a row of the table."""
    results, changes = rung.results, rung.changes
    converged = results is not None and results.converged
    measures = results.fit_measures if results is not None and converged else {}
    row: dict[str, object] = {"step": rung.step, "n": math.nan if results is None else results.nobs}
    row |= {name: float(measures.get(name, math.nan)) for name in (*MEASURES, *ROBUST)}
    tested = _difference(rung) if converged else {}
    row |= {name: tested.get(name, math.nan) for name in ("chisq_diff", "df_diff", "pvalue")}
    row |= {f"{name}_change": getattr(changes, name) for name in ("cfi", "rmsea", "srmr")}
    row |= {"released": tuple(candidate.formula for candidate in rung.released)}
    return row | {"outcome": rung.outcome, "verdict": rung.verdict, "note": _note(rung, tested)}


def _difference(rung: Rung) -> dict[str, object]:
    """The chi-square difference test against the fit below, scaled where the estimator's test is."""
    if rung.base is None or rung.results is None:
        return {}
    return compare(rung.base, rung.results, names=["below", rung.step]).iloc[1].to_dict()


def _note(rung: Rung, tested: Mapping[str, object]) -> str:
    """What to know beside the verdict."""
    if rung.results is None:
        return f"not computable: {rung.reason}"
    notes = [] if rung.results.converged else [f"not computable: {NO_FIT}"]
    if tested.get("method", "standard") == "":
        notes.append(str(tested["note"]))
    elif tested.get("method", "standard") != "standard":
        notes.append(f"scaled by {tested['method']}")
    tests = [f"{c.formula} (χ² {c.chisq:.1f}, df {c.df})" for c in rung.released]
    if tests:
        notes.append(f"set free: {', '.join(tests)}")
    if rung.reason:
        notes.append(rung.reason)
    if rung.step == "scalar" and rung.ordered:
        notes.append("thresholds equal; against the configural step, in which alone it is nested")
    if rung.base is None:
        notes += rung.results.problems
    return "; ".join(notes)
