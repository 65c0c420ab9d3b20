"""A fit as an R script for lavaan: the model text, the options under lavaan's names, the data or the moments."""

from __future__ import annotations

from dataclasses import fields

from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.language.model import Model

OWN_WORDS = (
    "group",
    "group_partial",
    "cluster",
    "sampling_weights",
    "auxiliary",
    "ordered",
)  # the user's words, not lavaan's


def lavaan_script(model: Model, fitted: Fitted) -> str:
    """R code that repeats a fit with lavaan 0.6; every option is written out, so that no default can differ.

    Answers are read from the CSV file named on the command line, moments are written into the script. All text is
    quoted, so that nothing in a model or a column name can act as R code.

    >>> import pandas as pd
    >>> from sexresearch.sem import Moments, fit
    >>> cov = pd.DataFrame([[1.0, 0.5], [0.5, 2.0]], index=["x", "y"], columns=["x", "y"])
    >>> print(fit("y ~ x", moments=Moments(cov, nobs=100)).to_lavaan().splitlines()[1])
    library(lavaan)
    """
    rows = fitted.samples[0].answers is not None
    arguments = {"data": "answers"} if rows else _moments(fitted)
    for option in fields(Options):
        value = getattr(fitted.options, option.name)
        if value not in (None, ()):
            name = "aux" if option.name == "auxiliary" else option.name.replace("_", ".")
            both = ("hessian", value) if option.name == "observed_information" else value  # of errors, of the test
            arguments[name] = _literal(option.name, both)
    fitter = "semTools::sem.auxiliary" if fitted.options.auxiliary else "sem"
    given = [f"  {name} = {value}" for name, value in arguments.items()]
    parts = [
        "# Repeats a fit with lavaan (argument names as of version 0.6)",
        "library(lavaan)",
        f"model <- {r_string(chr(10) + model.syntax.strip(chr(10)) + chr(10))}",
        *([READ] if rows else []),
        *(_categories(name, levels) for name, levels in fitted.levels.items() if isinstance(levels[0], str)),
        f"fit <- {fitter}(\n  model,\n" + ",\n".join(given) + "\n)",
        "summary(fit, fit.measures = TRUE, standardized = TRUE)",
    ]
    return "\n".join(parts) + "\n"


READ = (
    "# Rscript fit.R answers.csv: one row per respondent, columns named as in the model\n"
    "path <- commandArgs(trailingOnly = TRUE)[1]  # or the path of the file, in quotes\n"
    'answers <- read.csv(path, check.names = FALSE, encoding = "UTF-8")'
)


def r_string(text: str) -> str:
    """`text` as an R string: quotes and backslashes escaped, control characters by code point.

    >>> print(r_string('a"); q("no'))
    "a\\"); q(\\"no"
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\0", "")
    return '"' + "".join(c if c.isprintable() or c in "\n\t" else f"\\U{{{ord(c):x}}}" for c in escaped) + '"'


def _categories(name: str, levels: tuple[object, ...]) -> str:
    """An ordered column of text as a factor."""
    column = f"answers[[{r_string(name)}]]"
    return f"{column} <- ordered({column}, levels = c({', '.join(r_string(str(level)) for level in levels)}))"


def _literal(option: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, tuple):
        return f"c({', '.join(_literal(option, item) for item in value)})"
    text = str(value)
    return r_string(text if option in OWN_WORDS else text.replace("_", "."))


def _moments(fitted: Fitted) -> dict[str, str]:
    """Covariances (denominator n - 1), sizes and means, as lists by group label where there are groups."""
    parts = {"sample.cov": _matrix, "sample.nobs": lambda sample: str(sample.nobs)}
    if fitted.options.meanstructure:
        parts["sample.mean"] = lambda sample: _numbers(sample.mean)
    if len(fitted.samples) == 1:
        return {name: write(fitted.samples[0]) for name, write in parts.items()}
    return {
        name: "list(" + ", ".join(f"{r_string(str(s.label))} = {write(s)}" for s in fitted.samples) + ")"
        for name, write in parts.items()
    }


def _matrix(sample: Sample) -> str:
    names = f"c({', '.join(map(r_string, sample.names))})"
    rows = ",\n    ".join(_numbers(row)[2:-1] for row in sample.cov * sample.n / (sample.n - 1))
    return f"matrix(c(\n    {rows}\n  ), nrow = {len(sample.names)}, dimnames = list({names}, {names}))"


def _numbers(values) -> str:  # type: ignore[no-untyped-def]
    return f"c({', '.join(repr(float(value)) for value in values)})"
