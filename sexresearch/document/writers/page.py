"""One HTML page that opens anywhere: style and figures inside the file, nothing fetched from the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sexresearch.document.text import clean
from sexresearch.extras import extra

if TYPE_CHECKING:
    from jinja2 import Environment


def page(title: str, body: str, extra_css: str = "", language: str = "en") -> str:
    """A complete, self-contained HTML document around `body`, which is HTML already; the title is escaped.

    >>> "<title>Client &lt;A&gt;</title>" in page("Client <A>", "<p>Fine.</p>")
    True
    """
    with extra("reports"):
        from markupsafe import Markup

    template = templates().get_template("page.html.j2")
    return template.render(title=title, body=Markup(body), extra_css=Markup(extra_css), language=language)


def templates() -> Environment:
    """The page templates of the package; values put into them are escaped unless marked as HTML."""
    with extra("reports"):
        from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("sexresearch.document.writers")
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: clean(value) if type(value) is str else value,  # marked HTML is a type of its own
        trim_blocks=True,
        lstrip_blocks=True,
    )
