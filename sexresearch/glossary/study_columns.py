"""Columns of notebooks and their headline numbers."""

from sexresearch.glossary.column import columns

STUDY = columns(
    ("notebook", "notebook", None, "name of a notebook, without its suffix"),
    ("seconds", "seconds", 1, "wall-clock time in seconds"),
    ("reproduced", "reproduced", None, "whether the notebook ran from its first cell to its last"),
    ("conclusion", "conclusion", None, "what a notebook concludes, or the error that ended it"),
    ("headline", "headline", None, "name of a headline number, unique in its notebook"),
    ("number", "number", None, "a headline number as text: four decimals, or a count"),
    ("published", "published", None, "the headline number published with the package"),
    ("provenance", "provenance", None, "version, estimator, rule for missing answers and data behind a fit"),
)
