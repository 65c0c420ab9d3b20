"""The standard's inventory: counts are facts, look-ups find, walks lead there and back, nothing can be changed."""

import dataclasses
from itertools import pairwise

import pandas as pd
import pytest

from sexresearch import standard
from sexresearch.errors import OptionError
from sexresearch.glossary import COLUMNS

CATALOGUES = {
    "terms": 15,
    "principles": 7,
    "pyramid": 4,
    "benefits": 11,
    "dimensions": 4,
    "elements": 9,
    "sub_elements": 27,
    "practices": 27,
    "family": 7,
}
# element: (listed practices, listed should-points) of its sub-elements, in order; None where the source has no count
LISTED = {
    "7.1.1": [(None, None), (None, None), (3, None)],
    "7.1.2": [(6, 6), (7, 6), (6, 6)],
    "7.2.1": [(4, 5), (2, 2), (5, 2)],
    "7.2.2": [(3, 3), (4, 2), (4, 6), (2, 2), (3, 2), (3, 1)],
    "7.3.1": [(3, 1), (3, 5), (4, 2)],
    "7.3.2": [(6, 2), (2, 3), (3, 2), (3, 1)],
    "7.3.3": [(5, 4), (4, 3)],
    "7.4.1": [(4, 1), (7, 2), (1, 3)],
    "7.4.2": [],
}


@pytest.mark.parametrize(("name", "count"), CATALOGUES.items())
def test_counts(name: str, count: int) -> None:
    catalogue = getattr(standard, name)
    assert len(catalogue) == len(set(catalogue.identifiers)) == len({entry.title for entry in catalogue}) == count


@pytest.mark.parametrize("clause", LISTED)
def test_sub_elements_list_the_counted_points(clause: str) -> None:
    parts = standard.elements[clause].sub_elements
    assert [(part.practice_count, part.should_count) for part in parts] == LISTED[clause]
    assert [part.clause for part in parts] == [f"{clause} {letter}" for letter in "abcdef"[: len(parts)]]


def test_only_what_was_not_read_is_provisional_or_a_lower_bound() -> None:
    assert [element.clause for element in standard.elements if element.status == "provisional"] == ["7.4.2"]
    assert [part.clause for part in standard.sub_elements if part.at_least] == ["7.4.1 c"]


def test_walk_down_and_back_up() -> None:
    seen = []
    for dimension in standard.dimensions:
        for element in dimension.elements:
            assert element.dimension is dimension
            seen += element.sub_elements
            assert all(part.element is element for part in element.sub_elements)
    assert seen == list(standard.sub_elements)
    assert [len(dimension.elements) for dimension in standard.dimensions] == [2, 2, 3, 2]


def test_practices_run_parallel_to_the_elements() -> None:
    assert [len(element.practices) for element in standard.elements] == [2, 2, 4, 3, 4, 3, 4, 2, 3]
    for practice in standard.practices:
        assert practice in practice.element.practices
    assert standard.practices["8.3.1"].element.clause == "7.4.2"


@pytest.mark.parametrize("written", ["7.3.2 a", "7.3.2a", " 7.3.2 A) "])
def test_clause_is_found_however_it_is_written(written: str) -> None:
    assert standard.clause(written) is standard.sub_elements["7.3.2 a"]


@pytest.mark.parametrize("year", ["", ":2023"])
def test_clause_of_the_technical_report(year: str) -> None:
    assert standard.clause("8.3.3", standard=f"ISO/TR 7179{year}") is standard.practices["8.3.3"]
    assert "template" in standard.clause("Annex A", standard=f"ISO/TR 7179{year}").title
    assert standard.clause("8.3", standard=f"ISO/TR 7179{year}").title == standard.elements["7.4.2"].title


def test_every_clause_is_held_once() -> None:
    parts = (standard.terms, standard.principles, standard.dimensions, standard.elements, standard.sub_elements)
    for entry in (entry for catalogue in parts for entry in catalogue):
        assert standard.clause(entry.clause) is entry
    for number in ("3", "4", "5", "6", "7"):
        assert standard.clause(number).clause == number
    for number in (*standard.practices.identifiers, "4.1", "4.2", "5", "6.3", "8"):
        assert standard.clause(number, standard="ISO/TR 7179").clause == number


def test_the_same_number_means_something_else_in_each_standard() -> None:
    assert standard.clause("7.3.2").title != standard.clause("7.3.2", standard="ISO/TR 7179").title


@pytest.mark.parametrize(
    ("number", "held_in", "hint"),
    [
        ("7.3.9", "ISO 23592", "near matches: .*7.3.2"),
        ("8.3.3", "ISO 23592", r"standard\.clause\('8.3.3', standard='ISO/TR 7179'\)"),
        ("3.15", "ISO/TR 7179", r"standard\.clause\('3.15', standard='ISO 23592'\)"),
        ("99", "ISO 23592", "there are: 3, 4, 5, 6, 7"),
        ("", "ISO 23592", "no clause ''"),
        ("7.1", "ISO 9001", "'ISO 9001'.*ISO 23592, ISO/TR 7179"),
        (7.1, "ISO 23592", "float"),
    ],
)
def test_unknown_clause_says_what_there_is(number: str, held_in: str, hint: str) -> None:
    with pytest.raises(OptionError, match=hint):
        standard.clause(number, standard=held_in)


def test_catalogue_finds_by_identifier_and_title_and_names_near_matches() -> None:
    assert standard.terms["Customer Delight"] is standard.terms["3.5"]
    assert "delight" in standard.chain.nodes
    assert standard.chain.nodes["delight"] in standard.chain.nodes
    assert "delite" not in standard.chain.nodes
    with pytest.raises(OptionError, match="'delihgt'; near matches: delight"):
        standard.chain.nodes["delihgt"]
    with pytest.raises(OptionError, match=r"'L9'; .*L1"):
        standard.pyramid["L9"]
    with pytest.raises(OptionError, match="int"):
        standard.pyramid[4]


def test_pyramid_leads_to_satisfaction_then_delight() -> None:
    outcomes = [level.outcome for level in standard.pyramid]
    assert outcomes == ["satisfaction", "satisfaction", "delight", "delight"]
    assert [level.bond for level in standard.pyramid] == ["promises kept"] * 2 + ["emotional bond"] * 2
    assert all(outcome in standard.chain.nodes for outcome in outcomes)


def test_chain_holds_together() -> None:
    chain = standard.chain
    spine = [node.key for node in chain.nodes if node.role == "chain"]
    assert spine == ["excellence", "experience", "delight", "loyalty", "success"]
    for source, target in pairwise(spine):
        assert chain.links[f"{source} -> {target}"].role == "chain"
    assert {end for link in chain.links for end in (link.source, link.target)} == set(chain.nodes.identifiers)
    assert [link.key for link in chain.links if link.contested] == ["delight -> loyalty"]


def test_chain_states_the_modelling_consequences() -> None:
    chain = standard.chain
    assert {link.source for link in chain.links if link.target == "delight" and link.role == "route"} == {
        "valued",
        "exceeded",
    }
    assert [link.source for link in chain.links if link.role == "moderator"] == ["surprise"]
    assert chain.nodes["surprise"].key not in chain.nodes["delight"].facets
    assert {"promise -> satisfaction", "satisfaction -> loyalty"} == {
        link.key for link in chain.links if link.role == "parallel"
    }
    assert len(chain.consequences) == 5
    assert len(chain.rivals) == 4
    assert all(node in chain.nodes for consequence in chain.consequences for node in consequence.nodes)


def test_references_between_entries_resolve() -> None:
    for node in standard.chain.nodes:
        assert all(level in standard.pyramid for level in node.levels)
        assert not node.term or node.term in standard.terms
    for measure in standard.measures:
        for node in measure.nodes:
            assert node in standard.chain.nodes or node in standard.pyramid or standard.clause(node).clause == node
    for level in standard.pyramid:
        assert any(level.key in measure.nodes for measure in standard.measures)
    for strength in standard.strengths:
        ends = [strength.lhs, *strength.rhs.split(" + ")]
        assert all(end in standard.chain.nodes for end in ends)


def test_published_strengths_agree_with_each_other() -> None:
    """The published correlations reproduce the published coefficients and R2 to the printed rounding."""
    size = {(found.lhs, found.rhs, found.statistic): found.size for found in standard.strengths}
    delight, satisfaction = size["loyalty", "delight", "latent r"], size["loyalty", "satisfaction", "latent r"]
    both = size["satisfaction", "delight", "latent r"]
    by_delight = (delight - both * satisfaction) / (1 - both**2)
    by_satisfaction = (satisfaction - both * delight) / (1 - both**2)
    rounding = 0.002  # three printed decimals, amplified by the collinearity 1 / (1 - .773**2)
    assert by_delight == pytest.approx(size["loyalty", "delight", "beta"], abs=rounding)
    assert by_satisfaction == pytest.approx(size["loyalty", "satisfaction", "beta"], abs=rounding)
    explained = by_delight * delight + by_satisfaction * satisfaction
    assert explained == pytest.approx(size["loyalty", "delight + satisfaction", "R2"], abs=rounding)


def every_catalogue() -> list[standard.Catalogue]:
    chain = standard.chain
    held = [getattr(standard, name) for name in CATALOGUES]
    return [*held, standard.measures, chain.nodes, chain.links, chain.consequences, chain.rivals]


@pytest.mark.parametrize("catalogue", every_catalogue(), ids=lambda catalogue: catalogue.kind)
def test_entries_are_frozen_and_described(catalogue: standard.Catalogue) -> None:
    for entry in catalogue:
        field = dataclasses.fields(entry)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(entry, field, "changed")
        assert entry.description.endswith((".", "?"))
        hash(entry)


def test_catalogues_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        standard.terms["3.5"] = None
    with pytest.raises(TypeError):
        del standard.terms["3.5"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        standard.terms.entries = ()


@pytest.mark.parametrize("catalogue", [*every_catalogue(), standard.strengths], ids=len)
def test_frames_use_glossary_columns(catalogue: standard.Catalogue) -> None:
    frame = standard.as_frame(catalogue)
    assert len(frame) == len(catalogue)
    assert set(frame.columns) <= set(COLUMNS)


def test_frame_of_chosen_columns() -> None:
    frame = standard.as_frame(standard.sub_elements, ["element", "title", "practice_count"])
    assert list(frame.columns) == ["element", "title", "practice_count"]
    assert frame["practice_count"].isna().sum() == 2
    assert pd.api.types.is_integer_dtype(frame["practice_count"])
    assert standard.as_frame(standard.dimensions, ["elements"]).loc[0, "elements"].count(";") == 1
    assert standard.as_frame([]).empty
    with pytest.raises(OptionError, match=r"Element has no 'colour'; there are: .*clause"):
        standard.as_frame(standard.elements, ["colour"])
