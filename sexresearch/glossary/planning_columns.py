"""Columns of planning and resampling: simulated studies, power, cut-offs."""

from sexresearch.glossary.column import columns

PLANNING = columns(
    ("replicates", "replicates", None, "number of bootstrap samples or simulated samples concerned"),
    ("bias", "bias", 4, "mean estimate over simulated samples less the population value"),
    ("relative_bias", "relative bias", 3, "bias over the population value; missing where that is 0"),
    ("se_ratio", "se ratio", 3, "mean standard error over the standard deviation of the estimates; 1 is right"),
    ("coverage", "coverage", 3, "share of simulated confidence intervals that hold the population value"),
    ("power", "power", 3, "share of studies that find the effect, simulated or computed"),
    ("power_se", "power se", 3, "Monte-Carlo standard error of a simulated power"),
    ("rmsea0", "RMSEA tested", 3, "RMSEA that the test tries to reject"),
    ("rmsea1", "RMSEA true", 3, "RMSEA of the population"),
    ("target_power", "target power", 2, "power that a sample size or an effect is looked for"),
    ("needed", "n needed", 0, "smallest number of respondents that reaches the target power"),
    ("bollen_stine", "Bollen-Stine p", 3, "p of the chi-square by bootstrap", "Bollen & Stine 1992"),
    ("critical", "critical", 3, "95 % quantile of a statistic over shuffled groups"),
    ("failed", "failed", 0, "simulated samples that could not be estimated"),
    ("improper", "improper", 0, "estimated samples with a negative variance"),
    ("noncentrality", "noncentrality", 3, "noncentrality of the chi-square in the population", "Satorra & Saris 1985"),
    ("detectable", "detectable", 3, "smallest effect that reaches the target power"),
    ("misspecification", "misspecification", None, "what the population has that the model leaves out"),
    ("cutoff", "cut-off", 3, "value beyond which fit looks like that of a misspecified model", "McNeish & Wolf 2021"),
    ("accepted", "accepted", 2, "share of fitting models on the good side of the cut-off"),
    ("rejected", "rejected", 2, "share of misspecified models on the bad side of the cut-off"),
)
