"""The bridge to the browser: a widget that draws a scene and says what was asked for; else a picture."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sexresearch.extras import extra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Scene = dict[str, object]
MISSING = 'Live in JupyterLab once the extra is installed: pip install "sexresearch[lab]".'
STILL = "A picture of the lab; run the cell in JupyterLab for the live one."
WAITING = "The live one stands here while a kernel runs."  # under the picture where nothing is trusted
# The picture stays while no live drawing follows, and goes when one does; what stands in its place without a kernel
# ("model not found") is hidden.
STYLE = """<style>
.jp-OutputArea-child:has(.sx-still) + .jp-OutputArea-child:not(:has(.sx-lab)) { display: none }
.jp-OutputArea-child:has(.sx-still):has(+ .jp-OutputArea-child .sx-lab) { display: none }
</style>"""


def live() -> bool:
    """Whether a notebook's kernel is running and the widgets' library is there."""
    return find_spec("anywidget") is not None and _kernel() is not None


def _kernel() -> object | None:
    if find_spec("IPython") is None:
        return None
    with extra("lab"):
        from IPython import get_ipython
    return getattr(get_ipython(), "kernel", None)


@lru_cache(maxsize=1)
def panel_class() -> type:
    """The widget's class, made when first needed."""
    with extra("lab"):
        import anywidget
        import traitlets

    class LivePanel(anywidget.AnyWidget):
        """`scene` is drawn; `wish` is what the reader did, numbered so that no two are equal."""

        _esm = _text("lab.js")
        _css = _text("lab.css")
        kind = traitlets.Unicode().tag(sync=True)
        scene = traitlets.Dict().tag(sync=True)
        wish = traitlets.Dict().tag(sync=True)

        def __repr__(self) -> str:
            return WAITING

    return LivePanel


def _text(name: str) -> str:
    return files("sexresearch.lab").joinpath(name).read_text(encoding="utf-8")


def panel(kind: str, scene: Scene, hear: Callable[[dict[str, Any]], None]) -> Any:
    """A widget of one kind; `hear` is called with what the reader asks for."""
    made = panel_class()(kind=kind, scene=scene)
    made.observe(lambda change: hear(change["new"]), names="wish")
    return made


def show(still: str, words: str, made: Any | None) -> None:
    """In a notebook: the picture, which a saved notebook keeps, and below it the live drawing that takes its place."""
    with extra("lab"):
        from IPython.display import HTML, display

    style = STYLE if made is not None else ""
    display(HTML(f'{style}<div class="sx-still">{still}<p>{html.escape(words)}</p></div>'))
    if made is not None:
        display(made)


def picture(figure: Figure, words: str) -> str:
    """A figure as HTML that needs nothing beside itself."""
    drawing = io.BytesIO()
    figure.savefig(drawing, format="png", bbox_inches="tight")
    data = base64.b64encode(drawing.getvalue()).decode()
    return f'<img style="max-width:100%;height:auto" alt="{html.escape(words)}" src="data:image/png;base64,{data}">'


def as_json(scene: Scene) -> str:
    """A scene as the browser gets it; ValueError where it holds what JSON cannot."""
    return json.dumps(scene, allow_nan=False)
