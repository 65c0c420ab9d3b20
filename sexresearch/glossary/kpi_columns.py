"""Columns of the figures that managers follow."""

from sexresearch.glossary.column import columns

KPI = columns(
    ("kpi", "KPI", None, "figure that managers follow: NPS, top-2-box, CES, delight rate, churn, amount"),
    ("segment", "segment", None, "respondents concerned: all, or those of one brand, wave or the like"),
    ("n_effective", "effective n", 0, "independent, equally weighted answers that would be as certain", "Kish 1965"),
    ("score_correlation", "r with score", 3, "correlation of a figure's answers with a latent variable's scores"),
)
