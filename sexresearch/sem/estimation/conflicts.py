"""Options that exclude each other, refused in the user's words."""

from __future__ import annotations

from sexresearch.errors import OptionError
from sexresearch.sem.estimation.options import ROBUST, SE, TEST, Options

GAPS = ("ML", "MLR", "MLF")  # estimators that can use incomplete answers
YUAN_BENTLER = ("yuan_bentler", "yuan_bentler_mplus")
LEVEL_TESTS = ("standard", "yuan_bentler_mplus", "none")
LEVEL_REASONS = {
    "ordered": "Ordered items at two levels need integrals over the factors of both, which are not computed: fit "
    "answers of five or more categories as numbers with estimator='MLR', or one level with cluster= and ordered= "
    "(WLSMV, with standard errors for clusters)",
    "auxiliary": "Auxiliary variables would need a place at either level: name them in the model instead",
}  # why, and what to do instead
LEVEL_ERRORS = ("standard", "robust_huber_white", "none")


def refuse_conflicts(options: Options, has_rows: bool, has_sums: bool) -> None:
    """OptionError where two settled options do not go together, as in lavaan."""
    _refuse_gaps(options)
    _refuse_parts(options)
    _refuse_words("se", options.se, _errors(options), options)
    _refuse_words("test", options.test, _tests(options), options)
    _refuse_information(options)
    if not has_rows:
        _refuse_moments(options, has_sums)
    elif (options.group_equal or options.group_partial) and options.group is None:
        raise OptionError("group_equal and group_partial need group='the column that holds the groups'")


def refuse_beside_levels(options: Options) -> None:
    """OptionError for what does not yet go with models of two levels, before defaults are decided."""
    if options.cluster is None:
        raise OptionError("the model has 'level:' blocks: name the column of the clusters in cluster=")
    wrong = {
        "estimator": options.estimator if options.estimator not in (None, "ML", "MLR", "MLF") else None,
        "ordered": options.ordered or None,
        "auxiliary": options.auxiliary or None,
        "missing": options.missing if options.missing not in ("listwise", "fiml") else None,
        "test": options.test if options.test not in (None, *LEVEL_TESTS) else None,
        "se": options.se if options.se not in (None, "robust", *LEVEL_ERRORS) else None,
    }
    refused = [f"{name}={value!r}" for name, value in wrong.items() if value is not None]
    if refused:
        why = "".join(f". {LEVEL_REASONS[name]}" for name in LEVEL_REASONS if wrong[name] is not None)
        raise OptionError(
            f"models with 'level:' blocks do not go with {', '.join(refused)}; they are estimated by 'ML' or 'MLR', "
            f"listwise or by 'fiml', with se {' or '.join(map(repr, LEVEL_ERRORS))} and test "
            f"{' or '.join(map(repr, LEVEL_TESTS))}{why}"
        )


def _refuse_gaps(options: Options) -> None:
    name = options.estimator
    if options.missing == "fiml" and name not in GAPS:
        raise OptionError(f"missing='fiml' goes with estimator 'ML' or 'MLR'; found {name!r}")
    if options.auxiliary and options.missing != "fiml":
        raise OptionError(
            f"auxiliary={list(options.auxiliary)} helps to make up for missing answers and needs missing='fiml'; "
            f"found missing={options.missing!r}"
        )
    if options.missing == "pairwise":
        _refuse_pairwise(options)


def _refuse_parts(options: Options) -> None:
    if options.ordered:
        if options.cluster is not None and options.estimator == "WLS":
            raise OptionError(
                f"cluster={options.cluster!r} does not go with estimator 'WLS', whose weight takes respondents as "
                "independent; use 'WLSMV' or 'ULSMV'"
            )
        return
    if options.cluster_weights is not None and not options.two_level:
        raise OptionError(
            f"cluster_weights={options.cluster_weights!r} needs a model of two levels, with 'level: 1' and 'level: 2' "
            "blocks; at one level, multiply them into sampling_weights="
        )
    weights = options.sampling_weights, options.cluster_weights
    for part in (None if options.two_level else options.cluster, *weights):
        if part is not None and options.estimator not in ("ML", "MLR"):
            raise OptionError(
                f"cluster and sampling_weights go with estimator 'ML' or 'MLR'; found {options.estimator!r}"
            )


def _errors(options: Options) -> tuple[str, ...]:
    """Standard errors that the estimator, clusters and incomplete answers leave."""
    if options.estimator == "GLS":
        return ("standard", "bootstrap", "none")
    if not options.likelihood:
        plain = ("standard",) if options.cluster is None else ()
        return (*plain, "robust_sem", "bootstrap", "none")
    if options.two_level:
        return LEVEL_ERRORS
    if options.cluster is not None:
        return ("robust_cluster", "bootstrap", "none")
    left = [name for name in SE if name != "robust_cluster"]
    return tuple(name for name in left if options.missing != "fiml" or name != "robust_sem")


def _tests(options: Options) -> tuple[str, ...]:
    """Tests that the estimator, clusters and incomplete answers leave."""
    if options.estimator in ("GLS", "WLS"):
        return ("standard", "none")
    if not options.likelihood:
        return tuple(name for name in TEST if name not in YUAN_BENTLER)
    if options.two_level:
        return LEVEL_TESTS
    if options.missing == "fiml":
        return ("standard", *YUAN_BENTLER, "none")
    if options.cluster is not None:
        return ("standard", "satorra_bentler", *YUAN_BENTLER, "none")
    return TEST


def _refuse_words(name: str, value: str | None, left: tuple[str, ...], options: Options) -> None:
    if value in left:
        return
    beside = [f"estimator {options.estimator!r}"]
    beside += [f"missing={options.missing!r}"] if options.missing == "fiml" else []
    beside += [f"cluster={options.cluster!r}"] if options.cluster is not None else []
    needs = "; it needs cluster=" if value == "robust_cluster" and options.cluster is None else ""
    raise OptionError(f"{name}={value!r} does not go with {', '.join(beside)}{needs}; there are: {', '.join(left)}")


def _refuse_information(options: Options) -> None:
    information = options.information
    if information != "expected" and options.estimator not in (*ROBUST, "GLS"):
        raise OptionError(
            f"estimator {options.estimator!r} has expected information only; found information={information!r}"
        )
    if information != "first_order":
        return
    wrong = {
        "estimator": options.estimator if not options.likelihood else None,
        "se": options.se if str(options.se).startswith("robust") else None,
        "test": options.test if options.robust_test else None,
    }
    given = [f"{key}={value!r}" for key, value in wrong.items() if value is not None]
    if given:
        raise OptionError(
            f"first-order information (estimator 'MLF') does not go with {', '.join(given)}; "
            "use information 'expected' or 'observed'"
        )


def _refuse_moments(options: Options, has_sums: bool) -> None:
    """What needs the rows themselves, and what sums of their products are enough for."""
    of_rows = {
        "missing": options.missing if options.missing != "listwise" else None,
        "se": options.se if options.se == "bootstrap" else None,
        "group": options.group,
        "cluster": options.cluster,
        "sampling_weights": options.sampling_weights,
        "cluster_weights": options.cluster_weights,
    }
    of_sums = {
        "estimator": options.estimator if options.estimator not in ("ML", "GLS", "ULS") else None,
        "test": options.test if options.robust_test else None,
        "se": options.se if options.se not in ("standard", "none", "bootstrap") else None,
        "information": options.information if options.information == "first_order" else None,
    }
    wanted = [(key, value) for key, value in of_rows.items() if value is not None]
    summed = [] if has_sums else [(key, value) for key, value in of_sums.items() if value is not None]
    if wanted or summed:
        given = ", ".join(f"{key}={value!r}" for key, value in (*summed, *wanted))
        hint = "" if wanted else "; Moments.of(data) keeps the sums that this needs"
        raise OptionError(f"{given} needs the respondents' answers; moments are not enough{hint}")


def _refuse_pairwise(options: Options) -> None:
    """Pairwise moments have no respondent's likelihood, no weights and no clusters behind them.

    Those of ordered variables are sums over respondents, weights and clusters included.
    """
    beside = {} if options.ordered else {"cluster": options.cluster, "sampling_weights": options.sampling_weights}
    implied = {
        "estimator": options.estimator if options.estimator in ("MLR", "MLF", "GLS") else None,
        "se": options.se if options.se in ("robust_huber_white", "robust_cluster") else None,
        "test": options.test if options.test in YUAN_BENTLER else None,
        "information": options.information if options.information == "first_order" else None,
    }
    named = [[f"{key}={value!r}" for key, value in part.items() if value is not None] for part in (beside, implied)]
    wrong = named[0] or named[1]  # clusters and weights imply a robust estimator that nobody asked for
    if wrong:
        raise OptionError(
            f"missing='pairwise' does not go with {', '.join(wrong)}; use missing='fiml' with estimator 'ML' or 'MLR'"
        )
