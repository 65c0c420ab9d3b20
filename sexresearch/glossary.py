"""Every table column once: name, printed header, decimals, meaning and source; and one stable formatting of tables."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, replace

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.escaping import on_one_line, visible


@dataclass(frozen=True)
class Column:
    """One column that tables of this package may carry.

    `decimals` is the number of printed decimals; ``None`` prints the value as it is (text, counts).
    """

    name: str
    header: str
    decimals: int | None
    meaning: str
    source: str = ""


def _columns(*rows: tuple[str, str, int | None, str] | tuple[str, str, int | None, str, str]) -> dict[str, Column]:
    return {row[0]: Column(*row) for row in rows}


COLUMNS: dict[str, Column] = _columns(
    ("lhs", "lhs", None, "left-hand side of the model formula"),
    ("op", "op", None, "operator of the model formula: =~ ~ ~~ ~1 | ~*~ :="),
    ("rhs", "rhs", None, "right-hand side of the model formula"),
    ("label", "label", None, "parameter label from the model text"),
    ("group", "group", None, "label of the group; missing where the model has one group"),
    ("user", "user", None, "1 where the model text names a parameter, 0 where it was added"),
    ("free", "free", None, "number of a free parameter, equal ones alike; 0 where it is fixed"),
    ("ustart", "ustart", 3, "fixed value of a parameter, or the starting value that the text gives"),
    ("exo", "exo", None, "1 where a moment of exogenous variables is taken from the sample"),
    ("plabel", "plabel", None, "name by which constraints may call a row of the parameter table"),
    ("lower", "lower", 3, "lower bound of a parameter"),
    ("upper", "upper", 3, "upper bound of a parameter"),
    ("level", "level", None, "of a two-level model: 1 within, 2 between; of misspecification: 0 none, then rising"),
    ("est", "est", 3, "estimate in the units of the data"),
    ("se", "se", 3, "standard error of the estimate; 0 for fixed parameters"),
    ("z", "z", 3, "estimate divided by its standard error"),
    ("pvalue", "p", 3, "two-sided p value of z, or of the chi-square test"),
    ("effect", "effect", None, "direct, indirect, total, through, contrast, share mediated; in planning, its name"),
    ("path", "path", None, "the variables an effect runs through, from cause to effect"),
    ("interval", "interval", None, "how the interval was made: delta, monte_carlo, percentile, bias_corrected, bca"),
    ("std_all_ci_lower", "std.all lower", 3, "lower limit of the interval of the standardized effect"),
    ("std_all_ci_upper", "std.all upper", 3, "upper limit of the interval of the standardized effect"),
    ("weight", "weight", 3, "part of an item in the index of its construct"),
    ("importance", "importance", 3, "points of the target per point of the row, both from 0 to 100"),
    ("importance_ci_lower", "importance lower", 3, "lower limit of the interval of importance"),
    ("importance_ci_upper", "importance upper", 3, "upper limit of the interval of importance"),
    ("performance", "performance", 1, "mean in points, 0 the lowest and 100 the highest answer"),
    ("performance_ci_lower", "performance lower", 1, "lower limit of the interval of performance"),
    ("performance_ci_upper", "performance upper", 1, "upper limit of the interval of performance"),
    ("quadrant", "quadrant", None, "place on the importance-performance map", "Martilla & James 1977"),
    ("change", "change", 1, "predicted change in points from 0 to 100"),
    ("change_ci_lower", "change lower", 1, "lower limit of the interval of the change"),
    ("change_ci_upper", "change upper", 1, "upper limit of the interval of the change"),
    ("predicted", "predicted", 1, "points after the change"),
    ("ci_lower", "lower", 3, "lower limit of the confidence interval"),
    ("ci_upper", "upper", 3, "upper limit of the confidence interval"),
    ("std_lv", "std.lv", 3, "estimate with latent variables scaled to unit variance"),
    ("std_all", "std.all", 3, "estimate with all variables scaled to unit variance"),
    ("t", "t", 3, "pooled estimate divided by its standard error, read on `df` degrees of freedom"),
    ("riv", "riv", 3, "relative increase in variance due to missing answers"),
    ("fmi", "fmi", 3, "fraction of the information that is missing"),
    ("test", "test", None, "name of the test"),
    ("f", "F", 3, "F statistic"),
    ("df1", "df1", 0, "numerator degrees of freedom of F"),
    ("df2", "df2", 1, "denominator degrees of freedom of F"),
    ("semopy", "semopy", 3, "estimate by semopy"),
    ("semopy_se", "semopy se", 3, "standard error by semopy"),
    ("difference", "difference", 6, "our estimate less semopy's"),
    ("se_difference", "se difference", 6, "our standard error less semopy's"),
    ("lavaan", "lavaan", 3, "estimate by lavaan in R"),
    ("lavaan_se", "lavaan se", 3, "standard error by lavaan in R"),
    ("lavaan_difference", "lavaan difference", 6, "our estimate less lavaan's"),
    ("lavaan_se_difference", "lavaan se difference", 6, "our standard error less lavaan's"),
    ("note", "note", None, "what to know about the row: a unit, a condition, why a number is missing"),
    ("reason", "reason", None, "why something failed"),
    ("replicates", "replicates", None, "number of bootstrap samples or simulated samples concerned"),
    ("bias", "bias", 4, "mean estimate over simulated samples less the population value"),
    ("relative_bias", "relative bias", 3, "bias over the population value; missing where that is 0"),
    ("se_ratio", "se ratio", 3, "mean standard error over the standard deviation of the estimates; 1 is right"),
    ("coverage", "coverage", 3, "share of simulated confidence intervals that hold the population value"),
    ("power", "power", 3, "share of studies that find the effect, simulated or computed"),
    ("power_se", "power se", 3, "Monte-Carlo standard error of a simulated power"),
    ("rmsea0", "RMSEA tested", 3, "RMSEA that the test tries to reject"),
    ("rmsea1", "RMSEA true", 3, "RMSEA of the population"),
    ("target_power", "target power", 2, "power that a sample size or an effect is looked for"),
    ("needed", "n needed", 0, "smallest number of respondents that reaches the target power"),
    ("bollen_stine", "Bollen-Stine p", 3, "p of the chi-square by bootstrap", "Bollen & Stine 1992"),
    ("critical", "critical", 3, "95 % quantile of a statistic over shuffled groups"),
    ("failed", "failed", 0, "simulated samples that could not be estimated"),
    ("improper", "improper", 0, "estimated samples with a negative variance"),
    ("noncentrality", "noncentrality", 3, "noncentrality of the chi-square in the population", "Satorra & Saris 1985"),
    ("detectable", "detectable", 3, "smallest effect that reaches the target power"),
    ("misspecification", "misspecification", None, "what the population has that the model leaves out"),
    ("measure", "measure", None, "fit measure"),
    ("value", "value", 3, "value of a statistic, or found in the data"),
    ("cutoff", "cut-off", 3, "value beyond which fit looks like that of a misspecified model", "McNeish & Wolf 2021"),
    ("accepted", "accepted", 2, "share of fitting models on the good side of the cut-off"),
    ("rejected", "rejected", 2, "share of misspecified models on the bad side of the cut-off"),
    ("clause", "clause", None, "clause number in the standard"),
    ("key", "key", None, "short name by which an entry is looked up"),
    ("title", "title", None, "heading or name of the entry, shortened"),
    ("description", "description", None, "one sentence in our own words"),
    ("status", "status", None, "published, or provisional where the source text was not read"),
    ("practice_count", "practices listed", None, "number of practices the standard lists; missing: not counted"),
    ("should_count", "shoulds listed", None, "number of 'should' points the standard lists; missing: not counted"),
    ("at_least", "at least", None, "whether the number of practices is a lower bound"),
    ("dimension", "dimension", None, "dimension of the service excellence model"),
    ("element", "element", None, "element of the service excellence model"),
    ("elements", "elements", None, "elements of a dimension"),
    ("sub_elements", "sub-elements", None, "sub-elements of an element"),
    ("practices", "practices", None, "clauses of ISO/TR 7179 on an element"),
    ("feeling", "feeling", None, "what the customer experiences at a pyramid level"),
    ("outcome", "outcome", None, "of a verdict: holds, doubtful, fails, not_computable; of a pyramid level, its node"),
    ("bond", "bond", None, "what ties the customer: promises kept, or an emotional bond"),
    ("role", "role", None, "part played: in the effect chain, or in the family of standards"),
    ("levels", "levels", None, "pyramid levels a node rests on"),
    ("facets", "facets", None, "parts a concept or measure distinguishes"),
    ("term", "term", None, "clause that defines the concept"),
    ("source", "source", None, "where it comes from: node a link or effect starts at, publication of a data set"),
    ("target", "target", None, "node a link or effect leads to"),
    ("contested", "contested", None, "whether the literature disputes the link"),
    ("nodes", "nodes", None, "nodes of the effect chain, pyramid levels or clauses concerned"),
    ("kind", "kind", None, "what sort of entry it is"),
    ("reference", "reference", None, "publication or body it comes from"),
    ("statistic", "statistic", None, "what the size is: r, beta, f2, R2"),
    ("size", "size", 3, "published size of the statistic"),
    ("sample", "sample", None, "what the published size rests on"),
    ("name", "name", None, "name by which a data set is opened"),
    ("n", "n", None, "number of respondents"),
    ("what", "what", None, "what a data set holds, in a few words"),
    ("licence", "licence", None, "terms of use, as the source states them"),
    ("population", "population", 3, "value in the population that synthetic data were drawn from"),
    ("aic_weight", "AIC weight", 3, "weight of a model among those compared, by AIC", "Burnham & Anderson 2004"),
    ("bic_weight", "BIC weight", 3, "weight of a model among those compared, by BIC", "Burnham & Anderson 2004"),
    ("excellence_to_delight", "excellence → delight", 3, "standardized path from excellence to delight"),
    ("excellence_to_loyalty", "excellence → loyalty", 3, "standardized path from excellence to loyalty"),
    ("delight_to_loyalty", "delight → loyalty", 3, "standardized path from delight to loyalty"),
    ("satisfaction_to_loyalty", "satisfaction → loyalty", 3, "standardized path from satisfaction to loyalty"),
    ("loyalty_to_success", "loyalty → success", 3, "standardized path from loyalty to success"),
    ("loyalty_to_delight", "loyalty → delight", 3, "standardized path from loyalty to delight"),
    ("r2_loyalty", "R² loyalty", 3, "share of the variance of loyalty explained"),
    ("r2_success", "R² success", 3, "share of the variance of success explained"),
    ("distinct_pvalue", "p distinct", 3, "p value of: the data cannot tell two models apart", "Vuong 1989"),
    ("equivalent", "equivalent to", None, "models that imply the very same moments"),
    ("column", "column", None, "name of a column of the survey"),
    ("construct", "construct", None, "name of the construct an item measures"),
    ("wording", "wording", None, "wording of an item, or what a field holds"),
    ("scale", "scale", None, "name of the response scale"),
    ("lowest", "lowest", 0, "lowest answer of the scale"),
    ("highest", "highest", 0, "highest answer of the scale"),
    ("labels", "labels", None, "codes with their labels"),
    ("missing_codes", "missing codes", None, "codes that stand for no answer"),
    ("reverse", "reverse", None, "whether a high answer means a low value of the construct"),
    ("check", "check", None, "what was looked for in screening"),
    ("where", "where", None, "item, construct, field or scale concerned"),
    ("rows", "rows", None, "labels of the rows to look at; empty where the finding is about a column"),
    ("share", "share", 3, "part of all rows concerned"),
    ("detail", "detail", None, "what was found"),
    ("advice", "advice", None, "what to do about it"),
    ("mi", "mi", 3, "modification index: expected drop in chi-square if the parameter were free"),
    ("epc", "epc", 3, "expected change of the parameter if it were free"),
    ("sepc_lv", "sepc.lv", 3, "expected change with latent variables scaled to unit variance"),
    ("sepc_all", "sepc.all", 3, "expected change with all variables scaled to unit variance"),
    ("constraint", "constraint", None, "equality that is tested"),
    ("chisq_diff", "chisq diff", 3, "difference of chi-squares from the row above, scaled where the note says so"),
    ("df_diff", "df diff", 0, "difference of degrees of freedom from the row above"),
    ("rmsea_diff", "RMSEA diff", 3, "RMSEA of the difference from the row above"),
    ("model", "model", None, "model concerned"),
    ("observed", "observed", 3, "moment of the sample"),
    ("implied", "implied", 3, "moment the model implies"),
    ("residual", "residual", 3, "observed less implied moment, divided by a standard error where the kind says so"),
    ("latent", "latent", None, "latent variable"),
    ("determinacy", "determinacy", 3, "correlation of factor score and factor"),
    ("reliability", "reliability", 3, "share of a score's variance that is the factor's"),
    ("items", "items", 0, "number of items"),
    ("alpha", "α", 3, "Cronbach's alpha: reliability of the items' sum if all measure equally well", "Cronbach 1951"),
    ("alpha_ci_lower", "α lower", 3, "lower limit of the confidence interval of alpha", "Feldt 1965"),
    ("alpha_ci_upper", "α upper", 3, "upper limit of the confidence interval of alpha", "Feldt 1965"),
    ("omega", "ω", 3, "share of the variance of the items' sum that constructs explain", "McDonald 1999"),
    ("omega_ci_lower", "ω lower", 3, "lower limit of the confidence interval of omega", "Raykov 2002"),
    ("omega_ci_upper", "ω upper", 3, "upper limit of the confidence interval of omega", "Raykov 2002"),
    ("omega_h", "ω h", 3, "share of the variance of the items' sum that one construct explains", "Zinbarg et al. 2005"),
    ("omega_h_ci_lower", "ω h lower", 3, "lower limit of the confidence interval of hierarchical omega", "Raykov 2002"),
    ("omega_h_ci_upper", "ω h upper", 3, "upper limit of the confidence interval of hierarchical omega", "Raykov 2002"),
    ("ave_ci_lower", "AVE lower", 3, "lower limit of the confidence interval of AVE", "Raykov 2002"),
    ("ave_ci_upper", "AVE upper", 3, "upper limit of the confidence interval of AVE", "Raykov 2002"),
    ("a", "a", None, "first of a pair"),
    ("b", "b", None, "second of a pair"),
    ("correlation", "r", 3, "correlation the model implies"),
    ("ave_a", "AVE of a", 3, "average variance extracted of the first of a pair", "Fornell & Larcker 1981"),
    ("ave_b", "AVE of b", 3, "average variance extracted of the second of a pair", "Fornell & Larcker 1981"),
    ("own", "own", None, "whether the item measures the construct"),
    ("loading", "loading", 3, "standardized loading"),
    ("nearest", "nearest", None, "construct with which the most variance is shared"),
    ("htmt", "HTMT", 3, "largest heterotrait-monotrait ratio with another construct", "Henseler et al. 2015"),
    ("htmt_with", "with", None, "construct with which that ratio is reached"),
    ("verdict", "verdict", None, "judgement in words, with its cut-offs and their sources"),
    ("factors", "factors", 0, "number of factors"),
    ("factor", "factor", None, "number of a factor, the one that explains most first"),
    ("communality", "communality", 3, "share of an item's variance that the factors explain"),
    ("eigenvalue", "eigenvalue", 3, "variance of a principal component of the items' correlations"),
    ("random", "random", 3, "eigenvalue that independent random numbers reach", "Horn 1965"),
    ("kept", "kept", None, "whether the eigenvalue and all before it exceed the random ones"),
    ("step", "step", None, "step of invariance: what is held equal across groups or waves"),
    ("relation", "relation", None, "to the model above: nested, equivalent, apart or incomparable"),
    ("method", "method", None, "of the chi-square difference: standard, or how it was scaled"),
    ("cfi_change", "ΔCFI", 3, "change of CFI from the step below"),
    ("rmsea_change", "ΔRMSEA", 3, "change of RMSEA from the step below"),
    ("srmr_change", "ΔSRMR", 3, "change of SRMR from the step below"),
    ("released", "set free", None, "parameters that are not held equal, in the order in which they were set free"),
    ("against", "against", None, "group or wave compared with"),
    ("mean_difference", "difference", 3, "difference of latent means"),
    ("effect_size", "effect size", 3, "difference of latent means in pooled standard deviations", "Hancock 2001"),
    ("item", "item", None, "item concerned"),
    ("other", "other", None, "other item of a pair"),
    ("missing", "missing", None, "items left unanswered"),
    ("notebook", "notebook", None, "name of a notebook, without its suffix"),
    ("seconds", "seconds", 1, "wall-clock time in seconds"),
    ("reproduced", "reproduced", None, "whether the notebook ran from its first cell to its last"),
    ("conclusion", "conclusion", None, "what a notebook concludes, or the error that ended it"),
    ("headline", "headline", None, "name of a headline number, unique in its notebook"),
    ("number", "number", None, "a headline number as text: four decimals, or a count"),
    ("published", "published", None, "the headline number published with the package"),
    ("chisq", "χ²", 3, "chi-square test statistic of the model"),
    ("df", "df", 0, "degrees of freedom"),
    ("cfi", "CFI", 3, "comparative fit index", "Bentler 1990"),
    ("tli", "TLI", 3, "Tucker-Lewis index", "Tucker & Lewis 1973"),
    ("rmsea", "RMSEA", 3, "root mean square error of approximation", "Steiger 1990"),
    ("rmsea_ci_lower", "RMSEA lower", 3, "lower limit of the 90 % interval of RMSEA", "Browne & Cudeck 1992"),
    ("rmsea_ci_upper", "RMSEA upper", 3, "upper limit of the 90 % interval of RMSEA", "Browne & Cudeck 1992"),
    ("srmr", "SRMR", 3, "standardized root mean square residual", "Bentler 1995"),
    ("logl", "log-likelihood", 3, "log-likelihood at the estimates"),
    ("aic", "AIC", 3, "Akaike information criterion", "Akaike 1974"),
    ("bic", "BIC", 3, "Bayesian information criterion", "Schwarz 1978"),
    ("npar", "parameters", 0, "number of free parameters"),
    ("ntotal", "n", 0, "respondents used"),
    ("baseline_df", "baseline df", 0, "degrees of freedom of the baseline model"),
    ("r_squared", "R²", 3, "share of the variance explained"),
    ("variable", "variable", None, "name of a variable"),
    ("pls", "PLS", 3, "published estimate by partial least squares, standardized"),
    ("averages", "averages", 3, "standardized estimate from averages of items, which keep the items' error"),
    ("corrected", "corrected", 3, "correlation of averages, corrected for unreliability", "Spearman 1904"),
    ("ave", "AVE", 3, "AVE: the construct's share of the variance of its items", "Fornell & Larcker 1981"),
    ("shared", "shared r²", 3, "squared correlation of two constructs; of one construct, its largest"),
    ("chisq_scaled", "scaled χ²", 3, "chi-square test statistic, corrected for non-normal answers or clusters"),
    ("cfi_robust", "robust CFI", 3, "comparative fit index, estimated free of non-normality and of missing answers"),
    ("cfi_scaled", "scaled CFI", 3, "comparative fit index of the scaled chi-square"),
    ("rmsea_scaled", "scaled RMSEA", 3, "RMSEA of the scaled chi-square"),
    ("rmsea_robust", "robust RMSEA", 3, "RMSEA, estimated free of non-normality and of missing answers"),
    ("icc", "ICC", 3, "intraclass correlation: share of variance between clusters", "Shrout & Fleiss 1979"),
    ("design_effect", "design effect", 3, "variance of an estimate over what it were without clusters", "Kish 1965"),
    ("provenance", "provenance", None, "version, estimator, rule for missing answers and data behind a fit"),
)

MOST_SHOWN = 3  # entries of a tuple (row labels, say) that one cell prints


def describe(name: str) -> Column:
    """The glossary entry of a column.

    >>> describe("est").meaning
    'estimate in the units of the data'
    """
    return COLUMNS[name]


def format_value(value: object, decimals: int | None) -> str:
    """One cell as text: rounded, missing as empty, never a negative zero.

    >>> format_value(-0.0001, 3), format_value(float("nan"), 3), format_value((1, 2, 3, 4), None)
    ('0.000', '', '1, 2, 3 … (4)')
    """
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, tuple):
        shown = ", ".join(on_one_line(str(part)) for part in value[:MOST_SHOWN])
        return shown if len(value) <= MOST_SHOWN else f"{shown} … ({len(value)})"
    if isinstance(value, bool) or decimals is None or not isinstance(value, (int, float)):
        return on_one_line(str(value))
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text


@dataclass(frozen=True)
class Table:
    """A data frame as it is printed: plain text in a console, plain HTML in JupyterLab, the same cells in both.

    `headers` and `rows` are text; `numeric` says which columns are numbers, printed flush right.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    caption: str = ""
    note: str = ""

    def __repr__(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.headers, *self.rows, strict=True)]
        lines = []
        for row in (self.headers, *self.rows):
            cells = zip(row, widths, self.numeric, strict=True)
            lines.append("  ".join(c.rjust(w) if right else c.ljust(w) for c, w, right in cells).rstrip())
        return visible("\n".join(part for part in (self.caption, *lines, self.note) if part))

    def _repr_html_(self) -> str:
        align = ["right" if right else "left" for right in self.numeric]
        head = _html_row("th", self.headers, align)
        body = "\n".join(_html_row("td", row, align) for row in self.rows)
        caption = f"<p><strong>{html.escape(self.caption)}</strong></p>\n" if self.caption else ""
        note = f"\n<p><em>{html.escape(self.note)}</em></p>" if self.note else ""
        return visible(f"{caption}<table>\n<thead>\n{head}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>{note}")


def _html_row(tag: str, cells: tuple[str, ...], align: list[str]) -> str:
    made = (f'<{tag} style="text-align: {a}">{html.escape(c)}</{tag}>' for c, a in zip(cells, align, strict=True))
    return "<tr>" + "".join(made) + "</tr>"


@in_words
def table(data: pd.DataFrame | pd.Series, caption: str = "", note: str = "", decimals: int | None = None) -> Table:
    """A frame (or a series, as two columns) formatted by the glossary, stable enough to be compared byte for byte.

    Parameters
    ----------
    data : DataFrame or Series
        A table of results, such as ``results.parameters``. A named or text index becomes the first column.
    caption : str
        Above the table; empty for none.
    note : str
        Below the table; empty for none.
    decimals : int, optional
        Decimals, at least 0, of columns that hold numbers. Default: those of the glossary, 3 for columns it does not
        know.

    Returns
    -------
    Table
        Text when printed, HTML in a notebook. Headers and decimals come from `COLUMNS`; missing values are empty cells;
        the values of a series are formatted by their own names, so that degrees of freedom stay whole numbers.

    Raises
    ------
    OptionError
        `data` is no frame or series, or decimals is no whole number of at least 0.

    Examples
    --------
    >>> table(pd.DataFrame({"lhs": ["y"], "est": [0.12345]}))
    lhs    est
    y    0.123
    >>> table(pd.Series({"chisq": 85.3056, "df": 24.0}))
    measure   value
    chisq    85.306
    df           24
    """
    if not isinstance(data, pd.DataFrame | pd.Series):
        raise OptionError(f"table takes a frame or a series, such as results.parameters; found {type(data).__name__}")
    if decimals is not None and (isinstance(decimals, bool) or not isinstance(decimals, int) or decimals < 0):
        raise OptionError(f"decimals must be a whole number of at least 0; found {decimals!r}")
    if isinstance(data, pd.Series):
        kinds = [_column(str(name), decimals) for name in data.index]
        values = [format_value(v, k.decimals) for v, k in zip(data.tolist(), kinds, strict=True)]
        rows = tuple(zip((on_one_line(str(name)) for name in data.index), values, strict=True))
        return Table(("measure", on_one_line(str(data.name or "value"))), rows, (False, True), caption, note)
    counted = isinstance(data.index, pd.RangeIndex) and data.index.name is None
    frame = data if counted else data.reset_index()
    columns = [_column(str(name), decimals) for name in frame.columns]
    cells = [_cells(frame.iloc[:, i], column) for i, column in enumerate(columns)]
    numeric = tuple(
        pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype) for dtype in frame.dtypes
    )
    headers = tuple(on_one_line(column.header) for column in columns)
    return Table(headers, tuple(zip(*cells, strict=True)), numeric, caption, note)


def _column(name: str, decimals: int | None) -> Column:
    known = COLUMNS.get(name, Column(name, name, 3 if decimals is None else decimals, ""))
    keep = decimals is None or known.decimals in (None, 0)
    return known if keep else replace(known, decimals=decimals)


def _cells(values: pd.Series, column: Column) -> list[str]:
    whole = pd.api.types.is_integer_dtype(values) and column.name not in COLUMNS
    return [format_value(value, None if whole else column.decimals) for value in values.tolist()]
