"""`Model`: lavaan model text, read once and used as often as needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, get_args

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.habits import hinting
from sexresearch.sem.language.equality import EqualAcrossGroups, equal_names
from sexresearch.sem.language.model_html import model_html
from sexresearch.sem.language.statements import Statements
from sexresearch.sem.language.syntax import parse
from sexresearch.sem.language.table import Defaults, ParameterTable
from sexresearch.sem.language.table_frame import group_labels, table_frame, threshold_counts
from sexresearch.sem.language.table_rows import parameter_table

Parameterization = Literal["delta", "theta"]


@hinting
@dataclass(frozen=True)
class Model:
    """A model in lavaan's text language: ``=~ ~ ~~ ~1 | ~*~ := == < >``, labels, fixed values, ``NA*``, ``start()``.

    Parameters
    ----------
    syntax : str
        The text, formula by formula.

    Raises
    ------
    ModelSyntaxError
        The text cannot be read: line, column, and what was expected.

    Examples
    --------
    >>> Model("satisfaction =~ s1 + s2 + s3").latents
    ('satisfaction',)
    """

    syntax: str

    def __post_init__(self) -> None:
        parse(self.syntax) if not isinstance(self.syntax, str) else _parsed(self.syntax)

    @cached_property
    def statements(self) -> Statements:
        """What the text says, formula by formula."""
        return _parsed(self.syntax)

    @in_words
    def table(self, defaults: Defaults = Defaults()) -> ParameterTable:  # noqa: B008
        """The parameter table: every parameter, free, fixed or shared, as lavaan's defaults complete the text.

        Parameters
        ----------
        defaults : Defaults
            What is added to the text.

        Returns
        -------
        ParameterTable
            Built once for each text and defaults.

        Raises
        ------
        ModelError
            The text contradicts itself.
        """
        return _table(self.syntax, defaults)

    @in_words
    def parameter_table(
        self,
        groups: int | Sequence[object] = 1,
        *,
        ordered: Mapping[str, int] | None = None,
        group_equal: Sequence[EqualAcrossGroups | str] = (),
        group_partial: Sequence[str] = (),
        std_lv: bool = False,
        meanstructure: bool | None = None,
        fixed_x: bool = True,
        orthogonal: bool = False,
        parameterization: Parameterization = "delta",
        int_ov_free: bool = True,
        int_lv_free: bool = False,
        auto_fix_first: bool = True,
        auto_fix_single: bool = True,
        auto_var: bool = True,
        auto_cov_lv_x: bool = True,
        auto_cov_y: bool = True,
    ) -> pd.DataFrame:
        """What the text means before any fit: every parameter, as lavaan's defaults complete it.

        Parameters
        ----------
        groups : int or sequence of labels
            How many groups there are, or what they are called, in order.
        ordered : dict of int by str, optional
            Number of categories of every ordered item. Default: those whose thresholds the text names.
        group_equal : sequence of str
            What is held equal across groups, as in `fit`.
        group_partial : sequence of str
            Formulas excepted from `group_equal`.
        std_lv : bool
            Give latents a variance of 1 in place of fixing their first loadings.
        meanstructure : bool, optional
            Whether means are modelled. Default: where the text or `group_equal` speaks of them, there are several
            groups or ordered items, or `int_lv_free`.
        fixed_x : bool
            Take moments of exogenous observed variables from the sample.
        orthogonal : bool
            Exogenous latents do not covary.
        parameterization : {"delta", "theta"}
            Of ordered items.
        int_ov_free, int_lv_free : bool
            Intercepts of observed variables, and of latent ones, are free.
        auto_fix_first : bool
            The first loading of each latent is 1, unless `std_lv`.
        auto_fix_single : bool
            The residual variance of a single indicator is 0.
        auto_var : bool
            Variances and residual variances that the text leaves out are free.
        auto_cov_lv_x, auto_cov_y : bool
            Exogenous latents covary, and residuals of outcomes that explain nothing further.

        Returns
        -------
        DataFrame
            One row per parameter, then definitions and constraints: lhs, op, rhs, user (1 where the text names it, 0
            where it was added), group (missing for one group), level (where the text has ``level:`` blocks), free (the
            number of the parameter, 0 where it is none; equal parameters have one number), ustart (the fixed value, or
            the starting value of the text), exo (1 where it is taken from the sample), label, plabel (how constraints
            may name it), lower, upper. What follows from the other parameters (residual variances under delta, scales
            under theta) has neither free nor ustart.

        Raises
        ------
        ModelError
            The text contradicts itself.
        OptionError
            An unknown name, or a number out of its range.

        Notes
        -----
        Columns and rows of lavaan's ``lavaanify(…, ceq.simple = TRUE)`` (Rosseel 2012, doi 10.18637/jss.v048.i02), but
        that parameters held equal share their number in ``free``.

        Examples
        --------
        >>> Model("joy =~ a + b + c").parameter_table()[["lhs", "op", "rhs", "free", "ustart"]].head(2).values.tolist()
        [['joy', '=~', 'a', 0, 1.0], ['joy', '=~', 'b', 1, nan]]
        """
        count, labels = group_labels(groups)
        explained = {f.rhs if f.op == "=~" else f.lhs for f in self.statements.formulas if f.op in ("=~", "~")}
        items = [name for name in self.observed if name in explained]
        cuts = threshold_counts(self.statements, ordered, items)
        equal = equal_names(group_equal, bool(cuts))
        spoken = any(f.op == "~1" for f in self.statements.formulas) or bool({"intercepts", "means"} & set(equal))
        spoken = spoken or bool(self.statements.levels)
        if meanstructure is None or spoken:
            meanstructure = bool(spoken or count > 1 or cuts or int_lv_free)
        if int_lv_free and not (meanstructure or cuts):
            raise OptionError("int_lv_free=True needs the means: leave meanstructure=None or set it to True")
        if parameterization not in get_args(Parameterization):
            raise OptionError(f"parameterization is 'delta' or 'theta'; found {parameterization!r}")
        defaults = Defaults(
            n_groups=count,
            meanstructure=meanstructure or bool(cuts),
            std_lv=std_lv,
            fixed_x=fixed_x,
            orthogonal=orthogonal,
            group_equal=equal,
            group_partial=(group_partial,) if isinstance(group_partial, str) else tuple(group_partial),
            ordered=cuts,
            parameterization=parameterization,
            group_labels=labels,
            int_ov_free=int_ov_free,
            int_lv_free=int_lv_free,
            auto_fix_first=auto_fix_first,
            auto_fix_single=auto_fix_single,
            auto_var=auto_var,
            auto_cov_lv_x=auto_cov_lv_x,
            auto_cov_y=auto_cov_y,
        )
        return table_frame(self.table(defaults), self.statements, defaults)

    @cached_property
    def latents(self) -> tuple[str, ...]:
        """Latent variables in order of definition."""
        return tuple(dict.fromkeys(f.lhs for f in self.statements.formulas if f.op == "=~"))

    @cached_property
    def observed(self) -> tuple[str, ...]:
        """Every column of the data the model uses."""
        latent = set(self.latents)
        named = (name for f in self.statements.formulas for name in (f.lhs, f.rhs if f.op != "|" else "") if name)
        return tuple(dict.fromkeys(name for name in named if name not in latent))

    @cached_property
    def with_thresholds(self) -> tuple[str, ...]:
        """Variables that the text gives thresholds (``x1 | t1``) or a scale (``x1 ~*~ x1``): they are ordered."""
        return tuple(dict.fromkeys(f.lhs for f in self.statements.formulas if f.op in ("|", "~*~")))

    def __str__(self) -> str:
        return self.syntax

    def _repr_html_(self) -> str:
        return model_html(self)


@lru_cache(maxsize=256)
def _parsed(syntax: str) -> Statements:
    return parse(syntax)


@lru_cache(maxsize=256)
def _table(syntax: str, defaults: Defaults) -> ParameterTable:
    return parameter_table(_parsed(syntax), defaults)
