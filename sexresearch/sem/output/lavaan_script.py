"""A fit as an R script for lavaan: the model text, the options under lavaan's names, the data or the moments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from sexresearch.errors import OptionError
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.estimation.fitted import Fitted
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.language.completion import COMPLETION
from sexresearch.sem.language.group_blocks import block_numbers, label_text
from sexresearch.sem.language.model import Model
from sexresearch.sem.output.lavaan_text import lavaan_text, rotation_arguments, safe_names

OWN_WORDS = (
    "group",
    "group_partial",
    "cluster",
    "sampling_weights",
    "cluster_weights",
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
    options, rows = fitted.options, fitted.samples[0].answers is not None
    if options.two_level and (options.sampling_weights or options.cluster_weights):
        raise OptionError("lavaan has no weights at two levels, so that no script can repeat this fit")
    safe = safe_names([name for sample in fitted.samples for name in sample.names])
    fitter, more = _fitter(options)
    arguments = {"data": "answers"} if rows else _moments(fitted, safe)
    arguments |= _options(fitted, safe) | more | _group_order(model, fitted)
    given = [f"  {name} = {value}" for name, value in arguments.items()]
    words = {key: known for key, known in fitted.categories.items() if isinstance(known[0], str)}
    parts = [
        "# Repeats a fit with lavaan (argument names as of version 0.6)",
        "library(lavaan)",
        f"model <- {r_string(chr(10) + lavaan_text(model.syntax, safe).strip(chr(10)) + chr(10))}",
        *([READ] if rows else []),
        *(_renamed(old, new) for old, new in safe.items() if rows),
        *(_categories(safe.get(key, key), known) for key, known in words.items()),
        f"fit <- {fitter}(\n  model,\n" + ",\n".join(given) + "\n)",
        "summary(fit, fit.measures = TRUE, standardized = TRUE)",
    ]
    return "\n".join(parts) + "\n"


def _options(fitted: Fitted, safe: Mapping[str, str]) -> dict[str, str]:
    """Every option but those of `_fitter`, under lavaan's names."""
    arguments = {}
    for option in fields(Options):
        value = getattr(fitted.options, option.name)
        if value in (None, ()) or option.name in (*COMPLETION, "two_level", "rotation"):
            continue
        name = "aux" if option.name == "auxiliary" else option.name.replace("_", ".")
        if option.name in ("auxiliary", "ordered") and isinstance(value, tuple):
            value = tuple(safe.get(item, item) for item in value)
        both = ("hessian", value) if option.name == "observed_information" else value  # of errors, of the test
        arguments[name] = _literal(option.name, both)
    return arguments | (rotation_arguments(fitted.options.rotation) if fitted.table.is_exploratory else {})


def _fitter(options: Options) -> tuple[str, dict[str, str]]:
    """lavaan's function for what a model is completed by, and the arguments it needs to be told."""
    completion = {name: getattr(options, name) for name in COMPLETION}
    usual = {field.name: field.default for field in fields(Options) if field.name in COMPLETION}
    curve = usual | {"int_ov_free": False, "int_lv_free": True}
    fitter = "sem" if completion == usual else "growth" if completion == curve else "lavaan"
    arguments = {name.replace("_", "."): _literal(name, value) for name, value in completion.items()}
    more = arguments | {"auto.th": "TRUE", "auto.delta": "TRUE"} if fitter == "lavaan" else {}
    return (f"semTools::{fitter}.auxiliary" if options.auxiliary else fitter), more


def _group_order(model: Model, fitted: Fitted) -> dict[str, str]:
    """The groups in the order of the text's blocks, which lavaan 0.6 takes by their places."""
    blocks = model.statements.blocks
    if not blocks or fitted.table.n_groups < 2 or fitted.samples[0].answers is None:
        return {}
    labels = [label_text(sample.label) for sample in fitted.samples[:: fitted.table.n_levels]]
    numbers = block_numbers(blocks, labels)
    return {"group.label": f"c({', '.join(r_string(labels[numbers[block]]) for block in blocks)})"}


def _renamed(old: str, new: str) -> str:
    return f"names(answers)[names(answers) == {r_string(old)}] <- {r_string(new)}"


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


def _moments(fitted: Fitted, safe: Mapping[str, str]) -> dict[str, str]:
    """Covariances (denominator n - 1), sizes and means, as lists by group label where there are groups."""
    parts = {"sample.cov": lambda sample: _matrix(sample, safe), "sample.nobs": lambda sample: str(sample.nobs)}
    if fitted.options.meanstructure:
        parts["sample.mean"] = lambda sample: _numbers(sample.mean)
    if len(fitted.samples) == 1:
        return {name: write(fitted.samples[0]) for name, write in parts.items()}
    return {
        name: "list(" + ", ".join(f"{r_string(str(s.label))} = {write(s)}" for s in fitted.samples) + ")"
        for name, write in parts.items()
    }


def _matrix(sample: Sample, safe: Mapping[str, str]) -> str:
    names = f"c({', '.join(r_string(safe.get(name, name)) for name in sample.names)})"
    rows = ",\n    ".join(_numbers(row)[2:-1] for row in sample.cov * sample.n / (sample.n - 1))
    return f"matrix(c(\n    {rows}\n  ), nrow = {len(sample.names)}, dimnames = list({names}, {names}))"


def _numbers(values) -> str:  # type: ignore[no-untyped-def]
    return f"c({', '.join(repr(float(value)) for value in values)})"
