"""Heterotrait-monotrait ratios from correlations, for one sample or many at once: arrays in, numbers out."""

from __future__ import annotations

import numpy as np

from sexresearch.sem.view import Array


def correlations(cov: Array, scores: Array) -> Array:
    """(…, k, k) correlations of scores, the columns of `scores` (p, k), which weigh standardized items; cov (…, p, p).

    >>> correlations(np.array([[4.0, 1.0], [1.0, 1.0]]), np.eye(2))[0, 1]
    np.float64(0.5)
    """
    sd = np.sqrt(np.einsum("...ii->...i", cov))
    r = cov / (sd[..., :, None] * sd[..., None, :])
    if scores.shape[0] == scores.shape[1] and np.array_equal(scores, np.eye(len(scores))):
        return r
    mixed = scores.T @ r @ scores
    scale = np.sqrt(np.einsum("...ii->...i", mixed))
    return mixed / (scale[..., :, None] * scale[..., None, :])


def htmt_ratios(r: Array, member: Array, geometric: bool) -> Array:
    """(…, c, c) ratios of c constructs from correlations r (…, k, k) of their items; `member` (k, c): which is whose.

    Mean absolute correlation between the items of two constructs, over the root of the product of the mean absolute
    correlations within each; geometric means for HTMT2. NaN for constructs with one item, and for HTMT2 where the
    correlations of two constructs differ in sign, for then their product has no root to speak of.
    Henseler, Ringle & Sarstedt 2015, doi 10.1007/s11747-014-0403-8; absolute values as in Ringle, Sarstedt, Sinkovics &
    Sinkovics 2023, doi 10.1016/j.dib.2023.109074; Roemer, Schuberth & Henseler 2021, doi 10.1108/IMDS-02-2021-0082.

    >>> r = np.array([[1, 0.8, 0.4, 0.4], [0.8, 1, 0.4, 0.4], [0.4, 0.4, 1, 0.5], [0.4, 0.4, 0.5, 1]])
    >>> member = np.kron(np.eye(2), np.ones((2, 1)))
    >>> round(float(htmt_ratios(r, member, geometric=False)[0, 1]), 4)
    0.6325
    """
    counts = member.sum(axis=0)
    pairs = np.outer(counts, counts) - np.diag(counts)
    eye = np.eye(r.shape[-1])
    size = np.abs(r) * (1.0 - eye)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.log(size + eye) if geometric else size
        means = member.T @ size @ member / pairs
        means = np.exp(means) if geometric else means
        within = np.sqrt(np.einsum("...ii->...i", means))
        ratios = means / (within[..., :, None] * within[..., None, :])
    return np.where(mixed_signs(r, member), np.nan, ratios) if geometric else ratios


def mixed_signs(r: Array, member: Array) -> Array:
    """(…, c, c) whether positive and negative correlations meet between the items of two constructs."""
    off = r * (1.0 - np.eye(r.shape[-1]))
    positive, negative = (member.T @ (side.astype(float)) @ member > 0 for side in (off > 0, off < 0))
    return positive & negative
