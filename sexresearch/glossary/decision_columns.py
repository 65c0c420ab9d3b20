"""Columns of what to do next: priorities and what they rest on."""

from sexresearch.glossary.column import columns

DECISION = columns(
    ("gain", "gain", 3, "what the stated points of a lever bring to the target, in `unit`"),
    ("gain_ci_lower", "gain lower", 3, "lower limit of the interval of the gain"),
    ("gain_ci_upper", "gain upper", 3, "upper limit of the interval of the gain"),
    ("points", "points", 0, "points of a lever, from 0 to 100, whose gain is stated"),
    ("unit", "unit", None, "what a gain is counted in: points of the target, or the target's own units"),
    ("cost", "cost", 2, "what one point of a lever costs, as given"),
    ("gain_per_cost", "gain per cost", 4, "gain of one point of a lever over its cost"),
    ("rank", "rank", 0, "place among the levers, 1 the first; missing where it is not ranked"),
    ("p_first", "P first", 2, "share of draws of all coefficients in which the row comes first"),
    ("p_top_two", "P top two", 2, "share of draws of all coefficients in which the row is among the first two"),
)
