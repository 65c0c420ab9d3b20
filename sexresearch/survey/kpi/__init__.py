"""Figures that managers follow, from the same answers: which items they rest on, estimates, intervals."""
