"""Is it measured well? The verdict on every construct and item of one measurement model of them all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sexresearch.answering.facts import AnswerPart, Fact, unanswered
from sexresearch.answering.grounds import judged_fit
from sexresearch.answering.stages.setting import Setting, measurement_text
from sexresearch.chain import cross_loadings, reliability
from sexresearch.chain.measurement.validity import judged_by
from sexresearch.chain.paths.path_limits import path_limits
from sexresearch.report.sentences import fit_sentence
from sexresearch.sem import Model, Results
from sexresearch.sem.view import quiet_fit
from sexresearch.verdict import Outcome, Verdict

WEAK = 0.708  # Hair et al. (2019), doi 10.1108/EBR-11-2018-0203: half of the item's variance
OUTCOMES: tuple[Outcome, ...] = ("fails", "doubtful", "not_computable")
CUT = "limits above 1 are cut there"
MOST = 3  # items quoted in a sentence
SHOWN = ["construct", "items", "alpha", "alpha_ci_lower", "alpha_ci_upper", "omega", "omega_ci_lower", "omega_ci_upper"]
SHOWN += ["ave", "ave_ci_lower", "ave_ci_upper", "htmt", "htmt_ci_lower"]
SHOWN += ["htmt_ci_upper", "htmt_with", "outcome"]


def measured_part(setting: Setting) -> AnswerPart:
    """The part about measurement."""
    parts = setting.judged
    if not parts:
        return unanswered("measured", setting.labels.text("no construct has two items that were answered differently"))
    results = quiet_fit(Model(measurement_text(parts)), setting.survey, setting.choices.fitting)
    if not results.converged:
        return unanswered("measured", "the measurement model did not converge: " + "; ".join(results.problems))
    beside = reliability(results)
    judged = judged_by(results, beside)
    verdicts = _verdicts(setting, judged)
    facts = (*verdicts, *_impossible(setting, results), *_weak(setting, results), *_single(setting))
    return AnswerPart("measured", facts, {
        "measurement": _measurement(setting, beside, judged),
            "judgements": setting.labels.frame(judged[["construct", "verdict", "note"]], quoting=True),
        "items": items_table(setting, results),
    }, {"measurement": results, "fit": fit_sentence(results)}, {"measurement": judged_fit(results)})  # fmt: skip


def _measurement(setting: Setting, beside: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    own = beside.drop(columns=["items", "note", "omega", "ave"])
    frame = judged.merge(own, on="construct", how="left")
    return setting.labels.frame(_within_one(frame[[name for name in SHOWN if name in frame.columns]]))


def _within_one(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with upper limits of shares that end at 1, and a note on those that were cut there.

    Intervals by the delta method are symmetric (Raykov 2002): in small samples they
    pass 1, which no share can. `reliability` leaves them as they are.
    """
    limits = [name for name in frame.columns if name.endswith("_ci_upper")]
    cut = (frame[limits] > 1).any(axis=1)
    if not cut.any():
        return frame
    return frame.assign(**frame[limits].clip(upper=1.0), note=np.where(cut, CUT, ""))


def items_table(setting: Setting, results: Results) -> pd.DataFrame:
    """One row per item: construct, wording, standardized loading with limits, and how it is called into question."""
    limits = path_limits(results)
    own = limits[limits["op"] == "=~"]
    frame = pd.DataFrame(
        {
            "construct": setting.labels.several(own["lhs"].tolist()),
            "wording": [setting.labels.items.get(name, name) for name in own["rhs"]],
            "loading": own["std_all"].to_numpy(float),
            "ci_lower": own["std_all_ci_lower"].to_numpy(float),
            "ci_upper": own["std_all_ci_upper"].to_numpy(float),
        }
    )
    answers = setting.survey.answers
    frame["n"] = [int(answers[name].notna().sum()) for name in own["rhs"]]
    return frame


def _verdicts(setting: Setting, judged: pd.DataFrame) -> list[Fact]:
    well = judged[judged["outcome"] == "holds"]["construct"].tolist()
    verdicts = tuple(Verdict("holds", setting.label(name)) for name in well)
    count = {"n": len(well), "all": len(judged)}
    key = "measured_all" if len(well) == len(judged) else "measured_some" if well else "measured_none"
    facts = [Fact(key, count, verdicts, first=True)]
    for outcome in OUTCOMES:
        names = judged[judged["outcome"] == outcome]["construct"].tolist()
        if names:
            shown = tuple(Verdict(outcome, setting.label(name), reason="see its row") for name in names)
            facts.append(Fact(f"measured_{outcome}", {"names": setting.labels.several(names)}, shown))
    return facts


def _impossible(setting: Setting, results: Results) -> list[Fact]:
    """Why no construct is judged well, where the solution is inadmissible."""
    if not results.inadmissible:
        return []
    verdict = Verdict("fails", "admissible solution", reason="; ".join(results.inadmissible))
    return [Fact("measured_impossible", {"reason": setting.labels.text(verdict.reason)}, (verdict,))]


def _weak(setting: Setting, results: Results) -> list[Fact]:
    frame = cross_loadings(results)
    own = frame[frame["own"].astype(bool) & frame["loading"].notna()]
    low = own[own["loading"].abs() < WEAK].sort_values("loading", key=np.abs)
    if low.empty:
        return []
    verdicts = tuple(Verdict("doubtful", "loading", float(x), WEAK, "Hair et al. 2019") for x in low["loading"])
    quoted = [setting.labels.quoted(str(name)) for name in low["item"].head(MOST)]
    return [Fact("items_weak", {"n": len(low), "names": quoted}, verdicts)]


def _single(setting: Setting) -> list[Fact]:
    judged = {part.name for part in setting.judged}
    left = [part.name for part in setting.answered.constructs if part.name not in judged]
    return [Fact("measured_single", {"names": setting.labels.several(left)})] if left else []
