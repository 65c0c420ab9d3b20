"""`answer`: the four questions about a customer survey, with everything behind their answers, as one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape

import numpy as np
import pandas as pd

from sexresearch.answering.answer_document import answer_document
from sexresearch.answering.choosing import Overrides, choices
from sexresearch.answering.drawing import MOST_LEVERS, Figures
from sexresearch.answering.fact_sentences import choices_frame, sentences_of
from sexresearch.answering.facts import QUESTIONS, AnswerPart, Question, Sentence, unanswered
from sexresearch.answering.labels import Labels
from sexresearch.answering.slides import slides_document
from sexresearch.answering.stages.chaining import ChosenView, chain_part, chosen_view
from sexresearch.answering.stages.comparing_groups import whom_part
from sexresearch.answering.stages.improving import next_part
from sexresearch.answering.stages.limiting import limits_part
from sexresearch.answering.stages.measuring import measured_part
from sexresearch.answering.stages.screening import DROPPABLE, data_part, respondents_of
from sexresearch.answering.stages.setting import Setting
from sexresearch.answering.stages.standing import today_part
from sexresearch.answering.text_catalogue import catalogue, named
from sexresearch.arguments import in_words
from sexresearch.chain.views.chain_model import ChainView
from sexresearch.document import Document
from sexresearch.errors import DataError, OptionError, SexresearchError
from sexresearch.escaping import visible
from sexresearch.glossary import table
from sexresearch.languages import LANGUAGES, Language
from sexresearch.marking import marked
from sexresearch.sem import Model, Results
from sexresearch.sem.view import Estimator, MissingData
from sexresearch.survey import Instrument, Survey, screen

FAILURES = (ArithmeticError, ValueError, np.linalg.LinAlgError)
POINTS = 5.0  # of a lever, as `priorities` has it
PAGE_ONE = 9  # sentences at the most
PAGE_LETTERS, ROW_LETTERS = 1950, 50  # on page one, and those that a row of its figure takes the room of
PAGE_ORDER = ("next", "today", "chain", "whom", "measured", "data", "limits")
NEEDED_FIRST = ("next", "data", "measured", "chain", "whom", "today")  # where page one has no room for all
Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False, repr=False)
class Answer:
    """The answer to the four questions about a survey, made by `answer`.

    survey : the answers as they were analysed. target : the construct that everything leads to, by name. parts : what
    was found, question by question, as data. language : of the sentences.
    """

    survey: Survey
    target: str
    parts: tuple[AnswerPart, ...]
    choices: pd.DataFrame
    labels: Labels

    @property
    def language(self) -> Language:
        """The language of the sentences."""
        return self.labels.language

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """All that is said, question by question; each with the verdicts it was made from."""
        return tuple(sentences_of(self.parts, self.labels))

    @cached_property
    def page_one(self) -> tuple[Sentence, ...]:
        """What matters most, in nine sentences at the most: what to do first, then why."""
        first = [sentence for sentence in self.sentences if sentence.first]
        limits = [sentence for sentence in first if sentence.question == "limits"][:1]
        others = [sentence for sentence in first if sentence.question != "limits"]
        needed = sorted(others, key=lambda sentence: _need(sentence, others))[: PAGE_ONE - len(limits)]
        rows = min(MOST_LEVERS, len(self.tables.get("priorities", ())))
        taken = sum(len(sentence.text) for sentence in limits)
        kept = _with_room(needed, PAGE_LETTERS - ROW_LETTERS * rows - taken)
        return (*sorted(kept, key=lambda sentence: self._page_order.index(sentence.question)), *limits)

    @property
    def _page_order(self) -> tuple[str, ...]:
        """Where it cannot be said what to improve, what is wrong with the answers comes at once."""
        silent = any(fact.key == "unanswered_next" for fact in self.part("next").facts)
        return ("next", "data", *PAGE_ORDER[1:]) if silent else PAGE_ORDER

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name, with labels; the last one says what was chosen and why."""
        frames = {name: frame for part in self.parts for name, frame in part.tables.items()}
        return {name: marked(frame.copy()) for name, frame in (frames | {"choices": self.choices}).items()}

    @property
    def limits(self) -> tuple[str, ...]:
        """What the answer cannot say, in sentences."""
        return tuple(sentence.text for sentence in self.sentences if sentence.question == "limits")

    @property
    def material(self) -> dict[str, object]:
        """The fits behind the answer, and frames that figures are drawn from."""
        return {name: value for part in self.parts for name, value in part.material.items()}

    @cached_property
    def figures(self) -> Figures:
        """Figures by name, drawn when they are asked for: "next", "today", "chain" and "steps"."""
        return Figures(self.parts, self.labels)

    @property
    def points(self) -> float:
        """Points of a lever whose gain is stated."""
        ranked = self.tables.get("priorities")
        return POINTS if ranked is None else float(ranked["points"].iloc[0])

    @property
    def money(self) -> str:
        """The wording of the item that is an amount of money; empty where none is."""
        return str(self.material.get("money", ""))

    @property
    def provenance(self) -> str:
        """One line on how the numbers came about."""
        results = self.material.get("chain", self.material.get("measurement"))
        return str(results.provenance) if isinstance(results, Results) else self.survey.caption

    @property
    def first_lever(self) -> str:
        """The label of what to improve first; empty where nothing is shown to bring the target."""
        facts = next(part.facts for part in self.parts if part.question == "next")
        return next((str(dict(fact.values)["construct"]) for fact in facts if fact.key.startswith("first_")), "")

    @in_words
    def document(self, title: str = "", *, slides: bool = False) -> Document:
        """The answer as a document: page one, a section for each question, statistics in the appendix.

        Parameters
        ----------
        title : str
            Of the document. Default: that of the questionnaire.
        slides : bool
            Eight slides in the place of the report: what to do, why, for whom, where we stand, how far to trust it.

        Returns
        -------
        Document
            To be written by `report` or `sexresearch.document.write`.

        Raises
        ------
        OptionError
            The title is no text.
        """
        return slides_document(self, title) if slides else answer_document(self, title)

    def _repr_html_(self) -> str:
        sentences = "".join(f"<li>{escape(visible(sentence.text))}</li>" for sentence in self.page_one)
        shown = "".join(
            f"<details><summary>{escape(name)}</summary>{table(frame)._repr_html_()}</details>"
            for name, frame in self.tables.items()
        )
        heading = escape(visible(self.labels.of(self.target) or self.survey.caption))
        return f"<h3>{heading}</h3><ul>{sentences}</ul>{shown}"

    @in_words
    def part(self, question: Question) -> AnswerPart:
        """What was found for one question.

        Parameters
        ----------
        question : {"data", "today", "measured", "chain", "whom", "next", "limits"}
            As the answer asks them.

        Returns
        -------
        Part
            Its facts, tables, and the fits behind them.

        Raises
        ------
        OptionError
            There is no such question.
        """
        for part in self.parts:
            if part.question == question:
                return part
        raise OptionError(f"question {question!r} is not known; allowed: {', '.join(QUESTIONS)}")

    def __repr__(self) -> str:
        heading = f"{named(self.language, 'answer', 'document')}: {self.labels.of(self.target) or self.survey.caption}"
        return "\n".join([heading, *(f"  {sentence.text}" for sentence in self.page_one)])


def _with_room(needed: Sequence[Sentence], letters: int) -> list[Sentence]:
    """The sentences that have room, the most needed first; the first one at any rate."""
    kept: list[Sentence] = []
    for sentence in needed:
        if not kept or len(sentence.text) <= letters:
            kept.append(sentence)
            letters -= len(sentence.text)
    return kept


def _need(one: Sentence, others: Sequence[Sentence]) -> tuple[int, int]:
    """How much page one needs a sentence: all on what to do, then the first of every question, then the second."""
    own = [other for other in others if other.question == one.question]
    place = 0 if one.question == "next" else own.index(one)
    return place, NEEDED_FIRST.index(one.question)


@in_words
def answer(
    survey: Survey,
    target: str | None = None,
    group: str | None = None,
    *,
    without: Sequence[str] | pd.DataFrame | None = None,
    model: Model | str | None = None,
    view: ChainView | None = None,
    estimator: Estimator | str | None = None,
    missing: MissingData | str | None = None,
    ordered: bool | Sequence[str] | None = None,
    cluster: str | None = None,
    sampling_weights: str | None = None,
    cost: Mapping[str, float] | None = None,
    bootstrap: int = 0,
    seed: int = 1,
    language: Language = "en",
    progress: Progress | None = None,
) -> Answer:
    """Is it measured well, does the chain hold, for whom, and what next? One answer, with everything behind it.

    Parameters
    ----------
    survey : Survey
        Answers with an instrument, which says what they measure.
    target : str, optional
        Construct that everything leads to: its name, label or node. Default: the last one of the chain that is
        measured: success, else loyalty, delight, satisfaction.
    group : str, optional
        Column of the groups to compare; "" for none. Default: the first field of role group.
    without : sequence of str or DataFrame
        Checks of `screen` whose rows are left out, or a part of what `screen` found; () for none. Default: what the
        survey platform marks as previews and tests, which are no respondents.
    model : Model or str, optional
        A model of your own in the place of the views of the chain.
    view : {"core", "full", "pyramid", "satisfaction_only", "direct", "reversed"}, optional
        The view of `chain_model` to go on with. Default: the best admissible one by BIC that is not "reversed".
    estimator, missing : str, optional
        As in `fit`. Default: "WLSMV" and "pairwise" with ordered items, else "MLR" and, with gaps, "fiml".
    ordered : bool or sequence of str, optional
        Items taken as ordered categories. Default: those that use fewer than five, where they are half of all or more.
    cluster, sampling_weights : str, optional
        Columns; "" for none. Default: the fields of role cluster (from 20 clusters on) and weight.
    cost : dict of float by str, optional
        What a point of a lever costs, as in `priorities`.
    bootstrap : int
        Replicates for the limits of gains; 0 for draws from the estimates' distribution.
    seed : int
        Whole number of at least 0 that decides the draws.
    language : {"en", "de"}
        Of sentences and documents.
    progress : callable, optional
        Is called with the name of every stage before it begins.

    Returns
    -------
    Answer
        `sentences`, `page_one`, `tables` (frames by name), `figures`, `choices` (what was chosen, and why), `limits`.
        A question that cannot be answered has the reason in its place.

    Raises
    ------
    DataError
        The survey has no instrument.
    OptionError
        A target, column, check or language that is not there.

    Notes
    -----
    Every sentence is made of verdicts that it carries. Links whose interval holds 0 are called not shown, which is not
    the same as absent; levers that are not told apart with a probability of .95 are called so. Five categories or more
    are treated as numbers (Rhemtulla, Brosseau-Liard & Savalei 2012, doi 10.1037/a0029315).

    Examples
    --------
    >>> import sexresearch as sx
    >>> found = sx.answer(sx.datasets.load("service_excellence_demo"), group="")
    >>> found.target, found.choices["value"][1]
    ('success', 'MLR')
    """
    instrument = _checked(survey, language)
    kept = _without(survey, without).translated(language)
    requested = Overrides(_named(instrument, target), group, cluster, sampling_weights, estimator, missing, ordered)
    made = choices(kept, requested)
    labels = Labels(instrument.translated(language), language, instrument.untranslated(language))
    own = Model(model) if isinstance(model, str) else model
    setting = Setting(kept, made, labels, own, view, cost, bootstrap, seed)
    parts = _parts(setting, progress or (lambda stage: None))
    return Answer(kept, made.target, parts, choices_frame(made.made, labels), labels)


def _checked(survey: Survey, language: Language) -> Instrument:
    if not isinstance(survey, Survey):
        raise DataError(f"answer takes a Survey: use read_survey(path, instrument); found {type(survey).__name__}")
    if survey.instrument is None:
        raise DataError(
            f"{survey.source.name} was read without an instrument, so it is not known what its columns measure: let "
            "`sexresearch codebook FILE -o questionnaire.toml` (sx.draft_instrument) draft a codebook, confirm it, and "
            "give it to read_survey(path, instrument)"
        )
    if language not in LANGUAGES:
        raise OptionError(f"language {language!r} is not known; allowed: {', '.join(LANGUAGES)}")
    return survey.instrument


def _named(instrument: Instrument, target: str | None) -> str | None:
    """The name of the construct that a label in the questionnaire's own language means; else what was given."""
    wanted = target.casefold() if isinstance(target, str) else None
    return next((part.name for part in instrument.constructs if part.label.casefold() == wanted), target)


def _without(survey: Survey, without: Sequence[str] | pd.DataFrame | None) -> Survey:
    if without is None:
        return respondents_of(survey)
    if isinstance(without, pd.DataFrame):
        return survey.without(without) if len(without) else survey
    wanted = [without] if isinstance(without, str) else list(without)
    if not wanted:
        return survey
    unknown = [check for check in wanted if check not in DROPPABLE]
    if unknown:
        known = ", ".join(DROPPABLE)
        raise OptionError(f"without names {unknown[0]!r}, which is no check that names rows; those are: {known}")
    findings = screen(survey)
    own = findings[findings["check"].isin(wanted) & (findings["rows"].map(len) > 0)]
    return survey.without(own) if len(own) else survey


def _parts(setting: Setting, progress: Progress) -> tuple[AnswerPart, ...]:
    """All stages in order; each that fails leaves its reason, and the others stand."""
    parts: dict[str, AnswerPart] = {}
    parts["data"] = _stage("data", lambda: data_part(setting), progress)
    parts["today"] = _stage("today", lambda: today_part(setting), progress)
    parts["measured"] = _stage("measured", lambda: measured_part(setting), progress)
    chosen: list[ChosenView] = []

    def chain() -> AnswerPart:
        chosen.append(chosen_view(setting))
        return chain_part(setting, chosen[0])

    parts["chain"] = _stage("chain", chain, progress)
    parts["whom"] = _stage("whom", lambda: whom_part(setting, chosen[0] if chosen else None), progress)
    if chosen and chosen[0].results.converged:
        parts["next"] = _stage("next", lambda: next_part(setting, chosen[0]), progress)
    else:
        parts["next"] = unanswered("next", _why_no_chain(parts["chain"]))
    material = {name: value for part in parts.values() for name, value in part.material.items()}
    parts["limits"] = _stage("limits", lambda: limits_part(setting, material), progress)
    return tuple(parts[question] for question in QUESTIONS)


def _why_no_chain(chain: AnswerPart) -> str:
    """The key of the reason that there is no chain; other reasons stand where the chain itself is asked about."""
    keys = [str(dict(fact.values).get("reason", "")) for fact in chain.facts]
    return next((key for key in keys if key in catalogue("en")["reasons"]), "no_chain")


def _stage(question: Question, stage: Callable[[], AnswerPart], progress: Progress) -> AnswerPart:
    progress(question)
    try:
        return stage()
    except SexresearchError as error:
        return unanswered(question, str(error))
    except FAILURES:  # of the arithmetic, in words that are not for readers
        return unanswered(question, "not_computed")
