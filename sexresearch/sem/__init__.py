"""Structural equation modelling, free of any service word.

The rooms in the way of the data: language (text, table) -> implied (moments, discrepancy) -> data -> estimation ->
inference -> after (questions asked of a fit) -> output (results) -> resampling, imputation, engines, simulation,
planning.
"""

import sys

import lazy_loader

from sexresearch.habits import refuse_calls

# Every name is loaded when it is first used; `__init__.pyi` lists them.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
refuse_calls(sys.modules[__name__], "sx.fit(model, data)")
