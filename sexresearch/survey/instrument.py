"""The instrument: which constructs a questionnaire measures, by which items, answered on which scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from sexresearch.arguments import in_words, worded
from sexresearch.errors import InstrumentError
from sexresearch.languages import Language
from sexresearch.survey.codebook import read_codebook
from sexresearch.survey.codebook_text import codebook_text
from sexresearch.survey.codebook_translations import translations_text
from sexresearch.survey.consistency import instrument_problems, unknown_nodes
from sexresearch.survey.coverage import coverage_frame
from sexresearch.survey.fielding import FormKind, form_content
from sexresearch.survey.parts import Construct, Field, Item, ResponseScale
from sexresearch.survey.problem import placed
from sexresearch.survey.translations import Place, Translation, construct_in, field_in, language_code, texts_of
from sexresearch.survey.wording import together
from sexresearch.writing import write_whole


@worded
@dataclass(frozen=True)
class Instrument:
    """A questionnaire: its constructs with their items and scales, and the other columns of its survey files.

    Parameters
    ----------
    constructs : tuple of Construct
        In the order of the questionnaire.
    fields : tuple of Field
        The columns that are no items.
    title : str
        Name of the questionnaire.
    language : str
        Code of the language of its texts, such as "en"; empty where not said.
    translations : tuple of Translation
        The same texts in further languages; `translated` gives the questionnaire in one of them.

    Raises
    ------
    InstrumentError
        Everything that is wrong at once: names used twice or not usable in a model, constructs without items, scales
        that contradict themselves.

    Examples
    --------
    >>> item = Item("sat1", "How satisfied are you overall?", ResponseScale("ten", 1, 10))
    >>> Instrument((Construct("satisfaction", "Satisfaction", (item,)),), title="One question").items[0].name
    'sat1'
    """

    constructs: tuple[Construct, ...]
    fields: tuple[Field, ...] = ()
    title: str = ""
    language: str = ""
    translations: tuple[Translation, ...] = ()

    def __post_init__(self) -> None:
        problems = instrument_problems(self.constructs, self.fields)
        _refuse(self.title or "the instrument", [problem.text for problem in problems])

    @classmethod
    @in_words
    def from_toml(cls, source: str | Path) -> Instrument:
        """The instrument written in a TOML codebook.

        Parameters
        ----------
        source : str or Path
            Path of the codebook, or its text. The order of the items is that of the questionnaire. An item is its
            wording, or a table with `wording` and what else is to be said of it; a field is its label, or a table. The
            example shows every key of the format.

        Returns
        -------
        Instrument
            Checked.

        Raises
        ------
        InstrumentError
            All problems together, each with its line and, where that is known, the line to write.

        Examples
        --------
        >>> codebook = '''
        ... title = "Branch survey"
        ... language = "en"      # of all texts, where there are translations
        ... missing = [-9]       # codes and words of no answer, in all scales and labelled fields
        ...
        ... [scales.agree7]
        ... lowest = 1
        ... highest = 7
        ... labels = { 1 = "strongly disagree", 7 = "strongly agree" }   # or a list with one text per answer
        ... missing = [98, 99, "no opinion"]   # codes and words that stand for no answer
        ...
        ... [scales.percent]
        ... lowest = 0
        ... highest = 100
        ... whole = false        # any number in the range is an answer
        ...
        ... [constructs.delight]
        ... label = "Customer delight"
        ... definition = "Feeling valued, and expectations exceeded."
        ... node = "customer_delight"   # its place in the effect chain
        ... scale = "agree7"            # the scale of its items
        ... [constructs.delight.items]
        ... del1 = "This visit was better than I thought possible."
        ... del2 = { wording = "I left as just another number.", reverse = true }
        ... del3 = { wording = "They made me feel valued.", column = "G01Q02[SQ003]" }
        ... del4 = { wording = "I was delighted.", clause = "3.5", respondent = "customer", source = "own question" }
        ...
        ... [constructs.wallet]
        ... label = "Share of wallet"
        ... [constructs.wallet.items]
        ... wallet1 = { wording = "Of 100 euro you spend on this, how many here?", scale = "percent" }
        ...
        ... [fields]   # the other columns; roles: id group cluster weight other
        ... respondent = { label = "Respondent number", role = "id" }
        ... brand = { label = "Brand position", role = "group", labels = { 1 = "premium", 2 = "luxury" } }
        ... income = { label = "Income class", labels = { 1 = "low", 2 = "high" }, missing = [99] }
        ... city = "City of the branch"
        ...
        ... [translations.de]   # any language; what is not translated stays as it is
        ... title = "Filialbefragung"
        ... [translations.de.scales]
        ... agree7 = { 1 = "stimme gar nicht zu", 7 = "stimme völlig zu" }
        ... [translations.de.constructs]
        ... wallet = "Anteil am Budget"
        ... delight = { label = "Begeisterung", definition = "Wertgeschätzt, und Erwartungen übertroffen." }
        ... [translations.de.items]
        ... del4 = "Ich war begeistert."
        ... [translations.de.fields]
        ... city = "Stadt der Filiale"
        ... brand = { label = "Marke", labels = { 1 = "Premium", 2 = "Luxus" } }
        ... '''
        >>> Instrument.from_toml(codebook).construct("delight").items[1].reverse
        True
        """
        text, name = _codebook_text(source)
        book = read_codebook(text, name)
        problems = (*book.problems, *instrument_problems(book.constructs, book.fields))
        problems = (*problems, *unknown_nodes(book.constructs))
        _refuse(name, list(placed(problems, text)) if problems else [])
        return cls(book.constructs, book.fields, book.title, book.language, book.translations)

    @property
    def items(self) -> tuple[Item, ...]:
        """All items, in the order of the questionnaire."""
        return tuple(item for construct in self.constructs for item in construct.items)

    @property
    def scales(self) -> tuple[ResponseScale, ...]:
        """The response scales in use, in order of first appearance."""
        return tuple(dict.fromkeys(item.scale for item in self.items))

    @in_words
    def construct(self, name: str) -> Construct:
        """The construct of that name.

        Parameters
        ----------
        name : str
            Name of a construct of the instrument.

        Returns
        -------
        Construct
            With its items.

        Raises
        ------
        InstrumentError
            There is none; the message names those there are.
        """
        for construct in self.constructs:
            if construct.name == name:
                return construct
        known = ", ".join(construct.name for construct in self.constructs)
        raise InstrumentError(f"there is no construct '{name}' in the instrument; its constructs are {known}")

    def codebook(self) -> pd.DataFrame:
        """The instrument as a table.

        Returns
        -------
        DataFrame
            One row per item or field; cells that do not apply are missing. kind is item, or the role of the field;
            labels and missing_codes are written out as text.
        """
        items = [_item_row(construct, item) for construct in self.constructs for item in construct.items]
        return pd.DataFrame(items + [_field_row(field) for field in self.fields])

    def to_toml(self) -> str:
        """The instrument as a TOML codebook.

        Returns
        -------
        str
            Text that `Instrument.from_toml` reads as an equal instrument.

        Examples
        --------
        >>> item = Item("sat1", "How satisfied are you overall?", ResponseScale("ten", 1, 10))
        >>> instrument = Instrument((Construct("satisfaction", "Satisfaction", (item,)),))
        >>> Instrument.from_toml(instrument.to_toml()) == instrument
        True
        """
        own = codebook_text(self.title, self.constructs, self.fields, self.language)
        texts = texts_of(self.title, self.constructs, self.fields)
        return "\n".join([own, *translations_text(self.translations, texts)])

    @in_words
    def export(self, path: str | Path, *, kind: FormKind | None = None, language: Language = "en") -> Path:
        """Write the questionnaire as a form that a survey platform imports, or as a sheet to print.

        Parameters
        ----------
        path : str or Path
            .xlsx is an XLSForm (Kobo, ODK, SurveyCTO), .docx a sheet to print, .txt LimeSurvey's or Qualtrics' import.
        kind : {"xlsform", "limesurvey", "qualtrics", "word"}, optional
            The form; needed for .txt only.
        language : {"en", "de"}
            Of the sheet's own words, what the platform is told, and the questions where they are translated.

        Returns
        -------
        Path
            Where the form is.

        Raises
        ------
        OptionError
            A kind, suffix or language that is not there, or that do not belong together.
        WriteError
            The file cannot be written.

        Notes
        -----
        What comes back from the platform is read by `read_survey` with the same instrument. Respondents see neither
        the names of constructs nor which items are reversed. Answers are codes with their labels; scales with more
        than eleven answers ask for a number. Codes of no answer are offered where they have a label. Fields with the
        roles id, cluster and weight are hidden. From Qualtrics, export choice text where a scale begins at 0.

        Examples
        --------
        >>> import tempfile
        >>> item = Item("sat1", "How satisfied are you overall?", ResponseScale("ten", 1, 10))
        >>> instrument = Instrument((Construct("satisfaction", "Satisfaction", (item,)),))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     instrument.export(f"{folder}/form.xlsx").name
        'form.xlsx'
        """
        own = self.translated(language)
        return write_whole(path, form_content(path, kind, language, own.title, own.constructs, own.fields))

    @in_words
    def translated(self, language: str) -> Instrument:
        """The questionnaire with its texts in another language.

        Parameters
        ----------
        language : str
            Code of a language, such as "de".

        Returns
        -------
        Instrument
            What has no text in that language stays as it is; `untranslated` names it. The texts of before are then
            one of the translations.

        Raises
        ------
        OptionError
            `language` is no text.

        Examples
        --------
        >>> item = Item("sat1", "Satisfied?", ResponseScale("ten", 1, 10))
        >>> german = Translation("de", ((("items", "sat1"), "Zufrieden?"),))
        >>> found = Instrument((Construct("sat", "Satisfaction", (item,)),), language="en", translations=(german,))
        >>> found.translated("de").items[0].wording, found.translated("de").translated("en") == found
        ('Zufrieden?', True)
        """
        texts = next((dict(other.texts) for other in self.translations if other.language == language), None)
        if language_code(language) == self.language or texts is None:
            return self
        own = texts_of(self.title, self.constructs, self.fields)
        before = Translation(self.language, tuple((place, text) for place, text in own.items() if place in texts))
        others = (before if other.language == language else other for other in self.translations)
        return replace(
            self,
            title=texts.get(("title",), self.title),
            constructs=tuple(construct_in(part, texts) for part in self.constructs),
            fields=tuple(field_in(field, texts) for field in self.fields),
            language=language,
            translations=tuple(others),
        )

    @in_words
    def untranslated(self, language: str) -> tuple[Place, ...]:
        """The places of texts that the questionnaire does not have in a language.

        Parameters
        ----------
        language : str
            Code of a language, such as "de".

        Returns
        -------
        tuple of tuple of str
            As in ("items", "sat1"); none where the questionnaire does not say its own language.

        Raises
        ------
        OptionError
            `language` is no text.

        Examples
        --------
        >>> item = Item("sat1", "Satisfied?", ResponseScale("ten", 1, 10))
        >>> Instrument((Construct("sat", "Satisfaction", (item,)),), language="en").untranslated("de")
        (('constructs', 'sat', 'label'), ('items', 'sat1'))
        """
        if self.language in ("", language_code(language)):
            return ()
        there = {place for other in self.translations if other.language == language for place, _ in other.texts}
        return tuple(place for place in texts_of(self.title, self.constructs, self.fields) if place not in there)

    def coverage(self) -> pd.DataFrame:
        """Which parts of the standard the instrument asks about, by what, and which it leaves out.

        Returns
        -------
        DataFrame
            One row per node of the effect chain, level of the pyramid, element, sub-element and benefit: whether it
            is measured, by which constructs and items, answered by whom. An element counts as measured by its
            sub-elements too, and a node by what `chain_model` takes for it, such as delight by its two routes.

        Examples
        --------
        >>> item = Item("sat1", "How satisfied are you overall?", ResponseScale("ten", 1, 10))
        >>> found = Instrument((Construct("sat", "Satisfaction", (item,), node="satisfaction"),)).coverage()
        >>> found.loc[found["measured"], "title"].tolist()
        ['satisfaction']
        """
        return coverage_frame(self.constructs)


def _refuse(name: str, problems: Sequence[str]) -> None:
    if problems:
        raise InstrumentError(together(f"{name} cannot be used as it is", problems))


def _codebook_text(source: str | Path) -> tuple[str, str]:
    if isinstance(source, str) and ("\n" in source or "=" in source):
        return source, "the codebook"
    path = Path(source)
    try:
        return path.read_text(encoding="utf-8-sig"), path.name
    except (OSError, UnicodeDecodeError) as error:
        raise InstrumentError(f"the codebook '{path.name}' cannot be read: {error}") from error


def _item_row(construct: Construct, item: Item) -> dict[str, object]:
    scale = item.scale
    return {
        "column": item.name,
        "kind": "item",
        "construct": construct.name,
        "wording": item.wording,
        "scale": scale.name,
        "lowest": scale.lowest,
        "highest": scale.highest,
        "labels": "; ".join(f"{code:g} {text}" for code, text in scale.labels) or None,
        "missing_codes": _codes(scale.missing),
        "reverse": item.reverse,
    }


def _field_row(field: Field) -> dict[str, object]:
    labels = "; ".join(f"{code} {text}" for code, text in field.labels) or None
    return {
        "column": field.name,
        "kind": field.role,
        "wording": field.label or None,
        "labels": labels,
        "missing_codes": _codes(field.missing),
    }


def _codes(missing: tuple[float | str, ...]) -> str | None:
    return ", ".join(code if isinstance(code, str) else f"{code:g}" for code in missing) or None
