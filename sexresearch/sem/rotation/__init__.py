"""Rotation of factors: criteria, gradient projection from many starts, and the answer that is reported."""
