"""sexresearch: service excellence research, from a survey file to an answer about the ISO 23592 effect chain."""

import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

import lazy_loader

from sexresearch.habits import no_attribute

# Every name is loaded when it is first used (Scientific Python's SPEC 1); `__init__.pyi` lists them.
_loaded, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
_names = frozenset(__all__)
for _room in ("plots", "lab"):  # they need libraries that only extras bring, so `import *` leaves them out
    __all__.remove(_room)


def __getattr__(name: str) -> object:
    if name not in _names:
        raise AttributeError(no_attribute(__name__, name, _names), name=name)
    return _loaded(name)


try:
    __version__ = version("sexresearch")
except PackageNotFoundError:  # run from a folder that was never installed
    __version__ = "not installed"

if "IPython" in sys.modules:
    import_module("sexresearch.glossary.notebook").show_in_notebooks()
