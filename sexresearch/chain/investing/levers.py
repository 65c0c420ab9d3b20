"""Which constructs are set against each other where none are named: the levers of the model, read off its arrows."""

from __future__ import annotations

from collections.abc import Sequence

from sexresearch.chain.paths.arrows import Arrows


def levers(graph: Arrows, names: Sequence[str], target: str) -> list[str]:
    """Of `names`, those that lead to the target and that no other of them leads to; constructs in a loop count alike.

    A construct that others of them lead to passes on what comes from them: it would be ranked against a part of itself.

    >>> chain = Arrows(("care", "speed", "joy", "stay"), {"care": ("joy",), "speed": ("joy",), "joy": ("stay",)})
    >>> levers(chain, ["care", "speed", "joy"], "stay")
    ['care', 'speed']
    """
    causes = [name for name in names if name != target and target in graph.reach.get(name, ())]
    return [name for name in causes if not any(_only_before(graph, other, name) for other in causes)]


def _only_before(graph: Arrows, cause: str, effect: str) -> bool:
    """Whether the arrows lead from one to the other and not back."""
    return effect in graph.reach[cause] and cause not in graph.reach[effect]


def ranked_by_default(graph: Arrows, names: Sequence[str], target: str) -> list[str]:
    """The levers, and those the model is silent on: no arrows lead from them to the target or from it to them."""
    first = levers(graph, names, target)
    silent = [n for n in names if n in graph.names and not _connected(graph, n, target)]
    return [name for name in names if name in first or name in silent] if first else []


def _connected(graph: Arrows, name: str, target: str) -> bool:
    return name == target or target in graph.reach[name] or name in graph.reach[target]


def passes_through(graph: Arrows, name: str, listed: Sequence[str], target: str) -> list[str]:
    """Which of the listed constructs carry a part of what this one does to the target.

    >>> passes_through(Arrows(("a", "b", "c"), {"a": ("b",), "b": ("c",)}), "a", ["a", "b"], "c")
    ['b']
    """
    inside = [other for other in listed if other not in (name, target) and other in graph.names]
    return [other for other in inside if other in graph.reach[name] and target in graph.reach[other]]
