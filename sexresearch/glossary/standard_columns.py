"""Columns of what the standard and the data sets are."""

from sexresearch.glossary.column import columns

STANDARD = columns(
    ("clause", "clause", None, "clause number in the standard"),
    ("key", "key", None, "short name by which an entry is looked up"),
    ("description", "description", None, "one sentence in our own words"),
    ("status", "status", None, "published, or provisional where the source text was not read"),
    ("practice_count", "practices listed", None, "number of practices the standard lists; missing: not counted"),
    ("should_count", "shoulds listed", None, "number of 'should' points the standard lists; missing: not counted"),
    ("at_least", "at least", None, "whether the number of practices is a lower bound"),
    ("dimension", "dimension", None, "dimension of the service excellence model"),
    ("element", "element", None, "element of the service excellence model"),
    ("elements", "elements", None, "elements of a dimension"),
    ("sub_elements", "sub-elements", None, "sub-elements of an element"),
    ("practices", "practices", None, "clauses of ISO/TR 7179 on an element"),
    ("feeling", "feeling", None, "what the customer experiences at a pyramid level"),
    ("bond", "bond", None, "what ties the customer: promises kept, or an emotional bond"),
    ("role", "role", None, "part played: in the effect chain, the family of standards, or by a column"),
    ("levels", "levels", None, "pyramid levels a node rests on"),
    ("facets", "facets", None, "parts a concept or measure distinguishes"),
    ("term", "term", None, "clause that defines the concept"),
    ("contested", "contested", None, "whether the literature disputes the link"),
    ("nodes", "nodes", None, "nodes of the effect chain, pyramid levels or clauses concerned"),
    ("reference", "reference", None, "publication or body it comes from"),
    ("statistic", "statistic", None, "what the size is: r, beta, f2, R2"),
    ("size", "size", 3, "published size of the statistic"),
    ("sample", "sample", None, "what the published size rests on"),
    ("name", "name", None, "name by which a data set is opened"),
    ("what", "what", None, "what a data set holds, in a few words"),
    ("licence", "licence", None, "terms of use, as the source states them"),
)
