"""What `lab.chain` shows, as a value: which arrows are changed, what is moved, and what follows from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import pandas as pd

from sexresearch.chain import what_if
from sexresearch.chain.investing.importance import constructs_of
from sexresearch.chain.investing.scales import Scale
from sexresearch.chain.paths.arrows import checked_name
from sexresearch.chain.paths.path_limits import path_limits
from sexresearch.errors import ModelError, OptionError, SexresearchError
from sexresearch.lab.refitting import refitted
from sexresearch.sem import Results, compare
from sexresearch.sem.view import view, with_arrows

Arrow = tuple[str, str]  # cause, effect
KEYS = ["lhs", "op", "rhs", "group"]


@dataclass(frozen=True, eq=False)
class ChainState:
    """A chain that is being tried out.

    first : the fit it began with. results : the fit shown. dropped, added : arrows (cause, effect) in which the two
    differ. changes : points by construct, as in `what_if`. message : why the last wish could not be met; else empty.
    """

    first: Results
    results: Results
    scale: Scale | None = None
    dropped: tuple[Arrow, ...] = ()
    added: tuple[Arrow, ...] = ()
    changes: Mapping[str, float] = field(default_factory=dict)
    group: object = None
    standardized: bool = True
    message: str = ""

    @cached_property
    def constructs(self) -> list[str]:
        """Latent variables, then observed ones that no latent is measured by."""
        return constructs_of(view(self.first, "lab.chain"))

    @cached_property
    def today(self) -> pd.DataFrame:
        """How every construct performs: a row of `what_if` for each, without a change."""
        return self._own(what_if(self.results, dict.fromkeys(self.constructs, 0.0), self.scale))

    @cached_property
    def predicted(self) -> pd.DataFrame:
        """What `what_if` says of the changes; without rows where nothing is moved."""
        return self._own(what_if(self.results, dict(self.changes), self.scale)) if self.changes else self.today[:0]

    @cached_property
    def paths(self) -> pd.DataFrame:
        """Loadings and regressions of the group shown: estimates with standardized limits, as in `path_limits`."""
        return self._own(path_limits(self.results))

    @cached_property
    def comparison(self) -> pd.DataFrame | None:
        """`compare` of the fit before and the fit now; None where they are the same."""
        return None if self.results is self.first else compare(self.first, self.results, names=["before", "now"])

    def _own(self, frame: pd.DataFrame) -> pd.DataFrame:
        kept = frame if self.group is None else frame[frame["group"] == self.group]
        return kept.reset_index(drop=True)

    def limits(self, construct: str) -> tuple[float, float]:
        """The points a construct can lose and gain before it leaves the scale from 0 to 100."""
        checked_name(construct, self.constructs, "construct", self.first.latents)
        row = self.today.set_index("construct").loc[construct]
        if pd.isna(row["performance"]):
            raise OptionError(f"{construct} cannot be moved: {row['note']}")
        return -float(row["performance"]), 100.0 - float(row["performance"])

    def moved(self, construct: str, points: float) -> ChainState:
        """With a construct raised or lowered by these points from where it stands."""
        lowest, highest = self.limits(construct)
        if isinstance(points, bool) or not isinstance(points, int | float) or not lowest <= points <= highest:
            stands = f"{construct} stands at {-lowest:.1f} of 100"
            raise OptionError(f"{stands}, so it moves by {lowest:.1f} to {highest:.1f} points; found {points!r}")
        changes = {name: value for name, value in {**self.changes, construct: float(points)}.items() if value}
        return replace(self, changes=changes, message="")

    def showing(self, group: object = None, standardized: bool | None = None) -> ChainState:
        """With another group, or with values standardized or in units of the data."""
        groups = self.first.groups
        chosen = self.group if group is None else group
        if groups and chosen not in groups:
            raise OptionError(f"group {group!r} is not in the fit; its groups are: {', '.join(map(str, groups))}")
        kept = self.standardized if standardized is None else bool(standardized)
        return replace(self, group=chosen if groups else None, standardized=kept, message="")

    def dropping(self, cause: str, effect: str) -> ChainState:
        """With the arrow fixed to 0 (one that was added goes), fitted again."""
        arrow = (cause, effect)
        if arrow in self.added:
            return self._refitted(self.dropped, tuple(a for a in self.added if a != arrow))
        if arrow in self.dropped:
            raise ModelError(f"the arrow from {cause} to {effect} is dropped already")
        return self._refitted((*self.dropped, arrow), self.added)

    def adding(self, cause: str, effect: str) -> ChainState:
        """With a new arrow (one that was dropped comes back), fitted again."""
        for name in (cause, effect):
            checked_name(name, self.constructs, "construct", self.first.latents)
        arrow = (cause, effect)
        if arrow in self.dropped:
            return self._refitted(tuple(a for a in self.dropped if a != arrow), self.added)
        if arrow in self.added:
            raise ModelError(f"{cause} leads to {effect} already")
        return self._refitted(self.dropped, (*self.added, arrow))

    def again(self) -> ChainState:
        """As it began, but for the group and the kind of values shown."""
        return replace(self, results=self.first, dropped=(), added=(), changes={}, message="")

    def _refitted(self, dropped: tuple[Arrow, ...], added: tuple[Arrow, ...]) -> ChainState:
        """Fitted with these arrows; the state as it is where that does not work, with a message that says why."""
        if not dropped and not added:
            return replace(self, results=self.first, dropped=(), added=(), message="")
        try:
            results = refitted(self.first, with_arrows(self.first.model, dropped, added))
        except SexresearchError as error:
            return replace(self, message=f"{_wish(self, dropped, added)} cannot be fitted: {error}. {KEPT}")
        if not results.converged:
            return replace(self, message=f"{_wish(self, dropped, added)} did not converge. {KEPT}")
        problems = "; ".join(results.inadmissible)
        message = f"The solution is not admissible: {problems}." if problems else ""
        return replace(self, results=results, dropped=dropped, added=added, message=message)


KEPT = "What is shown is the chain before."


def _wish(state: ChainState, dropped: tuple[Arrow, ...], added: tuple[Arrow, ...]) -> str:
    """What was asked for, in words."""
    gone = [f"without {a} → {b}" for a, b in dropped if (a, b) not in state.dropped]
    back = [f"with {a} → {b}" for a, b in (*state.dropped, *added) if (a, b) not in (*dropped, *state.added)]
    over = [f"without {a} → {b}" for a, b in state.added if (a, b) not in added]
    return f"The model {' and '.join([*gone, *back, *over])}"


def chain_state(results: Results, scale: Scale | None = None) -> ChainState:
    """Where a chain begins: the fit as it is; OptionError or ModelError where there is nothing to try out."""
    fit = view(results, "lab.chain")
    if isinstance(results, Results) and not results.converged:
        raise ModelError(f"lab.chain needs a fit that converged: {'; '.join(results.problems) or 'this one did not'}")
    state = ChainState(results, results, scale, group=fit.groups[0] if fit.groups else None)
    if not any(row.op == "~" for row in fit.rows):
        raise ModelError("lab.chain shows what leads to what; this model has no regressions")
    return state
