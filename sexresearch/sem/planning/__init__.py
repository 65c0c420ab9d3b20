"""Before the survey: power, sample size, smallest detectable effects, cut-offs of fit measures."""
