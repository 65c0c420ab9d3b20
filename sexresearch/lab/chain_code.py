"""What was tried out in `lab.chain`, as code that gives the same numbers."""

from __future__ import annotations

from sexresearch.chain.investing.scales import Scale
from sexresearch.lab.chain_state import ChainState
from sexresearch.lab.refitting import literal, moments_of, options_code
from sexresearch.sem import Moments
from sexresearch.sem.view import View, view
from sexresearch.survey import Instrument, Survey


def chain_code(state: ChainState, name: str, scale_name: str) -> str:
    """Python code for the state; `name` is what the fit it began with is called, `scale_name` what its scale is."""
    fit = view(state.first, "lab.chain")
    lines = ["import pandas as pd", ""] if _needs_moments(state) else []
    lines += ["import sexresearch as sx", ""]
    lines += [f"# {name}: {state.first.provenance}"]
    last = name
    if state.results is not state.first:
        last = f"{name}_now"
        lines += [f'model = """\n{state.results.model.syntax}\n"""', *_data(state, fit, name, last)]
        lines += [f'sx.compare({name}, {last}, names=["before", "now"])']
    if state.changes:
        given = _scale(state.scale, scale_name)
        lines.append(f"sx.what_if({last}, {literal(dict(state.changes))}{given})")
    if last == name and not state.changes:
        lines.append(f"{name}.parameters")
    return "\n".join(lines) + "\n"


def _needs_moments(state: ChainState) -> bool:
    return state.results is not state.first and state.first.rows is None


def _data(state: ChainState, fit: View, name: str, last: str) -> list[str]:
    """The lines that fit the model to the answers of the first fit, or to its moments, written out."""
    if not _needs_moments(state):
        return [f"{last} = sx.fit(model, {name}.rows{options_code(fit)})"]
    moments = moments_of(fit)
    if isinstance(moments, Moments):
        text = _moments(moments)
    else:
        text = "{" + ", ".join(f"{literal(key)}: {_moments(part)}" for key, part in moments.items()) + "}"
    return [f"moments = {text}", f"{last} = sx.fit(model, moments=moments{options_code(fit)})"]


def _moments(moments: Moments) -> str:
    names = literal(list(moments.names))
    cov = f"pd.DataFrame({literal(moments.cov.to_numpy().tolist())}, index={names}, columns={names})"
    mean = "" if moments.mean is None else f", mean=pd.Series({literal(moments.mean.tolist())}, index={names})"
    return f"sx.Moments({cov}, nobs={moments.nobs}{mean})"


def _scale(scale: Scale | None, scale_name: str) -> str:
    """The scale as an argument: written out, or by the name of the survey or questionnaire it stands in."""
    if scale is None:
        return ""
    return f", scale={scale_name}" if isinstance(scale, Survey | Instrument) else f", scale={literal(scale)}"
