"""Samples from a population model: what it says, non-normal answers, categories, gaps, clusters, careless people."""
