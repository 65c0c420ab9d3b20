"""Which items a construct may do without: the rules of a multiverse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Literal, get_args

from sexresearch.chain.paths.arrows import is_drawn
from sexresearch.errors import OptionError
from sexresearch.sem.view import View

ItemRule = Literal["all", "drop_one", "drop_weakest", "drop_two"]
RULES = get_args(ItemRule)
FEWEST = 2  # items that a construct keeps
LeftOut = frozenset[str]


def item_choices(fit: View, rule: ItemRule | Mapping[str, Sequence[Sequence[str]]]) -> list[list[LeftOut]]:
    """Per construct that has a choice, what may be left out: nothing first; OptionError for a rule that empties one."""
    own = measured(fit)
    if isinstance(rule, Mapping):
        return [_named(own, name, sets) for name, sets in rule.items()]
    if rule not in RULES:
        raise OptionError(f"items {rule!r} is no rule; allowed: {', '.join(RULES)}, or sets of items by construct")
    options = [_by_rule(fit, name, items, rule) for name, items in own.items()]
    return [choices for choices in options if len(choices) > 1]


def measured(fit: View) -> dict[str, list[str]]:
    """The observed items of every latent variable that has some."""
    out: dict[str, list[str]] = {}
    for row in fit.by_block[0]:
        if row.op == "=~" and is_drawn(row) and row.rhs in fit.observed:
            out.setdefault(row.lhs, []).append(row.rhs)
    return out


def _by_rule(fit: View, name: str, items: Sequence[str], rule: str) -> list[LeftOut]:
    nothing: list[LeftOut] = [frozenset()]
    most = len(items) - FEWEST
    if rule == "all" or most < 1:
        return nothing
    if rule == "drop_weakest":
        rows = fit.parameters[(fit.parameters["op"] == "=~") & (fit.parameters["lhs"] == name)]
        size = rows.set_index("rhs")["std_all"].abs().reindex(list(items))
        return [*nothing, frozenset([str(size.idxmin())])] if size.notna().any() else nothing
    ones = [frozenset([item]) for item in items]
    twos = [frozenset(pair) for pair in combinations(items, 2)] if rule == "drop_two" and most > 1 else []
    return [*nothing, *ones, *twos]


def _named(own: Mapping[str, Sequence[str]], name: str, sets: Sequence[Sequence[str]]) -> list[LeftOut]:
    """What is left out where the user names the sets of items that a construct may be measured by."""
    if name not in own:
        raise OptionError(f"items: {name!r} is no construct with items; the model has {', '.join(own) or 'none'}")
    out: list[LeftOut] = [frozenset()]
    for kept in sets:
        listed = [kept] if isinstance(kept, str) else list(kept)
        strange = [item for item in listed if item not in own[name]]
        if strange:
            raise OptionError(
                f"items: {', '.join(map(repr, strange))} do not measure {name!r}; its items are {', '.join(own[name])}"
            )
        if len(set(listed)) < min(FEWEST, len(own[name])):
            left = "no item" if not listed else "one item, whose error nothing tells from what it measures"
            raise OptionError(f"items: {listed} leaves {name!r} {left}: keep at least {FEWEST}")
        gone = frozenset(own[name]) - set(listed)
        if gone not in out:
            out.append(gone)
    return out
