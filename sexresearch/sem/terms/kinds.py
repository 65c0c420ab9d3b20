"""Which term a group has: a new kind is a file beside this one and a line in `KINDS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sexresearch.sem.data.sample import Sample
from sexresearch.sem.implied.structure import Structure
from sexresearch.sem.language.parameter import Parameter
from sexresearch.sem.language.roles import Roles
from sexresearch.sem.terms.fiml import FimlTerm
from sexresearch.sem.terms.least_squares import LeastSquaresTerm, weight_of
from sexresearch.sem.terms.normal import NormalTerm, PairwiseTerm
from sexresearch.sem.terms.ordinal_least_squares import ordinal_term_of
from sexresearch.sem.terms.term import Term
from sexresearch.sem.terms.two_level import BetweenTerm, WithinTerm


@dataclass(frozen=True)
class Group:
    """What a term is made of: one group's structure, sample, rows and roles, and how it is to be estimated.

    fixed : exogenous variables fixed to their moments; n_free : parameters of the whole model; n, n_groups :
    respondents and groups of the whole sample. discrepancy : "ML", "GLS", "ULS", "WLS" or "DWLS";
    parameterization : of ordered variables. above, above_fixed : of level 1 the structure of level 2, and its fixed
    exogenous variables.
    """

    structure: Structure
    sample: Sample
    rows: Sequence[Parameter]
    role: Roles
    fixed: int
    n_free: int
    n: float
    n_groups: int
    discrepancy: str
    parameterization: str | None = None
    above: Structure | None = None
    above_fixed: int = 0

    @property
    def likelihood_share(self) -> float:
        """The group's share of the respondents."""
        return self.sample.n / self.n

    @property
    def squares_share(self) -> float:
        """The same with one respondent less per group, as least squares counts."""
        return (self.sample.n - 1) / (self.n - self.n_groups)


def _normal(g: Group) -> list[Term]:
    return [NormalTerm(g.likelihood_share, g.structure, g.sample, g.fixed, g.n_free)]


def _pairwise(g: Group) -> list[Term]:
    return [PairwiseTerm(g.likelihood_share, g.structure, g.sample, g.fixed, g.n_free)]


def _fiml(g: Group) -> list[Term]:
    return [FimlTerm(g.likelihood_share, g.structure, g.sample, g.fixed, g.n_free)]


def _least_squares(g: Group) -> list[Term]:
    weight = weight_of(g.discrepancy, g.sample, g.structure)
    return [LeastSquaresTerm(g.squares_share, g.structure, g.sample, g.fixed, g.n_free, weight)]


def _ordinal_least_squares(g: Group) -> list[Term]:
    theta = g.parameterization == "theta"
    own = g.squares_share, g.structure, g.sample, g.n_free
    return [ordinal_term_of(*own, g.rows, g.role, g.discrepancy, theta)]


def _two_level(g: Group) -> list[Term]:
    own = g.structure, g.sample, g.fixed, g.n_free
    if g.above is None:
        return [BetweenTerm(0.0, *own)]
    return [WithinTerm(g.likelihood_share, *own, g.above, g.above_fixed)]


KINDS: dict[str, Callable[[Group], list[Term]]] = {
    "normal": _normal,
    "pairwise": _pairwise,
    "fiml": _fiml,
    "least_squares": _least_squares,
    "ordinal_least_squares": _ordinal_least_squares,
    "two_level": _two_level,
}
