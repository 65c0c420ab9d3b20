"""`method_bias`: whether asking everything in one way made the answers alike, and what is left of the paths without."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.deciding.again import Again
from sexresearch.chain.deciding.chance_words import chance_of
from sexresearch.chain.joining import joined
from sexresearch.chain.paths.arrows import all_arrows, checked_name, is_drawn
from sexresearch.errors import OptionError, SexresearchError
from sexresearch.sem import Results, compare
from sexresearch.sem.view import View, matrices, view, written
from sexresearch.verdict import Verdict, against, prose

HALF, VIF = 0.50, 3.3
COLUMNS = ["check", "path", "value", "cutoff", "pvalue", "std_all", "std_controlled", "std_change"]
COLUMNS += ["outcome", "verdict", "note"]
WORDS = {"holds": "stands", "doubtful": "does not stand as it was"}
WARNING = "a warning example only: it finds neither bias where there is some nor its absence (Podsakoff et al. 2003)"
NO_MARKER = "no marker: name a construct of the model that has nothing to do with the others"
SIGNIFICANT = 0.05


@in_words
def method_bias(results: Results | View, marker: str | None = None) -> pd.DataFrame:
    """How far one way of asking may have made answers alike, by four methods, and what it does to every path.

    Parameters
    ----------
    results : Results or View
        A fit of one group.
    marker : str, optional
        A construct of the model, measured with the same method, that should have nothing to do with the others.

    Returns
    -------
    DataFrame
        Rows by check: harman (value: share of the first component), collinearity (value: VIF of each construct),
        latent_method and marker (value: the method's loading; then one row per path). Columns: check, path, value,
        cutoff, pvalue (of the method's loading being 0), std_all (the path as fitted), std_controlled (with the method
        held), std_change, outcome, verdict (the outcome in words), note. outcome is "holds" where there is no sign of
        a method, or the path stands; "doubtful" otherwise. What cannot be computed is missing, with the reason in note,
        and "not_computable".

    Raises
    ------
    ModelError
        The marker is not in the model.
    OptionError
        Several groups, ordered items, or a marker that leads to something or is led to.

    Notes
    -----
    Harman's test as it is criticized by Podsakoff et al. 2003, doi 10.1037/0021-9010.88.5.879; full collinearity: Kock
    2015, doi 10.4018/ijec.2015100101. latent_method: a factor that is unrelated to the constructs and loads equally on
    all their items. marker: the marker construct loads equally on all items of the others, to which it is otherwise
    unrelated (Williams, Hartman & Cavazotte 2010, doi 10.1177/1094428110366036, model C). Both are tested by the
    chi-square difference of one degree of freedom, scaled where the test of fit is (`compare`). Where the constructs'
    own loadings are all alike, a method that loads equally cannot be told from what the constructs share.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sexresearch.sem import fit
    >>> rng = np.random.default_rng(1)
    >>> joy = rng.normal(size=400)
    >>> latent = {"j": joy, "b": 0.5 * joy + rng.normal(size=400)}
    >>> data = pd.DataFrame({f"{k}{i}": f + rng.normal(size=400) for k, f in latent.items() for i in (1, 2, 3)})
    >>> frame = method_bias(fit("joy =~ j1 + j2 + j3; bond =~ b1 + b2 + b3; bond ~ joy", data))
    >>> frame["check"].drop_duplicates().tolist()
    ['harman', 'collinearity', 'latent_method', 'marker']
    """
    fit = view(results, "method_bias")
    _refuse(fit, marker)
    items = _items(fit, marker)
    rows = [_harman(fit, items), *_collinear(fit)]
    if isinstance(results, Results):
        again = Again(results, fit)
        rows += _latent_method(again, items)
        rows += _marked(again, items, marker) if marker else [_blank("marker", NO_MARKER)]
    else:
        rows += [_blank(check, "only Results can be fitted again") for check in ("latent_method", "marker")]
    return pd.DataFrame(rows, columns=COLUMNS)


def _refuse(fit: View, marker: str | None) -> None:
    if fit.groups:
        raise OptionError("method_bias takes a fit of one group: fit the groups apart")
    if fit.categories:
        raise OptionError("method_bias reads items as numbers, and this fit has ordered ones: use estimator='MLR'")
    if marker is None:
        return
    graph = all_arrows(fit)[0]
    checked_name(marker, fit.latents, "marker", fit.latents)
    tied = [name for name in fit.latents if name in graph.reach[marker] or marker in graph.reach[name]]
    if tied:
        raise OptionError(
            f"the marker {marker!r} must not lead to others or be led to; it is tied to {', '.join(tied)}"
        )


def _items(fit: View, marker: str | None) -> list[str]:
    """The items of the constructs but the marker."""
    rows = [row for row in fit.by_block[0] if row.op == "=~" and row.lhs != marker and is_drawn(row)]
    return list(dict.fromkeys(row.rhs for row in rows if row.rhs in fit.observed))


def _blank(check: str, note: str) -> dict[str, object]:
    blank: dict[str, object] = dict.fromkeys(COLUMNS, np.nan)
    return {**blank, "check": check, "path": "", "outcome": "not_computable", "verdict": "", "note": note}


def _worded(judged: Verdict, words: Mapping[str, str]) -> dict[str, object]:
    """The outcome of a verdict, and the verdict as a sentence."""
    text = prose([judged], words)
    return {"outcome": judged.outcome, "verdict": f"{text[:1].upper()}{text[1:]}."}


def _harman(fit: View, items: Sequence[str]) -> dict[str, object]:
    if len(items) < 2:
        return _blank("harman", "fewer than two items")
    block = fit.blocks[0]
    own = [block.observed.index(name) for name in items]
    spread = np.sqrt(np.diag(block.cov)[own])
    share = float(np.linalg.eigvalsh(block.cov[np.ix_(own, own)] / np.outer(spread, spread))[-1] / len(own))
    judged = against("share of the first component", share, HALF, "Harman 1976", side="most")
    row = {"value": share, "cutoff": HALF, **_worded(judged, {"holds": "not large"})}
    return _blank("harman", WARNING) | row


def _collinear(fit: View) -> list[dict[str, object]]:
    """The variance inflation of every measured construct by all others."""
    rows = [row for row in fit.by_block[0] if row.op == "=~" and is_drawn(row) and row.rhs in fit.observed]
    names = list(dict.fromkeys(row.lhs for row in rows))
    if len(names) < 2:
        return [_blank("collinearity", "fewer than two constructs that items measure")]
    block = fit.blocks[0]
    C = matrices(fit.places[0], fit.estimates[None, :]).C[0]
    own = [block.names.index(name) for name in names]
    cov = C[np.ix_(own, own)]
    with np.errstate(invalid="ignore"):
        spread = np.sqrt(np.diag(cov))
    R = cov / np.outer(spread, spread)
    if not np.isfinite(R).all() or np.linalg.eigvalsh(R)[0] <= 0:
        return [_blank("collinearity", "the constructs have no proper correlations")]
    out = []
    for name, value in zip(names, np.diag(np.linalg.inv(R)), strict=True):
        judged = against("VIF", float(value), VIF, "Kock 2015", side="most")
        row = {"path": name, "value": float(value), "cutoff": VIF} | _worded(judged, {"holds": "no sign of bias"})
        out.append(_blank("collinearity", "") | row)
    return out


def _latent_method(again: Again, items: Sequence[str]) -> list[dict[str, object]]:
    """A method factor with equal loadings, unrelated to the constructs."""
    if len(items) < 2:
        return [_blank("latent_method", "fewer than two items")]
    fit = again.fit
    taken = {*fit.latents, *fit.observed}
    name = next(n for n in ("method", "method_factor", "one_method", "method_of_asking") if n not in taken)
    others = fit.blocks[0].roles.exogenous_latent
    lines = [
        f"{name} =~ {' + '.join(f'1*{written(item)}' for item in items)}",
        f"{name} ~~ same_method*{name}",
        *(f"{name} ~~ 0*{written(other)}" for other in others),
    ]
    return _controlled("latent_method", again, again.results.model.syntax, lines)


def _marked(again: Again, items: Sequence[str], marker: str) -> list[dict[str, object]]:
    """The marker as the method: unrelated to the constructs, with equal loadings on their items."""
    others = [name for name in again.fit.blocks[0].roles.exogenous_latent if name != marker]
    apart = [f"{written(marker)} ~~ 0*{written(other)}" for other in others]
    base = "\n".join([again.results.model.syntax, *apart])
    line = f"{written(marker)} =~ {' + '.join(f'same_method*{written(item)}' for item in items)}"
    return _controlled("marker", again, base, [line])


def _controlled(check: str, again: Again, base: str, lines: Sequence[str]) -> list[dict[str, object]]:
    """The method's loading with its test, and every path with and without the method."""
    try:
        before, how = again.jointly()
        plain = before if base == again.results.model.syntax else again.refit(base)
        controlled = again.refit("\n".join([base, *lines]))
    except SexresearchError as error:
        return [_blank(check, f"the model with a method could not be fitted: {error}")]
    if not (plain.converged and controlled.converged):
        return [_blank(check, "the model with a method did not converge")]
    loading = float(controlled.parameters.query("label == 'same_method'")["est"].iloc[0])
    if check == "latent_method":  # loadings of 1 and a free variance: the same as equal loadings and a variance of 1
        loading = float(np.sqrt(max(loading, 0.0)))
    tested = compare(controlled, plain).iloc[-1]
    gain, p = (float(tested[name]) for name in ("chisq_diff", "pvalue"))
    if math.isnan(p):
        return [_blank(check, f"the models with and without a method cannot be compared: {tested['note']}")]
    shown = p <= SIGNIFICANT
    if (
        shown and controlled.inadmissible
    ):  # below 0 by chance is how no method looks; further below 0 the model is wrong
        why = "; ".join(controlled.inadmissible)
        note = f"the model with a method is inadmissible, so that its numbers say nothing: {why}"
        return [_blank(check, note)]
    text = (
        f"{'A common method is shown' if shown else 'No common method is shown'}: "
        f"{'' if tested['method'] == 'standard' else 'scaled '}χ² {gain:.2f}, df 1, {chance_of(p)}."
    )
    outcome = "doubtful" if shown else "holds"
    first = {"value": loading, "pvalue": p, "outcome": outcome, "verdict": text}
    first["note"] = joined(how, *controlled.inadmissible)
    return [_blank(check, "") | first, *_paths(check, before, controlled)]


def _paths(check: str, results: Results, controlled: Results) -> list[dict[str, object]]:
    both = results.parameters.query("op == '~'").merge(
        controlled.parameters, on=["lhs", "op", "rhs"], suffixes=("", "_held")
    )
    return [_path(check, row) for row in both[both["se"] > 0].to_dict("records")]


def _path(check: str, row: dict[object, object]) -> dict[str, object]:
    before, after = float(str(row["std_all"])), float(str(row["std_all_held"]))
    shown = [float(str(row[name])) <= SIGNIFICANT for name in ("pvalue", "pvalue_held")]
    stands = shown[0] == shown[1] and (not shown[0] or before * after > 0)
    name = f"{row['rhs']} → {row['lhs']}"
    judged = Verdict("holds" if stands else "doubtful", name, after, reason=f"{before:.2f} without the method held")
    numbers = {"std_all": before, "std_controlled": after, "std_change": after - before}
    return _blank(check, "") | numbers | {"path": name} | _worded(judged, WORDS)
