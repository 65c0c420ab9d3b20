"""Latent variables that explain each other completely, as free covariances: the same models, without a pole.

Where every pair of some latent variables is joined by exactly one free path or covariance, all their variances are
free and nothing else leads to them, replacing the paths by covariances gives an equivalent model: the same implied
moments in other parameters (Lee & Hershberger 1990, doi 10.1207/s15327906mbr2503_4). Paths are ratios of these
covariances, with a pole where the causes' covariance matrix is singular. A sample whose minimum lies beyond the pole,
where paths have the other sign, is out of reach of steps in the paths, though near in the covariances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sexresearch.sem.arrays import Array
from sexresearch.sem.implied.structure import Structure
from sexresearch.sem.implied.total_effects import implied_covariances, total_effects
from sexresearch.sem.matrices import positive_definite
from sexresearch.sem.resampling.quasi_newton import SETTLED, dot
from sexresearch.sem.resampling.sampled import Samples

STEP = 1e-6  # standard errors, for curvatures as differences of gradients
SAME = 1e-7  # relative: covariances, and those that their paths imply; more is lost at a pole


@dataclass(frozen=True)
class Block:
    """A complete block of c latent variables, causes first.

    rows : (c,) where they stand in the structure. free : (c, c) parameter of each pair, of the variances on the
    diagonal. caused : (c, c) whether the pair is joined by a path, to the row from the column.
    """

    rows: Array
    free: Array
    caused: Array

    def freed(self, structure: Structure) -> Structure:
        """The structure with covariances in place of the paths, each with the path's parameter."""
        inside = np.isin(structure.row, self.rows) & np.isin(structure.col, self.rows)
        return replace(structure, is_path=structure.is_path & ~inside)

    def covariances(self, theta: Array) -> Array:
        """(b, q) parameters of the freed structure that imply the same as theta (b, q)."""
        values, out = theta[:, self.free], theta.copy()
        one_way = np.where(self.caused, values, 0.0)
        spread = np.where(self.caused | self.caused.T, 0.0, values)
        out[:, self.free] = implied_covariances(total_effects(one_way), spread)
        return out

    def paths(self, theta: Array) -> Array:
        """(b, q) the other way round: one variable after the other, its paths and covariances from linear equations.

        With v = B v + e: cov(v_i, v_j) = sum of b_ik cov(v_k, v_j) over the causes k, plus cov(e_i, v_j).
        """
        C, out = theta[:, self.free], theta.copy()
        effects = np.broadcast_to(np.eye(len(self.rows)), C.shape).copy()
        for i in range(1, len(self.rows)):
            cause, own = self.caused[i, :i], C[:, :i, i]
            shares = np.where(cause, C[:, :i, :i], effects[:, :i, :i])
            solved = np.linalg.solve(shares, own[:, :, None])[:, :, 0]
            path = np.where(cause, solved, 0.0)
            tied = np.einsum("bjk,bk->bj", effects[:, :i, :i], solved - path)
            out[:, self.free[i, :i]] = solved
            out[:, self.free[i, i]] = C[:, i, i] - dot(path, own + tied)
            effects[:, i, :i] = np.einsum("bk,bkj->bj", path, effects[:, :i, :i])
        return out


@dataclass(frozen=True)
class FreeCovariances:
    """The complete blocks of all groups, and the structures in which their covariances are free."""

    blocks: tuple[Block, ...]
    structures: tuple[Structure, ...]

    def covariances(self, theta: Array) -> Array:
        """(b, q) parameters of `structures` from the model's own."""
        for block in self.blocks:
            theta = block.covariances(theta)
        return theta

    def paths(self, theta: Array) -> Array:
        """(b, q) the model's own parameters from those of `structures`."""
        for block in self.blocks:
            theta = block.paths(theta)
        return theta


def free_covariances(structures: Sequence[Structure], q: int) -> FreeCovariances | None:
    """Complete blocks with at least one path; None where there are none. No parameter (of q) is constrained."""
    uses = np.bincount(np.concatenate([s.free for s in structures]), minlength=q)
    blocks, freed = list[Block](), list[Structure]()
    for structure in structures:
        block = _block(structure, uses)
        blocks += [] if block is None else [block]
        freed.append(structure if block is None else block.freed(structure))
    return FreeCovariances(tuple(blocks), tuple(freed)) if blocks else None


def _block(s: Structure, uses: Array) -> Block | None:
    """The complete block of a group; the variables before a latent variable are in it before it is looked at."""
    m = len(s.names)
    own, other = uses[s.free] == 1, np.zeros((m, m), dtype=bool)
    other[s.row[~own], s.col[~own]] = True
    other[s.col[~own & ~s.is_path], s.row[~own & ~s.is_path]] = True
    other |= (s.directed != 0) | (s.symmetric != 0)
    paths, spreads = np.zeros((m, m), dtype=int), np.zeros((m, m), dtype=int)
    free = np.full((m, m), -1)
    for slots, counts in ((own & s.is_path, paths), (own & ~s.is_path, spreads)):
        np.add.at(counts, (s.row[slots], s.col[slots]), 1)
        free[s.row[slots], s.col[slots]] = free[s.col[slots], s.row[slots]] = s.free[slots]
    spreads += spreads.T
    rows = np.array(_complete(range(s.p, m - s.has_means), paths, paths + paths.T + spreads, other), dtype=int)
    beside, square = np.setdiff1d(np.arange(m), rows), np.ix_(rows, rows)
    if spreads[np.ix_(rows, beside)].any() or not paths[square].any():
        return None
    return Block(rows, free[square], paths[square] > 0)


def _complete(latents: Sequence[int], paths: Array, joined: Array, other: Array) -> list[int]:
    """Latent variables, causes first, each joined once to each before it, with nothing else that leads to it."""
    inside, waiting = list[int](), list(latents)
    while True:
        for f in waiting:
            beside = np.setdiff1d(np.arange(len(paths)), inside)
            alone = not (paths[f, beside].any() or other[f, beside].any() or other[f, inside].any())
            if alone and joined[f, f] == 2 and not other[inside, f].any() and (joined[f, inside] == 1).all():
                inside.append(f)
                waiting.remove(f)
                break
        else:
            return inside


def proper(free: FreeCovariances, freed: Samples, own: Samples, z: Array, data: Sequence[Array], n: Array) -> Array:
    """(b,) whether z (b, d) of the freed model is a minimum of the model's own discrepancies.

    own : the model's samples in its own parameters, as they are. The freed discrepancy must bend upwards everywhere,
    which it then does in the paths too, and in its metric the gradient in the paths must vanish.
    """
    theta = freed.parameters(z)
    back = free.paths(theta)
    good = (np.abs(free.covariances(back) - theta) <= SAME * np.abs(theta)).all(axis=1)
    g, bends, moves = freed.slope(z, data), np.empty((*z.shape, z.shape[1])), np.empty((*back.shape, z.shape[1]))
    for k in range(z.shape[1]):
        there = z + STEP * (np.arange(z.shape[1]) == k)
        bends[:, k] = (freed.slope(there, data) - g) / STEP
        moves[:, :, k] = (free.paths(freed.parameters(there)) - back) / STEP
    bends = 0.5 * (bends + bends.swapaxes(1, 2))
    good &= positive_definite(bends)
    bends[~good] = np.eye(z.shape[1])
    pulled = np.einsum("bq,bqd->bd", own.slope(back - own.coordinates.start, data), moves)
    return good & (n * dot(pulled, np.linalg.solve(bends, pulled[:, :, None])[:, :, 0]) < SETTLED)
