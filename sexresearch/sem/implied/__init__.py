"""Moments a model implies, their derivatives, and how far they are from a sample."""
