"""Control characters from column names, labels and file names are written out wherever they could be shown."""

import unicodedata
import warnings

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import SexresearchError
from sexresearch.escaping import on_one_line, visible

EVIL = "a\x1b[31m\x07\x9b2J\u202eb"
STEERING = ("Cc", "Cs", "Zl", "Zp")


def assert_harmless(text: str) -> None:
    found = {character for character in text if unicodedata.category(character) in STEERING or character == "\u202e"}
    assert found <= {"\n", "\t"}
    assert "\\x1b" in text


def test_every_control_character_is_written_out():
    every = "".join(chr(code) for code in range(0x3000)) + "\ud800"
    left = {c for c in visible(every) if unicodedata.category(c) in STEERING or unicodedata.bidirectional(c) == "RLO"}
    assert left == {"\n", "\t"}
    assert on_one_line("a\tb\r\nc\rd") == r"a\tb\nc\rd"


def test_what_scripts_need_stays():
    for text in ("Zürich · 東京 · עברית \u200f · می\u200cخواهم · 👩\u200d🔬", "tab\tand\nline"):
        assert visible(text) == text


@pytest.fixture(scope="module")
def results():
    rng = np.random.default_rng(1)
    joy = rng.normal(size=240)
    data = pd.DataFrame({name: joy + rng.normal(size=240) for name in ("x1", "x2", "x3", "x4")})
    data["g"] = np.where(np.arange(240) % 2, EVIL, "other")
    data.loc[1, "x1"] = np.nan
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = sx.fit("joy =~ x1 + x2 + x3 + x4", data, group="g")
    assert_harmless("".join(str(warning.message) for warning in said))
    return found


def test_tables_and_summaries(results):
    assert results.groups == (EVIL, "other") or results.groups == ("other", EVIL)  # data stay as they are
    for shown in (results.summary(), sx.table(results.parameters), sx.table(pd.DataFrame({EVIL: ["x"]}), EVIL, EVIL)):
        assert_harmless(repr(shown))
        assert_harmless(shown._repr_html_())
    assert_harmless(repr(sx.table(pd.Series({EVIL: 1.0}, name=EVIL))))


def test_reports_and_figures(results, tmp_path):
    assert_harmless(sx.report(results, tmp_path / "x.html", title=EVIL, data=EVIL).read_text(encoding="utf-8"))
    figure = sx.plots.path_diagram(results, group=EVIL, title=EVIL)
    assert not figure.findobj(match=lambda artist: "\x1b" in getattr(artist, "_text", ""))


def test_surveys_and_errors():
    survey = sx.Survey.from_frame(pd.DataFrame({EVIL: [1, 2, 3], "b": [1, 2, 2]}), name=EVIL)
    assert_harmless(repr(survey))
    assert_harmless(repr(sx.table(sx.screen(survey).assign(note=EVIL))))
    for wrong in (lambda: sx.fit(EVIL, survey), lambda: sx.fit("b ~ c", survey), lambda: sx.read_survey(EVIL)):
        with pytest.raises(SexresearchError) as said:
            wrong()
        assert_harmless(str(said.value))
