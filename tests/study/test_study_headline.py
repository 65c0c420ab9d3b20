"""Headline numbers: what may be declared, and how it is written."""

import numpy as np
import pandas as pd
import pytest

from sexresearch.errors import StudyError
from sexresearch.study.headline import HEADLINE_MIME, Headline, headline
from sexresearch.study.results_file import changed_results, read_results, results_frame, write_results


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.08437912, "0.0844"),
        (8239, "8239"),
        (np.int64(48), "48"),
        (np.float64(2586.6123), "2586.6123"),
        (-1e-9, "0.0000"),
    ],
)
def test_values_are_rounded_the_same_everywhere(capsys, value, text):
    headline("number", value)
    assert capsys.readouterr().out == f"number = {text}\n"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "0.08", None, True, pd.Series([1.0])])
def test_only_finite_numbers_are_headlines(value):
    with pytest.raises(StudyError, match=r"'acsi\.rmsea' must be one finite number"):
        headline("acsi.rmsea", value)


def test_the_output_carries_text_for_readers_and_a_record_for_the_run():
    shown = Headline("acsi.cfi", 0.9713, "n = 7422")._repr_mimebundle_()
    assert shown["text/plain"] == "acsi.cfi = 0.9713  (n = 7422)"
    assert Headline(**shown[HEADLINE_MIME]) == Headline("acsi.cfi", 0.9713, "n = 7422")


def test_results_survive_the_file(tmp_path):
    frame = results_frame(
        [("02_acsi", Headline("df", 48)), ("02_acsi", Headline("cfi", 0.9, "a, b")), ("03", Headline("x", 1.0))]
    )
    write_results(frame, tmp_path / "results.csv")
    pd.testing.assert_frame_equal(read_results(tmp_path / "results.csv"), frame)
    assert read_results(tmp_path / "none.csv").empty


def test_changes_are_found_on_both_sides():
    before = results_frame([("a", Headline("same", 1)), ("a", Headline("moved", 1.0)), ("a", Headline("gone", 3))])
    now = results_frame([("a", Headline("same", 1)), ("a", Headline("moved", 1.5)), ("b", Headline("same", 1))])
    found = changed_results(before, now).sort_values(["notebook", "headline"])
    assert found.to_numpy().tolist() == [
        ["a", "gone", "3", ""],
        ["a", "moved", "1.0000", "1.5000"],
        ["b", "same", "", "1"],
    ]
