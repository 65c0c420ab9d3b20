"""The item bank: complete, the same in every language, and made into questionnaires that fit the chain."""

import re

import pytest

import sexresearch as sx
from sexresearch import standard
from sexresearch.errors import OptionError, SexresearchError
from sexresearch.survey.bank.content import bank, languages, structure, words

KINDS = ("full", "customer-core", "employee", "pulse", "audit")
ENOUGH = 3  # items for each construct
DOI = re.compile(r"doi 10\.\d{4,9}/[-._;()/:A-Za-z0-9]+$")


@pytest.fixture(scope="module")
def everything():
    return bank("en")


@pytest.mark.parametrize("clause", [part.clause for part in standard.sub_elements] + ["7.4.2"])
def test_every_sub_element_has_items_for_employees(everything, clause):
    found = [part for part in everything if part.construct.node == clause and "employee" in part.respondents]
    assert [len(part.construct.items) >= ENOUGH for part in found] == [True], clause


def test_every_node_level_element_and_benefit_is_asked_about():
    covered = sx.instrument("full").coverage()
    assert covered["measured"].all()
    counts = {"effect chain": 10, "pyramid": 4, "element": 9, "sub-element": 27, "benefit": 11}
    assert covered["part"].value_counts().to_dict() == counts


def test_every_construct_has_enough_items(everything):
    few = [part.construct.name for part in everything if len(part.construct.items) < ENOUGH]
    assert not few


@pytest.mark.parametrize("language", languages())
def test_no_name_and_no_wording_is_there_twice(language):
    items = [item for part in bank(language) for item in part.construct.items]
    for texts in ([item.name for item in items], [item.wording.casefold() for item in items]):
        assert len(texts) == len(set(texts))
    labels = [part.construct.label for part in bank(language)]
    assert len(labels) - len(set(labels)) <= 1  # employees and managers of one name may share it


@pytest.mark.parametrize("kind", KINDS)
def test_languages_differ_in_words_alone(kind):
    english, *others = (sx.instrument(kind, language) for language in ("en", *set(languages()) - {"en"}))
    for other in others:
        for one, two in zip(english.items, other.items, strict=True):
            assert (one.name, one.reverse, one.clause, one.respondent, one.source, one.scale.name) == (
                two.name,
                two.reverse,
                two.clause,
                two.respondent,
                two.source,
                two.scale.name,
            )
            assert one.wording != two.wording
            assert [code for code, _ in one.scale.labels] == [code for code, _ in two.scale.labels]
        assert [c.node for c in english.constructs] == [c.node for c in other.constructs]


@pytest.mark.parametrize("language", languages())
def test_words_are_there_for_what_the_bank_holds_and_for_nothing_else(language):
    said, held = words(language), structure()
    assert list(said["constructs"]) == list(held["constructs"])
    assert set(said["scales"]) <= set(held["scales"])
    assert set(said["audit"]["elements"]) == set(standard.elements.identifiers)


def test_sources_are_used_and_their_identifiers_well_formed():
    held = structure()
    used = {source for part in held["constructs"].values() for source in part.get("sources", {}).values()}
    used |= {part["source"] for part in held["constructs"].values() if "source" in part}
    assert used == set(held["sources"])
    wrong = [text for text in held["sources"].values() if "doi" in text and not DOI.search(text)]
    assert not wrong


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", languages())
def test_questionnaires_come_back_from_their_codebook(kind, language):
    made = sx.instrument(kind, language)
    assert sx.Instrument.from_toml(made.to_toml()) == made


@pytest.mark.parametrize(
    ("kind", "views"),
    [
        ("customer-core", ("core", "full", "pyramid", "satisfaction_only", "direct", "reversed")),
        ("full", ("core", "full", "pyramid", "satisfaction_only", "direct", "reversed")),
        ("pulse", ("core", "pyramid", "satisfaction_only", "direct", "reversed")),
    ],
)
def test_customers_questionnaires_hold_the_chain(kind, views):
    for view in views:
        assert sx.chain_model(sx.instrument(kind), view).syntax


def test_the_audit_asks_for_what_the_standard_lists():
    audit = sx.instrument("audit")
    names = [item.name for item in audit.items]
    assert sum(name.startswith("practice_") for name in names) == 97
    assert sum(name.startswith("recommendation_") for name in names) == 72
    assert [part.node for part in audit.constructs] == list(standard.elements.identifiers)
    assert [part.items[-1].name[:9] for part in audit.constructs] == ["maturity_"] * 9
    assert {item.scale.categories for item in audit.items} == {len(audit.items[0].scale.labels)}


def test_what_a_part_leaves_out_is_said(assert_in_glossary):
    covered = sx.instrument("pulse").coverage().set_index("clause")
    assert_in_glossary(covered.reset_index())
    assert covered.loc["excellence", "by"] == "core; feedback; individual; surprising"
    assert not covered.loc[["experience", "7.1.1", "4 agility"], "measured"].any()
    employees = sx.instrument("employee").coverage().set_index("clause")
    assert employees.loc["7.1.1", "by"] == "vision; mission; strategy"
    assert employees.loc["7.4.2", "respondents"] == "employee"


def test_coverage_takes_routes_and_clauses_of_items():
    scale = sx.ResponseScale("five", 1, 5)
    valued = sx.Construct("v", "Valued", (sx.Item("v1", "I felt valued.", scale),), node="valued")
    more = sx.Construct("e", "More", (sx.Item("e1", "More than expected.", scale),), node="exceeded")
    fast = sx.Construct("f", "Fast", (sx.Item("f1", "We answer fast.", scale, clause="4 agility"),))
    covered = sx.Instrument((valued, more, fast)).coverage().set_index("clause")
    assert covered.loc["delight", "item_names"] == "v1; e1"
    assert covered.loc["4 agility", "item_names"] == "f1"
    assert not sx.Instrument((valued,)).coverage().set_index("clause").loc["delight", "measured"]


def test_unknown_kinds_and_languages_name_those_there_are():
    with pytest.raises(SexresearchError, match="customer-core"):
        sx.instrument("customers")
    with pytest.raises(OptionError, match="there are: de, en"):
        sx.instrument("pulse", "fr")
