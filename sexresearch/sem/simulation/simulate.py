"""`simulate`: a sample from a population model."""

from __future__ import annotations

from numbers import Integral

import pandas as pd

from sexresearch.arguments import in_words
from sexresearch.errors import OptionError
from sexresearch.sem.language.model import Model
from sexresearch.sem.output.results import Results
from sexresearch.sem.simulation.design import Design
from sexresearch.sem.simulation.population import population_of
from sexresearch.sem.simulation.sampler import Sampler, stream
from sexresearch.sem.simulation.two_level_rows import LevelSampler, level_population


@in_words
def simulate(
    model: Model | str | Results,
    n: int,
    seed: int = 1,
    *,
    standardized: bool = False,
    design: Design = Design(),  # noqa: B008
) -> pd.DataFrame:
    """A sample of answers from a population model.

    Parameters
    ----------
    model : Model, str or Results
        lavaan text whose numbers are the population values (as for lavaan's `simulateData`), or a fit, whose estimates
        are.
    n : int
        Respondents, at least 1.
    seed : int
        Whole number of at least 0; equal seeds give equal samples.
    standardized : bool
        Variances without a number bring the variance of their variable to 1; otherwise they are 1.
    design : Design
        Shape, categories, missing answers, clusters, groups, careless respondents. Default: complete normal answers.

    Returns
    -------
    DataFrame
        One row per respondent, one column per observed variable; then group, cluster and careless where the design has
        them. Missing answers are NaN; ordered items take the values 1, 2, ....

    Raises
    ------
    ModelError, ModelSyntaxError
        The text cannot be read, or a parameter has no value that can be assumed.
    OptionError
        A number out of its range, or a design that does not go with the model.

    Notes
    -----
    Without a number, a loading is 1, a covariance or intercept 0, and a path is refused. Where no path has a number,
    loadings of 0.7 and paths of 0.3 between standardized variables are assumed. Items with thresholds in the text
    (``x | -1*t1 + 0*t2``), or in an ordinal fit, have a response of variance 1 behind their answers.
    A text with ``level:`` blocks has values at both levels and is drawn in ``Design(clusters=60)``: what clusters share
    from the model at level 2, what tells their respondents apart from that at level 1.
    Non-normal answers: Vale & Maurelli 1983, doi 10.1007/BF02293687.

    Examples
    --------
    >>> data = simulate("m ~ 0.5*x; y ~ 0.3*m", n=1000, seed=1, standardized=True)
    >>> list(data.columns), float(round(data["m"].corr(data["x"]), 1))
    (['m', 'x', 'y'], 0.5)
    """
    for name, value, least in (("n", n, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise OptionError(f"{name} must be a whole number of at least {least}; found {value!r}")
    if not isinstance(design, Design):
        raise OptionError(f"design must be a Design, as in design=sx.Design(missing=0.1); found {design!r}")
    return sampler_of(model, standardized, design).frame(int(n), stream(seed))


def sampler_of(model: Model | str | Results, standardized: bool, design: Design) -> Sampler | LevelSampler:
    text = model.model if isinstance(model, Results) else model if isinstance(model, Model) else Model(model)
    if text.statements.levels:
        own = model if isinstance(model, Results) else text
        return LevelSampler(level_population(own, standardized, design.groups), design)
    return Sampler(population_of(model, standardized, design.groups), design)
