"""`make fuzz`: random fits, ours beside lavaan's, live; prints every difference that no known departure explains.

python tests/grid/fuzz.py [--n 300] [--seed 1] [--only NUMBER] [--keep FOLDER]; FUZZ_N and FUZZ_SEED say the same. The
seed is printed: with it and the number of a draw the fit can be made again. Where ours is lower, or lavaan does not
converge, lavaan is started once more at our estimates and compared from there. What still differs is explained where
evidence can be computed (explaining.py). Needs Rscript with lavaan, semTools and
jsonlite.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent)]

from comparison import Answers, differences, read_answers  # noqa: E402
from departures import unexplained  # noqa: E402
from drawing import Draw, draw  # noqa: E402
from explaining import flat_at_lavaans, missed_correlations, one_minimum, with_correlations  # noqa: E402

from sexresearch import sem  # noqa: E402
from sexresearch.errors import SexresearchError  # noqa: E402

BATCH = 15  # fits per R process
LOWER = 1e-4  # chi-square: ours below lavaan's by more than this is lavaan's local minimum or early stop
SHOWN = 12  # differences printed per draw


def name_of(drawn: Draw) -> str:
    """The name of a draw in the tables."""
    return f"d{drawn.number}"


def lavaan_answers(draws: list[Draw], folder: Path, starts: dict[str, sem.Results]) -> Answers:
    """What lavaan says about some draws, started at ours where there are `starts`; from the folder if it has them."""
    if not (folder / "outcomes.csv").exists():
        folder.mkdir(parents=True, exist_ok=True)
        cases: list[dict[str, object]] = []
        for drawn in draws:
            name = name_of(drawn)
            drawn.data.to_csv(folder / f"{name}.csv", index=False)
            cases.append({"name": name, "data": name, "model": drawn.model, "options": drawn.options})
            if name in starts:
                start_table(starts[name]).to_csv(folder / f"{name}_start.csv", index=False)
                cases[-1]["start"] = f"{name}_start"
        asked_of_r("grid.R", folder, cases)
    return read_answers(folder)


def asked_of_r(script: str, folder: Path, cases: list[dict[str, object]]) -> None:
    """Run a script of tests/reference on cases whose data lie in the folder."""
    plan = json.dumps({"folder": str(folder.resolve()), "data": str(folder.resolve()), "case": cases})
    at = HERE.parent / "reference"
    done = subprocess.run(["Rscript", script], input=plan, text=True, cwd=at, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"R stopped: {done.stderr[-2000:]}")


def lavaan_moments(drawn: Draw, folder: Path) -> pd.DataFrame:
    """The sample covariances of lavaan for one draw; from the folder if it has them."""
    if not (folder / "moments.csv").exists():
        folder.mkdir(parents=True, exist_ok=True)
        name = name_of(drawn)
        drawn.data.to_csv(folder / f"{name}.csv", index=False)
        case = {"name": name, "data": name, "model": drawn.model, "options": drawn.options}
        asked_of_r("sample_moments.R", folder, [case])
    return pd.read_csv(folder / "moments.csv", keep_default_na=False)


def start_table(results: sem.Results) -> pd.DataFrame:
    """Our estimates as lavaan takes them for starting values: groups by number, covariances in both directions."""
    rows = results.parameters[["lhs", "op", "rhs", "group", "est"]]
    rows = rows[rows["op"] != ":="]
    groups = list(results.groups)
    rows = rows.assign(group=[groups.index(g) + 1 if groups else 1 for g in rows["group"]])
    pairs = rows[(rows["op"] == "~~") & (rows["lhs"] != rows["rhs"])]
    return pd.concat([rows, pairs.rename(columns={"lhs": "rhs", "rhs": "lhs"})])


def our_fit(drawn: Draw) -> sem.Results | str:
    """Our results, or why there are none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.FitWarning)
        try:
            return sem.fit(drawn.model, drawn.data, **drawn.options)  # type: ignore[arg-type]
        except SexresearchError as error:
            return f"refused: {error}"
        except Exception as error:  # whatever else is raised is a fault and must be shown with its draw
            return f"CRASH {type(error).__name__}: {error}"


def gained(ours: sem.Results, drawn: Draw, answers: Answers) -> bool:
    """Whether our chi-square is lower than lavaan's."""
    mine = ours.fit_measures["chisq"]
    return bool(answers.of(name_of(drawn))["measure", "chisq"] - mine > LOWER * max(1.0, mine))


def lowest(ours: sem.Results) -> float:
    """The chi-square that a fit had reached when it was given up."""
    return float(2.0 * ours.fitted.constrained.solution.value * ours.fitted.weight)


def again_wanted(drawn: Draw, ours: sem.Results | str, answers: Answers) -> bool:
    """Whether lavaan should try from our estimates: it found no minimum, or a higher one."""
    if isinstance(ours, str) or not ours.converged or answers.outcomes.status[name_of(drawn)] == "refused":
        return False
    return answers.outcomes.status[name_of(drawn)] == "not converged" or gained(ours, drawn, answers)


def verdict(drawn: Draw, ours: sem.Results | str, answers: Answers) -> tuple[str, pd.DataFrame]:
    """In one phrase how the two programs stand to each other, and the differences that nothing explains."""
    none = pd.DataFrame()
    status, said = answers.outcomes.loc[name_of(drawn), ["status", "said"]]
    if isinstance(ours, str):
        if ours.startswith("refused") and status != "fitted":
            return "both refuse", none
        return f"! ours {ours} | lavaan {status} {said}", none
    if not ours.converged and status == "fitted" and lowest(ours) < answers.of(name_of(drawn))["measure", "chisq"]:
        return "no minimum: ours goes on below where lavaan stopped", none
    if not ours.converged:
        return ("neither converges" if status != "fitted" else f"! only lavaan converges | {said}"), none
    if status != "fitted":
        return f"only ours fits: lavaan {status} {said}", none
    if gained(ours, drawn, answers):
        return "! ours is lower", none
    left = unexplained(ours, differences(ours, answers.of(name_of(drawn))), drawn.options)
    return ("same" if left.empty else "! they differ"), left


def explanation(drawn: Draw, ours: sem.Results | str, answers: Answers, folder: Path) -> str:
    """What explains that the two differ, as one phrase; empty where nothing does that can be computed."""
    if answers.outcomes.status[name_of(drawn)] != "fitted":
        return ""
    if isinstance(ours, str) or not ours.converged:
        unidentified = not isinstance(ours, str) or "the model is not identified" in ours
        flat = unidentified and flat_at_lavaans(drawn, answers.of(name_of(drawn)))
        return "not identified where lavaan stops" if flat else ""
    if one_minimum(ours.fitted, answers.of(name_of(drawn))):
        return "same but for one Newton step"
    if any(sample.ordinal is None for sample in ours.fitted.samples):
        return ""
    missed = missed_correlations(ours, lavaan_moments(drawn, folder))
    if not missed:
        return ""
    with with_correlations(missed):
        phrase, _ = verdict(drawn, our_fit(drawn), answers)
    return "" if phrase.startswith("!") else "same with the correlations that lavaan's search missed"


def show(drawn: Draw, phrase: str, left: pd.DataFrame) -> None:
    """Everything needed to look into one draw."""
    print(
        f"\n--- draw {drawn.number} of seed {drawn.seed}: {phrase}\n{drawn.model}\n{drawn.options} n={len(drawn.data)}"
    )
    if len(left):
        print(f"{dict(collections.Counter(left['kind']))}\n{left.head(SHOWN).to_string(index=False)}", flush=True)


def compared(draws: list[Draw], folder: Path) -> list[tuple[Draw, str, pd.DataFrame]]:
    """Some draws, each with its verdict; those that lavaan tried again from our estimates by that second answer."""
    answers, fits = lavaan_answers(draws, folder / "first", {}), {drawn.number: our_fit(drawn) for drawn in draws}
    again = [drawn for drawn in draws if again_wanted(drawn, fits[drawn.number], answers)]
    starts = {name_of(d): r for d in again if isinstance(r := fits[d.number], sem.Results)}
    seconds = lavaan_answers(again, folder / "again", starts) if again else answers
    found = []
    for drawn in draws:
        ours = fits[drawn.number]
        phrase, left = verdict(drawn, ours, seconds if drawn in again else answers)
        why = explanation(drawn, ours, answers, folder / f"moments{drawn.number}") if phrase.startswith("!") else ""
        if why:
            phrase, left = why, left.head(0)
        found.append((drawn, f"{phrase} (lavaan started at ours)" if drawn in again else phrase, left))
    return found


def asked() -> argparse.Namespace:
    """What the command line and the environment ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=int(os.environ.get("FUZZ_N", "300")))
    parser.add_argument(
        "--seed", type=int, default=int(os.environ.get("FUZZ_SEED", "0")) or secrets.randbelow(10**6) + 1
    )
    parser.add_argument("--only", type=int, action="append", help="the number of a draw to look at alone")
    parser.add_argument("--keep", type=Path, help="a folder for lavaan's answers, read instead of asking lavaan again")
    return parser.parse_args()


def main() -> int:
    """Draw, fit twice, compare, count; the status is 1 where something stays unexplained."""
    if shutil.which("Rscript") is None:
        print("make fuzz compares with lavaan and needs Rscript, which is not on the path")
        return 0
    wanted = asked()
    numbers = wanted.only or list(range(wanted.n))
    print(f"seed {wanted.seed}, {len(numbers)} draws", flush=True)
    counts: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as spare:
        for at in range(0, len(numbers), BATCH):
            draws = [draw(wanted.seed, number) for number in numbers[at : at + BATCH]]
            folder = (wanted.keep or Path(spare)) / f"{wanted.seed}_{'_'.join(map(str, wanted.only or [at]))}"
            for drawn, phrase, left in compared(draws, folder):
                counts[phrase.split(":")[0].split(" | ")[0]] += 1
                if phrase.startswith("!") or wanted.only:
                    show(drawn, phrase, left)
    print(f"\nseed {wanted.seed}: " + ", ".join(f"{phrase} {count}" for phrase, count in counts.most_common()))
    return int(any(phrase.startswith("!") for phrase in counts))


if __name__ == "__main__":
    sys.exit(main())
