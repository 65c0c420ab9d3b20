"""LimeSurvey exports: headers as question codes, as codes and texts, or as texts alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sexresearch.survey.layouts.file_layout import FileLayout

CODE_AND_TEXT = re.compile(r"([^\s.]+)\.(?: (.*))?")
COLUMNS = {"id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp", "ipaddr"}


def limesurvey(header: Sequence[str]) -> FileLayout | None:
    """The question codes and texts of a LimeSurvey header of codes and texts; None where it is not one.

    It is one if a column of LimeSurvey's own (such as ``id. Response ID``) and most of the others are so written;
    a question without text, and a column that was added later, do not matter.

    >>> limesurvey(["id. Response ID", "G01Q02[SQ001]. How satisfied are you? [Staff]", "G01Q03."]).names
    ('id', 'G01Q02[SQ001]', 'G01Q03')
    """
    matches = [CODE_AND_TEXT.fullmatch(text) for text in header]
    pairs = [match.groups() if match else (text, "") for match, text in zip(matches, header, strict=True)]
    filled = sum(bool(text) for text in header)
    own = [code for match, (code, text) in zip(matches, pairs, strict=True) if match and text and code in COLUMNS]
    if not own or sum(map(bool, matches)) <= filled / 2:
        return None
    names = tuple(code for code, _ in pairs)
    texts = tuple(text or "" for _, text in pairs)
    return FileLayout(names, texts, note="LimeSurvey export: of the headers the question codes are kept")
