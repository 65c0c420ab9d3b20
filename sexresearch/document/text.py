"""Text as files of markup can hold it."""

from __future__ import annotations

import re

from sexresearch.escaping import visible

NO_LETTERS = re.compile("[\ufffe\uffff]")  # XML allows no such characters, escaped or not


def clean(text: str) -> str:
    """`visible` text without the two code points that XML cannot hold.

    >>> clean("a\\x00b\\ufffe")
    'a\\\\x00b\\\\ufffe'
    """
    return NO_LETTERS.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), visible(text))
