"""What `sexresearch.chain` has: the one list of its names, by which editors and types know them and it loads them."""

from .deciding.direction import (
    Direction as Direction,
    direction as direction,
)
from .deciding.kano import kano as kano
from .deciding.method_bias import method_bias as method_bias
from .deciding.necessity import (
    bottlenecks as bottlenecks,
    necessity as necessity,
)
from .deciding.penalty_reward import penalty_reward as penalty_reward
from .deciding.priorities import priorities as priorities
from .deciding.shape import shape as shape
from .invariance.alignment import (
    Alignment as Alignment,
    align as align,
)
from .invariance.invariance import invariance as invariance
from .invariance.latent_means import latent_means as latent_means
from .invariance.path_differences import path_differences as path_differences
from .investing.importance import importance as importance
from .investing.what_if import what_if as what_if
from .measurement.efa import (
    efa as efa,
    factor_loadings as factor_loadings,
)
from .measurement.explore import (
    explore as explore,
    factor_correlations as factor_correlations,
    factor_fit as factor_fit,
)
from .measurement.how_many import how_many_factors as how_many_factors
from .measurement.htmt import htmt as htmt
from .measurement.parallel import parallel_analysis as parallel_analysis
from .measurement.reliability import reliability as reliability
from .measurement.score_file import write_factor_scores as write_factor_scores
from .measurement.separation import (
    cross_loadings as cross_loadings,
    fornell_larcker as fornell_larcker,
)
from .measurement.validity import validity as validity
from .paths.effects import effects as effects
from .robustness.concordance import (
    Concordance as Concordance,
    concordance as concordance,
)
from .robustness.multiverse import (
    Multiverse as Multiverse,
    multiverse as multiverse,
)
from .robustness.refit_without import refit_without as refit_without
from .views.chain_model import chain_model as chain_model
from .views.rivals import (
    compare_rivals as compare_rivals,
    rivals_sentence as rivals_sentence,
)
