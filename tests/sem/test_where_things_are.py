"""Whoever looks for a statistic finds it by the name of a file alone: one file, and the function that computes it."""

import ast
from pathlib import Path

import pytest

import sexresearch.sem

SEM = Path(sexresearch.sem.__file__).parent
WHERE = [  # what is looked for, the word looked for among names of files, the one file of that name, its function
    ("the scaled RMSEA", "rmsea", "inference/rmsea.py", "rmsea_measures"),
    ("the standard error of a defined parameter", "defined", "inference/defined_parameters.py", "defined_parameters"),
    ("how sampling weights are normalised", "sampling_weight", "data/sampling_weights.py", "weighed"),
    ("the weight matrix of WLSMV", "ordinal_weight", "data/ordinal_weight.py", "ordinal_weight"),
    ("R²", "r_squared", "inference/r_squared.py", "r_squared"),
    ("CFI and TLI", "incremental", "inference/incremental_indices.py", "cfi"),
    ("the robust CFI", "robust", "inference/robust_indices.py", "robust_indices"),
    ("SRMR", "root_mean_square", "inference/root_mean_square_residuals.py", "root_mean_square_residuals"),
    ("AIC and BIC", "information_criteria", "inference/information_criteria.py", "information_criteria"),
    ("GFI", "goodness", "inference/goodness_of_fit.py", "goodness_of_fit"),
    ("the scaled chi-square", "chisquare", "inference/chisquare.py", "scaled_test"),
    ("standard errors", "vcov", "inference/vcov.py", "vcov"),
    ("the delta method", "delta", "delta_method.py", "delta_variances"),
    ("standardized estimates", "standardized", "inference/standardized.py", "standardize"),
    ("the baseline model", "baseline", "estimation/baseline.py", "baseline"),
    ("modification indices", "modification", "after/modification.py", "modification_indices"),
    ("the Wald test", "wald", "after/wald.py", "wald_test"),
    ("Vuong's test", "vuong", "after/vuong.py", "vuong"),
    ("factor scores", "factor_scores", "after/factor_scores.py", "factor_scores"),
    ("polychoric correlations", "polychoric", "ordinal/polychoric.py", "polychoric"),
    ("bootstrap confidence intervals", "intervals", "resampling/intervals.py", "limits"),
    ("pooling by Rubin's rules", "rubin", "imputation/rubin.py", "total_covariance"),
    ("total effects, (I - B)^-1", "total_effects", "implied/total_effects.py", "total_effects"),
    ("the likelihood of incomplete answers", "fiml", "terms/fiml.py", "FimlTerm"),
]
FAMILIES = {  # of fit measures: the function of plain numbers, and what applies it to a fit, in one file
    "rmsea": ("rmsea", "rmsea_measures"),
    "incremental_indices": ("cfi", "incremental"),
    "information_criteria": ("information_criteria", "likelihood_measures"),
    "chisquare": ("chisq_pvalue", "standard_test"),
}


def defined_in(path: Path) -> dict[str, ast.stmt]:
    """Functions and classes at the top of a file, by name."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


@pytest.mark.parametrize(("wanted", "word", "file", "function"), WHERE)
def test_a_statistic_is_found_by_the_name_of_a_file(wanted, word, file, function):
    named = [str(path.relative_to(SEM)) for path in sorted(SEM.rglob("*.py")) if word in path.stem]
    assert named == [file], wanted
    assert function in defined_in(SEM / file), wanted


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_of_fit_measures_has_its_numbers_and_their_use_in_one_file(family):
    numbers, use = FAMILIES[family]
    functions = defined_in(SEM / "inference" / f"{family}.py")
    plain = {ast.unparse(arg.annotation) for arg in functions[numbers].args.args}
    assert plain <= {"float", "int"}
    assert {ast.unparse(arg.annotation) for arg in functions[use].args.args} & {"Fitted", "Test"}
