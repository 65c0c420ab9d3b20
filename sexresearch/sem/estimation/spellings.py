"""lavaan's own spellings of option values, each brought to the one this package uses."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

from sexresearch.errors import OptionError

SAME: Mapping[str, Mapping[str, str | None]] = {
    "estimator": {"default": None},
    "missing": {"ml": "fiml", "direct": "fiml", "default": "listwise"},
    "se": {
        "default": None,
        "robust_mlm": "robust_sem",
        "robust_mlr": "robust_huber_white",
        "sandwich": "robust_huber_white",
        "boot": "bootstrap",
    },
    "test": {
        "default": None,
        **dict.fromkeys(("chisq", "chi", "chi_square"), "standard"),
        **dict.fromkeys(("satorra", "sb", "m", "m_adjusted", "mean_adjusted"), "satorra_bentler"),
        **dict.fromkeys(("yuan", "yb"), "yuan_bentler"),
        **dict.fromkeys(("mv", "mv_adjusted", "second_order", "satterthwaite"), "mean_var_adjusted"),
        **dict.fromkeys(("scale_shift", "mplus6"), "scaled_shifted"),
    },
    "information": {"default": None},
    "bounds": {"default": None, "none": None},
    "parameterization": {"default": None},
    "meanstructure": {"default": None},
}  # as lavaan 0.6 documents them in ?lavOptions
INSTEAD = {
    ("test", "bollen_stine"): "bootstrap(results, kind='bollen-stine') gives that p value",
    ("test", "bootstrap"): "bootstrap(results, kind='bollen-stine') gives that p value",
    ("missing", "two_stage"): "missing='fiml' uses every answer in one step",
    ("missing", "robust_two_stage"): "missing='fiml' with estimator='MLR' uses every answer and is robust",
    ("missing", "ml_x"): "missing='fiml' with fixed_x=False uses rows with gaps in exogenous variables too",
    ("missing", "fiml_x"): "missing='fiml' with fixed_x=False uses rows with gaps in exogenous variables too",
    ("estimator", "pls"): "partial least squares are sx.pls(results), of a fit by 'ML'",
    ("estimator", "dls"): "distributionally weighted least squares are not here; 'MLM' or 'WLS' are near",
    (
        "estimator",
        "bayes",
    ): "Bayesian estimation is not here; 'MLR' with missing='fiml' answers most of what it is asked",
    ("estimator", "pml"): "ordered items are fitted by 'WLSMV'",
    ("estimator", "mml"): "ordered items are fitted by 'WLSMV'",
}


def folded(text: str) -> str:
    """Lower case, with ``_`` for dots, hyphens and blanks."""
    return re.sub(r"[\s._-]+", "_", text.strip().lower())


def spelled(option: str, value: object, allowed: Sequence[str]) -> object:
    """`value` in the spelling of `allowed` where it means one of them, None for lavaan's "default", else as it came.

    >>> spelled("test", "Satorra-Bentler", ("standard", "satorra_bentler"))
    'satorra_bentler'
    """
    if not isinstance(value, str) or value in allowed:
        return value
    word = folded(value)
    known = SAME.get(option, {})
    if word in known:
        return known[word]
    return {folded(name): name for name in allowed}.get(word, value)


def allow(option: str, value: object, allowed: Sequence[str]) -> None:
    """OptionError where `value` is none of `allowed`: the nearest one, what to do instead, and all of them."""
    if isinstance(value, str) and value in allowed:
        return
    words = {folded(name): name for name in allowed}
    near = difflib.get_close_matches(folded(str(value)), words, n=1, cutoff=0.5)
    instead = INSTEAD.get((option, folded(str(value))))
    hint = f" ({instead})" if instead else f" (did you mean {words[near[0]]!r}?)" if near else ""
    raise OptionError(f"{option} {value!r} is not known{hint}; allowed: {', '.join(allowed)}")


def spelled_names(names: Sequence[str], allowed: Sequence[str]) -> tuple[str, ...]:
    """Names of a list such as `group_equal` in the spelling of `allowed`; lavaan's "none" stands for no name.

    >>> spelled_names(["lv.variances", "none"], ("loadings", "lv_variances"))
    ('lv_variances',)
    """
    words = {folded(name): name for name in allowed} if len(names) else {}
    return tuple(dict.fromkeys(words.get(folded(name), name) for name in names if folded(name) not in ("", "none")))
