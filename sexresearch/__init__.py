"""sexresearch: service excellence research with structural equation models."""
