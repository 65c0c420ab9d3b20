"""`Design`: how answers come about beyond the model: shape, categories, gaps, clusters, groups, careless people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral, Real
from typing import Literal, get_args

from sexresearch.arguments import in_words, worded
from sexresearch.errors import OptionError
from sexresearch.frozen import by_value

Carelessness = Literal["straight", "random"]
STYLES = get_args(Carelessness)
TOGETHER = "clusters and icc go together, as in Design(clusters=40, icc=0.1); models of two levels need no icc"
MOST_DEPENDENT = 0.5  # share of gaps up to which no one's probability of a gap can exceed 1


@worded
@by_value
@dataclass(frozen=True)
class Design:
    """What makes simulated answers less than ideal; the default is complete, normal, independent and careful.

    Parameters
    ----------
    skewness : float or dict of float by item
        Of every item, or by name (others 0).
    kurtosis : float or dict of float by item
        Excess over the normal's 3: of every item, or by name (others 0).
    thresholds : sequence of float, or dict of such by item, optional
        Rising cuts into categories 1, 2, ..., in standard deviations from the item's population mean (of the first
        group): of every item, or by name (others stay continuous).
    missing : float
        Share of the answers left out, from 0 to below 1, completely at random (MCAR).
    missing_by : str, optional
        An item, never missing itself, whose high values make gaps likelier (MAR): P(gap) is proportional to Phi(its z
        value). `missing` is then at most 0.5.
    clusters : int, optional
        Number of equally large clusters (column cluster), at least 2; goes with `icc`, or with a model of two levels.
    icc : float
        Share of every item's variance between clusters, from 0 to below 1; for models of one level.
    groups : dict of float by label, optional
        Share of the respondents by group (column group), two groups or more. Default: equal groups 1, 2, ... where the
        model gives one value per group.
    careless : float
        Share of respondents who answer without reading (column careless marks them), from 0 to below 1.
    careless_style : {"straight", "random"}
        "straight" gives one answer throughout, "random" a uniform one to every item.
    cluster_size : int, optional
        Respondents per cluster, in the place of `clusters`, so that more respondents are more clusters.

    Raises
    ------
    OptionError
        A value is impossible.

    Examples
    --------
    >>> Design(thresholds=[-1, 0, 1], missing=0.1).missing
    0.1
    """

    skewness: float | Mapping[str, float] = 0.0
    kurtosis: float | Mapping[str, float] = 0.0
    thresholds: Sequence[float] | Mapping[str, Sequence[float]] | None = None
    missing: float = 0.0
    missing_by: str | None = None
    clusters: int | None = None
    icc: float = 0.0
    groups: Mapping[object, float] | None = None
    careless: float = 0.0
    careless_style: Carelessness = "straight"
    cluster_size: int | None = None

    def __post_init__(self) -> None:
        for name in ("missing", "icc", "careless"):
            share = getattr(self, name)
            if not isinstance(share, Real) or not 0 <= float(share) < 1:
                raise OptionError(f"{name} is a share, from 0 to below 1; found {share!r}")
        if self.missing_by is not None and self.missing > MOST_DEPENDENT:
            raise OptionError(f"missing_by allows at most {MOST_DEPENDENT:g} of the answers missing; {self.missing:g}")
        self._refuse_clusters()
        if self.careless_style not in STYLES:
            raise OptionError(f"careless_style {self.careless_style!r} is not known; allowed: {', '.join(STYLES)}")
        self._refuse_shapes()
        self._refuse_thresholds()
        self._refuse_groups()

    def _refuse_clusters(self) -> None:
        if self.icc > 0 and not self.clustered:
            raise OptionError(TOGETHER)
        if self.clusters is not None and self.cluster_size is not None:
            raise OptionError("clusters and cluster_size say the same thing twice; leave one of them out")
        for name in ("clusters", "cluster_size"):
            given = getattr(self, name)
            if given is not None and (isinstance(given, bool) or not isinstance(given, Integral) or given < 2):
                raise OptionError(f"{name} must be a whole number of at least 2; found {given!r}")

    @property
    def clustered(self) -> bool:
        """Whether respondents come in clusters."""
        return self.clusters is not None or self.cluster_size is not None

    @in_words
    def clusters_of(self, n: int) -> int:
        """How many clusters n respondents make.

        Parameters
        ----------
        n : int
            Respondents.

        Returns
        -------
        int
            `clusters`, or n over `cluster_size`, rounded; 1 where there are none.

        Raises
        ------
        OptionError
            `n` is no number.
        """
        return int(self.clusters or (max(round(n / self.cluster_size), 1) if self.cluster_size else 1))

    def _refuse_shapes(self) -> None:
        for name in ("skewness", "kurtosis"):
            given = getattr(self, name)
            for value in given.values() if isinstance(given, Mapping) else [given]:
                if not isinstance(value, Real):
                    raise OptionError(f"{name} takes a number, or a number by item name; found {given!r}")

    def _refuse_groups(self) -> None:
        shares = list(self.groups.values()) if isinstance(self.groups, Mapping) else []
        fine = len(shares) > 1 and all(isinstance(share, Real) and share > 0 for share in shares)
        if self.groups is not None and not fine:
            raise OptionError(
                "groups needs a positive share for each of 2 or more labels, as in {'old': 0.6, 'new': 0.4}; "
                f"found {self.groups!r}"
            )

    def _refuse_thresholds(self) -> None:
        given = self.thresholds
        for cuts in given.values() if isinstance(given, Mapping) else [] if given is None else [given]:
            listed = list(cuts) if isinstance(cuts, Iterable) else []
            numbers = bool(listed) and all(isinstance(cut, Real) for cut in listed)
            if not numbers or any(a >= b for a, b in pairwise(listed)):
                raise OptionError(f"thresholds are numbers that must rise from category to category; found {cuts!r}")

    @property
    def plain(self) -> bool:
        """Whether the answers are complete, normal, independent and careful."""
        shaped = any(self.value(name, item) for name in ("skewness", "kurtosis") for item in self.named(name))
        return not (shaped or self.thresholds is not None or self.missing or self.clustered or self.careless)

    @in_words
    def named(self, name: str) -> tuple[str, ...]:
        """The items that an option names; one empty name where it holds for every item.

        Parameters
        ----------
        name : str
            An option that can be given by item: "skewness", "kurtosis" or "thresholds".

        Returns
        -------
        tuple of str
            Names of items, or ("",).

        Raises
        ------
        OptionError
            `name` is no text.
        """
        given = getattr(self, name)
        return tuple(given) if isinstance(given, Mapping) else ("",)

    @in_words
    def value(self, name: str, item: str) -> float:
        """Skewness or kurtosis of one item.

        Parameters
        ----------
        name : str
            "skewness" or "kurtosis".
        item : str
            Name of the item.

        Returns
        -------
        float
            0 for an item that the option does not name.

        Raises
        ------
        OptionError
            An argument is no text.
        """
        given = getattr(self, name)
        return float(given.get(item, 0.0) if isinstance(given, Mapping) else given)

    @in_words
    def cuts(self, item: str) -> Sequence[float] | None:
        """Thresholds of one item.

        Parameters
        ----------
        item : str
            Name of the item.

        Returns
        -------
        sequence of float, or None
            None where the item stays continuous.

        Raises
        ------
        OptionError
            `item` is no text.
        """
        return self.thresholds.get(item) if isinstance(self.thresholds, Mapping) else self.thresholds

    @in_words
    def refuse_unknown(self, items: Sequence[str]) -> None:
        """Refuse a design that names items which the model does not have.

        Parameters
        ----------
        items : sequence of str
            Observed variables of the model.

        Raises
        ------
        OptionError
            The design names another one.
        """
        named = {item for name in ("skewness", "kurtosis", "thresholds") for item in self.named(name)} - {""}
        unknown = sorted((named | ({self.missing_by} if self.missing_by else set())) - set(items), key=str)
        if unknown:
            raise OptionError(
                f"the design names {unknown}, which the model does not observe; it observes {list(items)}"
            )
