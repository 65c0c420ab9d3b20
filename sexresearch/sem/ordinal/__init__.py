"""Ordered answers: thresholds, polychoric and polyserial correlations, their covariance, and models for them."""
