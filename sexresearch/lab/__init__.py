"""What only makes sense inside JupyterLab: drawings that answer. Anywhere else, a picture stands in their place."""

from sexresearch.lab.chain_lab import ChainLab, chain
from sexresearch.lab.codebook_lab import CodebookLab, codebook
from sexresearch.lab.importance_lab import ImportanceLab, importance

__all__ = ["ChainLab", "CodebookLab", "ImportanceLab", "chain", "codebook", "importance"]
