"""What is no fit, survey or frame is refused in words by every public function that takes one."""

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import SexresearchError

FITS = (
    *(sx.bootstrap, sx.cross_loadings, sx.crosscheck, sx.effects, sx.fornell_larcker, sx.htmt, sx.monte_carlo),
    *(sx.pool, sx.profile_likelihood, sx.reliability, sx.validity),
)


@pytest.mark.parametrize("function", [*FITS, sx.screen, sx.chain_model, sx.compare_rivals], ids=lambda f: f.__name__)
@pytest.mark.parametrize("given", [None, 3, pd.DataFrame({"a": [1.0]})], ids=["nothing", "number", "frame"])
def test_the_type_found_is_named(function, given):
    with pytest.raises(SexresearchError):
        function(given)


def test_a_table_is_made_of_a_frame():
    with pytest.raises(SexresearchError, match=r"such as results.parameters; found int"):
        sx.table(3)


def test_sample_sizes_may_be_an_array():
    listed, array = (sx.rmsea_power(50, n) for n in ([100, 200], np.array([100, 200])))
    pd.testing.assert_frame_equal(listed, array)
    with pytest.raises(SexresearchError, match="n takes whole numbers"):
        sx.rmsea_power(50, "many")


@pytest.mark.parametrize("option", ["group", "cluster", "sampling_weights"])
def test_a_list_in_the_place_of_one_column_is_named(option):
    data = pd.DataFrame(np.random.default_rng(1).normal(size=(60, 3)), columns=list("abc")).assign(g=["u", "v"] * 30)
    for function in (sx.fit, sx.invariance):
        asked = {"group": "g"} if function is sx.invariance else {}
        with pytest.raises(SexresearchError, match=rf"^{option}= takes the name of one column; found list: \['g'\]"):
            function("joy =~ a + b + c", data, **(asked | {option: ["g"]}))


@pytest.mark.parametrize("options", [{"seed": None}, {"seed": "a"}, {"replicates": 1}, {"replicates": "x"}])
def test_parallel_analysis_can_be_repeated(options):
    data = pd.DataFrame(np.random.default_rng(1).normal(size=(60, 4)), columns=list("abcd"))
    with pytest.raises(SexresearchError, match="must be a whole number"):
        sx.parallel_analysis(data, **options)


@pytest.mark.parametrize("function", [sx.simulate, sx.parameter_power, sx.sensitivity], ids=lambda f: f.__name__)
def test_a_number_that_nothing_can_hold_is_refused_in_words(function):
    said = rf"n of {function.__name__}\(\) has about 401 digits, more than can be held"
    with pytest.raises(SexresearchError, match=said):
        function("y ~ 0.3*x", 10**400)


@pytest.mark.parametrize("n", [10**13, 10**20, 10**30], ids=str)
def test_more_rows_than_memory_has_are_refused_in_words(n):
    with pytest.raises(SexresearchError, match="more than can be held"):
        sx.simulate("y ~ 0.3*x", n)


def test_moments_of_more_rows_than_can_be_counted_are_refused_in_words():
    with pytest.raises(SexresearchError, match=r"nobs of Moments\(\) has about 401 digits, more than can be held"):
        sx.Moments(pd.DataFrame([[1.0]], index=["a"], columns=["a"]), nobs=10**400)
