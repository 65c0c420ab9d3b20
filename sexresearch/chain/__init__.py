"""The questions asked of a customer survey, one function and one tidy table each."""

from sexresearch.chain.deciding.direction import Direction, direction
from sexresearch.chain.deciding.kano import kano
from sexresearch.chain.deciding.method_bias import method_bias
from sexresearch.chain.deciding.necessity import bottlenecks, necessity
from sexresearch.chain.deciding.penalty_reward import penalty_reward
from sexresearch.chain.deciding.priorities import priorities
from sexresearch.chain.deciding.shape import shape
from sexresearch.chain.invariance.alignment import Alignment, align
from sexresearch.chain.invariance.invariance import invariance
from sexresearch.chain.invariance.latent_means import latent_means
from sexresearch.chain.invariance.path_differences import path_differences
from sexresearch.chain.investing.importance import importance
from sexresearch.chain.investing.what_if import what_if
from sexresearch.chain.measurement.efa import efa, factor_loadings
from sexresearch.chain.measurement.explore import explore, factor_correlations, factor_fit
from sexresearch.chain.measurement.how_many import how_many_factors
from sexresearch.chain.measurement.htmt import htmt
from sexresearch.chain.measurement.parallel import parallel_analysis
from sexresearch.chain.measurement.reliability import reliability
from sexresearch.chain.measurement.score_file import write_factor_scores
from sexresearch.chain.measurement.separation import cross_loadings, fornell_larcker
from sexresearch.chain.measurement.validity import validity
from sexresearch.chain.paths.effects import effects
from sexresearch.chain.robustness.concordance import Concordance, concordance
from sexresearch.chain.robustness.multiverse import Multiverse, multiverse
from sexresearch.chain.robustness.refit_without import refit_without
from sexresearch.chain.views.chain_model import chain_model
from sexresearch.chain.views.rivals import compare_rivals, rivals_sentence

__all__ = [
    "Alignment",
    "Concordance",
    "Direction",
    "Multiverse",
    "align",
    "bottlenecks",
    "chain_model",
    "compare_rivals",
    "concordance",
    "cross_loadings",
    "direction",
    "efa",
    "effects",
    "explore",
    "factor_correlations",
    "factor_fit",
    "factor_loadings",
    "fornell_larcker",
    "how_many_factors",
    "htmt",
    "importance",
    "invariance",
    "kano",
    "latent_means",
    "method_bias",
    "multiverse",
    "necessity",
    "parallel_analysis",
    "path_differences",
    "penalty_reward",
    "priorities",
    "refit_without",
    "reliability",
    "rivals_sentence",
    "shape",
    "validity",
    "what_if",
    "write_factor_scores",
]
