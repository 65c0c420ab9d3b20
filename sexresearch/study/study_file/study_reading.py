"""`read_study`: from the text of `study.toml` to a `Study`, or to one message with all that is wrong."""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sexresearch.arguments import in_words
from sexresearch.errors import StudyError
from sexresearch.sem import Fitting
from sexresearch.study.study_file.study_consistency import study_problems
from sexresearch.study.study_file.study_keys import shape_problems
from sexresearch.study.study_file.study_parts import DUCKDB, Cleaning, PublishedNumber, Study, StudyData, StudyModel

NAME = "study.toml"
Table = Mapping[str, Any]


@in_words
def read_study(path: str | Path) -> Study:
    """The study that a `study.toml` describes, checked.

    Parameters
    ----------
    path : str or Path
        The file, or the folder that holds it. Paths inside it are relative to its folder.

    Returns
    -------
    Study
        For `run_study`.

    Raises
    ------
    StudyError
        The file is absent or no TOML; or, all together: keys that are not known (with the nearest that is), values of
        the wrong type, files that are not there, a data set that is not registered, a model that cannot be read.

    Notes
    -----
    The example shows a study of printed correlations. ``[data]`` names one source: `file` (answers, with a
    `questionnaire`), `table` (a Parquet file or folder or "duckdb://FILE#TABLE", read in pieces), `dataset`
    (registered), `moments` (a CSV table) or `names` with `lower`; its `kind` says what the source gives. ``[model]``
    holds `text`, `file` or `view` (of the effect chain); ``[fit]`` the options of `fit`; ``[cleaning]`` which rows go
    and why. Every ``[[published]]`` block is a printed table: `where` it stands, `what` its `values` are, printed to
    how many `decimals`; `verified = false` where the print itself was not seen; `by = "pls"` where they were estimated
    by partial least squares (which seminr then does).

    Examples
    --------
    >>> import tempfile
    >>> text = '''
    ... title = "Satisfaction, delight and loyalty"
    ... citation = "Lopes et al. (2024)"
    ...
    ... [data]
    ... kind = "correlations"
    ... names = ["loyalty", "delight", "satisfaction"]
    ... lower = "1  .750 1  .879 .773 1"
    ... nobs = 178
    ... decimals = 3
    ...
    ... [model]
    ... text = "loyalty ~ delight + satisfaction"
    ...
    ... [[published]]
    ... where = "structural model"
    ... what = "std_all"
    ... decimals = 3
    ... values = { "loyalty ~ delight" = 0.175, "loyalty ~ satisfaction" = 0.744 }
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "study.toml").write_text(text)
    ...     [number.value for number in read_study(folder).published]
    [0.175, 0.744]
    """
    file = Path(path) / NAME if Path(path).is_dir() else Path(path)
    content = _content(file)
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{file.name} is not valid TOML: {error}") from error
    _refuse(file, shape_problems(document))
    study = _study(file, document, hashlib.sha256(content).hexdigest())
    _refuse(file, study_problems(study, document))
    return study


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise StudyError(f"{str(file)!r} cannot be opened: {error.strerror}") from error


def _refuse(file: Path, problems: list[str]) -> None:
    if problems:
        raise StudyError(
            "\n".join([f"{file.name} cannot be used as it is:", *(f"- {problem}" for problem in problems)])
        )


def _study(file: Path, document: Table, sha256: str) -> Study:
    folder, fit = file.parent.resolve(), dict(document.get("fit", {}))
    groups = {key: fit.pop(key) for key in ("group", "group_equal", "group_partial") if key in fit}
    about = {key: document[key] for key in ("citation", "doi", "seen", "note") if key in document}
    return Study(
        name=folder.name,
        folder=folder,
        sha256=sha256,
        title=document.get("title", folder.name),
        data=_data(folder, document["data"]),
        model=_model(folder, document["model"]),
        cleaning=_cleaning(document.get("cleaning", {})),
        fitting=Fitting(**_frozen(fit)),
        published=tuple(number for block in document.get("published", []) for number in _published(block)),
        **about,
        **_frozen(groups),
    )


def _frozen(table: Table) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


def _data(folder: Path, table: Table) -> StudyData:
    paths = {key: folder / table[key] for key in ("file", "questionnaire", "moments") if key in table}
    kind = table.get("kind", "raw data" if {"file", "table"} & set(table) else "")
    here = {"table": _beside(folder, table["table"])} if "table" in table else {}
    return StudyData(**{**_frozen(table), **paths, **here, "kind": kind})


def _beside(folder: Path, table: str) -> str:
    """The table with its path relative to the folder of the study."""
    start = DUCKDB if table.startswith(DUCKDB) else ""
    path, hash_, name = table.removeprefix(start).partition("#")
    return f"{start}{folder / path}{hash_}{name}"


def _model(folder: Path, table: Table) -> StudyModel:
    text = table.get("text", "")
    if "file" in table and (folder / table["file"]).is_file():
        text = (folder / table["file"]).read_text(encoding="utf-8-sig")
    return StudyModel(text, table.get("view", ""), table.get("higher_order", "factor"))


def _cleaning(table: Table) -> Cleaning:
    keep = tuple((name, tuple(wanted)) for name, wanted in table.get("keep", {}).items() if isinstance(wanted, list))
    dropped, rows = tuple(table.get("drop_found", ())), tuple(table.get("drop_rows", ()))
    return Cleaning(table.get("because", ""), keep, dropped, rows)


def _published(block: Table) -> list[PublishedNumber]:
    reasons = block.get("reasons", {})
    return [
        PublishedNumber(
            quantity=quantity,
            what=block["what"],
            value=value,
            where=block["where"],
            decimals=block.get("decimals", 2),
            tolerance=block.get("tolerance", math.nan),
            verified=block.get("verified", True),
            group=block.get("group", ""),
            by=block.get("by", "fit"),
            reason=reasons.get(quantity, block.get("reason", "")),
            cannot=block.get("cannot_recompute", ""),
        )
        for quantity, value in block["values"].items()
    ]
