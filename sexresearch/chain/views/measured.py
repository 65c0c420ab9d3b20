"""What an instrument measures, in the words of the standard: which constructs stand for which node of the chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sexresearch.errors import InstrumentError
from sexresearch.standard import dimensions, elements
from sexresearch.standard.nodes import node_key
from sexresearch.survey import Construct, Instrument

LEVELS = ("L1", "L2", "L3", "L4")
DIMENSION_NAMES = {
    "7.1": "leadership_strategy",
    "7.2": "culture_engagement",
    "7.3": "creating_experiences",
    "7.4": "operations",
}


@dataclass(frozen=True)
class Unit:
    """A latent variable of the chain and all it rests on.

    name : of the latent. constructs : of the instrument, measured by items. lines : model text that makes the latent of
    these constructs, none where it is one of them. tops : the latents a covariance may be attached to.
    """

    name: str
    constructs: tuple[Construct, ...]
    lines: tuple[str, ...] = ()
    tops: tuple[str, ...] = ()
    composite: bool = False


@dataclass(frozen=True)
class InstrumentUnits:
    """The units an instrument can give: each is None, or an empty tuple, where the instrument lacks it.

    higher_order : "factor" or "composite", how excellence is made of elements or levels.
    """

    instrument: Instrument
    higher_order: str = "factor"

    @cached_property
    def by_node(self) -> dict[str, Construct]:
        """The construct of each node the instrument measures; InstrumentError where two stand for the same node."""
        known: dict[str, Construct] = {}
        for construct in self.instrument.constructs:
            key = node_key(construct.node) if construct.node else ""
            if key in known:
                raise InstrumentError(
                    f"the constructs '{known[key].name}' and '{construct.name}' both have the node '{key}'; "
                    "a chain model takes one construct for each: clear the node of the other"
                )
            if key:
                known[key] = construct
        return known

    def unit(self, node: str) -> Unit | None:
        """The construct of that node as it is."""
        construct = self.by_node.get(node)
        return None if construct is None else Unit(construct.name, (construct,), tops=(construct.name,))

    def units(self, nodes: Sequence[str]) -> tuple[Unit, ...]:
        """The constructs of those nodes, without those that are not measured."""
        return tuple(unit for unit in map(self.unit, nodes) if unit is not None)

    @cached_property
    def promise(self) -> tuple[Unit, ...]:
        """Promises kept: measured as such, or levels 1 and 2 of the pyramid."""
        return self.units(["promise"]) or self.units(["L1", "L2"])

    @cached_property
    def delight(self) -> Unit | None:
        """Customer delight: measured as such, or a second-order factor of feeling valued and expectations exceeded."""
        return self.unit("delight") or self._second_order("delight", self.units(["valued", "exceeded"]))

    @property
    def routes(self) -> tuple[Unit, ...]:
        """Feeling valued and expectations exceeded, where both are measured beside delight itself."""
        routes = self.units(["valued", "exceeded"])
        return routes if "delight" in self.by_node and len(routes) == 2 else ()

    @cached_property
    def experience(self) -> Unit | None:
        """Outstanding experience: measured as such, or a second-order factor of levels 3 and 4 beside the elements."""
        if "experience" in self.by_node or self._from_levels:
            return self.unit("experience")
        return self._second_order("experience", self.units(["L3", "L4"]))

    @cached_property
    def excellence(self) -> Unit | None:
        """Service excellence: measured as such, or made of elements and their dimensions, or of levels 1 to 4."""
        if "excellence" in self.by_node:
            return self.unit("excellence")
        if self._from_levels:
            return self._of_parts(self.units(LEVELS), ())
        groups = {d.clause: self.units([e.clause for e in d.elements]) for d in dimensions}
        return self._of_parts(*self._by_dimension(groups))

    @property
    def _from_levels(self) -> bool:
        elements_there = [e for e in elements if e.clause in self.by_node]
        dimensions_there = [d for d in dimensions if d.clause in self.by_node]
        return "excellence" not in self.by_node and len(elements_there) + len(dimensions_there) < 2

    def _by_dimension(self, groups: dict[str, tuple[Unit, ...]]) -> tuple[tuple[Unit, ...], tuple[str, ...]]:
        """The parts of excellence, and the text of dimensions that are made of two or more elements."""
        parts: list[Unit] = []
        lines: list[str] = []
        for clause, members in groups.items():
            own = self.unit(clause)
            if own is not None or len(members) < 2:
                parts += [own] if own is not None else members
                continue
            name = self._free_name(DIMENSION_NAMES[clause])
            constructs = tuple(construct for member in members for construct in member.constructs)
            lines += self._made(name, [member.name for member in members], constructs)
            parts.append(Unit(name, constructs))
        return tuple(parts), tuple(lines)

    def _of_parts(self, parts: tuple[Unit, ...], below: tuple[str, ...]) -> Unit | None:
        if len(parts) < 2:
            return None
        name = self._free_name("excellence")
        constructs = tuple(construct for part in parts for construct in part.constructs)
        composite = self.higher_order == "composite"
        fixed = "1*" if composite and below else ""
        made_below = {line.split(" ")[0] for line in below}
        names = [(fixed if part.name in made_below else "") + part.name for part in parts]
        lines = below + tuple(self._made(name, names, constructs))
        tops = tuple(construct.name for construct in constructs) if composite else (name,)
        return Unit(name, constructs, lines, tops, composite)

    def _made(self, name: str, parts: list[str], constructs: tuple[Construct, ...]) -> list[str]:
        """Model text of a second-order factor, or of a composite: a latent no item loads on, explained without rest.

        The item that its loading of 0 names has a residual of its own, unless it alone measures its construct.
        """
        if self.higher_order == "factor":
            return [f"{name} =~ {' + '.join(parts)}"]
        measured = max(constructs, key=lambda construct: len(construct.items) > 1).items
        anchor = measured[0].name
        whole = [] if len(measured) > 1 else [f"{anchor} ~~ 0*{anchor}"]
        return [f"{name} =~ 0*{anchor}", *whole, f"{name} ~ {' + '.join(parts)}", f"{name} ~~ 0*{name}"]

    def _second_order(self, name: str, parts: tuple[Unit, ...]) -> Unit | None:
        if len(parts) < 2:
            return None
        free = self._free_name(name)
        constructs = tuple(construct for part in parts for construct in part.constructs)
        return Unit(free, constructs, (f"{free} =~ {' + '.join(part.name for part in parts)}",), (free,))

    def _free_name(self, name: str) -> str:
        taken = [c.name for c in self.instrument.constructs] + [item.name for item in self.instrument.items]
        if name in taken:
            raise InstrumentError(
                f"the model needs the name '{name}' for a latent variable of its own, and the instrument uses it: "
                f"give that construct or item the node '{name}', or another name"
            )
        return name
