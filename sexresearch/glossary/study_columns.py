"""Columns of notebooks with their headline numbers, and of studies with the published ones."""

from sexresearch.glossary.column import columns

STUDY = columns(
    ("notebook", "notebook", None, "name of a notebook, without its suffix"),
    ("seconds", "seconds", 1, "wall-clock time in seconds"),
    ("reproduced", "reproduced", None, "whether the notebook ran from its first cell to its last"),
    ("conclusion", "conclusion", None, "what a notebook concludes, or the error that ended it"),
    ("headline", "headline", None, "name of a headline number, unique in its notebook"),
    ("number", "number", None, "a headline number as text: four decimals, or a count"),
    ("published", "published", None, "the number that was published: in print, or with the package"),
    ("quantity", "quantity", None, "name of a published number, and what is printed of it"),
    ("computed", "computed", 4, "the published number as computed here"),
    ("tolerance", "tolerance", 4, "by how much a published number may differ from ours"),
    ("printed", "printed in", None, "where a number is printed: table, page"),
    ("case", "case", None, "name of a published case"),
    ("numbers", "numbers", 0, "published numbers of a case"),
    ("match", "match", 0, "published numbers that equal ours within their tolerance"),
    ("explained", "explained", 0, "published numbers that differ for a known reason"),
    ("mismatch", "mismatch", 0, "published numbers that differ for no known reason"),
    ("cannot_recompute", "not recomputed", 0, "published numbers that cannot be computed from these data"),
    ("unverified", "unverified", 0, "published numbers whose print was not seen"),
    ("provenance", "provenance", None, "version, estimator, rule for missing answers and data behind a fit"),
)
