"""How the models of an answer are fitted: chosen by what the data are, each choice with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sexresearch.errors import OptionError
from sexresearch.sem import Fitting
from sexresearch.survey import Survey

FEW_CATEGORIES = 5  # Rhemtulla, Brosseau-Liard & Savalei (2012): from five on, robust maximum likelihood does as well
SHARE_ORDERED = 0.5  # our convention: ordered models where at least half of the items have few categories
FEW_CLUSTERS = 20  # our convention: with fewer, standard errors of clusters are more misleading than those of rows
SMALL_GROUP = 50  # our convention: of a group with fewer rows, no model of several constructs is fitted
CHAIN_ENDS = ("success", "loyalty", "delight", "satisfaction")


@dataclass(frozen=True)
class Overrides:
    """What the caller has decided; None leaves it to the data, "" says that there is none."""

    target: str | None = None
    group: str | None = None
    cluster: str | None = None
    sampling_weights: str | None = None
    estimator: str | None = None
    missing: str | None = None
    ordered: bool | Sequence[str] | None = None


@dataclass(frozen=True)
class Choice:
    """One choice: what was chosen, its value, and the key of its reason in the catalogues with what fills it."""

    choice: str
    value: str
    key: str
    filling: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Choices:
    """All choices; `items` are those whose answers vary, in the order of the questionnaire."""

    survey: Survey
    items: tuple[str, ...]
    target: str
    group: str
    fitting: Fitting
    made: tuple[Choice, ...]

    @property
    def for_rivals(self) -> Fitting:
        """The fitting for questions that need a likelihood: ordered items are then taken as they are coded."""
        if not self.fitting.ordered:
            return self.fitting
        missing = "fiml" if self.fitting.missing == "pairwise" else self.fitting.missing
        cluster, weights = self.fitting.cluster, self.fitting.sampling_weights
        return Fitting(estimator="MLR", missing=missing, cluster=cluster, sampling_weights=weights)


def choices(survey: Survey, overrides: Overrides) -> Choices:
    """The choices for a survey; OptionError where the caller names what is not there."""
    answers = survey.answers
    items = tuple(name for name in survey.items if answers[name].nunique() > 1)
    target = _target(survey, items, overrides)
    group = _column(survey, "group", overrides.group)
    cluster = _cluster(survey, overrides)
    weights = _column(survey, "weight", overrides.sampling_weights)
    ordered = _ordered(survey, items, overrides)
    gaps = bool(answers[list(items or survey.items)].isna().any(axis=None))
    missing = _missing(overrides, gaps, bool(ordered.value))
    estimator = _estimator(overrides, bool(ordered.value))
    names = tuple(ordered.value.split(", ")) if ordered.value else None
    fitting = Fitting(
        estimator=estimator.value,
        missing=missing.value,
        ordered=names,
        cluster=cluster.value or None,
        sampling_weights=weights.value or None,
    )
    return Choices(
        survey, items, target.value, group.value, fitting,
        (target, estimator, ordered, missing, cluster, group, weights),
    )  # fmt: skip


def _target(survey: Survey, items: Sequence[str], overrides: Overrides) -> Choice:
    assert survey.instrument is not None
    parts = survey.instrument.constructs
    if overrides.target is not None:
        wanted = overrides.target
        named = [p.name for p in parts if wanted in (p.name, p.node) or wanted.casefold() == p.label.casefold()]
        if not named:
            known = ", ".join(part.name for part in parts)
            raise OptionError(f"target {wanted!r} is not measured by the questionnaire; its constructs are {known}")
        return Choice("target", named[0], "asked")
    for node in CHAIN_ENDS:
        for part in parts:
            if part.node == node and any(item.name in items for item in part.items):
                return Choice("target", part.name, "target_last")
    return Choice("target", "", "target_none")


def _column(survey: Survey, role: str, wanted: str | None) -> Choice:
    """The column of a role: the one asked for, or the first that the questionnaire so declares."""
    choice = {"weight": "sampling_weights"}.get(role, role)
    assert survey.instrument is not None
    if wanted:
        if wanted not in survey.answers.columns:
            known = ", ".join(map(str, survey.answers.columns[:20]))
            raise OptionError(f"{choice} {wanted!r} is not a column of {survey.source.name}; its columns are {known}")
        return Choice(choice, wanted, "asked")
    if wanted == "":
        return Choice(choice, "", "asked_none")
    declared = [field for field in survey.instrument.fields if field.role == role]
    for field in declared:
        if survey.answers[field.name].nunique() > 1:
            return Choice(choice, field.name, "declared")
    return Choice(choice, "", "one_value" if declared else "not_declared")


def _cluster(survey: Survey, overrides: Overrides) -> Choice:
    choice = _column(survey, "cluster", overrides.cluster)
    if not choice.value or overrides.cluster:
        return choice
    number = int(survey.answers[choice.value].nunique())
    if number < FEW_CLUSTERS:
        return Choice("cluster", "", "few_clusters", (("n", number), ("least", FEW_CLUSTERS)))
    return Choice("cluster", choice.value, "clusters", (("n", number),))


def _ordered(survey: Survey, items: Sequence[str], overrides: Overrides) -> Choice:
    if overrides.ordered is not None:
        names = (
            list(items) if overrides.ordered is True else [] if overrides.ordered is False else list(overrides.ordered)
        )
        unknown = [name for name in names if name not in survey.items]
        if unknown:
            raise OptionError(f"ordered names {', '.join(unknown)}, which are no items of {survey.source.name}")
        return Choice("ordered", ", ".join(names), "asked")
    assert survey.instrument is not None
    whole = {item.name for item in survey.instrument.items if item.scale.whole}
    used = survey.answers[list(items)].nunique()
    few = [name for name in items if name in whole and used[name] < FEW_CATEGORIES]
    if not few:
        return Choice("ordered", "", "many_categories", (("least", FEW_CATEGORIES),))
    if len(few) < SHARE_ORDERED * len(items):
        counts = (("n", len(few)), ("all", len(items)), ("least", FEW_CATEGORIES))
        return Choice("ordered", "", "some_categories", counts)
    return Choice("ordered", ", ".join(few), "few_categories", (("n", len(few)), ("least", FEW_CATEGORIES)))


def _missing(overrides: Overrides, gaps: bool, ordered: bool) -> Choice:
    if overrides.missing is not None:
        return Choice("missing", overrides.missing, "asked")
    if not gaps:
        return Choice("missing", "listwise", "no_gaps")
    return Choice("missing", "pairwise", "gaps_ordered") if ordered else Choice("missing", "fiml", "gaps")


def _estimator(overrides: Overrides, ordered: bool) -> Choice:
    if overrides.estimator is not None:
        return Choice("estimator", overrides.estimator, "asked")
    return Choice("estimator", "WLSMV", "ordered_items") if ordered else Choice("estimator", "MLR", "robust")
