"""What `sexresearch.sem` offers: the one list of its names, by which editors and types know them and it loads them."""

from .data.merging import merge_categories as merge_categories
from .data.moments import Moments as Moments
from .data.sources import PARQUET_FILES as PARQUET_FILES
from .data.warehouse import table_named as table_named
from .engines.crosscheck import crosscheck as crosscheck
from .fit import (
    FitWarning as FitWarning,
    fit as fit,
)
from .fit_many import fit_many as fit_many
from .fitting import Fitting as Fitting
from .growth import growth as growth
from .imputation.impute import impute as impute
from .imputation.pooled import (
    Pooled as Pooled,
    pool as pool,
)
from .language.model import Model as Model
from .output.compare import compare as compare
from .output.level_fit import level_fit as level_fit
from .output.results import Results as Results
from .partial_least_squares.by_seminr import (
    PlsEstimates as PlsEstimates,
    pls_estimates as pls_estimates,
)
from .partial_least_squares.pls import pls as pls
from .permutation import permutation_test as permutation_test
from .planning.analytic import (
    parameter_power as parameter_power,
    rmsea_power as rmsea_power,
    sensitivity as sensitivity,
)
from .planning.curve import Power as Power
from .planning.cutoffs import dynamic_cutoffs as dynamic_cutoffs
from .planning.power import power as power
from .resampling.bootstrap import bootstrap as bootstrap
from .resampling.bootstrap_table import Bootstrap as Bootstrap
from .resampling.monte_carlo import monte_carlo as monte_carlo
from .resampling.profile_likelihood import profile_likelihood as profile_likelihood
from .rotation.method import Rotation as Rotation
from .simulation.design import Design as Design
from .simulation.simulate import simulate as simulate
