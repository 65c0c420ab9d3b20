"""The draft of a questionnaire as TOML: every line with what speaks for it, so that a person can confirm it."""

from __future__ import annotations

from collections.abc import Sequence

from sexresearch.escaping import on_one_line
from sexresearch.survey.codebook_text import construct_lines, field_line, quoted, scale_text
from sexresearch.survey.drafting.proposals import FieldProposal, ItemProposal
from sexresearch.survey.parts import Construct

UNSURE, CLOSE = 0.2, 0.03  # a score below, or a lead smaller than this, is marked
HEAD = """\
# Draft of a questionnaire for {name}: every line is a proposal, made by comparison with the item bank.
# Confirm it line by line, correct what is wrong, delete what you do not need; then read the survey with it.
#   items    behind each: how like its construct it is, and the construct that is next; a ? marks what is hardly sure.
#            To move an item, cut its line and put it under the other construct; a construct needs at least one item.
#   node     the place in the model of ISO 23592; leave it out for what the model does not have.
#   reverse  true where a high answer means little of the construct.
#   missing  codes and words that count as no answer.
#   fields   all other columns; roles: id group cluster weight other.
"""


def draft_text(
    name: str,
    notes: Sequence[str],
    constructs: Sequence[Construct],
    items: Sequence[ItemProposal],
    fields: Sequence[FieldProposal],
) -> str:
    """The commented codebook of a draft."""
    comments = {part.item.name: item_comment(part) for part in items}
    scales = dict.fromkeys(item.scale for construct in constructs for item in construct.items)
    head = HEAD.format(name=on_one_line(name)) + "".join(f"# Read: {on_one_line(note)}\n" for note in notes)
    parts = [f"{head}\ntitle = {quoted(name)}\n", *map(scale_text, scales)]
    parts += ["\n".join(construct_lines(construct, comments)) + "\n" for construct in constructs]
    lines = [f"{field_line(part.field)}   # {on_one_line(part.because)}\n" for part in fields]
    return "\n".join([*parts, *(["[fields]\n" + "".join(lines)] if lines else [])])


def item_comment(part: ItemProposal) -> str:
    """What stands behind the line of an item."""
    vote = part.vote
    node = vote.second.construct.node
    second = vote.second.construct.name + (f" (node {node})" if node and node != vote.second.construct.name else "")
    parts = [f"{vote.score:.2f}; next {second} {vote.second_score:.2f}"]
    if part.item.reverse:
        why = "its labels fall" if part.correlation is None else f"r = {part.correlation:.2f} with the others"
        parts.append(f"reversed: {why}")
    scale = part.item.scale
    if vote.first.construct.node == "loyalty" and (scale.lowest, scale.highest) == (0, 10):
        parts.append("0 to 10: net promoter score, if it asks to recommend")
    doubt = "? " if vote.score < UNSURE or vote.score - vote.second_score < CLOSE else ""
    return doubt + "; ".join(parts)
