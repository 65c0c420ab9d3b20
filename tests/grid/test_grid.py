"""The option grid: every two values of 16 factors together, each combination held against lavaan, value by value.

tests/reference/grid.py chose the combinations and let lavaan fit them (grid.R); what both sides refuse is listed as
rules in combinations.py, what differs knowingly in tests/reference/departures.toml.
"""

from __future__ import annotations

import warnings

import pandas as pd
import pytest
from combinations import FACTORS, RULES, TIMES, allowed, model_text, options, used_rows
from comparison import differences, read_answers
from covering import all_pairs, filled_around, pairs_of
from departures import unexplained
from reference_cases import FOLDER, read_data

from sexresearch import sem
from sexresearch.errors import DataError, OptionError

ENOUGH = 150  # combinations that both programs fit
TRIES = 4  # random completions of a pair before it counts as forbidden

ROWS: dict[str, dict[str, str]] = pd.read_csv(
    FOLDER / "grid" / "combinations.csv", index_col="case", dtype=str, keep_default_na=False
).to_dict("index")
ANSWERS = read_answers(FOLDER / "grid")
FITTED = [name for name, row in ROWS.items() if allowed(row)]


def fitted(name: str) -> sem.Results:
    """Our fit of a combination; its warnings are the subject of other tests."""
    row = ROWS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        return sem.fit(model_text(row), used_rows(row, read_data("grid")), **options(row))


def test_every_two_values_stand_together() -> None:
    covered = {pair for name in FITTED for pair in pairs_of(ROWS[name])}
    forbidden = [pair for pair in all_pairs(FACTORS) - covered if not filled_around(pair, FACTORS, allowed, TRIES)]
    assert len(FITTED) >= ENOUGH
    assert all_pairs(FACTORS) - covered == set(forbidden)


@pytest.mark.parametrize("name", FITTED)
def test_equals_lavaan(name: str) -> None:
    assert ANSWERS.outcomes.status[name] == "fitted"
    results = fitted(name)
    assert results.converged
    left = unexplained(results, differences(results, ANSWERS.of(name)), options(ROWS[name]))
    assert left.empty, f"\n{model_text(ROWS[name])}\n{options(ROWS[name])}\n{left.to_string()}"


@pytest.mark.parametrize("name", [name for name in ROWS if name not in FITTED])
def test_what_is_refused(name: str) -> None:
    sides = {rule.who for rule in RULES if rule.forbids(ROWS[name])}
    assert ANSWERS.outcomes.status[name] != "fitted" or not sides & {"lavaan", "both"}
    if sides & {"we", "both"}:
        with pytest.raises((OptionError, DataError)):
            fitted(name)
    else:
        assert fitted(name).converged


def test_every_rule_has_its_examples() -> None:
    refused = [row for name, row in ROWS.items() if name not in FITTED]
    for rule in RULES:
        assert rule.who == "neither" or sum(map(rule.forbids, refused)) >= TIMES, rule.why
