"""What in a study contradicts itself, or names what is not there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from numbers import Real
from typing import Any

from sexresearch.datasets.registry import entries
from sexresearch.errors import ModelSyntaxError
from sexresearch.sem import Model
from sexresearch.study.replication.quantities import WHAT
from sexresearch.study.study_file.study_keys import nearest
from sexresearch.study.study_file.study_parts import BY, DUCKDB, KINDS, LIKELIHOODS, VIEWS, Study, StudyData

SOURCES = ("file", "table", "dataset", "moments", "names")
PLS = ("std_all", "r_squared", "correlation")
MOST_DECIMALS = 15  # a number in double precision has no more
MODELS = ("text", "file", "view")


def study_problems(study: Study, document: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with a study whose keys are right."""
    return [
        *_one_of("data", document["data"], SOURCES),
        *_one_of("model", document["model"], MODELS),
        *_data_problems(study.data, document["data"]),
        *_cleaning_problems(study, document.get("cleaning", {})),
        *_model_problems(study, document["model"]),
        *_published_problems(study, document.get("published", [])),
    ]


def _one_of(where: str, table: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[str]:
    given = [key for key in keys if key in table]
    if len(given) != 1:
        stated = " and ".join(given) or "none of them"
        yield f"{where}: give one of {', '.join(keys)}; found {stated}"


def _as_table(given: Mapping[str, Any]) -> str:
    return "; a table of DuckDB is named by 'table'" if str(given.get("file", "")).startswith(DUCKDB) else ""


def _data_problems(data: StudyData, given: Mapping[str, Any]) -> Iterator[str]:
    if data.kind not in KINDS:
        yield f"data: kind {data.kind!r}; the kinds are {', '.join(KINDS)}"
    if data.likelihood not in LIKELIHOODS:
        yield f"data: likelihood {data.likelihood!r}; {nearest(data.likelihood, LIKELIHOODS)}"
    if data.dataset and data.dataset not in (known := [entry.name for entry in entries()]):
        yield f"data: there is no data set '{data.dataset}'; {nearest(data.dataset, known)}"
    for key, path in (("file", data.file), ("questionnaire", data.questionnaire), ("moments", data.moments)):
        if path is not None and not path.is_file():
            yield f"data: {key} '{path.name}' is not in {path.parent}{_as_table(given)}"
    if data.kind == "raw data" and (data.moments or data.names):
        yield "data: a table of moments is no 'raw data'; say what it holds"
    if data.table and not data.table_path.exists():
        yield f"data: table '{data.table_path.name}' is not in {data.table_path.parent}"
    if data.table and data.kind != "raw data":
        yield f"data: a table of answers is 'raw data', not {data.kind!r}"
    if data.file and data.kind != "raw data":
        yield f"data: a file of answers is 'raw data', not {data.kind!r}; a table of moments is named by 'moments'"
    if data.decimals is not None and not 0 <= data.decimals <= MOST_DECIMALS:
        yield f"data: decimals must be from 0 to {MOST_DECIMALS}; found {data.decimals}"
    if data.questionnaire and not data.file:
        yield "data: a questionnaire belongs to a file of answers"
    if data.likelihood == "wishart" and data.kind == "raw data":
        yield "data: likelihood 'wishart' is for tables of moments"
    yield from _inline_problems(data)


def _inline_problems(data: StudyData) -> Iterator[str]:
    if not data.names:
        given = [key for key in ("lower", "sd", "mean") if getattr(data, key)]
        yield from (f"data: '{key}' needs 'names'" for key in given)
        return
    if not data.lower or data.nobs is None:
        yield "data: 'names' needs 'lower' (the lower triangle with its diagonal) and 'nobs'"
        return
    if len(set(data.names)) < len(data.names) or not all(isinstance(name, str) for name in data.names):
        yield "data: names must be texts, each once"
    size, cells = len(data.names), data.lower.replace(",", " ").split()
    if len(cells) != size * (size + 1) // 2:
        yield f"data: lower has {len(cells)} numbers; {size} names need {size * (size + 1) // 2}"
    yield from (f"data: lower holds {cell!r}, no number" for cell in cells if not _is_number(cell))
    for key in ("sd", "mean"):
        values = getattr(data, key)
        if values and (len(values) != size or not all(_is_real(value) for value in values)):
            yield f"data: {key} must be {size} numbers, one for each name"


def _cleaning_problems(study: Study, table: Mapping[str, Any]) -> Iterator[str]:
    if table and study.data.kind != "raw data":
        yield "cleaning: applies to answers of respondents; these data are a table of moments"
    for name, wanted in table.get("keep", {}).items():
        if not isinstance(wanted, list) or not wanted:
            yield f"cleaning: keep '{name}' must list the answers that count"


def _model_problems(study: Study, table: Mapping[str, Any]) -> Iterator[str]:
    model = study.model
    if not model.text.strip() and "text" in table:
        yield "model: 'text' is empty"
    if study.group and study.data.kind != "raw data":
        yield "fit: 'group' is a column of answers; moments come by group by themselves"
    if "file" in table and not (study.folder / table["file"]).is_file():
        yield f"model: file '{table['file']}' is not in {study.folder}"
    if model.view and model.view not in VIEWS:
        yield f"model: view {model.view!r}; {nearest(model.view, VIEWS)}"
    if model.view and not (study.data.questionnaire or study.data.dataset):
        yield "model: a view is made of a questionnaire; give one, or the model's text"
    if "higher_order" in table and not model.view:
        yield "model: 'higher_order' belongs to a view"
    if model.text:
        try:
            Model(model.text)
        except ModelSyntaxError as error:
            yield f"model: {error}"


def _published_problems(study: Study, blocks: list[Mapping[str, Any]]) -> Iterator[str]:
    for number, block in enumerate(blocks, start=1):
        where = f"published {number}"
        if block["what"] not in WHAT:
            yield f"{where}: what {block['what']!r}; {nearest(block['what'], WHAT)}"
        if (by := block.get("by", "fit")) not in BY:
            yield f"{where}: by {by!r}; {nearest(by, BY)}"
        if by != "fit" and block["what"] not in PLS:
            yield f"{where}: partial least squares gives {', '.join(PLS)}, no {block['what']!r}"
        if not 0 <= block.get("decimals", 2) <= MOST_DECIMALS:
            yield f"{where}: decimals must be from 0 to {MOST_DECIMALS}; found {block['decimals']}"
        if not block.get("tolerance", 0) >= 0:
            yield f"{where}: tolerance must be at least 0; found {block['tolerance']}"
        if not all(isinstance(text, str) for text in block.get("reasons", {}).values()):
            yield f"{where}: reasons must be texts"
        odd = [key for key, value in block["values"].items() if not _is_real(value) or not math.isfinite(value)]
        yield from (f"{where}: the value of '{key}' must be a number" for key in odd)
        unknown = [key for key in block.get("reasons", {}) if key not in block["values"]]
        values = list(block["values"])
        reason = "which is not among the values"
        yield from (f"{where}: a reason for '{key}', {reason}; {nearest(key, values)}" for key in unknown)
    twice = [n.quantity for n in study.published if sum(_key(n) == _key(m) for m in study.published) > 1]
    yield from (f"published: '{quantity}' is given twice" for quantity in dict.fromkeys(twice))


def _key(number: Any) -> tuple[str, ...]:
    return number.quantity, number.what, number.group, number.by


def _is_real(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
