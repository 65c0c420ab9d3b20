"""What the rows of one group say, by how the options treat missing answers and which variables are ordered."""

from __future__ import annotations

from sexresearch.sem.data.observed import Answers
from sexresearch.sem.data.ordered_columns import Levels
from sexresearch.sem.data.ordinal_sample import ordinal_notes, ordinal_sample
from sexresearch.sem.data.rows_used import cost_note, group_prefix
from sexresearch.sem.data.sample import Sample
from sexresearch.sem.data.sample_of_rows import from_answers, from_gaps, from_pairs
from sexresearch.sem.estimation.options import Options
from sexresearch.sem.language.roles import Roles


def group_sample(answers: Answers, role: Roles, options: Options, levels: Levels) -> tuple[Sample, list[str]]:
    """The sample that the estimator looks at, of rows that take part, and notes; `levels` of ordered variables."""
    if levels:
        sample = ordinal_sample(answers, role, levels, options.fixed_x)
        mute = len(answers.values) - sample.nobs
        note = f"{group_prefix(answers.label)}{mute} rows answer nothing that the model explains and do not count"
        return sample, ([note] if mute else []) + ordinal_notes(sample)
    if options.missing == "listwise":
        return from_answers(answers, role.observed, bool(options.meanstructure)), []
    if options.missing == "pairwise":
        sample, note = from_pairs(answers, role.observed, bool(options.meanstructure))
        return sample, [note]
    sample = from_gaps(answers, role.observed)
    return sample, cost_note(sample.label, len(sample.blocks), sample.nobs)
