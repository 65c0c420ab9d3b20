"""Model text: words, formulas, the parameter table."""
