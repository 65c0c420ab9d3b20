"""Tables as papers print them, of one fit or of several side by side; each a value that shows itself."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sexresearch.document import Document, Table

STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"))
STARS_NOTE = "* p < .05. ** p < .01. *** p < .001."


@dataclass(frozen=True, eq=False)
class PaperTable:
    """A table for a paper: `frame` as printed, `caption`, `note`; shows itself in notebooks, `report` writes it.

    >>> print(PaperTable(pd.DataFrame({"Path": ["a → b"], "β": [".41"]}), "Paths"))
    Paths
    Path   β
    a → b  .41
    """

    frame: pd.DataFrame
    caption: str = ""
    note: str = ""

    @property
    def table(self) -> Table:
        """As a block of a document."""
        return Table(self.frame, self.caption, self.note)

    @property
    def document(self) -> Document:
        """A document that holds nothing else."""
        return Document(self.caption or "Table", (self.table,))

    def __str__(self) -> str:
        return repr(self.table.printed)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self.table.printed._repr_html_()


def starred(pvalue: float) -> str:
    """Stars of a p value; none where it is missing.

    >>> starred(0.004), starred(float("nan"))
    ('**', '')
    """
    return next((stars for level, stars in STARS if pvalue < level), "")
