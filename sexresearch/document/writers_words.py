"""The writers' own words, in the language of the document."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH = MappingProxyType(
    {
        "table": "Table",
        "figure": "Figure",
        "page": "Page",
        "of": "of",
        "note": "Note.",
        "appendix": "Appendix",
        "contents": "Contents",
        "sheet": "Sheet",
        "continued": "continued",
        "empty": "No rows.",
        "source": "How these numbers came about",
        "synthetic": "These data are synthetic: made by a generator, given by no customer. The numbers show how the "
        "method works and say nothing about any company.",
    }
)
GERMAN = MappingProxyType(
    {
        "table": "Tabelle",
        "figure": "Abbildung",
        "page": "Seite",
        "of": "von",
        "note": "Anmerkung.",
        "appendix": "Anhang",
        "contents": "Inhalt",
        "sheet": "Blatt",
        "continued": "Fortsetzung",
        "empty": "Keine Zeilen.",
        "source": "Wie diese Zahlen entstanden",
        "synthetic": "Diese Daten sind künstlich: von einem Generator erzeugt, von keinem Kunden gegeben. Die Zahlen "
        "zeigen, wie die Methode arbeitet, und sagen nichts über ein Unternehmen.",
    }
)


def words_of(language: str) -> Mapping[str, str]:
    """The words by their English keys.

    >>> words_of("de")["table"]
    'Tabelle'
    """
    return GERMAN if language == "de" else ENGLISH
