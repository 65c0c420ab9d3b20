"""`concordance`: do factors, composites and sums of items lead to the same decision, and why not?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.paths.arrows import all_arrows, checked_name
from sexresearch.chain.paths.effects import effects
from sexresearch.chain.robustness.sum_scores import expected, regressed, structural_paths
from sexresearch.errors import ModelError, OptionError, SexresearchError
from sexresearch.frozen import by_value
from sexresearch.sem import Fitting, Model, Results, pls
from sexresearch.sem.view import Array, View, matrices, quiet_fit, total_effects, view
from sexresearch.survey import Survey
from sexresearch.verdict import Verdict, against, prose

APPROACHES = ("sem", "plsc", "pls", "sum_scores")
ALIKE, OVERLAP = 0.05, 5.0  # difference of standardized paths that is none; VIF from where causes overlap
PATHS = ["cause", "effect", "approach", "std_all", "ci_lower", "ci_upper", "decision", "note"]
Cells = dict[tuple[str, str], tuple[float, float, float]]


@by_value
@dataclass(frozen=True)
class Concordance:
    """The same model by several approaches.

    paths : one row per path and approach. agreement : one row per path, with a word on why approaches differ.
    ranks : total effects on the target and their ranks, by approach. verdict : whether they decide alike; `sentence`
    says it in words.

    >>> Concordance(*[pd.DataFrame()] * 3, Verdict("holds", "share of paths", 1.0)).sentence
    'The same decision: share of paths 1.00.'
    """

    paths: pd.DataFrame
    agreement: pd.DataFrame
    ranks: pd.DataFrame
    verdict: Verdict

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        words = {"holds": "the same decision", "doubtful": "mostly the same decision", "fails": "other decisions"}
        text = prose([self.verdict], words)
        return f"{text[:1].upper()}{text[1:]}."


@in_words
def concordance(
    survey: Survey | pd.DataFrame,
    model: Model | str,
    target: str | None = None,
    *,
    formative: Sequence[str] = (),
    fitting: Fitting | None = None,
    level: float = 0.95,
) -> Concordance:
    """The same decision by factors (covariance-based SEM), by composites (PLS, PLSc) and by sums of items?

    Parameters
    ----------
    survey : Survey or DataFrame
        One row per respondent.
    model : Model or str
        lavaan text of one group.
    target : str, optional
        The variable whose causes are ranked. Default: the last outcome.
    formative : sequence of str
        Constructs that partial least squares weighs by regression (mode B).
    fitting : Fitting, optional
        How the covariance-based model is fitted; partial least squares takes the same moments.
    level : float
        Coverage of the limits, between 0 and 1.

    Returns
    -------
    Concordance
        `.paths`: cause, effect, approach (sem, plsc, pls, sum_scores), std_all, ci_lower, ci_upper, decision (positive,
        negative, not shown), note (why a row is missing). `.agreement`: cause, effect, same_sign, same_decision,
        std_range, std_expected (of sums, were the factor model right), vif, why. `.ranks`: construct, approach,
        std_all, rank, note. `.verdict`, `.sentence`.

    Raises
    ------
    ModelError
        The model has no path, a name is not in it, or it did not converge.
    DataError
        A column is absent or cannot be used.
    OptionError
        Several groups, an unknown formative construct, or a number out of its range.

    Notes
    -----
    Sums carry the errors of their items, which shrinks paths (attenuation): std_expected is what the covariances that
    the factor model implies give for sums, and what is found beyond that is what the model does not explain. Limits by
    the delta method, 200 drawn samples (PLS), and HC3 or clusters (sums; statsmodels). Dijkstra & Henseler 2015,
    doi 10.25300/MISQ/2015/39.2.02; Rhemtulla, van Bork & Borsboom 2020, doi 10.1037/met0000220.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> joy = rng.normal(size=(300, 1))
    >>> items = np.hstack([joy + rng.normal(size=(300, 2)), 0.6 * joy + rng.normal(size=(300, 2))])
    >>> data = pd.DataFrame(items, columns=["j1", "j2", "s1", "s2"])
    >>> found = concordance(data, "joy =~ j1 + j2; stay =~ s1 + s2; stay ~ joy")
    >>> found.agreement["same_decision"].tolist(), found.verdict.outcome
    ([True], 'holds')
    """
    if not 0 < level < 1:
        raise OptionError(f"level must lie between 0 and 1; found {level!r}")
    results = quiet_fit(model if isinstance(model, Model) else Model(model), survey, fitting or Fitting())
    fit = view(results, "concordance")
    aim = _target(fit, target, formative)
    if not results.converged:
        raise ModelError(f"the model did not converge: {'; '.join(results.problems)}")
    names = list(dict.fromkeys(name for pair in structural_paths(fit) for name in pair))
    cells: dict[str, Cells] = {}
    notes: dict[str, str] = {}
    for approach in APPROACHES:
        try:
            cells[approach] = _cells(results, approach, names, formative, level)
        except SexresearchError as error:
            cells[approach], notes[approach] = {}, str(error)
    if fit.inadmissible:
        notes["sem"] = f"inadmissible solution: {'; '.join(fit.inadmissible)}"
    pairs = structural_paths(fit)
    paths = pd.DataFrame([_row(pair, a, cells[a], notes) for pair in pairs for a in APPROACHES], columns=PATHS)
    agreement = pd.DataFrame([_agreed(pair, paths, fit, names) for pair in pairs])
    ranks = _ranks(fit, cells, notes, pairs, aim)
    return Concordance(paths, agreement, ranks, _verdict(agreement, ranks, aim, notes))


def _target(fit: View, target: str | None, formative: Sequence[str]) -> str:
    if fit.groups:
        raise OptionError("concordance takes a model of one group: compare the groups apart")
    if not structural_paths(fit):
        raise ModelError("the model has no path from one construct to another, so there is nothing to compare")
    graph = all_arrows(fit)[0]
    for name in [formative] if isinstance(formative, str) else formative:
        checked_name(name, fit.latents, "formative", fit.latents)
    aim = target if target is not None else (fit.blocks[0].roles.outcomes or (structural_paths(fit)[-1][1],))[-1]
    return checked_name(aim, graph.names, "target", fit.latents)


def _cells(results: Results, approach: str, names: Sequence[str], formative: Sequence[str], level: float) -> Cells:
    """Estimate and limits of every standardized path."""
    if approach == "sum_scores":
        regressions = regressed(view(results, "concordance"), names, level)
        return {pair: (regressions.est[pair], *regressions.limits[pair]) for pair in regressions.est}
    fit = results if approach == "sem" else pls(results, approach == "plsc", formative)
    out: Cells = {}
    for cause, effect in structural_paths(view(fit, "concordance")):
        row = effects(fit, source=cause, target=effect, level=level).iloc[0]
        out[cause, effect] = row["std_all"], row["std_all_ci_lower"], row["std_all_ci_upper"]
    return out


def _row(pair: tuple[str, str], approach: str, cells: Cells, notes: Mapping[str, str]) -> dict[str, object]:
    est, low, high = cells.get(pair, (np.nan,) * 3)
    decision = "" if low != low else "positive" if low > 0 else "negative" if high < 0 else "not shown"
    numbers = {"std_all": est, "ci_lower": low, "ci_upper": high, "decision": decision}
    return {"cause": pair[0], "effect": pair[1], "approach": approach, **numbers, "note": notes.get(approach, "")}


def _agreed(pair: tuple[str, str], paths: pd.DataFrame, fit: View, names: Sequence[str]) -> dict[str, object]:
    """Whether the approaches agree on a path, and why they do not."""
    own = paths[(paths["cause"] == pair[0]) & (paths["effect"] == pair[1])].set_index("approach")
    there = own[own["std_all"].notna()]
    try:
        likely = expected(fit, names)[pair]
    except np.linalg.LinAlgError:
        likely = np.nan
    vif, wide = _vif(fit, *pair), float(there["std_all"].max() - there["std_all"].min())
    return {
        "cause": pair[0],
        "effect": pair[1],
        "same_sign": len(set(np.sign(there["std_all"]))) == 1,
        "same_decision": len(set(there["decision"])) == 1,
        "std_range": wide,
        "std_expected": likely,
        "vif": vif,
        "why": _why(own["std_all"], likely, vif, wide),
    }


def _why(est: pd.Series, likely: float, vif: float, wide: float) -> str:
    if wide < ALIKE:
        return f"all within {ALIKE:.2f}"
    lost, rest = est["sem"] - likely, likely - est["sum_scores"]
    parts = []
    if abs(lost) >= ALIKE:
        parts.append(f"measurement error takes {est['sem']:.2f} to {likely:.2f} where items are summed")
    if abs(est["plsc"] - est["pls"]) >= ALIKE:
        parts.append(f"composites keep the errors of their items: {est['pls']:.2f}, corrected {est['plsc']:.2f}")
    if abs(rest) >= ALIKE:
        parts.append(
            f"the factor model expects {likely:.2f} of sums and {est['sum_scores']:.2f} is found: it does not hold"
        )
    if vif >= OVERLAP:
        parts.append(f"the causes overlap (VIF {vif:.1f}), so that small differences become large ones")
    return "; ".join(parts) or "differences of composites and factors that add up"


def _vif(fit: View, cause: str, effect: str) -> float:
    """Variance inflation of a cause by the effect's other causes, as the model implies them."""
    causes = [c for c, e in structural_paths(fit) if e == effect]
    own = [fit.blocks[0].names.index(name) for name in causes]
    C = matrices(fit.places[0], fit.estimates[None, :]).C[0][np.ix_(own, own)]
    with np.errstate(invalid="ignore"):
        sd = np.sqrt(np.diag(C))
    R = C / np.outer(sd, sd)
    if not np.isfinite(R).all() or np.linalg.eigvalsh(R)[0] <= 0:
        return np.nan
    return float(np.linalg.inv(R)[causes.index(cause), causes.index(cause)])


def _ranks(
    fit: View, cells: Mapping[str, Cells], notes: Mapping[str, str], pairs: Sequence[tuple[str, str]], target: str
) -> pd.DataFrame:
    """The total effects on the target along the paths, by approach, and their ranks by size."""
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    graph = all_arrows(fit)[0]
    causes = [name for name in names if target in graph.reach[name] and name != target]
    rows = []
    for approach in APPROACHES:
        B = np.zeros((len(names), len(names)))
        for (cause, effect), (est, _, _) in cells[approach].items():
            B[names.index(effect), names.index(cause)] = est
        total: Array = np.full_like(B, np.nan)
        if cells[approach] and np.isfinite(B).all() and np.abs(np.linalg.eigvals(B)).max() < 1:
            total = total_effects(B)
        values = [total[names.index(target), names.index(name)] if target in names else np.nan for name in causes]
        order = pd.Series(np.abs(values)).rank(ascending=False, method="min")
        rows += [
            {"construct": name, "approach": approach, "std_all": value, "rank": rank, "note": notes.get(approach, "")}
            for name, value, rank in zip(causes, values, order, strict=True)
        ]
    return pd.DataFrame(rows, columns=["construct", "approach", "std_all", "rank", "note"])


def _verdict(agreement: pd.DataFrame, ranks: pd.DataFrame, target: str, notes: Mapping[str, str]) -> Verdict:
    first = ranks[ranks["rank"] == 1].groupby("construct", sort=False)["approach"].agg(list)
    sentence = (
        [f"first for {target}: {', '.join(f'{name} by {_listed(own)}' for name, own in first.items())}"]
        if len(first)
        else []
    )
    apart = agreement[~agreement["same_decision"]]
    sentence += [f"apart on {row['cause']} → {row['effect']}: {row['why']}" for row in apart.head(3).to_dict("records")]
    sentence += [f"{name} is missing: {why}" for name, why in notes.items() if name != "sem"]
    share, there = float(agreement["same_decision"].mean()), len(APPROACHES) - len(notes.keys() - {"sem"})
    by = "every approach" if there == len(APPROACHES) else f"the {there} approaches that are there"
    return against(
        f"share of paths with the same decision by {by}", share, 1.0, "", fails=0.5, reason="; ".join(sentence)
    )


def _listed(names: Sequence[str]) -> str:
    return "all" if len(names) == len(APPROACHES) else " and ".join(name.replace("_", " ") for name in names)
