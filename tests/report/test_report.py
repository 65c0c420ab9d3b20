"""Reports: what stands in them, that they open anywhere, and what is refused."""

import re
import warnings
from html import escape, unescape

import pandas as pd
import pytest

from sexresearch.chain import reliability, validity
from sexresearch.datasets import load
from sexresearch.errors import OptionError
from sexresearch.report import fit_sentence, report
from sexresearch.sem import FitWarning, fit

MODEL = """
# <quality> first
Expect =~ CUEX1 + CUEX2 + CUEX3
Satisfaction =~ CUSA1 + CUSA2 + CUSA3
Satisfaction ~ Expect
"""


ROUNDING = 5.01e-4  # half of the third decimal printed
PRINTED = {"p": "pvalue", "lower": "ci_lower", "upper": "ci_upper", "std.lv": "std_lv", "std.all": "std_all"}


def number(cell):
    """A printed cell as a number: of "< 0.001" the middle between 0 and that."""
    return float(cell.removeprefix("< ")) / 2 if cell.startswith("< ") else float(cell or "nan")


def read_tables(text):
    """Every table of an HTML page by its caption, as text, read by its tags alone."""
    found = {}
    for table in re.findall(r"<table.*?</table>", text, re.DOTALL):
        rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in table.split("<tr")[1:]]
        cells = [[unescape(re.sub("<.*?>", "", cell)) for cell in row] for row in rows]
        caption = unescape(re.sub("<.*?>", "", re.search("<caption>(.*?)</caption>", table).group(1)))
        found[caption.partition(". ")[2]] = pd.DataFrame(cells[1:], columns=cells[0])
    return found


@pytest.fixture(scope="module")
def results():
    return fit(MODEL, moments=load("mobi_moments"))


@pytest.fixture(scope="module")
def page(results, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "new" / "mobi.html"
    assert report(results, path, title="Mobi <ECSI>", data="mobi, n = 250") == path
    return path.read_text(encoding="utf-8")


def test_it_opens_without_a_network(page, assert_opens_offline):
    assert_opens_offline(page)


def test_it_says_what_was_done(page, results):
    assert "<title>Mobi &lt;ECSI&gt;</title>" in page
    assert "Data: mobi, n = 250" in page
    assert "# &lt;quality&gt; first" in page  # the user's own text, escaped
    assert escape(str(results.provenance)) in page
    assert escape(fit_sentence(results)) in page


def test_it_holds_every_table_of_the_summary_and_the_diagram(page, results):
    tables = read_tables(page)
    for table in results.summary().tables[1:]:  # the first has the measures of fit, under lavaan's names
        filled = [name for name in table.headers if any(row[table.headers.index(name)] for row in table.rows)]
        expected = pd.DataFrame(table.rows, columns=table.headers)[filled]  # without columns that are empty
        told = tables[table.caption]
        pd.testing.assert_frame_equal(told[filled] if table.caption == "R-squared" else told, expected)
    assert {"lower", "upper"} <= set(tables["R-squared"].columns)  # which the summary leaves out
    assert page.count("data:image/svg+xml;base64,") == 1


def test_reliability_and_ratios_stand_with_their_intervals(page, results):
    told = read_tables(page)["Constructs: reliability and validity"].set_index("construct")
    judged, measured = (of(results).set_index("construct") for of in (validity, reliability))
    for name in judged.index:
        assert number(told.loc[name, "HTMT lower"]) == pytest.approx(judged.loc[name, "htmt_ci_lower"], abs=ROUNDING)
        for head, column in (("ω upper", "omega_ci_upper"), ("AVE lower", "ave_ci_lower")):
            assert number(told.loc[name, head]) == pytest.approx(measured.loc[name, column], abs=ROUNDING)


def test_it_begins_with_the_verdict_and_the_paths_with_their_intervals(page, results):
    row = results.parameters.query("op == '~'").iloc[0]
    verdict = page.index('class="verdict"')
    path = page.index(f"Expect → Satisfaction: {row['std_all']:.2f}".replace("0.", "."))
    assert page.index("<h2>") < verdict < path < page.index("<table") < page.index("<h2>Appendix")
    assert "(Hu &amp; Bentler 1999)" in page


def test_the_numbers_of_its_tables_are_those_of_the_results(page, results):
    tables = read_tables(page)
    rows = results.parameters.set_index(["lhs", "op", "rhs"])
    told = [row for table in tables.values() if "lhs" in table for _, row in table.iterrows()]
    assert {(row["lhs"], row["op"], row["rhs"] if row["op"] != "~1" else "") for row in told} == set(rows.index)
    for row in told:
        for header in ("est", "se", "z", "p", "lower", "upper", "std.lv", "std.all"):
            value = rows.loc[
                (row["lhs"], row["op"], row["rhs"] if row["op"] != "~1" else ""), PRINTED.get(header, header)
            ]
            assert number(row.get(header, "")) == pytest.approx(value, abs=ROUNDING, nan_ok=True)
    explained = tables["R-squared"].set_index("variable")["R²"].astype(float)
    assert explained.to_numpy() == pytest.approx(results.r_squared[explained.index].to_numpy(), abs=ROUNDING)
    told = tables["Fit measures"].set_index("measure")["value"]
    assert float(told["χ²"]) == pytest.approx(results.fit_measures["chisq"], abs=ROUNDING)
    assert float(told["df"]) == results.fit_measures["df"]


def test_only_synthetic_data_are_called_synthetic(page, results, tmp_path):
    assert "synthetic" not in page
    made = report(results, tmp_path / "demo.html", data="demo.csv, n = 250 (synthetic)")
    assert "These data are synthetic" in made.read_text(encoding="utf-8")


def test_the_same_results_give_the_same_bytes(results, tmp_path):
    first, second = (report(results, tmp_path / name) for name in ("a.html", "b.html"))
    assert first.read_bytes() == second.read_bytes()


def test_it_holds_the_effects_where_some_are_indirect(page, results, tmp_path):
    assert "Effects: direct" not in page  # one regression, nothing indirect
    chain = fit(f"{MODEL}\nLoyalty =~ CUSL1 + CUSL2 + CUSL3\nLoyalty ~ Satisfaction", moments=load("mobi_moments"))
    text = unescape(report(chain, tmp_path / "chain.html").read_text(encoding="utf-8"))
    assert "Effects: direct, by every path, total" in read_tables(text)
    assert ">Expect → Satisfaction → Loyalty</td>" in text
    assert "as far as the arrows of the model are causes" in text


def test_problems_are_shown(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        results = fit("Image =~ IMAG1 + IMAG2 + IMAG3", moments=load("mobi_moments"))
    assert results.problems  # three items of one construct test nothing
    text = unescape(report(results, tmp_path / "odd.html").read_text(encoding="utf-8"))
    assert all(f'<p class="warning" role="note">{problem}</p>' in text for problem in results.problems)


def test_groups_have_a_diagram_each(tmp_path):
    moments = load("acsi_2015_moments_by_industry")
    results = fit("Quality =~ OVERALLQ + CUSTOMQ + WRONGQ + PQ", moments=moments)
    text = report(results, tmp_path / "groups.html").read_text(encoding="utf-8")
    assert text.count("data:image/svg+xml;base64,") == len(moments)
    assert all(f"standardized estimates: {label}</figcaption>" in text for label in moments)


def test_other_suffixes_are_refused_by_name(results, tmp_path):
    with pytest.raises(OptionError, match=r"client\.pdf; its suffix can be \.html"):
        report(results, tmp_path / "client.pdf")
    assert not list(tmp_path.iterdir())


def test_the_sentence_is_printed_as_journals_do(results):
    text = fit_sentence(results)
    assert text.startswith("χ²(8) = ")
    assert "RMSEA = ." in text
    assert text.endswith("n = 250.")
