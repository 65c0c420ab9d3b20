"""Columns about single respondents: how they answered."""

from sexresearch.glossary.column import columns

RESPONDENTS = columns(
    ("duration", "seconds", 0, "seconds that the respondent took"),
    ("speed_index", "speed", 2, "median duration of all over the own one: 2 is twice as fast", "Leiner 2019"),
    ("longstring", "longest run", 0, "most items in a row with one answer", "Johnson 2005"),
    ("irv", "variability", 2, "standard deviation of the respondent's own answers", "Dunn et al. 2018"),
    ("person_total", "person-total r", 2, "correlation of the own answers with the mean answers of all", "Curran 2016"),
    ("synonyms", "synonyms r", 2, "own correlation over pairs of items that go together", "Meade & Craig 2012"),
    ("antonyms", "antonyms r", 2, "own correlation over pairs of items that go apart", "Meade & Craig 2012"),
    ("even_odd", "even-odd r", 2, "own correlation of the halves of the constructs, stepped up", "Johnson 2005"),
    ("d2", "D²", 1, "squared distance from the mean answers, by their covariances", "Mahalanobis 1936"),
    ("d2_pvalue", "p of D²", 4, "chance of a larger D² on as many degrees of freedom as answers"),
    ("agreeing", "agreeing", 2, "share of answers above the middle of the scale", "Baumgartner & Steenkamp 2001"),
    ("disagreeing", "disagreeing", 2, "share of answers below the middle of the scale", "Baumgartner & Steenkamp 2001"),
    ("extreme", "extreme", 2, "share of answers at either end of the scale", "Baumgartner & Steenkamp 2001"),
    ("middle", "middle", 2, "share of answers in the middle of the scale", "Baumgartner & Steenkamp 2001"),
)
