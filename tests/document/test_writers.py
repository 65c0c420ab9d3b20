"""Documents: every format holds the same numbers, hostile text stays text, and files are written whole."""

import io
import re
import zipfile
from itertools import pairwise

import docx
import openpyxl
import pandas as pd
import pptx
import pytest

from sexresearch.document import FORMATS, Bullets, Document, Figure, Heading, Number, Table, link, write
from sexresearch.document.layout import UPRIGHT, letters, side_parts
from sexresearch.document.writers.docx import docx as as_word
from sexresearch.document.writers.pptx import pptx as as_slides
from sexresearch.document.writers.xlsx import xlsx
from sexresearch.errors import OptionError

ROUNDING = 5.01e-4  # half of the third decimal that is printed
FULL = 1e-14  # a workbook writes 16 digits
SUFFIXES = [*FORMATS, ".tex"]


@pytest.fixture(scope="module")
def files(document, tmp_path_factory):
    folder = tmp_path_factory.mktemp("documents")
    return {suffix: write(document, folder / "new" / f"client{suffix}") for suffix in SUFFIXES}


def number(cell):
    """A printed cell as a number: of "< 0.001" the middle between 0 and that; NaN for an empty one."""
    text = str(cell)
    return float(text.removeprefix("< ")) / 2 if text.startswith("<") else float(text or "nan")


def assert_equals(rows, frame):
    """Cells read from a file, row by row, against the frame they come from."""
    assert len(rows) == len(frame)
    for cells, (_, row) in zip(rows, frame.iterrows(), strict=True):
        assert cells[0] == row["lhs"]
        for cell, name in zip(cells[1:4], ("est", "pvalue", "df"), strict=True):
            assert number(cell) == pytest.approx(row[name], abs=ROUNDING, nan_ok=True)
        assert cells[4] == row["note"]


def test_html_holds_the_numbers(files, numbers):
    read = pd.read_html(
        io.StringIO(files[".html"].read_text(encoding="utf-8")),
        keep_default_na=False,
        converters=dict.fromkeys(("lhs", "est", "p", "df", "note"), str),
    )[0]
    assert list(read.columns) == ["lhs", "est", "p", "df", "note"]
    assert_equals(read.to_numpy().tolist(), numbers)


def test_word_holds_the_numbers(files, numbers):
    table = docx.Document(files[".docx"]).tables[0]
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[0] == ["lhs", "est", "p", "df", "note"]
    assert_equals(rows[1:], numbers)


def test_slides_hold_the_numbers(files, numbers):
    shapes = [shape for slide in pptx.Presentation(files[".pptx"]).slides for shape in slide.shapes if shape.has_table]
    rows = []
    for shape in shapes[:-1]:  # the last is the empty table
        rows += [[cell.text for cell in row.cells] for row in list(shape.table.rows)[1:]]
    assert_equals(rows, numbers)


def test_a_workbook_holds_numbers_in_full_and_no_formula(files, numbers):
    book = openpyxl.load_workbook(files[".xlsx"])
    assert len(book.sheetnames) == 1 + 3
    assert not [c for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    sheet = book[book.sheetnames[1]]
    assert sheet["A1"].value == "Table 1. Numbers & <names>"
    assert sheet.freeze_panes == "B4"
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4, max_row=3 + len(numbers))]
    for cells, (_, row) in zip(rows, numbers.iterrows(), strict=True):
        neutral = f"'{row['lhs']}" if row["lhs"][0] in "=+-@" else row["lhs"]
        assert cells[0] == neutral
        for value, name in zip(cells[1:4], ("est", "pvalue", "df"), strict=True):
            assert (value is None and pd.isna(row[name])) or value == pytest.approx(row[name], rel=FULL)
    assert sheet["B4"].number_format == "0.000"
    assert "< 0.001" in sheet["C4"].number_format
    assert sheet["D4"].number_format == "0"


def test_latex_holds_the_numbers_and_is_balanced(files, numbers):
    text = files[".tex"].read_text(encoding="utf-8")
    opened = re.findall(r"\\begin\{(\w+)\}", text)
    closed = re.findall(r"\\end\{(\w+)\}", text)
    assert sorted(opened) == sorted(closed)
    bare = re.sub(r"\\[\\{}]", "", text)
    assert bare.count("{") == bare.count("}")
    lines = [line for line in text.splitlines() if line.endswith(r"\\") and line.count(" & ") == 4]
    assert len(lines) == 1 + len(numbers) + 1  # and the head of the empty table
    told = [re.split(r"(?<!\\) & ", line.removesuffix(r" \\")) for line in lines[1:-1]]
    for cells, (_, row) in zip(told, numbers.iterrows(), strict=True):
        assert number(cells[1].replace(r"\textless{}", "<")) == pytest.approx(row["est"], abs=ROUNDING, nan_ok=True)
    assert r"Maß\_1 \% \$x\$ \{y\} \#3" in text
    assert (files[".tex"].parent / "client_figures" / "figure1.pdf").read_bytes().startswith(b"%PDF")


def test_a_page_is_accessible_and_offline(files, assert_opens_offline):
    text = files[".html"].read_text(encoding="utf-8")
    assert_opens_offline(text)
    assert "<script" not in text
    assert '<html lang="en">' in text
    assert 'alt="A line that rises from 1 to 2"' in text
    levels = [int(level) for level in re.findall(r"<h(\d)", text)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert text.count("<th scope=") == text.count("<th ")


def test_word_has_real_styles_captions_and_descriptions(files):
    word = docx.Document(files[".docx"])
    styles = {paragraph.style.name for paragraph in word.paragraphs}
    assert {"Title", "Heading 1", "Heading 2", "List Bullet", "Caption", "Verdict", "Warning", "Code"} <= styles
    xml = word.element.xml
    assert xml.count("SEQ Table") == 3
    assert xml.count("w:tblHeader") == 3
    assert 'descr="A line that rises from 1 to 2"' in xml
    assert "PAGE" in word.sections[0].footer._element.xml
    sides = [section.page_width > section.page_height for section in word.sections]
    assert sides == [False, True, False]  # one wide table


def test_every_heading_of_level_1_is_the_message_of_a_slide(files):
    slides = list(pptx.Presentation(files[".pptx"]).slides)
    titles = [slide.shapes.title.text for slide in slides]
    assert "Excellence carries loyalty" in titles
    assert "Nothing found" in titles
    assert "Model" not in titles  # the appendix is not shown
    pictures = [shape for slide in slides for shape in slide.shapes if shape.shape_type == 13]
    assert [shape._element.nvPicPr.cNvPr.get("descr") for shape in pictures] == ["A line that rises from 1 to 2"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_document_gives_the_same_bytes(document, files, suffix, tmp_path):
    again = write(document, tmp_path / f"client{suffix}")
    assert again.read_bytes() == files[suffix].read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_control_characters_break_no_file(suffix, tmp_path):
    bad = "a\x00\x1b[31m\ufffeb"
    frame = pd.DataFrame({bad: [bad, "="], "est": [1.0, 2.0]})
    made = Document(bad, (Heading(f"{bad}\ud800"), Table(frame, bad, bad)), subtitle=bad, source=bad)
    path = write(made, tmp_path / f"bad{suffix}")
    assert path.stat().st_size
    if suffix in (".docx", ".pptx", ".xlsx"):
        assert zipfile.ZipFile(path).testzip() is None


def test_german_documents_use_german_words(document):
    made = Document("Bericht", (document.tables[0],), language="de")
    text = FORMATS[".html"](made)
    assert '<html lang="de">' in text
    assert "Tabelle 1." in text
    assert "Anmerkung." in text


def test_other_suffixes_and_blocks_are_refused(document, tmp_path):
    with pytest.raises(OptionError, match=r"client\.pdf; its suffix can be \.html, \.docx"):
        write(document, tmp_path / "client.pdf")
    with pytest.raises(OptionError, match="found str"):
        Document("Title", ("text",))
    with pytest.raises(OptionError, match="level 1, 2 or 3"):
        Heading("Title", 4)
    with pytest.raises(OptionError, match="https"):
        link("here", "javascript:alert(1)")
    with pytest.raises(OptionError, match="alt"):
        Figure(None)
    assert not list(tmp_path.iterdir())


def test_numbers_print_as_told():
    table = Table(pd.DataFrame({"est": [Number(0.41235, 2), Number(0.5, text="0.50***")], "df": [3.0, 4.0]}))
    assert table.cells == (("0.41", "3"), ("0.50***", "4"))
    assert table.amounts == ((0.41235, 3.0), (None, 4.0))
    assert table.numeric == (True, True)


def test_columns_are_as_wide_as_the_longest_word_of_their_heading_in_bold():
    from sexresearch.document.layout import BOLD, column_widths

    table = Table(pd.DataFrame({"performance_ci_lower": [0.5], "outcome": ["holds"]}))
    longest = [max(map(len, head.split())) for head in table.headers]
    assert all(width >= BOLD * word for width, word in zip(column_widths(table), longest, strict=True))


def test_a_table_too_wide_for_a_page_stands_in_parts_that_keep_values_with_their_limits():
    names = [f"{kind}{end}" for kind in ("importance", "performance", "gain", "loading", "share", "value")
             for end in ("", "_ci_lower", "_ci_upper")]  # fmt: skip
    frame = pd.DataFrame([{"construct": "Core service", **dict.fromkeys(names, 0.123)}])
    parts = side_parts(Table(frame, "Levers", "A note."), UPRIGHT, "continued")
    assert len(parts) > 1
    assert [name for part in parts for name in part.frame.columns[1:]] == names
    assert {part.frame.columns[0] for part in parts} == {"construct"}
    assert not [part for part in parts if letters(part) > UPRIGHT]
    assert not [part for part in parts if part.frame.columns[1].endswith(("_lower", "_upper"))]
    assert [part.note for part in parts] == [""] * (len(parts) - 1) + ["A note."]


def test_parts_of_a_table_repeat_what_tells_their_rows_apart():
    values = {f"{kind}{end}": 0.123 for kind in ("est", "est_against", "path_difference", "importance", "performance")
              for end in ("", "_ci_lower", "_ci_upper")}  # fmt: skip
    rows = [{"path": "Delight → Loyalty", "group": group, "against": "low-budget", **values} for group in ("a", "b")]
    parts = side_parts(Table(pd.DataFrame(rows), "Links"), UPRIGHT, "continued")
    assert len(parts) > 1
    assert all(part.frame.columns[:2].tolist() == ["path", "group"] for part in parts)
    assert not [part for part in parts if letters(part) > UPRIGHT]


def test_a_table_that_ends_a_page_of_word_begins_no_other():
    made = docx.Document(io.BytesIO(as_word(Document("Client", (Table(pd.DataFrame({"est": [1.0]}), "Small"),)))))
    after = made.paragraphs[-1]
    assert after.text == ""
    assert (after.paragraph_format.space_before.pt, after.paragraph_format.line_spacing.pt) == (0, 1)


def test_rows_of_a_workbook_are_as_high_as_their_text_and_intervals_keep_their_sign():
    long = "a sentence that goes on and on " * 5
    frame = pd.DataFrame({"difference": [Number(-0.26, 2, "-0.26 [-0.33 to -0.19]")], "note": [long]})
    book = openpyxl.load_workbook(io.BytesIO(xlsx(Document("Client", (Table(frame, "Differences"),), source=long))))
    contents, sheet = book.worksheets
    assert sheet["A4"].value == "-0.26 [-0.33 to -0.19]"
    assert sheet.row_dimensions[4].height >= 3 * 15
    assert contents.row_dimensions[2].height >= 2 * 15
    noted = openpyxl.load_workbook(
        io.BytesIO(xlsx(Document("Client", (Table(frame, "Differences", long),))))
    ).worksheets[1]
    assert [str(cells) for cells in noted.merged_cells.ranges] == ["A6:B6"]  # a note is as wide as its table, in lines
    assert noted.row_dimensions[6].height >= 2 * 15
    assert contents.page_setup.paperSize == 9
    assert contents.sheet_properties.pageSetUpPr.fitToPage
    assert "Table 1. Differences" in sheet.oddFooter.left.text


def test_a_workbook_keeps_the_interval_of_a_number_too_small_to_print():
    shares = [Number(0.009, 2, "< 1% [< 1% to 1%]"), Number(0.0004, 3, "< 0.001")]
    book = openpyxl.load_workbook(
        io.BytesIO(xlsx(Document("Client", (Table(pd.DataFrame({"share": shares}), "Shares"),))))
    )
    sheet = book.worksheets[1]
    assert sheet["A4"].value == "< 1% [< 1% to 1%]"
    assert sheet["A5"].value == 0.0004


def test_text_goes_on_on_another_slide_only_where_one_is_full():
    def slides(lines):
        document = Document("Client", (Heading("Limits"), Bullets(("x" * 80,) * lines)))
        return len(pptx.Presentation(io.BytesIO(as_slides(document))).slides) - 1

    assert [slides(lines) for lines in (14, 15, 16)] == [1, 1, 2]


def test_parts_of_a_wide_table_have_one_number_in_every_format(tmp_path):
    long = {f"column number {place} with a long head": [0.5] for place in range(12)}
    blocks = (Table(pd.DataFrame(long), "Wide"), Table(pd.DataFrame({"est": [1.0]}), "Small"))
    files = {suffix: write(Document("Client", blocks), tmp_path / f"client{suffix}") for suffix in SUFFIXES}
    page = files[".html"].read_text(encoding="utf-8")
    captions = re.findall(r'<caption><span class="number">(.*?)</caption>', page)
    assert [re.sub("<.*?>", "", text) for text in captions][-1] == "Table 2. Small"
    assert sum(text.endswith("(continued)") and text.startswith("Table 1.") for text in captions) >= 1
    word = docx.Document(files[".docx"])
    assert word.element.xml.count("SEQ Table") == 2
    assert any(p.text.startswith("Table 1. Wide (continued)") for p in word.paragraphs)
    assert r"\addtocounter{table}{-1}" in files[".tex"].read_text(encoding="utf-8")


def test_pages_of_a_wide_sheet_share_what_tells_rows_apart_and_the_whole_caption():
    values = {f"a rather long head of column {place}": ["words that take room in a cell"] * 4 for place in range(9)}
    frame = pd.DataFrame({"path": ["joy"] * 2 + ["trust"] * 2, "group": ["a", "b"] * 2, **values})
    table = Table(frame, "Links of the chain by group, in standard deviations of the group", "Doubt. " * 30)
    _, sheet = openpyxl.load_workbook(io.BytesIO(xlsx(Document("Client", (table,))))).worksheets
    assert sheet.print_title_cols == "$A:$B"
    assert {str(part) for part in sheet.merged_cells.ranges} == {"A1:B1", "A9:B9"}
    letters = sum(sheet.column_dimensions[column].width for column in "AB")
    for cell in (sheet["A1"], sheet["A9"]):
        assert cell.alignment.wrap_text
        assert sheet.row_dimensions[cell.row].height / 15 >= len(cell.value) / letters


def test_a_page_says_where_its_numbers_come_from_where_the_appendix_begins(files):
    text = files[".html"].read_text(encoding="utf-8")
    assert text.index("<h2>Appendix</h2>") < text.index("How these numbers came about") < text.index("Long")
    assert "<footer" not in text


def test_a_sheet_wider_than_a_page_sets_heads_in_lines_and_leaves_others_as_they_are():
    def widths(columns):
        frame = pd.DataFrame({f"performance upper {place}": [0.5] for place in range(columns)})
        _, sheet = openpyxl.load_workbook(io.BytesIO(xlsx(Document("Client", (Table(frame, "Wide"),))))).worksheets
        return sheet.column_dimensions["A"].width, sheet.row_dimensions[3].height

    (narrow, head), (wide, low) = widths(12), widths(3)
    assert narrow < wide
    assert len("performance") < narrow
    assert low is None  # one line
    assert head >= 2 * 15
