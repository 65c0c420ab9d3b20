"""The population behind the SYNTHETIC `service_excellence_world`: the truth as data, at two levels.

Customers judge the nine elements of ISO 23592 as far as they show. What customers make of a provider as a whole (their
impression) colours all nine, so that all nine go together; but excellence, what the elements bring about together, is a
weighted sum of seven of them. The other two are decoys: they go along with everything and do nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from sexresearch.datasets.survey_population import correlations_of

Paths = dict[str, dict[str, float]]

TRUE_RIVAL = "full"
DECOYS = ("vision", "monitoring")
NON_INVARIANT = ("val2", "premium", 0.6)  # item, brand, and by how many SD its answers are too high there
MODERATED = ("delight", "exceeded:surprise", 0.12)  # among customers of a branch; standardized product

# The general impression colours four groups of elements, and each group its elements (standardized loadings).
IMPRESSION: dict[str, float] = {"7.1": 0.85, "7.2": 0.85, "7.3": 0.88, "7.4": 0.82}
ELEMENTS: dict[str, dict[str, float]] = {
    "7.1": {"vision": 0.80, "management": 0.82},
    "7.2": {"culture": 0.82, "engagement": 0.80},
    "7.3": {"understanding": 0.82, "design": 0.80, "innovation": 0.78},
    "7.4": {"processes": 0.80, "monitoring": 0.78},
}
DIMENSIONS = {
    "7.1": "leadership_strategy",
    "7.2": "culture_engagement",
    "7.3": "creating_experiences",
    "7.4": "operations",
}
# Relative weights of the elements in excellence; standardized by `composite_paths`.
WEIGHTS: dict[str, float] = {
    "vision": 0.0,
    "management": 0.15,
    "culture": 0.24,
    "engagement": 0.16,
    "understanding": 0.20,
    "design": 0.17,
    "innovation": 0.12,
    "processes": 0.14,
    "monitoring": 0.0,
}

# Standardized paths of the effect chain, the same within branches and between them, causes before effects.
CHAIN: Paths = {
    "experience": {"excellence": 0.80},
    "core": {"excellence": 0.75},
    "feedback": {"excellence": 0.70},
    "individual": {"experience": 0.88},
    "surprising": {"experience": 0.82},
    "valued": {"experience": 0.75},
    "exceeded": {"experience": 0.70},
    "surprise": {"surprising": 0.50},
    "delight": {"valued": 0.45, "exceeded": 0.35},
    "satisfaction": {"core": 0.50, "feedback": 0.32},
    "loyalty": {"delight": 0.45, "satisfaction": 0.30},
    "success": {"loyalty": 0.55},
}
SECOND_ORDER = {"experience": ("individual", "surprising")}

# Between branches only: what lies behind the impression, what employees say, what the records show.
BRANCH: Paths = {
    "impression": {"brand": 0.45, "staff_engagement": 0.55},
    "inside_view": {"impression": 0.75},
    "branch_success": {"success": 0.70},
}
ICC = 0.08  # share of the variance of every customer construct that lies between branches
STAFF: Paths = {"inside_view": {"staff_engagement": 0.40}}  # among the employees of a branch
STAFF_ICC = 0.20  # share of the variance of both constructs of employees that lies between branches

# Standardized paths from one wave to the next; delight makes loyal later, loyalty does not delight later.
LAGS: Paths = {
    "delight": {"delight": 0.60, "loyalty": 0.0},
    "satisfaction": {"satisfaction": 0.60},
    "loyalty": {"loyalty": 0.45, "delight": 0.20, "satisfaction": 0.10},
}

# Standardized loadings of the responses behind the answers.
LOADINGS: dict[str, dict[str, float]] = {
    "vision": {"vis1": 0.82, "vis2": 0.84},
    "management": {"man1": 0.84, "man2": 0.86},
    "culture": {"cul1": 0.86, "cul2": 0.85},
    "engagement": {"eng1": 0.86, "eng2": 0.84},
    "understanding": {"und1": 0.86, "und2": 0.84},
    "design": {"des1": 0.84, "des2": 0.85},
    "innovation": {"inn1": 0.85, "inn2": 0.84},
    "processes": {"pro1": 0.86, "pro2": 0.84},
    "monitoring": {"mon1": 0.83, "mon2": 0.84},
    "core": {"core1": 0.88, "core2": 0.86},
    "feedback": {"feed1": 0.86, "feed2": 0.84},
    "individual": {"ind1": 0.88, "ind2": 0.86},
    "surprising": {"sur1": 0.86, "sur2": 0.87},
    "valued": {"val1": 0.88, "val2": 0.84, "val3": 0.86},
    "exceeded": {"exc1": 0.88, "exc2": 0.87, "exc3": 0.84},
    "surprise": {"joy1": 0.86, "joy2": 0.84},
    "delight": {"del1": 0.88, "del2": 0.90, "del3": 0.85},
    "satisfaction": {"sat1": 0.90, "sat2": 0.87, "sat3": 0.84},
    "loyalty": {"remain": 0.88, "recommend": 0.86, "repurchase": 0.85},
    "success": {"wallet": 0.84, "spending": 0.86, "visits": 0.82},
}
STAFF_LOADINGS: dict[str, dict[str, float]] = {
    "staff_engagement": {"vigor": 0.84, "dedication": 0.86, "absorption": 0.80},
    "inside_view": {
        "in_vision": 0.72,
        "in_management": 0.78,
        "in_culture": 0.80,
        "in_engagement": 0.76,
        "in_understanding": 0.80,
        "in_design": 0.74,
        "in_innovation": 0.70,
        "in_processes": 0.76,
        "in_monitoring": 0.68,
    },
}
# How hard it is to agree to the items of a construct, in SD of the response: what is done well is below 0.
DIFFICULTY: dict[str, float] = {
    "vision": -0.30,
    "management": 0.10,
    "culture": 0.45,
    "engagement": -0.20,
    "understanding": 0.35,
    "innovation": 0.35,
    "processes": -0.35,
    "monitoring": 0.40,
    "core": -0.20,
    "feedback": 0.10,
    "surprising": 0.35,
    "exceeded": 0.25,
    "surprise": 0.35,
    "delight": 0.25,
    "satisfaction": -0.20,
    "loyalty": -0.10,
}
RECORDS: dict[str, float] = {"growth": 0.80, "retention": 0.85, "margin": 0.75}  # of branch_success


def impression_paths() -> Paths:
    """Standardized paths from the general impression by its four groups to the nine elements.

    >>> impression_paths()["culture"]
    {'impression_7.2': 0.82}
    """
    groups = {f"impression_{group}": {"impression": loading} for group, loading in IMPRESSION.items()}
    elements = {
        element: {f"impression_{group}": loading}
        for group, loadings in ELEMENTS.items()
        for element, loading in loadings.items()
    }
    return groups | elements


def composite_paths() -> Paths:
    """Standardized weights of elements in dimensions and of dimensions in excellence; they explain all of it.

    >>> composite_paths()["leadership_strategy"]
    {'vision': 0.0, 'management': 1.0}
    """
    between = correlations_of(("impression",), impression_paths())
    paths: Paths = {}
    for group, loadings in ELEMENTS.items():
        paths[DIMENSIONS[group]] = _scaled({element: WEIGHTS[element] for element in loadings}, between)
    sizes = {
        DIMENSIONS[group]: _size({element: WEIGHTS[element] for element in loadings}, between)
        for group, loadings in ELEMENTS.items()
    }
    paths["excellence"] = _scaled(sizes, correlations_of(("impression",), impression_paths() | paths))
    return paths


def _size(weights: Mapping[str, float], correlations: Mapping[tuple[str, str], float]) -> float:
    return float(sum(a * b * correlations[x, y] for x, a in weights.items() for y, b in weights.items())) ** 0.5


def _scaled(weights: Mapping[str, float], correlations: Mapping[tuple[str, str], float]) -> dict[str, float]:
    size = _size(weights, correlations)
    return {name: weight / size for name, weight in weights.items()}


def chain_paths() -> Paths:
    """Every standardized path from the impression to success, causes before effects, without the product.

    >>> list(chain_paths())[-1]
    'success'
    """
    return impression_paths() | composite_paths() | CHAIN


def wave_paths() -> Paths:
    """Standardized paths of the panel, waves 2 and 3; the first wave carries no number.

    >>> wave_paths()["loyalty_2"]
    {'loyalty': 0.45, 'delight': 0.2, 'satisfaction': 0.1}
    """
    return {
        f"{effect}_{wave}": {cause + before: value for cause, value in causes.items()}
        for wave, before in ((2, ""), (3, "_2"))
        for effect, causes in LAGS.items()
    }


def population() -> pd.DataFrame:
    """The truth to compare estimates with: standardized paths and loadings at both levels.

    Columns lhs op rhs level population, as in results. Level 1 holds among the customers (employees) of a branch, level
    2 between branches; the chain is the same at both, so that it also holds for all customers together. Waves 2 and 3
    of the panel carry their number. The product of `MODERATED` is left out: a linear model does not hold it.

    Returns
    -------
    DataFrame
        One row per path and loading.

    Notes
    -----
    Paths were chosen, not estimated: no respondent stands behind them.

    Examples
    --------
    >>> float(population().query("lhs == 'loyalty' and rhs == 'delight' and level == 1").population.item())
    0.45
    """
    chain = composite_paths() | CHAIN | wave_paths()
    rows = _rows(chain, 1) + _rows(STAFF, 1) + _rows(chain, 2) + _rows(BRANCH, 2)
    return pd.DataFrame(rows, columns=["lhs", "op", "rhs", "level", "population"])


def _rows(paths: Paths, level: int) -> list[tuple[str, str, str, int, float]]:
    rows = []
    for effect, causes in paths.items():
        for cause, value in causes.items():
            second = effect in SECOND_ORDER.get(cause, ())
            rows.append((cause, "=~", effect, level, value) if second else (effect, "~", cause, level, value))
    return rows


def total_effects(target: str) -> dict[str, float]:
    """Standardized total effect of every construct before `target` on it, in the population; 0 for the decoys.

    Parameters
    ----------
    target : str
        A construct of the chain.

    Returns
    -------
    dict of float by str
        Effects by construct.

    Notes
    -----
    The sum over all ways through the chain of the products of their paths (Wright 1934, doi 10.1214/aoms/1177732676).

    Examples
    --------
    >>> round(total_effects("loyalty")["excellence"], 4), total_effects("loyalty")["vision"]
    (0.3894, 0.0)
    """
    paths = composite_paths() | CHAIN
    effects = {target: 1.0}
    for effect in reversed(list(paths)):
        for cause, value in paths[effect].items():
            if effect in effects:
                effects[cause] = effects.get(cause, 0.0) + value * effects[effect]
    del effects[target]
    return effects


def truth() -> pd.DataFrame:
    """What is true in this world, one row per fact that an analysis should find: key description.

    Returns
    -------
    DataFrame
        One row per fact.

    Notes
    -----
    Numbers are those that the world is drawn with; samples scatter around them.

    Examples
    --------
    >>> truth().set_index("key").description["rival"][:4]
    'full'
    """
    item, brand, shift = NON_INVARIANT
    target, product, size = MODERATED
    facts = {
        "rival": f"{TRUE_RIVAL}: excellence makes the experience; delight and satisfaction both make loyal",
        "decoys": f"{DECOYS[0]} and {DECOYS[1]} go along with the other elements and bring nothing about",
        "non-invariant item": f"{item} is answered {shift} SD too high by customers of {brand} branches; no other item",
        "moderated link": f"{product.partition(':')[2]} strengthens the link from exceeded to {target}: {size}",
        "what next": "of the elements that matter, culture and understanding matter most and are done worst",
        "groups": "every effect is the same in all three brands",
        "waves": "delight makes loyal one wave later (0.20); loyalty does not delight later (0)",
        "branches": f"{ICC:.0%} of the variance lies between branches; engaged staff impresses (0.55)",
    }
    return pd.DataFrame(facts.items(), columns=["key", "description"])
