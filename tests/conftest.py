"""What several test files need: the place of the checkout, and checks of frames and of pages."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from sexresearch.glossary import COLUMNS

collect_ignore = ["benchmarks"]  # scripts that `make bench` runs


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the checkout."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def assert_in_glossary() -> Callable[[pd.DataFrame], None]:
    """A check that every column of a public frame is explained in the glossary."""

    def check(frame: pd.DataFrame) -> None:
        unknown = [name for name in frame.columns if name not in COLUMNS]
        assert not unknown, f"columns missing in sexresearch/glossary/: {unknown}"

    return check


class Fetched(HTMLParser):
    """Collects what a browser would fetch to show a page; links that a reader may follow do not count."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = re.findall(r"url\(([^)]*)\)|@import", text)
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.addresses += [str(found[key]) for key in ("src", "srcset", "data", "poster") if key in found]
        if tag == "link":
            self.addresses.append(str(found.get("href")))


@pytest.fixture(scope="session")
def assert_opens_offline() -> Callable[[str], None]:
    """A check that a page fetches nothing: every picture, style and script is inside it."""

    def check(page: str) -> None:
        assert page.lstrip().lower().startswith("<!doctype html>")
        assert not [address for address in Fetched(page).addresses if not address.startswith("data:")]

    return check
