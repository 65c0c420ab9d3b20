"""Random fits for `make fuzz`: a model, data it may or may not hold in, and options that go together, from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import pandas as pd
from combinations import FACTORS, allowed, plain_options

DESIGNS_FROM = 2010  # the seed from which ordered items come with weights and clusters: older ones draw what they drew
SIZES = (90, 150, 250, 400, 700)
KINDS = ("factors", "chain", "second_order", "paths", "growth", "mimic")
EQUALITIES = ("loadings", "intercepts", "residuals", "regressions", "means", "lv_variances", "lv_covariances")
COVARIATES = ("age", "online")


@dataclass(frozen=True)
class Draw:
    """One random fit: model text, data, options of `fit`, and the seed and number that make it again."""

    seed: int
    number: int
    model: str
    data: pd.DataFrame
    options: dict[str, object]


@dataclass
class Sketch:
    """A model on the way: its kind, the items of each latent (or the waves), its lines, the labels it has so far."""

    rng: random.Random
    kind: str
    blocks: list[list[str]]
    lines: list[str]
    labels: list[str]

    def maybe(self, share: float) -> bool:
        """True in a share of the draws."""
        return self.rng.random() < share

    def label(self, share: float) -> str:
        """A modifier with a new label in a share of the draws, else nothing."""
        if not self.maybe(share):
            return ""
        self.labels.append(f"p{len(self.labels) + 1}")
        return f"{self.labels[-1]}*"

    @property
    def items(self) -> list[str]:
        """Every item."""
        return [name for block in self.blocks for name in block]


def draw(seed: int, number: int) -> Draw:
    """The random fit of a seed and number: the same on every machine.

    >>> draw(1, 2).model == draw(1, 2).model
    True
    """
    rng = random.Random(f"{seed}-{number}")
    row = _row(rng, designs=seed >= DESIGNS_FROM)
    kind = rng.choice(KINDS if row["ordered"] == "none" else ("factors", "chain", "second_order", "mimic"))
    sizes = {"paths": [5], "growth": [4]}.get(kind) or [
        rng.choice((3, 4)) for _ in range(3 if kind == "second_order" else rng.choice((1, 2, 3)))
    ]
    blocks, count = [], 0
    for size in sizes:
        blocks.append([f"y{count + k + 1}" for k in range(size)])
        count += size
    sketch = Sketch(rng, kind, blocks, [], [])
    row["covariates"] = row["covariates"] if kind in ("mimic", "growth", "paths") else "none"
    if kind == "mimic" and row["covariates"] == "none":
        row["covariates"] = "fixed"
    _write(sketch, row)
    data = _data(seed, number, rng, sketch, row)
    return Draw(seed, number, "\n".join(sketch.lines), data, _options(rng, sketch, row))


def _row(rng: random.Random, designs: bool) -> dict[str, str]:
    """Options drawn until no rule forbids them; most stay at their default. designs : ordered items in clusters too."""
    while True:
        row = {name: rng.choice(values if rng.random() < 0.5 else values[:2]) for name, values in FACTORS.items()}
        row["estimator"] = rng.choice(FACTORS["estimator"])
        designed = row["ordered"] != "none" and "yes" in (row["weights"], row["cluster"])
        if allowed(row) and (designs or not designed):
            return row


def _write(sketch: Sketch, row: dict[str, str]) -> None:
    means = row["meanstructure"] == "yes" or row["missing"] == "fiml"
    if sketch.kind == "paths":
        _write_paths(sketch, row)
    elif sketch.kind == "growth":
        _write_growth(sketch, row)
    else:
        _write_factors(sketch, row)
    if sketch.kind != "growth":
        if sketch.maybe(0.25) and len(sketch.items) > 3 and row["ordered"] == "none":
            a, b = sketch.rng.sample(sketch.items, 2) if sketch.kind != "paths" else sketch.items[-2:]
            if not _explains(sketch, a, b):
                sketch.lines.append(f"{a} ~~ {sketch.label(0.2)}{b}")
        if means and sketch.maybe(0.2) and row["ordered"] == "none" and row["groups"] == "one":
            sketch.lines.append(f"{sketch.items[-1]} ~ {sketch.rng.choice(('0*', '1.5*', 'm*'))}1")
    _write_constraints(sketch)


def _explains(sketch: Sketch, cause: str, outcome: str) -> bool:
    """Whether one is regressed on the other: a residual covariance beside that path is not identified."""
    causes = [line.replace("*", " ").split()[2:] for line in sketch.lines if line.startswith(f"{outcome} ~ ")]
    return any(cause in found for found in causes)


def _write_paths(sketch: Sketch, row: dict[str, str]) -> None:
    y = sketch.items
    first = " + ".join(COVARIATES) if row["covariates"] != "none" else y[0]
    start = 0 if row["covariates"] != "none" else 1
    causes = first.split(" + ")
    for k in range(start, len(y)):
        chosen = [c for c in causes if sketch.maybe(0.6)] or causes[:1]
        sketch.lines.append(f"{y[k]} ~ " + " + ".join(f"{sketch.label(0.5)}{cause}" for cause in chosen))
        causes = [*causes, y[k]]


def _write_growth(sketch: Sketch, row: dict[str, str]) -> None:
    waves = sketch.items
    sketch.lines.append("level =~ " + " + ".join(f"1*{w}" for w in waves))
    sketch.lines.append("slope =~ " + " + ".join(f"{k}*{w}" for k, w in enumerate(waves)))
    sketch.lines.append(" + ".join(waves) + " ~ 0*1")
    sketch.lines.append("level + slope ~ 1")
    if row["covariates"] != "none":
        sketch.lines.append(f"level ~ {sketch.label(0.5)}age\nslope ~ age + online")
    if sketch.maybe(0.5):
        sketch.lines += [f"{w} ~~ e*{w}" for w in waves]


def _write_factors(sketch: Sketch, row: dict[str, str]) -> None:
    rng, names = sketch.rng, [f"f{k + 1}" for k in range(len(sketch.blocks))]
    for name, block in zip(names, sketch.blocks, strict=True):
        sketch.lines.append(
            f"{name} =~ " + " + ".join([block[0], *(f"{_modifier(sketch, row)}{item}" for item in block[1:])])
        )
    if len(names) > 1 and sketch.maybe(0.15):
        sketch.lines.append(f"f1 =~ {sketch.blocks[1][-1]}")
    if sketch.kind == "second_order":
        sketch.lines.append("g =~ " + " + ".join([names[0], *(f"{sketch.label(0.3)}{name}" for name in names[1:])]))
    if sketch.kind == "chain":
        for k in range(1, len(names)):
            causes = [names[k - 1], *(name for name in names[: k - 1] if sketch.maybe(0.5))]
            sketch.lines.append(f"{names[k]} ~ " + " + ".join(f"{sketch.label(0.6)}{cause}" for cause in causes))
    if sketch.kind == "factors" and len(names) > 1 and sketch.maybe(0.2):
        sketch.lines.append(f"f1 ~~ {rng.choice(('0*', '0.3*', 'start(0.2)*', 'v*'))}f2")
    if row["covariates"] != "none":
        sketch.lines.append(" + ".join(names) + " ~ age" + (" + online" if sketch.maybe(0.6) else ""))
        if sketch.maybe(0.2):
            sketch.lines.append(f"{sketch.items[1]} ~ age")


def _modifier(sketch: Sketch, row: dict[str, str]) -> str:
    groups = {"one": 1, "two": 2, "two_loadings": 2, "two_partial": 2}.get(row["groups"], 3)
    kinds = ["start(0.8)*", "0.9*", "k*"] + (
        ["c(" + ", ".join(["u"] * (groups - 1) + ["w"]) + ")*"] if groups > 1 else []
    )
    return sketch.rng.choice(kinds) if sketch.maybe(0.15) else sketch.label(0.15 if groups == 1 else 0.0)


def _write_constraints(sketch: Sketch) -> None:
    labels = sketch.labels
    if not labels:
        return
    one, two = labels[0], labels[-1]
    defined = (f"d1 := {one}^2", f"d1 := {one}*{two}", f"d1 := exp({one}) - {two}", f"d1 := {one} / (1 + {two}^2)")
    if sketch.maybe(0.5):
        sketch.lines.append(sketch.rng.choice(defined))
    if one != two and sketch.maybe(0.25):
        written = (f"{one} == {two}", f"{one} == 2*{two}", f"{one} + {two} == 1", f"{one} > {two}", f"{one} == {two}^2")
        sketch.lines.append(sketch.rng.choice(written))
    elif sketch.maybe(0.15):
        sketch.lines.append(sketch.rng.choice((f"{one} > 0.1", f"{one} < 0.5", f"{one} == 0.4")))


def _options(rng: random.Random, sketch: Sketch, row: dict[str, str]) -> dict[str, object]:
    found: dict[str, object] = {"missing": row["missing"], **plain_options(row)}
    if row["covariates"] == "none":
        found.pop("fixed_x", None)
    if row["groups"] != "one":
        found["group"] = "region" if row["groups"].startswith("three") else "site"
        means = row["meanstructure"] != "no"
        equal = [name for name in EQUALITIES if rng.random() < 0.3 and (means or name not in ("intercepts", "means"))]
        if row["ordered"] != "none":
            equal = [name for name in equal if name in ("loadings", "regressions")]
            equal += ["thresholds"] if "loadings" in equal and rng.random() < 0.5 else []
        if sketch.kind in ("growth", "paths"):
            equal = [name for name in equal if name in ("regressions", "residuals", "lv_variances")]
        found |= {"group_equal": equal} if equal else {}
    if row["ordered"] != "none":
        found["ordered"] = [name for k, name in enumerate(sketch.items) if row["ordered"] == "all" or k % 2 == 0]
    if rng.random() < 0.08 and sketch.kind == "factors":
        found["orthogonal"] = True
    return found


def _data(seed: int, number: int, rng: random.Random, sketch: Sketch, row: dict[str, str]) -> pd.DataFrame:
    stream = np.random.Generator(np.random.PCG64([seed, number]))
    n = rng.choice(
        SIZES if row["groups"] == "one" and row["ordered"] == "none" and row["estimator"] != "WLS" else SIZES[2:]
    )
    region = stream.choice(["north", "south", "west"], n, p=[0.45, 0.3, 0.25])
    branch, age = stream.integers(0, 30, n), stream.normal(size=n)
    online = (stream.random(n) < 0.4).astype(int)
    latent = stream.normal(size=n) + 0.4 * age - 0.3 * online + 0.3 * (region == "south")
    columns: dict[str, object] = {}
    for b, block in enumerate(sketch.blocks):
        latent = 0.6 * latent + 0.8 * stream.normal(size=n) if b else latent
        drift = latent if sketch.kind != "paths" else 0.0 * latent
        for k, name in enumerate(block):
            if sketch.kind == "paths":
                drift = 0.4 * drift + 0.4 * age - 0.2 * online + stream.normal(size=n)
                y = drift
            elif sketch.kind == "growth":
                slope = 0.3 + 0.2 * online + 0.3 * stream.normal(size=n) if k == 0 else slope  # noqa: F821
                y = latent + k * slope + 0.7 * stream.normal(size=n)
            else:
                y = (
                    stream.uniform(0.6, 1.1) * latent
                    + 0.7 * stream.standard_t(8, size=n)
                    + stream.normal(0, 0.3, 30)[branch]
                )
            columns[name] = y + 2
    if row["ordered"] != "none":
        for k, name in enumerate(sketch.items):
            if row["ordered"] == "all" or k % 2 == 0:
                cuts = np.quantile(
                    columns[name],
                    sorted(stream.choice([0.2, 0.35, 0.5, 0.65, 0.8], rng.choice((1, 2, 3)), replace=False)),
                )
                columns[name] = (1 + np.searchsorted(cuts, columns[name])).astype(float)
    if row["gaps"] == "yes":
        for name in sketch.items:
            columns[name] = np.where(stream.random(n) < rng.choice((0.02, 0.08, 0.15)), np.nan, columns[name])
    site = np.where(branch < 20, "large", "small")
    weight = stream.gamma(4, 0.25, n)
    data = pd.DataFrame(
        columns
        | {
            "age": age,
            "online": online,
            "site": site,
            "region": region,
            "branch": [f"b{k}" for k in branch],
            "weight": weight,
        }
    )
    return data.round(4)
