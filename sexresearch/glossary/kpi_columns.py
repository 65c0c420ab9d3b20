"""Columns of the figures that managers follow."""

from sexresearch.glossary.column import columns

KPI = columns(
    ("kpi", "KPI", None, "figure that managers follow: NPS, top-2-box, CES, delight rate, churn, amount"),
    ("segment", "segment", None, "respondents concerned: all, or those of one brand, wave or the like"),
    ("kpi_change", "change", 2, "the figure in a wave less the one in the wave before", "Zou & Donner 2008"),
    ("kpi_change_ci_lower", "change lower", 2, "lower confidence limit of the change"),
    ("kpi_change_ci_upper", "change upper", 2, "upper confidence limit of the change"),
    ("against_ci_lower", "lower against", 2, "lower confidence limit of the figure in the wave before"),
    ("against_ci_upper", "upper against", 2, "upper confidence limit of the figure in the wave before"),
    ("n_effective", "effective n", 0, "independent, equally weighted answers that would be as certain", "Kish 1965"),
    ("score_correlation", "r with score", 3, "correlation of a figure's answers with a latent variable's scores"),
)
