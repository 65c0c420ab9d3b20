"""How a model shows itself in a notebook: how many variables and formulas it has, and its text."""

from __future__ import annotations

import html
from collections import Counter
from typing import TYPE_CHECKING

from sexresearch.escaping import visible

if TYPE_CHECKING:
    from sexresearch.sem.language.model import Model

KINDS = {"=~": "loadings", "~": "paths", "~~": "covariances", ":=": "defined parameters"}


def model_html(model: Model) -> str:
    """The model as HTML without styles of its own."""
    counts = Counter(formula.op for formula in model.statements.formulas)
    counts[":="] = len(model.statements.definitions)
    written = [f"{counts[op]} {word if counts[op] > 1 else word[:-1]}" for op, word in KINDS.items() if counts[op]]
    about = f"{len(model.latents)} latent and {len(model.observed)} observed variables; {', '.join(written)}"
    return visible(f"<p><strong>{html.escape(about)}</strong></p>\n<pre>{html.escape(model.syntax.strip())}</pre>")
