"""The questions asked of a customer survey, one function and one tidy table each."""

import lazy_loader

# Every name is loaded when it is first used; `__init__.pyi` lists them.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
