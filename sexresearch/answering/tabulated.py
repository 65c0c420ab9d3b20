"""Which tables readers see in the sections, and in which columns."""

from __future__ import annotations

from collections.abc import Mapping

from sexresearch.answering.compact import Columns, in_units, ranged, share, text

COMPACT: Mapping[str, Mapping[str, Columns]] = {  # by question: tables and their columns
    "next": {
        "priorities": (
            ("lever", text("construct")),
            ("gain", ranged("gain", "gain_ci_")),
            ("today", ranged("performance", "performance_ci_", 0)),
            ("first", share("p_first")),
        )
    },
    "chain": {"links": (("link", text("path")), ("strength", ranged("std_all", "std_all_ci_")))},
    "whom": {
        "means": (
            ("topic", text("construct")),
            ("group", text("group")),
            ("against", text("against")),
            ("difference", ranged("effect_size", "ci_")),
        ),
        "path_differences": (
            ("link", text("path")),
            ("group", text("group")),
            ("against", text("against")),
            ("difference", ranged("path_difference", "ci_")),
        ),
    },
    "measured": {
        "measurement": (
            ("topic", text("construct")),
            ("judgement", text("outcome")),
            ("reliability", ranged("omega", "omega_ci_")),
        )
    },
    "today": {
        "changes": (
            ("figure", text("kpi")),
            ("question", text("item")),
            ("wave", text("group")),
            ("change", in_units("kpi_change", "kpi_change_ci_", "unit")),
        ),
        "kpis": (("figure", text("kpi")), ("question", text("item")), ("level", in_units("est", "ci_", "unit"))),
    },
}
NEEDED = {"means": "effect_size", "path_differences": "path_difference"}  # a table without any of these says nothing
