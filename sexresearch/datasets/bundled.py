"""Where the files that come with the package are: in the checkout, or inside the installed wheel."""

from __future__ import annotations

from pathlib import Path

from sexresearch.errors import DatasetError

PACKAGE = Path(__file__).parents[1]
WHEEL = PACKAGE / "_bundled"  # an installed wheel carries data, notebooks and reports here


def root() -> Path:
    """The folder that holds `data`, `notebooks` and `reports`.

    >>> (root() / "data").is_dir()
    True
    """
    return WHEEL if WHEEL.is_dir() else PACKAGE.parent


def path(relative: str) -> Path:
    """The bundled file or folder of that relative name; raises DatasetError where the installation lacks it.

    >>> path("data/datasets.toml").name
    'datasets.toml'
    """
    file = root() / relative
    if not file.exists():
        raise DatasetError(f"this installation of sexresearch has no '{relative}'; reinstall the package")
    return file
