"""`write_up`: a fit in the paragraphs of a paper, made from the fit itself, so that they cannot disagree with it."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.chain.measurement.reliability import reliability
from sexresearch.chain.paths.explained import explained
from sexresearch.document import Bullets, Document, Heading, Paragraph, Run
from sexresearch.errors import OptionError
from sexresearch.report.naming import labels_of_constructs
from sexresearch.report.paths import key_paths, p_words
from sexresearch.report.pooled_words import pooled_test_sentence, pooling_sentences
from sexresearch.report.sentences import fit_sentence
from sexresearch.sem import Pooled, Results
from sexresearch.sem.view import Reference, every_reference, fit_verdicts, references, reported, source_of_fit, view
from sexresearch.survey import Survey
from sexresearch.verdict import gravest, short

ESTIMATORS = {
    "ML": "maximum likelihood (Jöreskog, 1969)",
    "MLR": "maximum likelihood with robust (Huber–White) standard errors and a scaled test (Yuan & Bentler, 2000)",
    "MLM": "maximum likelihood with robust standard errors and a scaled test (Satorra & Bentler, 1994)",
    "MLMV": "maximum likelihood with robust standard errors and a scaled and shifted test (Asparouhov & Muthén, 2010)",
    "MLMVS": "maximum likelihood with robust standard errors and a mean- and variance-adjusted test "
    "(Satorra & Bentler, 1994)",
    "MLF": "maximum likelihood with standard errors from first derivatives (Jöreskog, 1969)",
}
ORDERED = {
    "WLSM": "a scaled test (Satorra & Bentler, 1994)",
    "WLSMV": "a scaled and shifted test (Asparouhov & Muthén, 2010)",
    "WLSMVS": "a mean- and variance-adjusted test (Satorra & Bentler, 1994)",
}
AFTER = ", the structural part after the measurement part (Rosseel & Loh, 2022),"
WORDS = {"holds": "fitted the data well", "doubtful": "fitted the data in part", "fails": "did not fit the data well"}
ITALIC = re.compile(r"(?<![\w.])(p|n|χ|β|df)(?=²?\(|² | [=<>])")
MOST_PATHS = 12


@dataclass(frozen=True)
class WriteUp:
    """Paragraphs for a paper: `methods` and `results`, and the references they name, in the style of the manual.

    Prints as text, shows as HTML in a notebook, and `report` writes it to a file.
    """

    methods: str
    results: str
    references: tuple[str, ...]

    @property
    def document(self) -> Document:
        """As a document, statistical symbols in italics."""
        method = (Heading("Method"), _set(self.methods), Heading("Results"), _set(self.results))
        return Document("Methods and results", (*method, Heading("References"), Bullets(self.references)))

    def __str__(self) -> str:
        return "\n\n".join([self.methods, self.results, "References", *self.references])

    def _repr_markdown_(self) -> str:
        parts = [ITALIC.sub(r"*\1*", text) for text in (self.methods, self.results)]
        return "\n\n".join([*parts, *(f"- {entry}" for entry in self.references)])

    def _repr_html_(self) -> str:
        parts = [ITALIC.sub(r"<em>\1</em>", html.escape(text, quote=False)) for text in (self.methods, self.results)]
        listed = "".join(f"<li>{html.escape(entry)}</li>" for entry in self.references)
        return "".join(f"<p>{part}</p>" for part in parts) + f"<ul>{listed}</ul>"


@in_words
def write_up(
    results: Results | Pooled, *, data: Survey | None = None, labels: Mapping[str, str] | None = None
) -> WriteUp:
    """A fit in words, as a paper's methods and results section reports it.

    Parameters
    ----------
    results : Results or Pooled
        A fit, or the fits to imputed data sets, pooled.
    data : Survey, optional
        The survey, whose instrument has labels for the constructs.
    labels : dict of str by str, optional
        Names in the text by names in the model; they come before those of the survey.

    Returns
    -------
    WriteUp
        Two paragraphs and their references: estimator, rule for missing answers, clusters, weights and groups; the test
        and the indices that belong to the estimator with a verdict by the cut-offs of Hu and Bentler (1999), paths with
        their intervals, explained variance, reliability. A fit that did not converge, or has no admissible solution, is
        said to be that, and no estimate of it is printed. Of pooled fits: number of sets, rules, the pooled test, and
        what missing answers cost; how the sets were imputed the fits do not know, and it is yours to add.

    Raises
    ------
    OptionError
        `results` is no fit.

    Notes
    -----
    American Psychological Association (2020), Publication Manual, 7th ed., doi 10.1037/0000165-000. Standardized paths
    have intervals by the delta method.

    Examples
    --------
    >>> import sexresearch as sx
    >>> model = "joy =~ CUSA1 + CUSA2 + CUSA3; CUSCO ~ joy"
    >>> text = write_up(sx.fit(model, moments=sx.datasets.load("mobi_moments")))
    >>> text.results.split(". ")[-2]
    'Joy explained CUSCO, β = .61, 95% CI [.52, .71], p < .001 (R² = .37, 95% CI [.26, .49])'
    """
    if not isinstance(results, Results | Pooled):
        raise OptionError(f"write_up takes the Results of a fit, or fits pooled; found {type(results).__name__}")
    known = labels_of_constructs(data) | dict(labels or {})
    methods, outcome = _methods(results), _results(results, known)
    pooled = results.test if isinstance(results, Pooled) else ""
    used = references(results, max(len(results.groups), 1), results.provenance.engine, pooled)
    measured = [every_reference()[key] for key in ("mcdonald1999", "fornell1981")]
    named = [one for one in (*used, *measured) if _names(one, f"{methods} {outcome}")]
    return WriteUp(methods, outcome, tuple(one.apa for one in sorted(named, key=lambda one: one.apa)))


def _names(reference: Reference, text: str) -> bool:
    """Whether a text cites the publication, in parentheses or in its running words."""
    who, _, year = reference.cite.rpartition(", ")
    return reference.cite in text or f"{who.replace(' & ', ' and ')} ({year})" in text


def _methods(results: Results | Pooled) -> str:
    options, n = results.options, results.nobs
    engine = results.provenance.engine
    software = f"sexresearch {results.provenance.versions['sexresearch']}"
    beside = ", with the engine semopy (Igolkina & Meshcheryakov, 2020)" if engine == "semopy" else ""
    after = AFTER if engine == "sam" else ""
    how = f"The model was estimated with {_estimator(results)}{after} in {software}"
    parts = [f"{how}, whose defaults are those of lavaan (Rosseel, 2012){beside}."]
    parts += _groups(results)
    parts.append(pooling_sentences(results) if isinstance(results, Pooled) else _missing(results, n))
    if isinstance(results, Results) and options.two_level:
        clusters = sum(block.n_clusters for block in view(results, "write_up", levels=True).blocks[::2])
        parts.append(
            f"Respondents in {clusters} clusters of {options.cluster} were modelled at two levels, within clusters and "
            "between them (McDonald & Goldstein, 1989)."
        )
    elif options.cluster:
        parts.append(f"Standard errors and test allow for clusters of {options.cluster} (Muthén & Satorra, 1995).")
    if options.sampling_weights:
        within, year = (" within their cluster", 2006) if options.two_level else ("", 2005)
        parts.append(f"Respondents were weighted{within} by {options.sampling_weights} (Asparouhov, {year}).")
    if options.cluster_weights:
        parts.append(f"Clusters were weighted by {options.cluster_weights} (Asparouhov, 2006).")
    if options.se == "bootstrap":
        parts.append("Standard errors are those of bootstrap samples (Efron & Tibshirani, 1993).")
    scale = "variances of 1" if options.std_lv else "the loading of the first item of each, fixed to 1"
    parts += [f"Latent variables were scaled by {scale}."] if results.latents else []
    return " ".join(parts)


def _estimator(results: Results | Pooled) -> str:
    options = results.options
    name = options.estimator or "ML"
    if options.ordered:
        model = results if isinstance(results, Results) else results.at_mean
        count = len(options.ordered) if isinstance(options.ordered, tuple) else len(model.observed)
        test = ORDERED.get(name, "")
        items = f"{count} item{'s' * (count != 1)} taken as ordered categories (Muthén, 1984)"
        return f"{name}, {items}{f', with robust standard errors and {test}' if test else ''}"
    known = ESTIMATORS.get(name)
    kind = reported(results).test
    if known is None:
        return f"{name} (weighted least squares; Browne, 1984)"
    return known if name != "ML" or not kind else f"maximum likelihood (Jöreskog, 1969) with a {kind} test"


def _groups(results: Results | Pooled) -> list[str]:
    if not results.groups:
        return []
    equal = ", ".join(results.options.group_equal)
    constrained = f", with equal {equal} across groups" if equal else ""
    column = f" of {results.options.group}" if results.options.group else ""
    named = ", ".join(str(label) for label in results.groups)
    return [f"The {len(results.groups)} groups{column} ({named}) were fitted together{constrained} (Jöreskog, 1971)."]


def _missing(results: Results, n: int) -> str:
    """How many respondents there are, and what was done about gaps."""
    options, rows = results.options, results.rows
    if rows is None:
        return _added_up(results, n)
    gaps = int(rows[[name for name in results.observed if name in rows.columns]].isna().any(axis=1).sum())
    whole = f"n = {n} respondents"
    if not gaps:
        return f"The sample had {whole}, with no answer missing."
    if options.missing == "fiml":
        auxiliary = (
            f", with {', '.join(options.auxiliary)} as auxiliary variable{'s' * (len(options.auxiliary) != 1)} "
            "(Graham, 2003)"
            if options.auxiliary
            else ""
        )
        rule = "full information maximum likelihood (Enders & Bandalos, 2001)"
        return f"The sample had {whole}, {gaps} with gaps, which {rule} took into account{auxiliary}."
    if options.missing == "pairwise":
        return f"The sample had {whole}, {gaps} with gaps; moments are of all answers to each pair of items."
    return f"Of {len(rows)} respondents, {len(rows) - n} were left out for missing answers, so that n = {n}."


def _added_up(results: Results, n: int) -> str:
    """The same of rows that are not held."""
    if source_of_fit(results) is None:
        return f"It was fitted to summary statistics of n = {n} respondents."
    blocks = view(results, "write_up", levels=True).blocks
    if results.options.missing == "fiml" and all(block.complete for block in blocks):
        return f"The sample had n = {n} respondents, with no answer missing."
    if results.options.missing == "fiml":
        rule = "full information maximum likelihood (Enders & Bandalos, 2001)"
        return f"The sample had n = {n} respondents, whose gaps {rule} took into account."
    if results.options.missing == "pairwise":
        return f"The sample had n = {n} respondents; moments are of all answers to each pair of items."
    return f"The sample had n = {n} respondents who answered every item of the model."


def _results(results: Results | Pooled, names: Mapping[str, str]) -> str:
    if not results.converged:
        return "The estimation did not converge, so no estimates, tests or indices of this model are reported."
    if results.inadmissible:
        why = "; ".join(results.inadmissible)
        return f"The solution is not admissible ({why}), so no estimates, tests or indices of it are reported."
    return " ".join([*_fit(results), *_paths(results, names), *_measured(results, names)])


def _fit(results: Results | Pooled) -> list[str]:
    verdicts = fit_verdicts(results, bool(results.options.ordered))
    outcome = gravest(verdicts)
    if outcome == "not_computable":
        return [f"The model has no test of fit, because {verdicts[0].reason}."]
    caution = ", which were made for continuous answers" if results.options.ordered else ""
    text = f"By the cut-offs of Hu and Bentler (1999){caution}, the model {WORDS[outcome]}: {fit_sentence(results)}"
    sources = "CFI (Bentler, 1990), TLI (Tucker & Lewis, 1973), RMSEA with its 90% interval (Browne & Cudeck, 1992)"
    robust = {"brosseau2014", "savalei2021", "zhang2023"}
    kinds = [one.cite for one in references(results) if one.key in robust]
    who, _, year = kinds[0].rpartition(", ") if kinds else ("", "", "")
    beside = f"; robust values are those of {who.replace(' & ', ' and ')} ({year})" if kinds else ""
    pooled = [pooled_test_sentence(results)] if isinstance(results, Pooled) else []
    return [text, *filter(None, pooled), f"Indices are {sources}{beside}."]


def _paths(results: Results | Pooled, names: Mapping[str, str]) -> list[str]:
    paths = key_paths(results)
    names_of = ["group", "level", "variable"]
    shares = explained(results if isinstance(results, Results) else results.at_mean)
    shares = shares.set_index([name for name in names_of if name in shares.columns])
    order = paths["std_all"].abs().sort_values(ascending=False).index[:MOST_PATHS]
    sentences = [_path(row, names, shares) for row in paths.loc[sorted(order)].to_dict("records")]
    left = len(paths) - len(sentences)
    return [*sentences, *([f"The {left} weakest paths are in the table of parameters."] if left else [])]


def _path(row: Mapping, names: Mapping[str, str], shares: pd.DataFrame) -> str:
    cause, effect = str(row["path"]).split(" → ")
    subject = names.get(cause, cause)
    subject = subject if cause.isupper() else subject[0].upper() + subject[1:]
    where = "" if pd.isna(row["group"]) else f" among {row['group']}"
    where += {1: " within clusters", 2: " between clusters"}.get(row["level"], "") if pd.notna(row["level"]) else ""
    clear = row["pvalue"] < 0.05
    verb = "explained" if clear else "was not shown to explain"
    low, high = float(row["std_all_ci_lower"]), float(row["std_all_ci_upper"])
    limits = "" if math.isnan(low) else f", 95% CI [{short(low)}, {short(high)}]"
    place = (*(row[name] for name in ("group", "level") if pd.notna(row[name])), effect)
    share = shares.loc[place if len(place) > 1 else effect]
    beside = "" if math.isnan(share["r_squared"]) else f" (R² = {short(float(share['r_squared']))}{_limits(share)})"
    numbers = f"β = {short(float(row['std_all']))}{limits}{p_words(float(row['pvalue']))}{beside}"
    return f"{subject} {verb} {names.get(effect, effect)}{where}, {numbers}."


def _limits(share: pd.Series) -> str:
    low, high = float(share["ci_lower"]), float(share["ci_upper"])
    return "" if math.isnan(low) else f", 95% CI [{short(low)}, {short(high)}]"


def _measured(results: Results | Pooled, names: Mapping[str, str]) -> list[str]:
    if not results.latents:
        return []
    reliabilities = reliability(results if isinstance(results, Results) else results.at_mean)
    known = reliabilities[reliabilities["omega"].notna() & reliabilities["ave"].notna()]
    if known.empty:
        return []
    span = [_span(known[name]) for name in ("omega", "ave")]
    return [
        f"Reliability of the constructs' sums of items (ω; McDonald, 1999) was {span[0]}, average variance extracted "
        f"(Fornell & Larcker, 1981) {span[1]}."
    ]


def _span(values: pd.Series) -> str:
    low, high = short(float(values.min())), short(float(values.max()))
    return low if low == high else f"{low} to {high}"


def _set(text: str) -> Paragraph:
    """A paragraph with statistical symbols in italics."""
    parts: list[str | Run] = []
    for place, piece in enumerate(ITALIC.split(text)):
        parts.append(Run(piece, emphasis=True) if place % 2 else piece)
    return Paragraph(tuple(parts))
