"""`Model`: lavaan model text, read once and used as often as needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from sexresearch.arguments import in_words
from sexresearch.sem.language.statements import Statements
from sexresearch.sem.language.syntax import parse
from sexresearch.sem.language.table import Defaults, ParameterTable, parameter_table


@dataclass(frozen=True)
class Model:
    """A model in lavaan's text language: ``=~ ~ ~~ ~1 | ~*~ := == < >``, labels, fixed values, ``NA*``, ``start()``.

    Parameters
    ----------
    syntax : str
        The text, formula by formula.

    Raises
    ------
    ModelSyntaxError
        The text cannot be read: line, column, and what was expected.

    Examples
    --------
    >>> Model("satisfaction =~ s1 + s2 + s3").latents
    ('satisfaction',)
    """

    syntax: str

    def __post_init__(self) -> None:
        parse(self.syntax) if not isinstance(self.syntax, str) else _parsed(self.syntax)

    @cached_property
    def statements(self) -> Statements:
        """What the text says, formula by formula."""
        return _parsed(self.syntax)

    @in_words
    def table(self, defaults: Defaults = Defaults()) -> ParameterTable:  # noqa: B008
        """The parameter table: every parameter, free, fixed or shared, as lavaan's defaults complete the text.

        Parameters
        ----------
        defaults : Defaults
            What is added to the text.

        Returns
        -------
        ParameterTable
            Built once for each text and defaults.

        Raises
        ------
        ModelError
            The text contradicts itself.
        """
        return _table(self.syntax, defaults)

    @cached_property
    def latents(self) -> tuple[str, ...]:
        """Latent variables in order of definition."""
        return tuple(dict.fromkeys(f.lhs for f in self.statements.formulas if f.op == "=~"))

    @cached_property
    def observed(self) -> tuple[str, ...]:
        """Every column of the data the model uses."""
        latent = set(self.latents)
        named = (name for f in self.statements.formulas for name in (f.lhs, f.rhs if f.op != "|" else "") if name)
        return tuple(dict.fromkeys(name for name in named if name not in latent))

    @cached_property
    def with_thresholds(self) -> tuple[str, ...]:
        """Variables that the text gives thresholds (``x1 | t1``) or a scale (``x1 ~*~ x1``): they are ordered."""
        return tuple(dict.fromkeys(f.lhs for f in self.statements.formulas if f.op in ("|", "~*~")))

    def __str__(self) -> str:
        return self.syntax


@lru_cache(maxsize=256)
def _parsed(syntax: str) -> Statements:
    return parse(syntax)


@lru_cache(maxsize=256)
def _table(syntax: str, defaults: Defaults) -> ParameterTable:
    return parameter_table(_parsed(syntax), defaults)
