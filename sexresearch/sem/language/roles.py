"""Which part each variable plays in a model text: latent, modelled, exogenous, outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sexresearch.errors import ModelError
from sexresearch.sem.language.names import factors
from sexresearch.sem.language.statements import Formula


@dataclass(frozen=True)
class Roles:
    """The variables of one group, each tuple in order of appearance.

    latent : defined by ``=~``.
    observed : columns of the data; modelled ones first, then auxiliary, then exogenous ones.
    modelled : observed variables with a residual; exogenous : observed, explained by nothing and left as they are.
    exogenous_latent : latents that nothing explains; outcomes : explained variables that explain nothing further.
    single : observed variables that are the only indicator of a latent and of no other one.
    auxiliary : observed variables beside the model, related to all others (`auxiliary=`).
    ordered : modelled variables whose answers are ordered categories.
    split : observed variables of level 1 that have a part at level 2 as well, where their means are.
    """

    latent: tuple[str, ...]
    modelled: tuple[str, ...]
    exogenous: tuple[str, ...]
    exogenous_latent: tuple[str, ...]
    outcomes: tuple[str, ...]
    single: frozenset[str]
    auxiliary: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()
    split: tuple[str, ...] = ()

    @property
    def observed(self) -> tuple[str, ...]:
        return self.modelled + self.auxiliary + self.exogenous


def roles_of(formulas: Sequence[Formula]) -> Roles:
    """Sort the variables of the formulas of one group into their roles.

    >>> from sexresearch.sem.language.syntax import parse
    >>> roles_of(parse("f =~ x1 + x2; f ~ age").formulas).exogenous
    ('age',)
    """
    latent = _ordered(f.lhs for f in formulas if f.op == "=~")
    indicators = _ordered(f.rhs for f in formulas if f.op == "=~")
    explained = _ordered(f.lhs for f in formulas if f.op == "~")
    explaining = _ordered(f.rhs for f in formulas if f.op == "~")
    mentioned = _ordered(name for f in formulas if f.op in ("~~", "~1") for name in (f.lhs, f.rhs) if name)
    taken = {*latent, *indicators, *explained, *mentioned}
    exogenous = tuple(v for v in explaining if v not in taken and not _moves(v, explained))
    everything = _ordered([*indicators, *explained, *explaining, *mentioned])
    apart = {*latent, *exogenous}
    modelled = tuple(v for v in everything if v not in apart)
    if not modelled:
        raise ModelError("the model explains no observed variable; expected at least one '=~' or '~' formula")
    inner = {*explaining, *indicators}
    ends = [v for v in explained if v not in inner]
    known, above = set(latent), {*explained, *indicators}
    loadings = [f for f in formulas if f.op == "=~"]
    latents_of, items_of = Counter(f.rhs for f in loadings), Counter(f.lhs for f in loadings)
    alone = (f.rhs for f in loadings if items_of[f.lhs] == latents_of[f.rhs] == 1)
    return Roles(
        latent=latent,
        modelled=modelled,
        exogenous=exogenous,
        exogenous_latent=tuple(v for v in latent if v not in above),
        outcomes=tuple(v for v in ends if v in known) + tuple(v for v in ends if v not in known),
        single=frozenset(item for item in alone if item not in known),
    )


def _moves(name: str, explained: Sequence[str]) -> bool:
    """Whether a variable is the product of one that the model explains: it is then modelled too, as in lavaan."""
    return any(part in explained for part in factors(name) or ())


def _ordered(names) -> tuple[str, ...]:  # type: ignore[no-untyped-def]
    return tuple(dict.fromkeys(names))
