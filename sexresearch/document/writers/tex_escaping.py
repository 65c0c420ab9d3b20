"""Text for LaTeX: nothing in it is a command; letters that its oldest engine does not know become commands."""

from __future__ import annotations

from sexresearch.document.text import clean

COMMANDS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "\n": " ",
    "\t": " ",
    "\u00a0": "~",
    "²": r"\textsuperscript{2}",
    "³": r"\textsuperscript{3}",
    "\u2032": "'",
    "\u2009": r"\,",
    "\u202f": r"\,",
    "\u2011": "-",
    "•": r"\textbullet{}",
    "…": r"\ldots{}",
    "–": "--",
    "—": "---",
    "\u2018": "`",
    "\u2019": "'",
    "\u201c": "``",
    "\u201d": "''",
    "\u201e": r"\quotedblbase{}",
}
MATHS = {
    "χ": r"\chi",
    "α": r"\alpha",
    "β": r"\beta",
    "γ": r"\gamma",
    "δ": r"\delta",
    "Δ": r"\Delta",
    "ε": r"\varepsilon",
    "η": r"\eta",
    "θ": r"\theta",
    "λ": r"\lambda",
    "μ": r"\mu",
    "ν": r"\nu",
    "ξ": r"\xi",
    "π": r"\pi",
    "ρ": r"\rho",
    "σ": r"\sigma",
    "Σ": r"\Sigma",
    "τ": r"\tau",
    "φ": r"\varphi",
    "ψ": r"\psi",
    "ω": r"\omega",
    "Ω": r"\Omega",
    "ζ": r"\zeta",
    "κ": r"\kappa",
    "Γ": r"\Gamma",
    "→": r"\rightarrow",
    "←": r"\leftarrow",
    "↔": r"\leftrightarrow",
    "−": "-",
    "≤": r"\leq",
    "≥": r"\geq",
    "≠": r"\neq",
    "≈": r"\approx",
    "±": r"\pm",
    "×": r"\times",
    "·": r"\cdot",
    "∞": r"\infty",
}
TABLE = str.maketrans(COMMANDS | {letter: f"${command}$" for letter, command in MATHS.items()})


def escaped(text: str) -> str:
    """The text as LaTeX prints it as it is.

    >>> escaped("100 % of A&B_1: χ²")
    '100 \\\\% of A\\\\&B\\\\_1: $\\\\chi$\\\\textsuperscript{2}'
    """
    return clean(text).translate(TABLE)
