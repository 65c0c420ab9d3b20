"""Answers and their moments, group by group."""
