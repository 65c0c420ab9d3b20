"""Partial least squares by the package seminr: composites in the place of factors, and what questions see of them."""
