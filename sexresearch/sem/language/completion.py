"""How a model text is completed: lavaan's options of these names, which every list of options holds."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class Completion:
    """What is added to a text, or held, where it says nothing.

    int_ov_free, int_lv_free : whether intercepts of observed variables and means of latent ones are free.
    auto_fix_first, auto_fix_single, auto_var, auto_cov_lv_x, auto_cov_y : markers, residual variances of single
    indicators, variances, covariances of exogenous latents, and of outcomes.
    """

    int_ov_free: bool = True
    int_lv_free: bool = False
    auto_fix_first: bool = True
    auto_fix_single: bool = True
    auto_var: bool = True
    auto_cov_lv_x: bool = True
    auto_cov_y: bool = True


COMPLETION = tuple(field.name for field in fields(Completion))
