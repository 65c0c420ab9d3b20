"""What several test files need: the place of the checkout, and the check that a frame's columns are explained."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from sexresearch.glossary import COLUMNS


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the checkout."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def assert_in_glossary() -> Callable[[pd.DataFrame], None]:
    """A check that every column of a public frame is explained in the glossary."""

    def check(frame: pd.DataFrame) -> None:
        unknown = [name for name in frame.columns if name not in COLUMNS]
        assert not unknown, f"columns missing in sexresearch/glossary.py: {unknown}"

    return check
