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


@in_words
def simulate(
    model: Model | str | Results,
    n: int,
    seed: int = 1,
    *,
    standardized: bool = False,
    design: Design = Design(),  # noqa: B008
) -> pd.DataFrame:
    """Answers of n respondents drawn from a population: one row each, one column per observed variable.

    model : lavaan text whose numbers are the population values (lavaan's `simulateData`), or the Results of a fit,
    whose estimates are. A variance without a number is 1 (or, where `standardized`, what brings the variable's variance
    to 1), a loading without one 1, a covariance or intercept 0; a path without one is refused. Where no path has a
    number, loadings of 0.7 and paths of 0.3 between standardized variables are assumed. Items with thresholds in the
    text (``x | -1*t1 + 0*t2``), or in an ordinal fit, have a response of variance 1 behind their answers 1, 2, ....
    design : shape, categories, gaps, clusters, groups, careless respondents (`Design`); by default complete normal
    answers. Columns group, cluster and careless follow where the design has them. Missing answers are NaN.

    Raises ModelError, ModelSyntaxError or OptionError, naming the parameter or option.
    Non-normal answers: Vale & Maurelli 1983, doi 10.1007/BF02293687.

    >>> data = simulate("m ~ 0.5*x; y ~ 0.3*m", n=1000, seed=1, standardized=True)
    >>> list(data.columns), float(round(data["m"].corr(data["x"]), 1))
    (['m', 'x', 'y'], 0.5)
    """
    for name, value, least in (("n", n, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise OptionError(f"{name} must be a whole number of at least {least}; found {value!r}")
    if not isinstance(design, Design):
        raise OptionError(f"design must be a Design, as in design=sx.Design(missing=0.1); found {design!r}")
    population = population_of(model, standardized, design.groups)
    return Sampler(population, design).frame(int(n), stream(seed))
