"""`chain_model`: the effect chain and its rivals as model text, from what an instrument measures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, get_args

from sexresearch.arguments import in_words
from sexresearch.chain.views.measured import InstrumentUnits, Unit
from sexresearch.errors import InstrumentError, OptionError
from sexresearch.sem import Model
from sexresearch.survey import Instrument

HigherOrder = Literal["factor", "composite"]
HIGHER_ORDER = get_args(HigherOrder)
ChainView = Literal["core", "full", "pyramid", "satisfaction_only", "direct", "reversed"]  # as in `KINDS`
Path = tuple[Unit, tuple[Unit, ...]]


@dataclass(frozen=True)
class ViewPaths:
    """One view of the chain: its claim in words, and its paths (effect, causes)."""

    claim: str
    paths: tuple[Path, ...]

    @property
    def units(self) -> tuple[Unit, ...]:
        """All units, causes before effects, each once."""
        named = {unit.name: unit for effect, causes in self.paths for unit in (*causes, effect)}
        return tuple(named.values())


@dataclass(frozen=True)
class Kind:
    """A view of the chain: what the instrument must measure for it, and how it is drawn up from that."""

    needs: tuple[str, ...]
    claim: str
    paths: Callable[[InstrumentUnits], tuple[Path, ...]]


@in_words
def chain_model(instrument: Instrument, kind: ChainView = "core", *, higher_order: HigherOrder = "factor") -> Model:
    """A view of the effect chain of ISO 23592 as lavaan model text, made of what the instrument measures.

    Parameters
    ----------
    instrument : Instrument
        Constructs are found by their `node`, in the words of `sexresearch.standard`: a node of the chain ("delight"), a
        level ("L1"), an element ("7.2.1") or a dimension ("7.2").
    kind : {"core", "full", "pyramid", "satisfaction_only", "direct", "reversed"}
        "core": excellence → delight → loyalty → success. "full": elements → dimensions → excellence → experience →
        delight beside satisfaction → loyalty → success. "pyramid": levels 1 and 2 → satisfaction; 3 → feeling valued
        and 4 → expectations exceeded → delight. Rivals: "satisfaction_only" (delight leads nowhere), "direct"
        (excellence makes loyal, delight leads nowhere), "reversed" (the chain read from its end).
    higher_order : {"factor", "composite"}
        How excellence is made of elements (by dimension; of levels 1 to 4 where the instrument has no elements).
        "factor": excellence shows in them, a second-order factor. "composite": it is their weighted sum, weights
        estimated, in the units of its first effect; the elements are then causes that can be compared and improved.

    Returns
    -------
    Model
        Latents keep the names of the constructs. Where the instrument has no success, the chain ends at loyalty, and
        the text says so.

    Raises
    ------
    InstrumentError
        The instrument lacks what the kind needs; the message names it, and the kinds that the instrument supports.
    OptionError
        An unknown kind, or "reversed" with a composite, which cannot be an effect.

    Notes
    -----
    Composites: Grace & Bollen 2008, doi 10.1007/s10651-007-0047-7.

    Examples
    --------
    >>> from sexresearch.datasets import load
    >>> model = chain_model(load("service_excellence_demo").instrument, "core")
    >>> print("\\n".join(model.syntax.splitlines()[-4:]))
    # effect chain
    delight ~ excellence
    loyalty ~ delight
    success ~ loyalty
    """
    if not isinstance(instrument, Instrument):
        given = type(instrument).__name__
        raise InstrumentError(f"chain_model needs an Instrument, as in chain_model(survey.instrument); found {given}")
    measured = InstrumentUnits(instrument, checked_order(higher_order))
    return Model(model_text(measured, planned(measured, kind)))


def checked_order(higher_order: str) -> str:
    """The option as it is; OptionError where it is not one of the two."""
    if higher_order not in HIGHER_ORDER:
        raise OptionError(f"higher_order {higher_order!r} is not known; allowed: {', '.join(HIGHER_ORDER)}")
    return higher_order


def planned(measured: InstrumentUnits, kind: str) -> ViewPaths:
    """The plan of a kind; errors as `chain_model`."""
    if kind not in KINDS:
        raise OptionError(f"kind {kind!r} is not known; allowed: {', '.join(KINDS)}")
    lacks = [WORDS[need] for need in KINDS[kind].needs if not NEEDS[need](measured)]
    if lacks:
        names = ", ".join(supported(measured)) or "none of the kinds"
        raise InstrumentError(
            f"{measured.instrument.title or 'the instrument'} lacks for kind '{kind}': {'; '.join(lacks)}. "
            f"It supports {names}"
        )
    plan = ViewPaths(KINDS[kind].claim, KINDS[kind].paths(measured))
    if any(effect.composite for effect, _ in plan.paths):
        raise OptionError(
            f"kind '{kind}' makes excellence an effect, and a composite of its elements cannot be one: "
            "use higher_order='factor'"
        )
    return plan


def supported(measured: InstrumentUnits) -> tuple[str, ...]:
    """The kinds an instrument measures enough for."""
    return tuple(kind for kind, part in KINDS.items() if all(NEEDS[need](measured) for need in part.needs))


def model_text(measured: InstrumentUnits, plan: ViewPaths, beside: Sequence[Unit] = ()) -> str:
    """The text of a plan; units `beside` it covary with everything, so that nothing is claimed about them."""
    units = (*plan.units, *beside)
    used = {construct.name for unit in units for construct in unit.constructs}
    lines = [f"# {plan.claim}", "", "# measurement"]
    for construct in measured.instrument.constructs:
        if construct.name in used:
            lines.append(f"{construct.name} =~ {' + '.join(item.name for item in construct.items)}")
    for unit in (unit for unit in units if unit.lines):
        lines += ["", f"# {unit.name}: {_how(unit)}", *unit.lines]
    if measured.unit("success") is None:
        lines += ["", "# success: not measured by this instrument, so the chain ends at loyalty"]
    lines += ["", "# effect chain", *_path_lines(plan), *_apart_lines(plan)]
    if beside:
        lines += ["", "# not spoken of by this view: free to go along with everything", *_beside_lines(plan, beside)]
    return "\n".join(lines)


def _how(unit: Unit) -> str:
    return "composite, in the units of its first effect" if unit.composite else "second-order factor"


def _path_lines(plan: ViewPaths) -> list[str]:
    """Regressions; the first effect of a composite is fixed to 1, which gives the composite its units."""
    lines, scaled = [], set()
    for effect, causes in plan.paths:
        terms = []
        for cause in causes:
            first = cause.composite and cause.name not in scaled
            scaled.add(cause.name)
            terms.append(("1*" if first else "") + cause.name)
        lines.append(f"{effect.name} ~ {' + '.join(terms)}")
    return lines


def _apart_lines(plan: ViewPaths) -> list[str]:
    """Ends of the chain are not related beyond their causes; lavaan would let them covary."""
    causes = {cause.name for _, causes_of_path in plan.paths for cause in causes_of_path}
    ends = [effect.name for effect, _ in plan.paths if effect.name not in causes]
    return [f"{a} ~~ 0*{b}" for a, b in combinations(ends, 2)]


def _beside_lines(plan: ViewPaths, beside: Sequence[Unit]) -> list[str]:
    within = [top for unit in plan.units for top in unit.tops]
    lines = []
    for unit in beside:
        for top in unit.tops:
            if within:
                lines.append(f"{top} ~~ {' + '.join(within)}")
        within += unit.tops
    return lines


def _ends(measured: InstrumentUnits, *causes: Unit) -> tuple[Path, ...]:
    """Loyalty from its causes, and success from loyalty where it is measured."""
    loyalty, success = _the(measured, "loyalty"), measured.unit("success")
    return ((loyalty, causes), *(((success, (loyalty,)),) if success else ()))


def _the(measured: InstrumentUnits, node: str) -> Unit:
    unit = {"excellence": measured.excellence, "experience": measured.experience, "delight": measured.delight}.get(
        node, measured.unit(node)
    )
    assert unit is not None, "planned() has checked that it is measured"
    return unit


def _core(measured: InstrumentUnits) -> tuple[Path, ...]:
    excellence, delight = _the(measured, "excellence"), _the(measured, "delight")
    return ((delight, (excellence,)), *_ends(measured, delight))


def _full(measured: InstrumentUnits) -> tuple[Path, ...]:
    excellence, experience = _the(measured, "excellence"), _the(measured, "experience")
    delight, satisfaction = _the(measured, "delight"), _the(measured, "satisfaction")
    kept = [part for part in measured.promise if part.constructs[0] not in excellence.constructs]
    return (
        (experience, (excellence,)),
        *((part, (excellence,)) for part in kept),
        *((route, (experience,)) for route in measured.routes),
        (delight, measured.routes or (experience,)),
        (satisfaction, measured.promise),
        *_ends(measured, delight, satisfaction),
    )


def _pyramid(measured: InstrumentUnits) -> tuple[Path, ...]:
    delight, satisfaction = _the(measured, "delight"), _the(measured, "satisfaction")
    upper = (_the(measured, "L3"), _the(measured, "L4"))
    return (
        (satisfaction, measured.promise),
        *((route, (level,)) for route, level in zip(measured.routes, upper, strict=False)),
        (delight, measured.routes or upper),
        *_ends(measured, delight, satisfaction),
    )


def _satisfaction_only(measured: InstrumentUnits) -> tuple[Path, ...]:
    satisfaction = _the(measured, "satisfaction")
    source = (measured.excellence,) if measured.excellence else measured.promise
    return ((satisfaction, source), *_leads_nowhere(measured, source), *_ends(measured, satisfaction))


def _direct(measured: InstrumentUnits) -> tuple[Path, ...]:
    excellence = _the(measured, "excellence")
    return (*_leads_nowhere(measured, (excellence,)), *_ends(measured, excellence))


def _leads_nowhere(measured: InstrumentUnits, causes: tuple[Unit, ...]) -> tuple[Path, ...]:
    return ((measured.delight, causes),) if measured.delight else ()


def _reversed(measured: InstrumentUnits) -> tuple[Path, ...]:
    excellence, delight, loyalty = (_the(measured, node) for node in ("excellence", "delight", "loyalty"))
    success = measured.unit("success")
    start = ((loyalty, (success,)),) if success else ()
    return (*start, (delight, (loyalty,)), (excellence, (delight,)))


NEEDS: dict[str, Callable[[InstrumentUnits], object]] = {
    "excellence": lambda m: m.excellence,
    "experience": lambda m: m.experience,
    "delight": lambda m: m.delight,
    "promise": lambda m: m.promise,
    "satisfaction": lambda m: m.unit("satisfaction"),
    "loyalty": lambda m: m.unit("loyalty"),
    "L3": lambda m: m.unit("L3"),
    "L4": lambda m: m.unit("L4"),
    "source": lambda m: m.excellence or m.promise,
}
WORDS = {
    "excellence": "excellence (node 'excellence', or two or more elements such as '7.2.1', or levels 'L1' to 'L4')",
    "experience": "experience (node 'experience', or levels 'L3' and 'L4' beside elements)",
    "delight": "delight (node 'delight', or both 'valued' and 'exceeded')",
    "promise": "promises kept (node 'promise', or level 'L1' or 'L2')",
    "satisfaction": "satisfaction (node 'satisfaction')",
    "loyalty": "loyalty (node 'loyalty')",
    "L3": "individual service (level 'L3')",
    "L4": "surprising service (level 'L4')",
    "source": "what satisfies (excellence, or node 'promise', or level 'L1' or 'L2')",
}
KINDS: dict[str, Kind] = {
    "core": Kind(
        ("excellence", "delight", "loyalty"),
        "core: excellence delights, delight makes loyal, loyalty brings success",
        _core,
    ),
    "full": Kind(
        ("excellence", "experience", "delight", "promise", "satisfaction", "loyalty"),
        "full: excellence makes the experience; delight beside satisfaction makes loyal",
        _full,
    ),
    "pyramid": Kind(
        ("promise", "L3", "L4", "delight", "satisfaction", "loyalty"),
        "pyramid: levels 1 and 2 satisfy, levels 3 and 4 delight, both make loyal",
        _pyramid,
    ),
    "satisfaction_only": Kind(
        ("source", "satisfaction", "loyalty"),
        "satisfaction only: satisfaction makes loyal; delight is felt and leads nowhere",
        _satisfaction_only,
    ),
    "direct": Kind(
        ("excellence", "loyalty"),
        "direct: excellence itself makes loyal; delight is felt and leads nowhere",
        _direct,
    ),
    "reversed": Kind(
        ("excellence", "delight", "loyalty"),
        "reversed: success breeds loyalty, the loyal are delighted, the delighted see excellence",
        _reversed,
    ),
}
