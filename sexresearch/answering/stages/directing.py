"""Which way do the key links point? Which checks of direction these data allow, and what they find."""

from __future__ import annotations

import pandas as pd

from sexresearch.answering.facts import Fact
from sexresearch.answering.stages.setting import Setting
from sexresearch.chain.deciding.direction import CHECKS, Direction, direction_as_fitted
from sexresearch.errors import SexresearchError
from sexresearch.sem import Results
from sexresearch.standard.nodes import node_key
from sexresearch.verdict import Verdict

KEY = ("excellence", "experience", "delight", "loyalty", "success")  # what the chain is about, in its order
ONCE = "nobody was asked more than once"
NOT_MADE, SHOWN = "not_computable", ["path", "check", "outcome", "detail", "note"]
Link = tuple[str, str]


def directed(setting: Setting, results: Results) -> tuple[list[Fact], dict[str, pd.DataFrame]]:
    """What is said about the direction of the key links, and the table of the checks; nothing without such a link."""
    links = _key_links(setting, results)
    if not links or not results.converged:
        return [], {}
    try:
        by_link = {link: direction_as_fitted(results, *link) for link in links}
    except (SexresearchError, ArithmeticError, ValueError) as error:
        return [Fact("limit_direction_none", {"reason": str(error)})], {}
    frame = pd.concat([_rows(link, one) for link, one in by_link.items()], ignore_index=True)
    return [_verdict_fact(setting, frame)], {"direction": setting.labels.frame(frame)}


def _key_links(setting: Setting, results: Results) -> list[Link]:
    """The arrows of the model between what the chain is about, in the order of the chain."""
    places = {name: place for place, name in enumerate(KEY)}
    for part in setting.answered.constructs:
        if part.node and node_key(part.node) in places:
            places[part.name] = places[node_key(part.node)]
    rows = results.parameters
    arrows = rows[(rows["op"] == "~") & rows["se"].gt(0)][["rhs", "lhs"]].itertuples(index=False, name=None)
    known = [link for link in dict.fromkeys(arrows) if link[0] in places and link[1] in places]
    return sorted(known, key=lambda link: (places[link[0]], places[link[1]]))


def _rows(link: Link, direction: Direction) -> pd.DataFrame:
    """The checks of one link; that there are no waves has the reason that a reader of an answer needs."""
    frame = direction.checks.assign(path=" → ".join(link))
    frame.loc[(frame["check"] == "waves") & (frame["outcome"] == NOT_MADE), "note"] = ONCE
    return frame[SHOWN]


def _verdict_fact(setting: Setting, frame: pd.DataFrame) -> Fact:
    """Which checks could be made, and which links are in doubt after them."""
    made = frame[frame["outcome"] != NOT_MADE]
    if made.empty:
        return Fact("limit_direction_none", {"reason": "; ".join(dict.fromkeys(frame["note"]))})
    verdicts = tuple(
        Verdict(row.outcome, f"{setting.labels.text(row.path)}: {row.check}", reason=row.detail or row.note)
        for row in frame.itertuples()
    )
    checks = [setting.labels.check(name) for name in CHECKS if name in set(made["check"])]
    doubted = list(dict.fromkeys(made[made["outcome"] != "holds"]["path"]))
    if not doubted:
        return Fact("limit_direction", {"checks": checks}, verdicts)
    names = [setting.labels.text(path) for path in doubted]
    return Fact("limit_direction_doubted", {"checks": checks, "names": names}, verdicts)
