"""What to look at in a codebook that can be read: labels out of order, scales that run against each other."""

from __future__ import annotations

from collections.abc import Iterator

from sexresearch.survey.drafting.answer_scales import falls
from sexresearch.survey.drafting.label_order import disordered
from sexresearch.survey.instrument import Instrument
from sexresearch.survey.spelling import folded
from sexresearch.survey.wording import listed


def codebook_remarks(instrument: Instrument) -> Iterator[str]:
    """One sentence for everything that looks wrong; none is refused, as only a person can tell.

    >>> codebook = '''
    ... [scales.five]
    ... lowest = 1
    ... highest = 3
    ... labels = ["disagree", "agree", "neutral"]
    ... [constructs.joy]
    ... node = "delight"
    ... scale = "five"
    ... items = { joy1 = "I was happy." }
    ... '''
    >>> list(codebook_remarks(Instrument.from_toml(codebook)))
    ["scale 'five': its labels are out of order: 'neutral' stands above 'agree'"]
    """
    for scale in instrument.scales:
        wrong = disordered([pair for pair in scale.labels if pair[0] not in scale.missing])
        if wrong:
            yield f"scale '{scale.name}': its labels are out of order: '{wrong[1]}' stands above '{wrong[0]}'"
    yield from _falling(instrument)
    yield from _same_wording(instrument)
    nowhere = [construct.name for construct in instrument.constructs if not construct.node]
    if len(nowhere) == len(instrument.constructs):
        yield "no construct has a `node`, so no chain model can be made of them"


def _falling(instrument: Instrument) -> Iterator[str]:
    for scale in instrument.scales:
        forward = [item.name for item in instrument.items if item.scale == scale and not item.reverse]
        if falls(scale.labels) and not disordered(scale.labels) and len(forward) > 0:
            yield (
                f"scale '{scale.name}' runs from much to little: a high code means a low value, so these items are to "
                f"be reversed: {listed(forward)}"
            )


def _same_wording(instrument: Instrument) -> Iterator[str]:
    first: dict[str, str] = {}
    for item in instrument.items:
        text = folded(item.wording)
        if text in first:
            yield f"the items '{first[text]}' and '{item.name}' have the same wording"
        first.setdefault(text, item.name)
