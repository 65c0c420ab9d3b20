"""Columns of questionnaires and screening."""

from sexresearch.glossary.column import columns

SURVEY = columns(
    ("share_missing", "missing", 2, "share of the answers that are missing"),
    ("column", "column", None, "name of a column of the survey"),
    ("wording", "wording", None, "wording of an item, or what a field holds"),
    ("scale", "scale", None, "name of the response scale"),
    ("lowest", "lowest", 0, "lowest answer of the scale"),
    ("highest", "highest", 0, "highest answer of the scale"),
    ("labels", "labels", None, "codes with their labels"),
    ("missing_codes", "missing codes", None, "codes that stand for no answer"),
    ("reverse", "reverse", None, "whether a high answer means a low value of the construct"),
    ("check", "check", None, "what was looked for in screening"),
    ("where", "where", None, "item, construct, field or scale concerned"),
    ("rows", "rows", None, "labels of the rows to look at; empty where the finding is about a column"),
    ("detail", "detail", None, "what was found"),
    ("node", "node", None, "place of a construct in the model of the standard"),
    ("score", "score", 2, "how like an item is to its construct in the item bank, by words, name and battery"),
    ("second", "second", None, "construct that is next most alike"),
    ("second_node", "second node", None, "node of the construct that is next most alike"),
    ("second_score", "second score", 2, "how like the item is to it"),
    ("because", "because", None, "what a decision rests on"),
    ("part", "part", None, "part of the model of the standard: effect chain, pyramid, element, sub-element, benefit"),
    ("measured", "measured", None, "whether the questionnaire asks about it"),
    ("by", "by", None, "constructs that ask about it"),
    ("item_names", "items", None, "names of the items that ask about it"),
    ("respondents", "respondents", None, "who answers these items"),
    ("advice", "advice", None, "what to do about it"),
)
