"""Does the chain hold? The view that describes the answers best, its rivals, and how strong its links are."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pandas as pd

from sexresearch.answering.facts import AnswerPart, Fact, unanswered
from sexresearch.answering.grounds import judged_fit
from sexresearch.answering.stages.setting import Setting
from sexresearch.answering.stages.topics import TOPICS, topics_model
from sexresearch.chain import chain_model, effects
from sexresearch.chain.paths.explained import explained
from sexresearch.chain.paths.path_limits import path_limits
from sexresearch.chain.views.chain_model import supported
from sexresearch.chain.views.measured import InstrumentUnits
from sexresearch.chain.views.rivals import FittedRivals, fitted_rivals
from sexresearch.errors import InstrumentError, ModelError, OptionError
from sexresearch.report.sentences import fit_sentence
from sexresearch.sem import Model, Results
from sexresearch.sem.view import quiet_fit, reported
from sexresearch.survey import Survey
from sexresearch.verdict import Verdict, against, gravest

EFFECT = ["effect", "path", "std_all", "std_all_ci_lower", "std_all_ci_upper", "pvalue", "note"]
RIVALS = ["model", "chisq", "df", "cfi", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "srmr", "bic", "bic_weight"]
RIVALS += ["r2_loyalty", "r2_loyalty_ci_lower", "r2_loyalty_ci_upper", "r2_success", "r2_success_ci_lower"]
RIVALS += ["r2_success_ci_upper", "outcome", "equivalent", "verdict", "note"]
MOST = 4  # links named in a sentence
EXPLAINED = ("loyalty", "success")  # nodes whose R² the table of rivals has
BACKWARD = "reversed"
MEASURES = re.compile(r"chisq scaled \(([^)]*)\), df scaled \([^)]*\), cfi robust, rmsea robust")
MEASURED = r"χ² and df scaled (\1), CFI and RMSEA robust"  # what the measures are, in the words of readers
TOO_LITTLE, NOT_PLACED = "too_little", "not_placed"  # reasons of the catalogues


@dataclass(frozen=True, eq=False)
class ChosenView:
    """The view that the answer goes on with: its kind ("" for a model of the caller's own), and its fit."""

    kind: str
    results: Results
    rivals: pd.DataFrame | None = None


def analysed(setting: Setting) -> Survey:
    """The survey, its questionnaire without the items that cannot be used."""
    return replace(setting.survey, instrument=setting.answered)


def chosen_view(setting: Setting) -> ChosenView:
    """The caller's model, or the best admissible view that reads the chain forward; else one of the topics asked.

    Raises InstrumentError where the questionnaire measures too little of the chain.
    """
    survey, fitting = analysed(setting), setting.choices.fitting
    if setting.model is not None:
        return ChosenView("", quiet_fit(setting.model, survey, fitting))
    kinds = supported(InstrumentUnits(setting.answered))
    wanted = [setting.view] if setting.view else [kind for kind in kinds if kind != BACKWARD]
    topics = None if wanted else topics_model(setting)
    if topics is not None:
        return ChosenView(TOPICS, quiet_fit(topics, survey, fitting))
    if not wanted:
        placed = any(part.node for part in setting.answered.constructs)
        raise InstrumentError(TOO_LITTLE if placed else NOT_PLACED)
    if len(kinds) < 2:
        return ChosenView(wanted[0], quiet_fit(_model(setting, wanted[0]), survey, fitting))
    rivals = fitted_rivals(survey, None, "factor", setting.choices.for_rivals)
    table = with_limits(rivals)
    usable = [view for view in rivals.views if view.usable and view.name in wanted]
    if not usable:
        reasons = "; ".join(dict.fromkeys(filter(None, (view.reason for view in rivals.views))))
        raise ModelError(f"no view of the chain has an admissible solution{': ' if reasons else ''}{reasons}")
    best = usable[0]
    results = best.solution
    assert results is not None
    if fitting.ordered:  # rivals took the items as numbers; the links are estimated from ordered ones
        again = quiet_fit(_model(setting, best.name), survey, fitting)
        results = again if again.converged else results
    return ChosenView(best.name, results, table)


def _model(setting: Setting, kind: str) -> Model:
    return chain_model(setting.answered, kind)  # type: ignore[arg-type]


def chain_part(setting: Setting, chosen: ChosenView) -> AnswerPart:
    """The part about the chain."""
    results = chosen.results
    if not results.converged:
        return unanswered("chain", setting.labels.text("the model did not converge: " + "; ".join(results.problems)))
    links = links_of(results)
    facts = [*_links(setting, links), *_view(setting, chosen), *_total(setting, results)]
    tables = {"links": setting.labels.frame(links.drop(columns=["cause", "effect", "outcome"]))}
    tables |= _effects_table(setting, results) | _explained_table(setting, results)
    if chosen.rivals is not None:
        shown = chosen.rivals[[name for name in RIVALS if name in chosen.rivals.columns]]
        whole = setting.labels.rivals(shown.assign(note=[MEASURES.sub(MEASURED, str(note)) for note in shown["note"]]))
        words = [name for name in ("verdict", "note") if name in whole.columns]
        tables |= {"rivals": whole.drop(columns=words), "rivals_judged": whole[["model", *words]]}
    material = {"chain": results, "fit": fit_sentence(results), "links": links}
    return AnswerPart("chain", tuple(facts), tables, material, {"model": judged_fit(results)})


def with_limits(rivals: FittedRivals) -> pd.DataFrame:
    """The table of rivals, RMSEA with its 90 % limits and R² with its 95 % limits."""
    rows = []
    for one in rivals.views:
        row: dict[str, float] = {}
        if one.solution is not None:
            measures, shares = reported(one.solution), explained(one.solution).set_index("variable")
            row = {name: measures.value(name) for name in ("rmsea_ci_lower", "rmsea_ci_upper")}
            for node in EXPLAINED:
                own = shares.reindex([rivals.names[node]]).iloc[0]
                row |= {f"r2_{node}_{end}": float(own[end]) for end in ("ci_lower", "ci_upper")}
        rows.append(row)
    return pd.concat([rivals.table, pd.DataFrame(rows)], axis=1)


def links_of(results: Results) -> pd.DataFrame:
    """One row per link, strongest first: cause, effect, path, std_all with limits, pvalue, outcome.

    Weights of a composite are no links of the chain, and neither is what the text fixes.
    """
    rows = path_limits(results)
    frame = rows[(rows["op"] == "~") & rows["std_all_ci_lower"].notna()].copy()
    frame["cause"], frame["effect"] = frame["rhs"], frame["lhs"]
    frame["path"] = [f"{cause} → {effect}" for cause, effect in zip(frame["rhs"], frame["lhs"], strict=True)]
    shown = (frame["std_all_ci_lower"] > 0) | (frame["std_all_ci_upper"] < 0)
    frame["outcome"] = ["holds" if clear else "doubtful" for clear in shown]
    order = frame["std_all"].abs().sort_values(ascending=False).index
    kept = ["cause", "effect", "path", "std_all", "std_all_ci_lower", "std_all_ci_upper", "pvalue", "outcome"]
    return frame.loc[order, kept].reset_index(drop=True)


def _links(setting: Setting, links: pd.DataFrame) -> list[Fact]:
    if links.empty:
        return [Fact("links_none")]
    shown, open_links = links[links["outcome"] == "holds"], links[links["outcome"] != "holds"]
    verdicts = tuple(
        against("lower limit of the link's size", min(abs(row.std_all_ci_lower), abs(row.std_all_ci_upper)), 0.0, "")
        if row.outcome == "holds"
        else Verdict("doubtful", "link", row.std_all, reason="its interval holds 0")
        for row in links.itertuples()
    )
    facts = []
    if shown.empty:
        facts.append(Fact("links_unshown", {"n": len(links)}, verdicts, first=True))
    else:
        key = "links_all" if open_links.empty else "links_some"
        facts.append(Fact(key, {"n": len(shown), "all": len(links)}, verdicts, first=True))
        facts.append(_strongest(setting, shown))
    names = [setting.labels.text(path) for path in open_links["path"].head(MOST)]
    return [*facts, *([Fact("links_open", {"names": names}, first=False)] if names and not shown.empty else [])]


def _strongest(setting: Setting, shown: pd.DataFrame) -> Fact:
    """The strongest link; with those whose intervals overlap with its own, as they are not told apart."""
    top = shown.iloc[0]
    lowest = min(abs(top["std_all_ci_lower"]), abs(top["std_all_ci_upper"]))
    limits = shown[["std_all_ci_lower", "std_all_ci_upper"]].abs().max(axis=1)
    near = [setting.labels.text(path) for path in shown["path"][1:][limits[1:] >= lowest]]
    filling = {
        "cause": setting.label(top["cause"]),
        "effect": setting.label(top["effect"]),
        "value": float(top["std_all"]),
        "lower": float(top["std_all_ci_lower"]),
        "upper": float(top["std_all_ci_upper"]),
    }
    return Fact("link_tied", filling | {"names": near[:MOST]}) if near else Fact("link_strongest", filling)


def _view(setting: Setting, chosen: ChosenView) -> list[Fact]:
    table = chosen.rivals
    if chosen.kind == TOPICS:
        return [Fact("view_topics")]
    if table is None:
        return [Fact("view_only", {"view": setting.labels.views([chosen.kind])})] if chosen.kind else [Fact("view_own")]
    best = table.iloc[0]
    first = [str(best["model"]), *filter(None, str(best["equivalent"]).split(", "))]
    others = table[~table["model"].isin(first)]
    worse, undecided = (others[others["outcome"] == kind]["model"].tolist() for kind in ("fails", "doubtful"))
    verdicts = tuple(
        Verdict(row.outcome, "view of the chain", row.bic_weight, reason=str(row.verdict)) for row in table.itertuples()
    )
    filling = {"names": setting.labels.views(first), "all": len(table), "worse": setting.labels.views(worse)}
    alone = "view_tied" if len(first) > 1 else "view_ahead" if undecided else "view_best"
    facts = [Fact(alone, filling, verdicts)]
    if undecided:
        facts.append(Fact("view_undecided", {"names": setting.labels.views(undecided, quoting=True)}))
    if first[0] == BACKWARD and chosen.kind not in first:
        facts.append(Fact("view_backward", {"view": setting.labels.views([chosen.kind])}, first=True))
    rows = [row for row in table.itertuples() if row.equivalent]
    pairs = {tuple(sorted([str(row.model), *str(row.equivalent).split(", ")])) for row in rows} - {tuple(sorted(first))}
    return facts + [Fact("view_pair", {"names": setting.labels.views(pair)}) for pair in sorted(pairs)]


def _total(setting: Setting, results: Results) -> list[Fact]:
    """What the head of the chain does to the target, all ways together."""
    effects = _effects_frame(setting, results)
    if effects is None:
        return []
    total = effects[(effects["effect"] == "total") & effects["std_all"].notna()]
    head = total if len(set(total["source"])) == 1 else total.head(0)  # of several causes, priorities say more
    return [_total_fact(setting, row) for _, row in head.head(1).iterrows()]


def _total_fact(setting: Setting, row: pd.Series) -> Fact:
    lower, upper = float(row["std_all_ci_lower"]), float(row["std_all_ci_upper"])
    outcome = gravest([against("lower limit of the total effect", lower, 0.0, "", strict=True)])
    filling: dict[str, object] = {"cause": setting.label(row["source"]), "target": setting.label(row["target"])}
    filling |= {"value": float(row["std_all"]), "lower": lower, "upper": upper}
    key = "total_shown" if outcome == "holds" else "total_open"
    return Fact(key, filling, (against("lower limit of the total effect", lower, 0.0, "", strict=True),))


def _explained_table(setting: Setting, results: Results) -> dict[str, pd.DataFrame]:
    """R² of what the links lead to, and of the dimensions that show a latent variable: what the figure states."""
    rows = results.parameters
    ends = {*rows.loc[(rows["op"] == "~") & rows["se"].gt(0), "lhs"]}
    ends |= {*rows.loc[rows["op"] == "=~", "rhs"]} & {*results.latents}
    shares = explained(results)
    kept = shares[shares["variable"].isin(ends) & shares["ci_lower"].notna()].rename(columns={"variable": "construct"})
    return {"explained": setting.labels.frame(kept.drop(columns="note"))} if len(kept) else {}


def _effects_frame(setting: Setting, results: Results) -> pd.DataFrame | None:
    try:
        return effects(results, target=setting.choices.target or None)
    except (ModelError, OptionError):
        return None


def _effects_table(setting: Setting, results: Results) -> dict[str, pd.DataFrame]:
    table = _effects_frame(setting, results)
    if table is None or not (table["effect"] == "total").any():
        return {}
    ways = table[table["effect"] == "indirect"].groupby("source")["source"].transform("size")
    alone = set(table.loc[ways[ways == 1].index, "source"])  # one way is the total of all ways
    kept = table[table["effect"].isin(["direct", "indirect", "total indirect", "total"]) & (table["std_all"] != 0)]
    kept = kept[~((kept["effect"] == "total indirect") & kept["source"].isin(alone))]
    return {"effects": setting.labels.frame(kept[["source", "target", *EFFECT]])} if len(kept) else {}
