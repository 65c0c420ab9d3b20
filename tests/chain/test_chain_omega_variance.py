"""Omega as a share of the implied or of the observed variance of the sum, against semTools' compRelSEM."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sexresearch as sx
from sexresearch.errors import OptionError

FOLDER = Path(__file__).parents[1] / "reference"
VALUES = pd.read_csv(FOLDER / "measurement" / "omega_variance.csv", keep_default_na=False)
ESTIMATED = 5e-6  # lavaan stops its iterations that far from the minimum; ours go on
SAME = 1e-12  # from the same covariances by a formula
CHAIN = "\n".join(f"{name} =~ {name}1 + {name}2 + {name}3" for name in ("exp", "qua", "val", "sat", "del", "loy"))
GROUPED = "visual =~ x1 + x2 + x3; verbal =~ x4 + x5 + x6; speed =~ x7 + x8 + x9"

pytestmark = pytest.mark.filterwarnings("ignore::sexresearch.sem.fit.FitWarning")


def read(name):
    return pd.read_csv(FOLDER / "data" / f"{name}.csv")


FITS = {
    "chain": lambda: sx.fit(CHAIN, read("chain")),
    "chain robust": lambda: sx.fit(CHAIN, read("chain"), estimator="MLR"),
    "correlated": lambda: sx.fit(CHAIN + "\nexp1 ~~ exp2", read("chain")),
    "crossed": lambda: sx.fit(GROUPED.replace("+ x3", "+ x3 + x9"), read("groups")),
    "groups": lambda: sx.fit(GROUPED, read("groups"), group="region"),
    "fiml": lambda: sx.fit(GROUPED, read("missing"), missing="fiml"),
}


@pytest.mark.parametrize("case", FITS)
def test_omega_over_either_variance_is_that_of_semtools(case):
    results = FITS[case]()
    for variance in ("implied", "observed"):
        table = sx.reliability(results, omega_variance=variance)
        group = table["group"].astype(str) if "group" in table else pd.Series("", index=table.index)
        own = table["omega_h"].fillna(table["omega"]) if "omega_h" in table else table["omega"]
        mine = dict(zip(zip(group, table["construct"], strict=True), own, strict=True))
        expected = VALUES.query("case == @case and variance == @variance")
        assert len(expected) == len(mine)
        for row in expected.itertuples():
            assert mine[str(row.group), row.construct] == pytest.approx(row.omega, abs=ESTIMATED), row


def test_only_omega_moves_with_the_variance_and_its_interval_is_missing_with_the_reason():
    results = FITS["chain"]()
    implied, observed = (sx.reliability(results, omega_variance=v) for v in ("implied", "observed"))
    pd.testing.assert_frame_equal(implied.filter(regex="alpha|ave"), observed.filter(regex="alpha|ave"))
    assert observed[["omega_ci_lower", "omega_ci_upper"]].isna().all(axis=None)
    assert observed["note"].str.contains("no interval of omega over the observed variance").all()
    assert not implied["note"].str.contains("observed variance").any()


def test_standardized_omega_over_the_observed_variance_counts_items_of_unit_observed_variance():
    data = read("chain")
    table = sx.reliability(FITS["chain"](), standardized=True, omega_variance="observed").set_index("construct")
    unit = (data - data.mean()) / data.std(ddof=0)
    plain = sx.reliability(sx.fit(CHAIN, unit), omega_variance="observed").set_index("construct")
    assert np.allclose(table["omega"], plain["omega"], atol=ESTIMATED)


def test_a_saturated_model_has_one_omega():
    results = sx.fit("exp =~ exp1 + exp2 + exp3", read("chain"))
    implied, observed = (sx.reliability(results, omega_variance=v)["omega"] for v in ("implied", "observed"))
    assert np.allclose(implied, observed, atol=ESTIMATED)


@pytest.mark.parametrize("standardized", [False, True])
def test_the_observed_variance_of_ordered_items_is_refused(standardized):
    data = read("likert")
    names = list(data.columns[:4])
    results = sx.fit(f"f =~ {' + '.join(names)}", data, ordered=names)
    with pytest.raises(OptionError, match=r"items of \['f'\] are ordered"):
        sx.reliability(results, standardized, omega_variance="observed")


@pytest.mark.parametrize("word", ["Observed", "", None, True])
def test_other_words_for_the_variance_are_refused(word):
    with pytest.raises(OptionError, match="omega_variance"):
        sx.reliability(sx.fit("exp =~ exp1 + exp2 + exp3", read("chain")), omega_variance=word)
