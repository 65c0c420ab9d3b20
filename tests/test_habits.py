"""What hands know from other packages: the error says what to write here, and what it says is there."""

import re

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import ArgumentError, DataError, ModelSyntaxError, OptionError
from sexresearch.habits import ARGUMENTS, INSTEAD, folded

TEXT = "joy =~ a + b + c"
RNG = np.random.default_rng(1)
DATA = pd.DataFrame(RNG.normal(size=(200, 1)) + RNG.normal(size=(200, 4)), columns=list("abcd"))
DATA["brand"] = np.where(RNG.random(200) < 0.5, "north", "south")
RESULTS = sx.fit(f"{TEXT} + d", DATA)


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("cfa", "sx.fit(model, data)"),
        ("parameterEstimates", "results.parameters"),
        ("modindices", "results.modification_indices()"),
        ("lavTestLRT", "sx.compare(a, b)"),
        ("anova", "sx.compare(a, b)"),
        ("lavPredict", "results.factor_scores()"),
        ("compRelSEM", "sx.reliability(results)"),
        ("measEq_syntax", "sx.invariance(model, data, group=…)"),
        ("modelTable", "'model_table'"),
        ("htnt", "'htmt'"),
    ],
)
def test_names_of_other_packages_lead_to_those_here(name, instead):
    with pytest.raises(AttributeError, match=rf"has no '{name}'; .*{re.escape(instead)}"):
        getattr(sx, name)


def test_results_and_models_say_what_is_asked_of_a_fit():
    with pytest.raises(AttributeError, match=re.escape("here it is results.modification_indices()")):
        RESULTS.modindices()
    with pytest.raises(AttributeError, match="did you mean 'r_squared'"):
        RESULTS.rsquared  # noqa: B018
    with pytest.raises(AttributeError, match=r"Model has no 'fit'; here it is sx\.fit\(model, data\)"):
        sx.Model(TEXT).fit(DATA)
    assert not hasattr(RESULTS, "_ipython_display_")
    with pytest.raises(TypeError, match=r"a module, not a function; here it is sx\.fit\(model, data\)"):
        sx.sem(TEXT, DATA)


def test_a_property_that_stumbles_says_what_it_said():
    from sexresearch.habits import hinting

    @hinting
    class Thing:
        @property
        def broken(self):
            return None.missing

    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'missing'"):
        Thing().broken  # noqa: B018


@pytest.mark.parametrize("instead", sorted(set(INSTEAD.values()) | set(ARGUMENTS.values())))
def test_every_name_in_a_hint_is_there(instead):
    for path in re.findall(r"\bsx((?:\.\w+)+)", instead):
        owner = sx
        for name in path.strip(".").split("."):
            owner = getattr(owner, name)
    for name in re.findall(r"\bresults\.(\w+)", instead):
        assert hasattr(sx.Results, name), name
    assert all(folded(name) == name for name in INSTEAD)


@pytest.mark.parametrize(
    ("options", "instead"),
    [
        ({"group.equal": ["loadings"]}, "did you mean 'group_equal'"),
        ({"std.lv": True}, "did you mean 'std_lv'"),
        ({"estimater": "MLR"}, "did you mean 'estimator'"),
        ({"weights": "w"}, "it is called sampling_weights here"),
        ({"sample_cov": 1}, "sx.Moments(cov, nobs, mean)"),
        ({"bootstrap": 500}, "sx.bootstrap(results, replicates=…)"),
        ({"colour": 1}, "it takes model, data, moments"),
    ],
)
def test_arguments_of_other_packages_lead_to_those_here(options, instead):
    with pytest.raises(ArgumentError, match=re.escape(instead)) as caught:
        sx.fit(TEXT, DATA, **options)
    assert isinstance(caught.value, TypeError)


def test_an_argument_is_renamed_where_its_function_has_the_other():
    with pytest.raises(ArgumentError, match="no argument 'sample_nobs'; it is called n here"):
        sx.simulate(TEXT, sample_nobs=100)
    with pytest.raises(ArgumentError, match="no argument 'newdata'; it is called data here"):
        RESULTS.factor_scores(newdata=DATA)
    with pytest.raises(ArgumentError, match="no argument 'weights'; it takes results, level"):
        sx.profile_likelihood(RESULTS, weights="w")


def test_arguments_without_a_name_say_which_there_are():
    with pytest.raises(ArgumentError, match=re.escape("fit() takes without a name: model, data; write moments=…")):
        sx.fit(TEXT, DATA, "brand")
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'model'"):
        sx.fit()


@pytest.mark.parametrize(
    ("data", "options", "instead"),
    [
        (DATA[list("abc")].to_numpy(), {}, "pd.DataFrame(array, columns=[…])"),
        (DATA.to_dict("list"), {}, "found dict; pd.DataFrame(data) makes one of it"),
        (DATA["a"], {}, "found Series; its to_frame()"),
        (DATA.groupby("brand"), {}, "give the frame itself, and group= the column"),
        (DATA[list("abc")].cov(), {}, "moments=sx.Moments(cov, nobs)"),
        (DATA[list("abc")].astype(str), {}, "'a' holds numbers kept as text or objects such as"),
        (DATA[list("abc")].astype(object), {}, "convert them by pd.to_numeric"),
        (DATA.assign(a=pd.Categorical(DATA["a"] > 0)), {}, "give the categories an order (cat.as_ordered)"),
        (DATA, {"group": DATA["brand"]}, "group= takes the name of one column; found Series of shape (200,)"),
        (DATA, {"cluster": ["brand"]}, "cluster= takes the name of one column; found list: ['brand']"),
        (DATA, {"ordered": "TRUE"}, "for every item write ordered=True"),
        (
            DATA.set_axis(pd.MultiIndex.from_product([["x"], DATA.columns]), axis=1),
            {},
            "have 2 levels, such as ('x', 'a')",
        ),
    ],
)
def test_data_in_another_shape_say_which_is_wanted(data, options, instead):
    with pytest.raises(DataError, match=re.escape(instead)):
        sx.fit(TEXT, data, **options)


def test_weights_that_are_text_are_called_what_they_are():
    levels = f"level: 1\n{TEXT}\nlevel: 2\nwhole =~ a + b + c"
    data = DATA.assign(branch=np.repeat(np.arange(20), 10))
    for argument, kind in (("sampling_weights", "sampling weights"), ("cluster_weights", "cluster weights")):
        with pytest.raises(DataError, match=f"^{kind} 'brand' must be numbers; found text or other values"):
            sx.fit(levels, data, cluster="branch", **{argument: "brand"})


@pytest.mark.parametrize(
    ("model", "instead"),
    [
        ([TEXT, "d ~ joy"], 'join its lines, as in "\\n".join(lines)'),
        (DATA, "the model comes before the data"),
        (RESULTS, "give its model, results.model"),
        (f"m <- '{TEXT}'", "as in R; give the text within the quotes alone"),
        (f"'{TEXT}'", "as in R; give the text within the quotes alone"),
    ],
)
def test_models_that_are_no_text_say_what_is_wanted(model, instead):
    with pytest.raises(ModelSyntaxError, match=re.escape(instead)):
        sx.fit(model, DATA)


def test_values_of_other_packages():
    assert RESULTS.factor_scores("Bartlett").equals(RESULTS.factor_scores("bartlett"))
    for options, instead in (
        ({"group": "brand", "group_equal": ["loading"]}, "did you mean 'loadings'"),
        ({"missing": "ml.x"}, "missing='fiml' with fixed_x=False"),
        ({"estimator": "PLS"}, "sx.pls(results)"),
    ):
        with pytest.raises(OptionError, match=re.escape(instead)):
            sx.fit(TEXT, DATA, **options)
