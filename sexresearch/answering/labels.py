"""Names as the questionnaire has them: labels of constructs, wordings of items, in frames and in running text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from sexresearch.answering.text_catalogue import catalogue
from sexresearch.languages import Language
from sexresearch.survey import Instrument

NAMES = ("where", "construct", "item", "nearest", "htmt_with", "target", "source", "lhs", "rhs", "column")
TEXTS = ("path", "detail", "advice", "verdict", "note", "reason", "unit", "released")
VIEWED = ("model", "equivalent", "verdict")
FORMULAS = {
    "residual": re.compile(r"([\w.]+) ~~ \1(?![\w.])"),
    "intercept": re.compile(r"([\w.]+) ~1"),
    "loading": re.compile(r"([\w.]+) =~ ([\w.]+)"),
}
MARKS = {"en": ("“", "”"), "de": ("„", "“")}  # quotation marks
LONGEST = 60  # letters of a wording in a sentence


@dataclass(frozen=True)
class Labels:
    """Labels by the names that models and files use."""

    instrument: Instrument
    language: Language
    untranslated: tuple[tuple[str, ...], ...] = ()

    @cached_property
    def constructs(self) -> dict[str, str]:
        """Of constructs and of what the model makes of them, such as excellence."""
        made = dict(catalogue(self.language)["names"])
        fields = {field.name: field.label for field in self.instrument.fields if field.label}
        return made | fields | {part.name: part.label for part in self.instrument.constructs if part.label}

    @cached_property
    def items(self) -> dict[str, str]:
        """Of items: their wordings, with the topic behind where two items have the same, or the name if need be."""
        worded = {item.name: item.wording.strip() for item in self.instrument.items if item.wording.strip()}
        topics = {item.name: part.label or part.name for part in self.instrument.constructs for item in part.items}
        often, pairs = Counter(worded.values()), Counter((text, topics[name]) for name, text in worded.items())
        behind = {name: topics[name] if pairs[text, topics[name]] == 1 else name for name, text in worded.items()}
        return {name: f"{text} ({behind[name]})" if often[text] > 1 else text for name, text in worded.items()}

    @cached_property
    def every(self) -> dict[str, str]:
        """Of constructs, fields, items and views."""
        return {**self.items, **self.constructs}

    @cached_property
    def within_texts(self) -> dict[str, str]:
        """As `every`, the wordings of items in quotation marks."""
        return {name: self.quoted(name) for name in self.items} | self.constructs

    def views(self, names: Sequence[str], *, quoting: bool = False) -> list[str]:
        """The views of the chain in words, in quotation marks where a sentence goes on around them."""
        known = catalogue(self.language)["views"]
        begun, ended = MARKS[self.language] if quoting else ("", "")
        return [f"{begun}{known.get(name, name)}{ended}" for name in names]

    def outcome(self, outcome: object) -> str:
        """An outcome as a word."""
        return str(catalogue(self.language)["outcomes"].get(str(outcome), outcome))

    def check(self, check: str) -> str:
        """A check of direction as a word."""
        return str(catalogue(self.language)["checks"].get(check, check))

    def of(self, name: object) -> str:
        """The label of one name; the name where there is none."""
        return self.every.get(str(name), str(name))

    def several(self, names: Sequence[object]) -> list[str]:
        """The labels of several names."""
        return [self.of(name) for name in names]

    def quoted(self, item: str) -> str:
        """The wording of an item in quotation marks, shortened: first by what stands in brackets at its end."""
        text = self.items.get(item, item).removesuffix(".")
        text = text if len(text) <= LONGEST else re.sub(r"(?<=\w)\s*\([^()]*\)$", "", text)
        short = text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"
        return short.join(MARKS[self.language])

    def formulas(self, text: str) -> str:
        """Running text with words in the place of formulas of residuals, intercepts and loadings."""
        known = catalogue(self.language)["formulas"]
        for name, pattern in FORMULAS.items():
            text = pattern.sub(lambda match, name=name: str(known[name]).format(*match.groups()), text)  # type: ignore[misc]
        return text

    def parameter(self, formula: str) -> str:
        """A formula such as "val1 ~1" in words, with the wording of the item."""
        names = {name: self.quoted(name)[1:-1] for name in self.items}
        return _replaced(self.formulas(formula), names | self.constructs)

    def text(self, text: str) -> str:
        """Running text, such as a reason, with labels in the place of names."""
        return _replaced(text, self.every)

    def frame(self, frame: pd.DataFrame, *, quoting: bool = False) -> pd.DataFrame:
        """The frame with labels in its columns of names and of texts; columns without any value are left out.

        quoting : whether wordings stand in quotation marks within texts.
        """
        out, within = frame.copy(), self.within_texts if quoting else self.every
        for name in out.columns:
            if name == "outcome":
                out[name] = [self.outcome(value) for value in out[name]]
            elif name == "check":
                out[name] = [self.check(str(value)) for value in out[name]]
            elif name in NAMES:
                out[name] = [self.of(value) if isinstance(value, str) else value for value in out[name]]
            elif name in TEXTS:
                out[name] = [_labelled_text(value, within) for value in out[name]]
        empty = [name for name in out.columns if len(out) and all(_nothing(value) for value in out[name])]
        return out.drop(columns=empty).reset_index(drop=True)

    def rivals(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame of `compare_rivals` with its views in words."""
        known = dict(catalogue(self.language)["view_names"])
        columns = {name: [_replaced(str(value), known) for value in frame[name]] for name in VIEWED}
        whole = self.frame(frame.drop(columns=list(VIEWED))).assign(**columns)
        return whole[[name for name in frame.columns if name in whole.columns]]


def _labelled_text(value: object, labels: Mapping[str, str]) -> object:
    if isinstance(value, tuple):
        return "; ".join(_replaced(str(part), labels) for part in value)
    return _replaced(value, labels) if isinstance(value, str) else value


def _nothing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, str) and not value) or value != value


def _replaced(text: str, labels: Mapping[str, str]) -> str:
    names = "|".join(map(re.escape, sorted(labels, key=len, reverse=True)))
    return re.sub(rf"(?<![\w.])({names})(?![\w])", lambda match: labels[match.group()], text) if names else text
