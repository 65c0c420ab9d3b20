"""The document of an answer: its numbers are those of the tables, its names those of the questionnaire."""

import io
import re

import docx
import numpy as np
import openpyxl
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.answering.sections import table_of
from sexresearch.document.numbering import numbered
from sexresearch.document.writers.docx import docx as as_docx
from sexresearch.document.writers.html import html
from sexresearch.document.writers.pptx import pptx
from sexresearch.document.writers.tex import tex
from sexresearch.document.writers.xlsx import xlsx

SHORT = ["core", "individual", "valued", "exceeded", "satisfaction", "loyalty", "success"]
SEED, ROWS = 2, 400
MADE_WITH = ("Getroffene", "Kennzahlen", "Sichten")  # tables whose words are chosen when the answer is made
SHOWN = {"priorities": ("gain", "gain_ci_lower", "gain_ci_upper"), "links": ("std_all",), "means": ("effect_size",)}


@pytest.fixture(scope="module")
def found():
    survey = sx.datasets.load("service_excellence_demo")
    kept = tuple(part for part in survey.instrument.constructs if part.name in SHORT)
    names = [item.name for part in kept for item in part.items]
    frame = survey.answers.sample(ROWS, random_state=SEED)[[*names, "brand"]]
    return sx.answer(sx.Survey.from_frame(frame, sx.Instrument(kept), synthetic=True), group="brand")


@pytest.fixture(scope="module")
def document(found):
    return found.document()


def word_text(document):
    """All text of the Word file, paragraphs and cells."""
    file = docx.Document(io.BytesIO(as_docx(document)))
    cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in file.paragraphs), *cells])


def test_numbers_in_word_and_html_are_those_of_the_tables(found, document):
    for told in (word_text(document), html(document)):
        for name, columns in SHOWN.items():
            frame = found.tables[name]
            values = [f"{value:.2f}" for column in columns for value in frame[column]]
            assert not [value for value in values if value not in told], name


def test_numbers_in_the_workbook_are_those_of_the_tables(found, document):
    book = openpyxl.load_workbook(io.BytesIO(xlsx(document)))
    there = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
    numbers = {round(value, 6) for value in there if isinstance(value, int | float) and not isinstance(value, bool)}
    for name, columns in SHOWN.items():
        wanted = {round(float(value), 6) for column in columns for value in found.tables[name][column]}
        assert wanted <= numbers, name


def test_numbers_on_slides_are_those_of_the_tables(found):
    from pptx import Presentation

    slides = Presentation(io.BytesIO(pptx(found.document(slides=True)))).slides
    shapes = [shape for slide in slides for shape in slide.shapes]
    tables = [
        [[cell.text for cell in row.cells] for row in shape.table.rows][1:] for shape in shapes if shape.has_table
    ]
    shown = [row[:2] for rows in tables for row in rows]
    for row in found.tables["priorities"].itertuples():
        limits = f"[{row.gain_ci_lower:.2f} to {row.gain_ci_upper:.2f}]"
        assert [row.construct, f"{row.gain:.2f} {limits}"] in shown
    texts = [shape.text_frame.text for shape in shapes if shape.has_text_frame]
    told = "\n".join([*texts, *(cell for rows in tables for row in rows for cell in row)])
    said = set(re.findall(r"\d+\.\d\d", told))
    known = {
        f"{abs(value):.2f}"
        for frame in found.tables.values()
        for value in frame.select_dtypes("number").to_numpy(float).ravel()
    }
    assert said <= known  # no number that no table holds


def test_a_construct_has_one_level_wherever_it_is_stated(found):
    today = found.tables["today"].set_index("construct")["performance"]
    levers = found.tables["priorities"].set_index("construct")["performance"]
    assert len(levers)
    assert levers.to_dict() == today[levers.index].to_dict()


def test_page_one_says_where_most_room_is_left_and_how_to_read_it(found, document):
    told = " ".join(sentence.text for sentence in found.page_one)
    assert f"lowest of the questions on {found.first_lever}" in told
    assert "95 of 100 surveys" in " ".join(document.sentences[:14])


def test_the_fit_in_the_appendix_is_the_robust_one_that_the_estimator_calls_for(found, document):
    told = word_text(document)
    measure = found.material["chain"].fit_measures
    assert "Yuan–Bentler" in told
    assert f"χ²({measure['df']:.0f}) = {measure['chisq_scaled']:.2f}" in told


def test_no_name_of_an_item_stands_where_a_wording_exists(found, document):
    names = [item.name for item in found.labels.instrument.items if re.search(r"\d$", item.name)]
    for told in (word_text(document), re.sub(r"data:[^\"]*", "", html(document))):
        assert not [name for name in names if re.search(rf"\b{name}\b", told)]
    assert "Individual excellent service" in word_text(document)
    assert "=True" not in word_text(document)  # nor an option of a function


def test_alpha_stands_with_its_limits_which_notes_speak_of(found):
    frame = found.tables["measurement"]
    assert (frame["alpha"].between(frame["alpha_ci_lower"], frame["alpha_ci_upper"])).all()


def test_a_heading_of_the_appendix_is_not_left_alone_below_a_page(document):
    text = tex(document)
    kept = [int(lines) for lines in re.findall(r"\\room\{(\d+)\\baselineskip\}\n\n\\(?:sub)?section", text)]
    assert len(kept) == len(re.findall(r"\\(?:sub)?section\{", text)) - 1 > 10  # the appendix begins a page
    assert min(kept) >= 7


def test_a_judgement_quotes_the_questions_it_names(found):
    item = found.labels.instrument.items[0]
    frame = pd.DataFrame({"verdict": [f"loading of {item.name} .652 is below .708"]})
    quoted = found.labels.frame(frame, quoting=True)["verdict"].item()
    assert quoted == f"loading of {found.labels.quoted(item.name)} .652 is below .708"


def test_a_limit_that_is_not_0_does_not_read_as_0():
    from sexresearch.answering.compact import ranged

    row = {"gain": 0.258, "ci_lower": -0.002, "ci_upper": 0.518}
    assert str(ranged("gain", "ci_")(row, "en")) == "0.26 [-0.002 to 0.518]"
    assert str(ranged("gain", "ci_")(row | {"ci_lower": 0.01}, "en")) == "0.26 [0.01 to 0.52]"


def test_page_one_says_what_to_do_before_any_statistic(found, document):
    first = document.sentences[:4]
    assert found.page_one[0].text in first
    assert not re.search("χ²|RMSEA|CFI", " ".join(document.sentences[:10]))


def test_there_are_eight_slides_and_the_second_says_what_to_do_first(found):
    from pptx import Presentation

    slides = list(Presentation(io.BytesIO(pptx(found.document(slides=True)))).slides)
    assert len(slides) == 8
    assert found.first_lever in slides[1].shapes.title.text
    told = " ".join(shape.text_frame.text for shape in slides[1].shapes if shape.has_text_frame)
    assert found.page_one[0].text in told


def test_the_german_document_has_german_headings_and_decimal_commas(found):
    from dataclasses import replace

    from sexresearch.answering.labels import Labels

    german = replace(found, labels=Labels(found.labels.instrument, "de"))
    told = " ".join(german.document().sentences)
    assert "Was als Nächstes verbessern?" in told
    assert re.search(r"\d,\d\d \w+ mehr bei", told)


def test_the_german_appendix_has_german_headings_verdicts_notes_and_commas(found):
    from dataclasses import replace

    from sexresearch.answering.labels import Labels

    german = replace(found, labels=Labels(found.labels.instrument, "de")).document()
    wordings = {item.wording for item in found.labels.instrument.items}
    english = re.compile(r"\b(is|not|by|with|because|below|above|holds|doubtful|answers|missing|lower|upper|rows)\b")
    for table in german.tables:
        cells = [cell for row in table.cells for cell in row if cell not in wordings]
        told = "\n".join([*table.headers, *cells])
        for wording in wordings:
            told = told.replace(wording, "")
        assert not re.search(r"\d\.\d(?!\d\d(?!\d))", told), table.caption  # a point marks thousands alone
        if not table.caption.startswith(MADE_WITH):
            assert not english.findall(told.replace('missing="fiml"', "")), table.caption


def test_no_table_repeats_one_note_in_every_row(document):
    for table in document.tables:
        notes = table.frame["note"].tolist() if "note" in table.frame else []
        assert len(notes) < 2 or len(set(notes)) > 1, table.caption


def test_a_table_without_its_numbers_does_not_explain_them(found):
    frame = found.tables["means"]
    assert "p is that of the difference" in table_of(found, frame, "means").note
    none = frame.assign(effect_size=np.nan, pvalue=np.nan)
    assert "p is that of the difference" not in table_of(found, none, "means").note


def test_english_documents_print_per_cent_without_a_gap_and_german_ones_with_one(found, document):
    from dataclasses import replace

    from matplotlib.text import Text

    from sexresearch.answering.labels import Labels

    german = replace(found, labels=Labels(found.labels.instrument, "de"))
    for answer, wrong in ((found, r"\d %"), (german, r"\d%")):
        drawn = [text.get_text() for figure in answer.figures.values() for text in figure.findobj(Text)]
        assert not [text for text in (*answer.document().sentences, *drawn) if re.search(wrong, text)]


def test_the_diagram_of_the_chain_shows_links_and_no_arcs(found):
    from matplotlib.text import Text

    texts = found.figures["chain"].findobj(Text)
    values = [text.get_text() for text in texts if str(text.get_gid()).startswith("value")]
    assert sum("*" in value for value in values) == len(found.tables["links"])


def test_a_diagram_of_links_leaves_out_what_no_link_leads_to(found):
    from sexresearch.answering.drawing import LinksAlone

    shown = LinksAlone.of(found.material["chain"])
    rows = shown.parameters
    linked = set(rows.loc[rows["op"].isin(["~", "=~"]), ["lhs", "rhs"]].to_numpy().ravel())
    assert set(shown.latents) <= linked
    assert not ((rows["op"] == "~~") & (rows["lhs"] != rows["rhs"])).any()
    assert set(found.material["chain"].latents) - set(shown.latents) == {
        name for name in found.material["chain"].latents if name not in linked
    }


def test_the_german_figures_have_no_english_words(found):
    from dataclasses import replace

    from matplotlib.text import Text

    from sexresearch.answering.labels import Labels

    german = replace(found, labels=Labels(found.labels.instrument, "de"))
    texts = [
        text.get_text() for name in ("next", "today", "chain", "steps") for text in german.figures[name].findobj(Text)
    ]
    english = re.compile(r"\b(estimates|brackets|intervals|points|strength|dashed|hollow|from|to)\b", re.IGNORECASE)
    assert not [text for text in texts if english.search(text)]


def test_report_writes_an_answer_in_every_format(found, tmp_path):
    for suffix in (".html", ".tex"):
        assert sx.report(found, tmp_path / f"client{suffix}").stat().st_size > 10_000
    assert "<details>" in found._repr_html_()


def test_a_section_shows_the_largest_differences_and_the_appendix_all(found, monkeypatch):
    monkeypatch.setattr("sexresearch.answering.answer_document.MOST_ROWS", 4)
    every, document = found.tables["path_differences"], found.document()
    caption = next(
        table.caption for table in document.tables if table.caption.startswith("Links of the chain by group")
    )
    body, whole = (table for table in document.tables if table.caption == caption)
    assert (len(body.frame), len(whole.frame)) == (4, len(every))
    number = next(number for block, number in numbered(document) if block is whole)
    assert f"The 4 largest of {len(every)}; {number} has all." in body.note
    sheets = openpyxl.load_workbook(io.BytesIO(xlsx(document))).sheetnames
    assert sum(sheet.startswith(f"{number} ") for sheet in sheets) == 1
    sizes = every["path_difference"].abs().sort_values(ascending=False)
    assert [abs(cell.value) for cell in body.frame.iloc[:, -1]] == sizes.head(4).tolist()


@pytest.mark.parametrize(("language", "words"), [("en", r"appendix|below"), ("de", r"Anhang|darunter")])
def test_notes_of_tables_point_to_no_place_that_a_workbook_lacks(found, language, words):
    from dataclasses import replace

    from sexresearch.answering.labels import Labels

    answer = replace(found, labels=Labels(found.labels.instrument, language))
    assert not [table.note for table in answer.document().tables if re.search(words, table.note)]


def test_links_of_groups_say_that_all_comparisons_are_judged_together(found):
    """An interval without 0 is not yet a difference that is shown: the note says so, in the section alone."""
    tables = [table for table in found.document().tables if table.caption.startswith("Links of the chain by group")]
    assert "judged by all comparisons together (Holm 1979)" in tables[0].note
    means = next(table for table in found.document().tables if table.caption.startswith("Differences between groups"))
    assert "Holm" not in means.note


def test_figures_of_steps_name_what_was_set_free_by_its_wording(found):
    import pandas as pd

    from sexresearch.answering.drawing import Figures
    from sexresearch.answering.facts import AnswerPart

    steps = pd.DataFrame({"step": ["configural", "partial strict"], "outcome": ["holds", "holds"]})
    changes = {f"{name}_change": [None, 0.001] for name in ("cfi", "rmsea", "srmr")}
    steps = steps.assign(**changes, released=[(), ("sat1 ~~ sat1",)])
    figure = Figures((AnswerPart("whom", material={"steps": steps}),), found.labels)["steps"]
    told = " ".join(text.get_text().replace("\n", " ") for text in figure.axes[0].texts)
    assert f"free: residual of {found.labels.quoted('sat1')}" in told
    assert "sat1" not in told


def test_a_letter_of_statistics_does_not_begin_a_note_in_upper_case():
    import pandas as pd

    from sexresearch.answering.sections import _without_same_note

    frame = pd.DataFrame({"model": ["a", "b"], "note": ["χ² scaled", "χ² scaled"]})
    assert _without_same_note(frame)[1] == "χ² scaled."
    assert _without_same_note(frame.assign(note="scaled"))[1] == "Scaled."


def test_a_german_document_holds_no_english_text_of_the_questionnaire(tmp_path):
    """Labels and wordings of the demo, in text, tables, and the descriptions of figures."""
    survey = sx.datasets.load("service_excellence_demo")
    found = sx.answer(survey, language="de")
    texts = [part.label for part in survey.instrument.constructs] + [item.wording for item in survey.instrument.items]
    page = sx.report(found, tmp_path / "answer.html").read_text(encoding="utf-8")
    assert [text for text in texts if text in page] == []
    cells = {str(cell) for frame in found.tables.values() for cell in frame.to_numpy().ravel()}
    assert [text for text in texts if any(text in cell for cell in cells)] == []
    assert "Ich kann mich auf die Qualität ihrer Arbeit verlassen" in page
    assert not [fact for fact in found.part("data").facts if fact.key == "untranslated"]


def test_texts_without_translation_are_named_once():
    from dataclasses import replace

    survey = sx.datasets.load("service_excellence_demo")
    german = survey.instrument.translations[0]
    fewer = replace(german, texts=tuple(pair for pair in german.texts if pair[0] != ("items", "core4")))
    partly = replace(survey, instrument=replace(survey.instrument, translations=(fewer,)))
    found = sx.answer(partly, target="Customer-level success", group="", language="de")
    assert found.target == "success"
    assert [dict(fact.values)["n"] for fact in found.part("data").facts if fact.key == "untranslated"] == [1]
    named = [one.text for one in found.sentences if one.question == "data"]
    assert sum("I can rely on the quality" in text for text in named) == 1


LEAST_FREE = 0.10  # of the height of a page, in the fonts that LibreOffice takes for those that are not there


def long_labels(survey):
    """The survey with names of topics and a title as long as questionnaires have them."""
    from dataclasses import replace

    longer = tuple(
        replace(part, label=f"{part.label}, as customers of this company have lived it in the last year")
        for part in survey.instrument.constructs
    )
    title = "Customers of all branches about service excellence, delight and loyalty, autumn wave of the year"
    return replace(survey, instrument=replace(survey.instrument, constructs=longer, title=title))


@pytest.mark.parametrize("language", ["en", "de"])
def test_page_one_holds_the_whole_answer_with_room_to_spare_and_the_next_page_begins_with_a_question(
    found, language, tmp_path
):
    from sexresearch.answering.text_catalogue import catalogue
    from sexresearch.document import write

    found = found if language == "en" else sx.answer(long_labels(found.survey), group="brand", language="de")
    first, second = words_of_pages(write(found.document(), tmp_path / "client.docx"))[:2]
    told = squeezed(" ".join(word for _, word in first))
    assert all(squeezed(sentence.text) in told for sentence in found.page_one)
    body = [below for below, word in first if below < 1 - BOTTOM]
    assert max(body) <= 1 - BOTTOM - LEAST_FREE
    begun = squeezed(" ".join(word for below, word in second if below > BOTTOM))
    assert begun.startswith(squeezed(str(catalogue(language)["questions"]["next"])))


BOTTOM = 0.7 / 11.69  # of a page, which the margins above and below take


def squeezed(text):
    return re.sub(r"\s", "", text)


def words_of_pages(path):
    """Of every page its words in their order, each with how far down it ends, as LibreOffice lays the file out."""
    import html as markup
    import shutil
    import subprocess

    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None or shutil.which("pdftotext") is None:
        pytest.skip("LibreOffice or pdftotext is not installed: page one was not laid out")
    profile = f"-env:UserInstallation=file://{path.parent / 'office'}"
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(path.parent), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    boxes = subprocess.run(
        ["pdftotext", "-bbox", str(path.with_suffix(".pdf")), "-"], check=True, capture_output=True, text=True
    ).stdout
    pages = boxes.split("<page ")[1:]
    heights = [float(re.search(r'height="([\d.]+)"', page)[1]) for page in pages]
    return [
        [(float(y) / height, markup.unescape(word)) for y, word in re.findall(r'yMax="([\d.]+)">([^<]*)<', page)]
        for page, height in zip(pages, heights, strict=True)
    ]


def test_a_chain_drawn_taller_than_a_slide_is_a_table_there(found, monkeypatch):
    from sexresearch.answering import slides

    assert any(figure.caption.startswith("The chain") for figure in found.document(slides=True).figures)
    monkeypatch.setattr(slides, "TALLEST", 0.1)
    shown = found.document(slides=True)
    assert not any(figure.caption.startswith("The chain") for figure in shown.figures)
    assert any(table.caption.startswith("The strongest links") for table in shown.tables)
