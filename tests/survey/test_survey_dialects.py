"""Text files of many dialects: separators, quotes, marks inside numbers, encodings and line ends."""

import pytest

from sexresearch.errors import DataError, OptionError
from sexresearch.survey import read_survey


def read(tmp_path, content, name="a.csv", **options):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_survey(path, **options)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", "~", "^"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(tmp_path, mark, end):
    lines = [["id", "How much?", "text"], ["1", "5", "good"], ["2", "4", "fair"]]
    answers = read(tmp_path, end.join(mark.join(line) for line in lines) + end + "\x1a").answers
    assert answers.to_dict("list") == {"id": [1, 2], "How much?": [5, 4], "text": ["good", "fair"]}


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ('"Overall, how?";"And, staff?"\n5;4\n3;2\n', ["Overall, how?", "And, staff?"]),
        ("id;How much, on a scale?\n1;5\n2;4\n", ["id", "How much, on a scale?"]),
        ("Overall, how; really?\tAnd, staff?\n5\t4\n3\t2\n", ["Overall, how; really?", "And, staff?"]),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ["a", "b"]),
        ("Preis, netto;Preis, brutto\n1,5;2,5\n3,5;4,5\n", ["Preis, netto", "Preis, brutto"]),
        ("'a, b','c'\n'5','4'\n'3','2'\n", ["a, b", "c"]),
        ("comment\nnice, but slow\ngood, fast\nok\n", ["comment"]),
        ("del1\n1,5\n2,5\n", ["del1"]),
        ("Client survey 2026\n\ndel1,del2,del3\n5,4,3\n3,2,1\n", ["del1", "del2", "del3"]),
        ("id,brands\n1,A|B\n2,C|D\n", ["id", "brands"]),
    ],
)
def test_the_rows_decide_not_the_header(tmp_path, content, columns):
    survey = read(tmp_path, content)
    assert list(survey.answers) == columns


def test_two_separators_that_fit_are_refused_and_one_can_be_said(tmp_path):
    content = "id,brand;type\n1,A;B\n2,C;D\n"
    with pytest.raises(DataError, match=r"commas or semicolons.*separator="):
        read(tmp_path, content)
    assert list(read(tmp_path, content, separator=";").answers) == ["id,brand", "type"]


@pytest.mark.parametrize(
    "content",
    [
        "id;a,b\n1;2,3\n",
        "id;a,b\n" + "1;2,3\n" * 150,
        "id\ta,b\n1\t2,3\n2\t4,5\n",
        "id|a,b\n1|2,3\n",
        "id|a;b\n1|2;3\n",
        "id\ta;b\n1\t2;3\n",
        "a,b;c,d\n1,2;3,4\n",
        "a, b; c, d\n1, 2; 3, 4\n",
        "id~a,b\n1~2,3\n",
    ],
)
def test_two_readings_that_both_part_every_row_are_refused_with_the_line_to_write(tmp_path, content):
    with pytest.raises(DataError, match=r"separator='.*' gives the columns .*; separator='.*' gives .*write sep="):
        read(tmp_path, content)
    mark = content[2] if content[:2] == "id" else ";"
    assert read(tmp_path, f"sep={mark}\n{content}").answers.equals(read(tmp_path, content, separator=mark).answers)


@pytest.mark.parametrize(
    ("content", "values"),
    [
        ("a;b;c\n1;2,5;3,7\n2;4,5;1,5\n", [[1, 2.5, 3.7], [2, 4.5, 1.5]]),
        ("a;b\n1,5;2,5\n", [[1.5, 2.5]]),
        ("id;a,b\n1;2,3\n2;4\n", [[1, 2.3], [2, 4]]),
        ('id;"a,b"\n1;"2,3"\n', [[1, 2.3]]),
        ("id;x;y;a,b\n1;2;3;4,5\n", [[1, 2, 3, 4.5]]),
        ("id;Umsatz,Tsd;q1\n1;1,5;5\n2;2,5;4\n", [[1, 1.5, 5], [2, 2.5, 4]]),
        ('"id";"a,b"\n"1";"2,3"\n', [[1, 2.3]]),
        ("'id','a;b'\n'1','2;3'\n", [[1, "2;3"]]),
        ('id,"a;b"\n1,"2;3"\n', [[1, "2;3"]]),
        ("id;a, so b\n1;2,3\n", [[1, 2.3]]),
        ("id\tDay, time\n1\t1.2.26, 10:00\n2\t2.2.26, 11:00\n", [[1, "1.2.26, 10:00"], [2, "2.2.26, 11:00"]]),
        ('id,sales\n1,"1,234.5"\n2,"987"\n', [[1, 1234.5], [2, 987]]),
        ("id\tsales\n1\t1.234,5\n", [[1, 1234.5]]),
    ],
)
def test_what_people_plainly_have_is_read(tmp_path, content, values):
    answers = read(tmp_path, content).answers
    assert answers.astype(object).to_numpy().tolist() == values


@pytest.mark.parametrize(
    "column",
    [["1.234"], ["1,234"], ["987", "1.234"], ["1,234", "5"], ["12.500", "1.234", "100.000"], ["-1.234"], ["1.234 €"]],
)
def test_a_mark_alone_is_refused(tmp_path, column):
    with pytest.raises(DataError, match=r"'x': .* may be .* or .*: say decimal='\.', decimal=',' or thousands="):
        read(tmp_path, "id\tx\n" + "".join(f"{row}\t{text}\n" for row, text in enumerate(column)))


def test_marks_that_contradict_each_other_are_refused(tmp_path):
    for column in (["1.234", "1,234"], ["1.5", "2,5"], ["1.234,5", "1,234.5"]):
        with pytest.raises(DataError, match=r"'x': both .* and .* are in it; say decimal=',' or decimal='\.'"):
            read(tmp_path, "id\tx\n" + "".join(f"{row}\t{text}\n" for row, text in enumerate(column)))
    with pytest.raises(DataError, match=r"(?s)'x': '1\.234' may be.*'y': '1,234' may be"):
        read(tmp_path, "id\tx\ty\n1\t1.234\t1,234\n")


@pytest.mark.parametrize(
    ("column", "numbers"),
    [
        (["1.234,5", "987", "12.500"], [1234.5, 987, 12500]),
        (["1,234.5", "987", "12,500"], [1234.5, 987, 12500]),
        (["1'234.50", "987", "12'500"], [1234.5, 987, 12500]),
        (["1 234,5", "987", "12\u00a0500"], [1234.5, 987, 12500]),
        (["1.234.567", "987", "1"], [1234567, 987, 1]),
        (["45 %", "80%", "100 %"], [45, 80, 100]),
        (["€ 1.234,50", "987 €", "12"], [1234.5, 987, 12]),
        (["0.125", "1.234", "2"], [0.125, 1.234, 2]),
        (["\u22125", "3", "2"], [-5, 3, 2]),
    ],
)
def test_marks_inside_numbers(tmp_path, column, numbers):
    survey = read(tmp_path, "id\tx\n" + "".join(f"{row}\t{text}\n" for row, text in enumerate(column)), "a.tsv")
    assert survey.answers["x"].tolist() == numbers


def test_other_columns_decide_an_open_mark(tmp_path):
    survey = read(tmp_path, "id;sales;share\n1;1.234;0,25\n2;987;0,5\n3;12.500;1\n")
    assert survey.answers["sales"].tolist() == [1234, 987, 12500]
    assert "points between thousands in sales" in survey.notes
    assert read(tmp_path, "id;x;y\n1;1.234;0.5\n2;2.345;1\n").answers["x"].tolist() == [1.234, 2.345]


@pytest.mark.parametrize(
    ("options", "first"),
    [({"decimal": "."}, 1.234), ({"decimal": ","}, 1234), ({"thousands": "."}, 1234), ({"thousands": ","}, 1.234)],
)
def test_an_undecidable_mark_is_refused_and_can_be_said(tmp_path, options, first):
    content = "id;sales\n1;1.234\n2;2.500\n"
    with pytest.raises(DataError, match=r"'sales': '1\.234' may be 1234 or 1\.234: say decimal='\.'.*thousands="):
        read(tmp_path, content)
    assert read(tmp_path, content, **options).answers["sales"].tolist()[0] == first


@pytest.mark.parametrize(
    "options",
    [{"decimal": "x"}, {"thousands": "_"}, {"separator": ";;"}, {"decimal": ".", "thousands": "."}, {"header": True}],
)
def test_options_that_cannot_be(tmp_path, options):
    with pytest.raises(OptionError):
        read(tmp_path, "a;b\n1;2\n", **options)


def test_numbers_that_are_texts_stay_texts(tmp_path):
    answers = read(tmp_path, "version,day,ip\n1.2.3,01.02.2026,10.0.0.1\n1.2.4,02.02.2026,10.0.0.2\n").answers
    assert answers.iloc[0].tolist() == ["1.2.3", "01.02.2026", "10.0.0.1"]


def test_utf16_without_its_mark_is_named(tmp_path):
    with pytest.raises(DataError, match="UTF-16 without its mark"):
        read(tmp_path, "a,b\n1,2\n3,4\n".encode("utf-16-le"))


def test_a_first_row_of_answers_is_no_header(tmp_path):
    with pytest.raises(DataError, match=r"no header.*header=1"):
        read(tmp_path, "5,4,3\n2,3,4\n1,1,2\n")
    assert list(read(tmp_path, "5,4,3\n2,3,4\n1,1,2\n", header=1).answers) == ["5", "4", "3"]


@pytest.mark.parametrize(("first", "counts"), [("1 2 3", True), ("1.5 7.25 99.0", False), ("1 3 7", False)])
def test_only_consecutive_integers_count_the_rows(tmp_path, first, counts):
    content = ",q\n" + "".join(f"{cell},5\n" for cell in first.split())
    if counts:
        assert list(read(tmp_path, content).answers) == ["q"]
    else:
        with pytest.raises(DataError, match="1 column with answers but no name: column 1"):
            read(tmp_path, content)


def test_files_are_left_as_they_are(tmp_path):
    content = "del1;x\n5 - Agree;1,5\nn/a;2\n"
    read(tmp_path, content)
    assert (tmp_path / "a.csv").read_bytes() == content.encode()
