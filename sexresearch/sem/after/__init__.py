"""Questions asked of a fitted model: what to free, what is left, who scores how, which of two."""
