"""Which publications a fit rests on: its estimator, errors, test, indices, rule for missing answers, software."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from sexresearch.frozen import ReadOnlyDict
from sexresearch.sem.estimation.options import ROBUST, Options
from sexresearch.sem.output.reported import Fit, reported

ENTRY = ("author", "title", "year", "journal", "booktitle", "editor", "publisher", "volume", "number", "pages", "doi")
TESTS = {
    "satorra_bentler": ("satorra1994",),
    "mean_var_adjusted": ("satorra1994",),
    "scaled_shifted": ("asparouhov2010",),
    "yuan_bentler": ("yuan2000",),
    "yuan_bentler_mplus": ("yuan2000",),
}

POOLED = {"D2": "li1991", "D3": "meng1992"}  # who describes the tests of pooled fits
ENGINES = {"semopy": "igolkina2020", "sam": "rosseel2022"}  # who describes how an engine other than our own estimates


@dataclass(frozen=True)
class Reference:
    """One publication: `key` names it, `fields` are those of BibTeX, `cite` is what a text says."""

    key: str
    cite: str
    fields: tuple[tuple[str, str], ...]

    @property
    def bibtex(self) -> str:
        """The entry for a .bib file."""
        names = dict(self.fields)
        kind = "article" if "journal" in names else "incollection" if "booktitle" in names else "book"
        lines = [f"  {name} = {{{value}}}," for name, value in self.fields]
        return "\n".join([f"@{kind}{{{self.key},", *lines, "}"])

    @property
    def apa(self) -> str:
        """The entry of a list of references, in the style of the American Psychological Association."""
        f = {name: value.replace("\\&", "&").replace("--", "–") for name, value in self.fields}
        text = f"{_authors(f['author'])} ({f['year']}). {f['title']}."
        if "journal" in f:
            issue = f"({f['number']})" if "number" in f else ""
            where = ", ".join(filter(None, [f["journal"], f"{f.get('volume', '')}{issue}", f.get("pages", "")]))
            text += f" {where}."
        elif "booktitle" in f:
            text += f" In {_editors(f['editor'])}, {f['booktitle']} (pp. {f['pages']}). {f['publisher']}."
        else:
            text += f" {f['publisher']}."
        return text + (f" https://doi.org/{f['doi']}" if "doi" in f else "")


@lru_cache(maxsize=1)
def every_reference() -> dict[str, Reference]:
    """All that the package can cite, by key."""
    source = files("sexresearch.sem.output").joinpath("references.toml").read_text(encoding="utf-8")
    entries = {
        key: Reference(key, entry["cite"], tuple((name, str(entry[name])) for name in ENTRY if name in entry))
        for key, entry in tomllib.loads(source).items()
    }
    return ReadOnlyDict(entries)


def references(results: Fit, groups: int = 1, engine: str = "native", pooled: str = "") -> tuple[Reference, ...]:
    """The publications behind a fit, in the order in which a text comes to them.

    pooled : the test of fits that were pooled, "D2" or "D3"; "" of one fit.

    >>> [reference.key for reference in references_of_options(Options(estimator="ML", missing="fiml"))]
    ['rosseel2012', 'joreskog1969', 'enders2001']
    """
    cited = list(references_of_options(results.options))
    keys = ["rubin1987", "barnard1999", POOLED[pooled], "enders2018"] if pooled else []
    keys += [*(["joreskog1971"] if groups > 1 else []), *([ENGINES[engine]] if engine in ENGINES else [])]
    shown, incomplete = reported(results), results.options.missing == "fiml"
    keys += ["bentler1990", "tucker1973", "browne1992", "hu1999"]
    if shown["cfi"].kind == "robust":
        ordered = bool(results.options.ordered)
        keys.append("savalei2021" if ordered else "zhang2023" if incomplete else "brosseau2014")
    return tuple(dict.fromkeys([*cited, *(every_reference()[key] for key in keys)]))


def references_of_options(options: Options) -> tuple[Reference, ...]:
    """Those of the estimator and its options alone."""
    keys = ["rosseel2012"]
    if options.ordered:
        keys.append("muthen1984")
    elif options.estimator in ROBUST:
        keys.append("joreskog1969")
    else:
        keys.append("browne1984")
    keys += TESTS.get(options.test or "", ())
    keys += ["mcdonald1989" if options.two_level else "muthen1995"] if options.cluster else []
    if options.sampling_weights or options.cluster_weights:
        keys.append("asparouhov2006" if options.two_level else "asparouhov2005")
    keys += ["enders2001"] if options.missing == "fiml" else []
    keys += ["graham2003"] if options.auxiliary else []
    keys += ["efron1993"] if options.se == "bootstrap" else []
    return tuple(every_reference()[key] for key in dict.fromkeys(keys))


def bibtex(entries: tuple[Reference, ...]) -> str:
    """Several entries as the text of a .bib file."""
    return "\n\n".join(reference.bibtex for reference in entries) + "\n"


def _authors(names: str) -> str:
    """Names as BibTeX has them, as a list of references has them: last names first, initials, "&" before the last."""
    people = [f"{last}, {initials}" for last, initials in _people(names)]
    return people[0] if len(people) == 1 else f"{', '.join(people[:-1])}, & {people[-1]}"


def _editors(names: str) -> str:
    """Editors of a book that a chapter stands in: initials first, and a comma before "&" from three on.

    Publication Manual of the American Psychological Association (2020), 7th ed., chapter in an edited book.

    >>> _editors("von Eye, Alexander and Clogg, Clifford C.")
    'A. von Eye & C. C. Clogg (Eds.)'
    >>> _editors("Hoyle, Rick H."), _editors("A, B. and C, D. and E, F.")
    ('R. H. Hoyle (Ed.)', 'B. A, D. C, & F. E (Eds.)')
    """
    people = [f"{initials} {last}" for last, initials in _people(names)]
    before = ", ".join(people[:-1]) + ("," if len(people) > 2 else "")
    return f"{people[0]} (Ed.)" if len(people) == 1 else f"{before} & {people[-1]} (Eds.)"


def _people(names: str) -> list[tuple[str, str]]:
    """Last name and initials of everyone whom BibTeX names."""
    people = []
    for name in names.split(" and "):
        last, _, first = name.partition(", ")
        initials = " ".join("-".join(f"{part[0]}." for part in word.split("-") if part) for word in first.split())
        people.append((last, initials))
    return people
