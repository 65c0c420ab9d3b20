"""What is rounding error is told by the terms that cancel, whatever the units and origins of the items."""

import numpy as np
import pandas as pd
import pytest

from sexresearch import sem
from sexresearch.errors import ModelError

FAR = 1e8  # an origin beside which standard errors of means are small
SAME = 1e-6  # relative; items that far from 0 keep eight digits
RATIO = 1e-5  # relative error of statistics of items in other units

rng = np.random.default_rng(5)
DATA = pd.DataFrame(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), columns=list("abcd"))


def test_a_defined_mean_far_from_zero_keeps_its_standard_error():
    text = "f =~ a + b + c + d\na ~ m*1\nb ~ k*1\nmean := m\ngap := m - k"
    near, far = (sem.fit(text, DATA + origin).parameters.set_index("lhs")["se"] for origin in (0.0, FAR))
    for name in ("mean", "gap"):
        assert near[name] > 0
        assert far[name] == pytest.approx(near[name], rel=SAME)


def test_what_a_constraint_holds_has_no_standard_error_and_no_wald_test():
    results = sem.fit("f =~ a + l*b + m*c + n*d\n l + 2*m == 3*n\nheld := l + 2*m - 3*n\nfree := l - m", DATA)
    table = results.parameters.set_index("lhs")["se"]
    assert table["held"] == 0
    assert table["free"] > 0
    with pytest.raises(ModelError, match="no estimate that has a standard error"):
        results.wald_test("l + 2*m == 3*n")
