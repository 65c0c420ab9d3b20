"""What only makes sense inside JupyterLab: drawings that answer. Anywhere else, a picture stands in their place."""

from sexresearch.lab.chain_lab import ChainLab, chain

__all__ = ["ChainLab", "chain"]
