"""One survey written the ways clients send it: every file gives the answers of the plain one."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import DataError

AGREE = ["disagree completely", "disagree", "neither", "agree", "agree completely"]
GERMAN = ["stimme überhaupt nicht zu", "stimme nicht zu", "teils, teils", "stimme zu", "stimme völlig zu"]
CODEBOOK = f"""
language = "en"
[scales.agree]
lowest = 1
highest = 5
labels = {AGREE}
[constructs.joy]
scale = "agree"
items = {{ joy1 = "I was glad.", joy2 = "I would come back.", joy3 = "It felt right." }}
[constructs.share]
items = {{ wallet = {{ wording = "Of 100 euro, how many here?", scale = "percent" }} }}
[scales.percent]
lowest = 0
highest = 100
[fields]
brand = {{ label = "Brand", role = "group" }}
[translations.de.scales]
agree = {GERMAN}
[translations.de.items]
joy1 = "Ich war froh."
joy2 = "Ich würde wiederkommen."
joy3 = "Es fühlte sich richtig an."
wallet = "Von 100 Euro: wie viele hier?"
""".replace("'", '"')
ITEMS = ["joy1", "joy2", "joy3", "wallet"]
N = 40


def plain():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(rng.integers(1, 6, (N, 3)).astype(str), columns=ITEMS[:3])
    frame["wallet"] = rng.integers(0, 101, N).astype(str)
    frame["brand"] = rng.choice(["Süd", "Nord"], N)
    frame.iloc[3, 1] = frame.iloc[7, 0] = ""
    return frame


def words(labels, form="{text}"):
    frame = plain()
    for name in ITEMS[:3]:
        frame[name] = [form.format(text=labels[int(cell) - 1], code=cell) if cell else "" for cell in frame[name]]
    return frame


def text(frame, separator=",", encoding="utf-8", end="\n", above="", below=""):
    rows = io.StringIO(newline="")
    writer = csv.writer(rows, delimiter=separator, lineterminator=end)
    writer.writerows([list(frame.columns), *frame.to_numpy().tolist()])
    return (above + rows.getvalue() + below).encode(encoding)


ENGLISH = {"joy1": "I was glad.", "joy2": "I would come back.", "joy3": "It felt right."}
OWN = {"joy1": "Ich war froh.", "joy2": "Ich würde wiederkommen.", "joy3": "Es fühlte sich richtig an."}
WHOLE = pd.DataFrame([["Response"] * len(plain().columns)], columns=plain().columns)
FILES = {
    "plain": lambda: text(plain()),
    "UTF-16, tabs": lambda: text(plain(), "\t", "utf-16"),
    "German words, Windows-1252": lambda: text(words(GERMAN), ";", "cp1252"),
    "German words, as old Macs write": lambda: text(words(GERMAN), ";", "mac_roman", "\r"),
    "German words and codes": lambda: text(words(GERMAN, "{text} ({code})"), ";"),
    "codes and German words": lambda: text(words(GERMAN, "{code} = {text}"), ";"),
    "words of either language": lambda: text(pd.concat([words(AGREE)[:20], words(GERMAN)[20:]])),
    "a title with empty cells above": lambda: text(plain(), above="Survey 2026,,,\n"),
    "two titles and an empty row above": lambda: text(plain(), above="Survey 2026,,\nExported today,,\n\n"),
    "names in capitals": lambda: text(plain().rename(columns=str.upper)),
    "questions for names": lambda: text(plain().rename(columns=ENGLISH)),
    "German questions for names": lambda: text(words(GERMAN).rename(columns=OWN), ";"),
    "German questions in brackets": lambda: text(plain().rename(columns=lambda c: f"G1 [{OWN[c]}]" if c in OWN else c)),
    "a second row of 'Response'": lambda: text(pd.concat([WHOLE, words(AGREE)])),
    "percent signs": lambda: text(plain().assign(wallet=plain()["wallet"] + " %")),
    "no answer in German": lambda: text(words(GERMAN).replace("", "weiß nicht"), ";"),
}


@pytest.mark.parametrize("case", FILES)
def test_every_way_of_writing_gives_the_same_answers(case, tmp_path):
    file = tmp_path / "clients.csv"
    file.write_bytes(FILES[case]())
    found = sx.read_survey(file, CODEBOOK).answers
    expected = plain()[ITEMS].replace("", np.nan).astype(float)
    assert np.array_equal(found[ITEMS].to_numpy(), expected.to_numpy(), equal_nan=True)
    assert found["brand"].tolist() == plain()["brand"].tolist()


def test_what_was_found_by_other_names_is_noted(tmp_path):
    file = tmp_path / "clients.csv"
    file.write_bytes(FILES["questions for names"]())
    notes = sx.read_survey(file, CODEBOOK).notes
    assert "'joy1' is read from the column 'I was glad.'" in notes


def test_a_wording_of_two_items_leads_to_no_column(tmp_path):
    file = tmp_path / "clients.csv"
    file.write_bytes(text(plain().rename(columns=ENGLISH)))
    with pytest.raises(DataError, match="the column 'joy2' \\(item\\) is not there"):
        sx.read_survey(file, CODEBOOK.replace("I would come back.", "I was glad."))


def test_two_names_that_differ_in_case_alone_lead_to_none(tmp_path):
    frame = plain().rename(columns={"joy1": "JOY1"}).assign(Joy1="3")
    file = tmp_path / "clients.csv"
    file.write_bytes(text(frame))
    with pytest.raises(DataError, match="the column 'joy1' \\(item\\) is not there; similar"):
        sx.read_survey(file, CODEBOOK)
