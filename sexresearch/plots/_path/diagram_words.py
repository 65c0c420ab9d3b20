"""Words and numbers as they stand in a diagram: sizes in inches, wrapped names, formatted estimates."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from sexresearch.escaping import visible
from sexresearch.extras import extra
from sexresearch.plots.style import FONT

#: Font sizes in points, by the part a text plays.
POINTS = {"name": 10.0, "r_squared": 8.5, "item": 8.0, "loading": 8.0, "path": 9.0, "title": 13.0, "foot": 8.5}
LINE = 1.25  # line height in font sizes
HINTING = 1.06  # screen fonts of normal weight run up to 6 % wider than their outlines
STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"))
ALPHA = 0.05  # an arrow is dashed from this p value on


@lru_cache(maxsize=4096)
def _line_width(line: str, part: str) -> float:
    with extra("reports"):
        from matplotlib.cbook import is_math_text
        from matplotlib.font_manager import FontProperties
        from matplotlib.textpath import text_to_path

    if not line:
        return 0.0
    bold = part in ("name", "title")
    font = FontProperties(family=FONT, weight="bold" if bold else "normal", size=POINTS[part])
    width, _, _ = text_to_path.get_text_width_height_descent(visible(line), font, is_math_text(line) is True)
    return width * (1.0 if bold else HINTING) / 72


def text_size(text: str, part: str) -> tuple[float, float]:
    """Width and height, in inches, of a text (lines separated by newlines) set as `part` of the diagram."""
    lines = text.split("\n")
    return max(_line_width(line, part) for line in lines), len(lines) * POINTS[part] * LINE / 72


def wrap(name: str, limit: int) -> str:
    """A name broken after blanks, hyphens and underscores into lines of about `limit` characters.

    >>> wrap("outstanding customer experience", 12)
    'outstanding\\ncustomer\\nexperience'
    """
    lines = [""]
    for token in re.findall(r"[^\s_-]+[\s_-]*|[\s_-]+", name):
        if lines[-1] and len((lines[-1] + token).rstrip()) > limit:
            lines.append("")
        lines[-1] += token
    return "\n".join(line.rstrip() for line in lines).replace("$", r"\$")


def number(value: float, bounded: bool) -> str:
    """A number with two decimals, as journals print it: no leading zero where values stay within ±1, a true minus.

    >>> number(0.126, True), number(-0.126, False), number(-0.001, True), number(float("nan"), True)
    ('.13', '−0.13', '.00', 'NA')
    """
    if math.isnan(value):
        return "NA"
    text = f"{abs(value):.2f}"
    sign = "−" if value < 0 and float(text) else ""
    return sign + (text.removeprefix("0") if bounded else text)


def stars(pvalue: float) -> str:
    """One to three stars for p below .05, .01 and .001; none above and where p is missing.

    >>> stars(0.0005), stars(0.02), stars(0.2), stars(float("nan"))
    ('***', '*', '', '')
    """
    return next((mark for limit, mark in STARS if pvalue < limit), "")


def fill(text: str, part: str, width: float) -> str:
    """A text broken at blanks, not at no-break spaces, so that every line fits `width` inches if its words do."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_size(longer, part)[0] <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)
