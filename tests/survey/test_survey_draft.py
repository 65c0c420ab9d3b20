"""Drafts of questionnaires: how often the proposals are right on known instruments, and that drafts can be read."""

import os
from functools import cache
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

import sexresearch as sx
from sexresearch.errors import DataError, WriteError
from sexresearch.survey.drafting.batteries import no_answer_ends

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get("SEXRESEARCH_DATA_HOME", ROOT.parent / "shared" / "data-home"))
ROWS = 400  # all of corp_rep2, whose rarest answers few gave
RIGHT, FITTING = 0.90, 0.95  # shares: construct and node first or second; scale and role
NEIGHBOURS = {  # constructs the model of the standard has no node for, by their name in the item bank
    **{"Expectation": "expectations", "Value": "value", "Image": "image", "Complaints": "complaints"},
    **{"Complaint": "complaints", "PERF": "performance", "CSOR": "responsibility", "ATTR": "attractiveness"},
    **{"COMP": "competence", "LIKE": "likeability", "SWITCH": "switching_costs"},
}
ASIDE = {"HANDLE", "qual_global", "perf_global", "csor_global", "attr_global"}  # ratings that no model of theirs uses
PLACES = {"group", "other"}  # a column of categories is either, as one likes
SETS = {
    "demo": ("synthetic/service_excellence_demo", None),
    "world": ("synthetic/service_excellence_world", None),
    "acsi": ("raw/acsi_2015", "ACSI Data 2015 ver2.xlsx"),
    "mobi": ("raw/mobi_ecsi", "plspm_python_mobi.csv"),
    "corp_rep2": ("raw/corp_rep2", "seminr_corp_rep_data2.rda"),
}


@cache
def raw_answers(name: str) -> tuple[pd.DataFrame, sx.Instrument]:
    codebook, file = SETS[name]
    instrument = sx.Instrument.from_toml(ROOT / "data" / f"{codebook}.toml")
    path = HOME / file if file else ROOT / "data" / f"{codebook}.csv"
    if not path.exists():
        pytest.skip(f"{path.name} has not been fetched")
    if path.suffix == ".rda":
        frame = next(iter(pytest.importorskip("rdata").read_rda(path).values()))
    else:
        frame = pd.read_excel(path) if path.suffix == ".xlsx" else pd.read_csv(path)
    return frame.sample(min(ROWS, len(frame)), random_state=1).reset_index(drop=True), instrument


def written(frame: pd.DataFrame, instrument: sx.Instrument, layout: str, path: Path) -> dict[str, str]:
    """Writes the answers in a layout, and returns the instrument's header of each column there is."""
    texts = {item.header: item.wording for item in instrument.items}
    texts |= {field.name: field.label or field.name for field in instrument.fields}
    names = {name: f"Q{place}" if layout == "words" else name for place, name in enumerate(frame.columns, start=1)}
    head = pd.DataFrame([[texts.get(name, name) for name in frame], [f'{{"ImportId":"{name}"}}' for name in frame]])
    body = frame.astype(object).where(frame.notna(), "")
    rows = body if layout == "codes" else pd.concat([head.set_axis(frame.columns, axis=1), body])
    rows.rename(columns=names).to_csv(path, index=False)
    return {names[name]: name for name in frame}


def shares(draft: sx.Draft, instrument: sx.Instrument, headers: dict[str, str]) -> dict[str, float]:
    """How many of the items have the right construct and node, and scale; and the columns their role."""
    found = {headers[row.column]: row for row in draft.proposals.itertuples()}
    homes = {item.header: (part, item) for part in instrument.constructs for item in part.items}

    def fits(part, name, node):
        return node == part.node if part.node else name == NEIGHBOURS[part.name]

    first, second, scale = [], [], []
    for header, (part, item) in homes.items():
        row = found[header]
        first.append(row.role == "item" and fits(part, row.construct, row.node))
        second.append(first[-1] or (row.role == "item" and fits(part, row.second, row.second_node)))
        scale.append((row.lowest, row.highest) == (item.scale.lowest, item.scale.highest))
    roles = {field.name: field.role for field in instrument.fields} | dict.fromkeys(homes, "item")
    role = [
        found[name].role == role or {found[name].role, role} <= PLACES or name in ASIDE
        for name, role in roles.items()
        if name in found
    ]
    return {"first": np.mean(first), "either": np.mean(second), "scale": np.mean(scale), "role": np.mean(role)}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("layout", ["codes", "both", "words"])
def test_most_proposals_are_right(name, layout, tmp_path):
    frame, instrument = raw_answers(name)
    headers = written(frame, instrument, layout, tmp_path / "clients.csv")
    draft = sx.draft_instrument(tmp_path / "clients.csv")
    found = shares(draft, instrument, headers)
    print(f"{name} {layout}: { ({key: round(float(value), 2) for key, value in found.items()}) }")
    assert found["either"] >= RIGHT
    assert found["scale"] >= (RIGHT if layout == "words" else FITTING)
    assert found["role"] >= FITTING
    assert {headers[i.header] for i in draft.items if i.reverse} >= {i.header for i in instrument.items if i.reverse}
    assert sx.read_survey(tmp_path / "clients.csv", instrument=draft).n == len(frame)


def messy_client() -> tuple[sx.Draft, sx.Instrument, dict[str, str]]:
    path = ROOT / "data" / "synthetic" / "messy_client.xlsx"
    draft = sx.draft_instrument(path)
    instrument = sx.Instrument.from_toml(path.with_suffix(".toml"))
    return draft, instrument, {name: name for name in draft.proposals["column"]}


def sfo_shares(draft: sx.Draft) -> dict[str, float]:
    found = {row.column.upper(): row for row in draft.proposals.itertuples()}
    wanted = SFO | {next(name for name in found if name.startswith("Q7WALKWAY")): (1, 5, {"promise"})}
    nodes = [{found[name].node, found[name].second_node} & nodes != set() for name, (_, _, nodes) in wanted.items()]
    scales = [(found[name].lowest, found[name].highest) == (low, high) for name, (low, high, _) in wanted.items()]
    others = [row.role == SFO_ROLES.get(name, row.role) != "item" for name, row in found.items() if name not in wanted]
    roles = [found[name].role == "item" for name in wanted] + others
    return {"either": np.mean(nodes), "scale": np.mean(scales), "role": np.mean(roles), "items": len(wanted)}


def test_most_proposals_are_right_on_seven_instruments_together(tmp_path):
    """Names that are codes where the file has no questions, else questions alone, which is the hardest."""
    found = []
    for name in SETS:
        frame, instrument = raw_answers(name)
        headers = written(frame, instrument, "words", tmp_path / f"{name}.csv")
        draft = sx.draft_instrument(tmp_path / f"{name}.csv")
        found.append(shares(draft, instrument, headers) | {"items": len(instrument.items)})
    draft, instrument, headers = messy_client()
    found.append(shares(draft, instrument, headers) | {"items": len(instrument.items)})
    path = HOME / "2018_SFO_Customer_Survey_20250817.csv"
    found.append(sfo_shares(sx.draft_instrument(path)))
    weights = [part["items"] for part in found]
    together = {key: np.average([part[key] for part in found], weights=weights) for key in ("either", "scale", "role")}
    print(f"seven instruments, {sum(weights)} items: { ({key: round(v, 3) for key, v in together.items()}) }")
    assert len(found) == 7
    assert together["either"] >= RIGHT
    assert min(together["scale"], together["role"]) >= FITTING
    assert min(part["either"] for part in found) >= RIGHT


SFO = {  # items of the airport survey: lowest and highest answer, nodes that a person could confirm
    **{f"Q7{name}": (1, 5, {"promise"}) for name in ("ART", "FOOD", "STORE", "SIGN", "SCREENS", "INFODOWN", "INFOUP")},
    **{f"Q7{name}": (1, 5, {"promise"}) for name in ("WIFI", "ROADS", "PARK", "AIRTRAIN", "LTPARKING", "RENTAL")},
    **{f"Q9{name}": (1, 5, {"promise"}) for name in ("BOARDING", "AIRTRAIN", "RENTAL", "FOOD", "RESTROOM")},
    **{name: (1, 5, {"promise"}) for name in ("Q10SAFE", "Q13GETRATE", "Q14FIND", "Q14PASSTHRU")},
    **{name: (1, 5, {"satisfaction", "experience", "promise"}) for name in ("Q7ALL", "Q9ALL")},
    "NETPRO": (0, 10, {"loyalty"}),
}
SFO_ROLES = {"RESPNUM": "id", "CCGID": "id", "GATE": "cluster", "WEIGHT": "weight"}


@pytest.mark.parametrize("year", ["2017", "2018"])
def test_a_real_file_of_codes_alone_is_mostly_right(year):
    path = HOME / f"{year}_SFO_Customer_Survey_20250817.csv"
    if not path.exists():
        pytest.skip(f"{path.name} has not been fetched")
    draft = sx.draft_instrument(path)
    found = sfo_shares(draft)
    assert found["either"] >= RIGHT
    assert min(found["scale"], found["role"]) >= FITTING
    confirmed = sx.Instrument.from_toml(ROOT / "data" / "raw" / f"sfo_{year}.toml")
    scales = {item.header: (item.scale.lowest, item.scale.highest) for item in confirmed.items}
    proposed = {item.header: (item.scale.lowest, item.scale.highest) for item in draft.items}
    assert {name for name in proposed if proposed[name] != scales[name]} == {"Q13GETRATE"}
    assert proposed.keys() == scales.keys()
    survey = sx.read_survey(path, instrument=draft)
    assert survey.answers["NETPRO"].max() == 10
    assert survey.answers["Q7RENTAL"].max() == 5


def client_file(path: Path) -> None:
    """A file as clients have them: title row, answers as codes with words, gaps in words, questions as headers."""
    rng = np.random.default_rng(7)
    mood = rng.normal(size=240)
    agree = ["Stimme gar nicht zu", "Stimme eher nicht zu", "Teils/teils", "Stimme eher zu", "Stimme voll zu"]

    def code(levels, sign=1.0):
        values = 0.5 + levels / 2 + sign * mood * levels / 5 + rng.normal(size=240) * levels / 6
        return np.clip(np.round(values), 1, levels).astype(int)

    satisfied = [{1: "1 - very dissatisfied", 7: "7 - very satisfied"}.get(k, k) for k in code(7)]
    satisfied[3] = "n/a"
    columns = {
        "Kundennummer": list(range(5001, 5241)),
        "How satisfied are you with us overall?": satisfied,
        "The service exceeded what I had expected": [agree[k - 1] for k in code(5)],
        "I was delighted by the service": [agree[k - 1] for k in code(5)],
        "When I complain, nothing happens": [agree[k - 1] for k in code(5, -1.0)],
        "Problems are solved quickly": [agree[k - 1] for k in code(5)],
        "They take complaints seriously": [agree[k - 1] for k in code(5)],
        "How likely are you to recommend us to a friend?": list(code(11) - 1),
        "Filiale": [f"Filiale {k % 20}" for k in range(240)],
        "Segment": [("Privat", "Firma", "Öffentlich")[k % 3] for k in range(240)],
        "Alter": list(rng.integers(18, 80, 240)),
        "Gewicht": list(rng.uniform(0.5, 2, 240)),
        "Bemerkungen": ["" if k % 4 else f"Anmerkung Nummer {k}" for k in range(240)],
    }
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Kundenbefragung 2026"])
    sheet.append([])
    sheet.append(list(columns))
    for row in zip(*columns.values(), strict=True):
        sheet.append([value.item() if isinstance(value, np.generic) else value for value in row])
    book.save(path)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    path = tmp_path_factory.mktemp("client") / "clients.xlsx"
    client_file(path)
    return path, sx.draft_instrument(path)


def test_a_messy_client_file_is_drafted_and_read_without_touching_it(client):
    path, draft = client
    found = draft.proposals.set_index("column")
    assert found["node"].dropna().tolist() == [
        *("satisfaction", "exceeded", "delight", "L2", "L2", "L2", "loyalty"),
    ]
    assert found["reverse"].dropna().tolist() == [False, False, False, True, False, False, False]
    assert found.loc[["Kundennummer", "Filiale", "Segment", "Alter", "Gewicht"], "role"].tolist() == [
        *("id", "cluster", "group", "other", "weight"),
    ]
    assert found["highest"].dropna().tolist() == [7, 5, 5, 5, 5, 5, 10]
    survey = sx.read_survey(path, instrument=draft)
    assert survey.answers[draft.items[0].name].isna().sum() == 1
    assert survey.answers[draft.items[2].name].corr(survey.answers[draft.items[3].name]) > 0


def test_the_text_of_a_draft_is_the_draft(client, tmp_path):
    _, draft = client
    again = sx.Instrument.from_toml(draft.text)
    assert (again.constructs, again.fields) == (draft.constructs, draft.fields)
    assert str(draft) == draft.text == (draft.write(tmp_path / "q.toml")).read_text(encoding="utf-8")
    assert "net promoter score" in draft.text
    assert "reversed: r = -" in draft.text
    with pytest.raises(WriteError, match="is there already, and may hold what you confirmed"):
        draft.write(tmp_path / "q.toml")
    assert draft.write(tmp_path / "q.toml", replace_existing=True).exists()


def test_every_column_is_proposed_once_in_columns_of_the_glossary(client, assert_in_glossary):
    _, draft = client
    assert_in_glossary(draft.proposals)
    assert len(draft.proposals) == draft.proposals["column"].nunique() == 13


def test_the_language_of_the_names_can_be_chosen(client):
    path, _ = client
    assert "Kundenbegeisterung" in [part.label for part in sx.draft_instrument(path, language="de").constructs]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,city\nAnna,Oslo\nBo,Bern\n", "no column of ratings.*its columns are name, city"),
        ("id,revenue\n1,1200.5\n2,90.25\n3,77.5\n", "no column of ratings"),
        ("sat1,sat1\n5,4\n3,2\n1,1\n", "sat1"),
        (",".join(f"q{k}" for k in range(1200)) + "\n" + ",".join("1" * 1200) + "\n", "1,200 columns; .* up to 1,000"),
    ],
)
def test_files_without_ratings_or_with_names_twice_are_refused(text, said, tmp_path):
    file = tmp_path / "clients.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        sx.draft_instrument(file)


def test_true_ends_of_scales_are_kept():
    """Answers of one factor on scales of 5, 7 and 11 points: no end is taken for a code of no answer."""
    false = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        mood, points = rng.normal(size=(250, 1)), (5, 7, 11)[seed % 3]
        answers = np.clip(np.round(points / 2 + 1 + points / 4 * (mood + rng.normal(size=(250, 5)))), 1, points)
        false += len(no_answer_ends(list((answers - (points == 11)).T))) > 0
    assert false <= 1


def test_sliders_are_items_and_dates_no_ids(tmp_path):
    rng = np.random.default_rng(3)
    level = rng.uniform(5, 95, 60)
    questions = ("How satisfied are you with us overall?", "I was delighted by the service")
    frame = pd.DataFrame({question: np.round(level + rng.uniform(-5, 5, 60), 1) for question in questions})
    frame = frame.assign(sat1=np.round(1 + level / 25), visited=pd.date_range("2026-01-01", periods=60).astype(str))
    frame.to_csv(tmp_path / "clients.csv", index=False)
    draft = sx.draft_instrument(tmp_path / "clients.csv")
    scales = {item.header: (item.scale.lowest, item.scale.highest) for item in draft.items}
    assert scales == dict.fromkeys(questions, (0, 100)) | {"sat1": (1, 5)}
    assert [(field.name, field.role) for field in draft.fields] == [("visited", "other")]
    assert sx.read_survey(tmp_path / "clients.csv", instrument=draft).n == 60


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_labels_of_variables_and_values_in_a_file_reach_its_draft(suffix, tmp_path):
    rng = np.random.default_rng(4)
    mood = rng.normal(size=150)
    frame = pd.DataFrame({f"v{k}": np.clip(np.round(3 + mood + rng.normal(size=150)), 1, 4) for k in range(1, 4)})
    frame.loc[:9, "v3"] = 99
    frame["v4"] = np.arange(150) % 3 + 1.0
    agree = {1: "disagree strongly", 2: "disagree", 3: "neutral", 4: "agree", 5: "agree strongly", 99: "don't know"}
    questions = [
        "The service exceeded my expectations",
        "I was delighted",
        "I will stay a customer",
        "Region of the shop",
    ]
    write = pyreadstat.write_sav if suffix == ".sav" else pyreadstat.write_dta
    values = {"v1": agree, "v2": agree, "v3": agree, "v4": {1: "North", 2: "South", 3: "West"}}
    write(frame, str(tmp_path / f"clients{suffix}"), column_labels=questions, variable_value_labels=values)
    draft = sx.draft_instrument(tmp_path / f"clients{suffix}")
    assert [item.wording for item in draft.items] == questions[:3]
    assert draft.proposals["node"].tolist()[:3] == ["exceeded", "delight", "loyalty"]
    assert {(s.lowest, s.highest, s.labels, s.missing) for s in draft.scales} == {
        (1, 5, tuple((float(code), text) for code, text in agree.items() if code < 9), (99.0,))
    }
    assert [(part.name, part.role, part.label) for part in draft.fields] == [("v4", "group", "Region of the shop")]
    survey = sx.read_survey(tmp_path / f"clients{suffix}", instrument=draft)
    assert survey.answers["v3"].isna().sum() == 10
    assert set(survey.answers["v4"]) == {"North", "South", "West"}
