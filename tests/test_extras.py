"""The light core: without any library of the extras everything a fit needs works, and what does not names its extra."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
BLOCKED = ["IPython", "ipykernel", "jinja2", "jupyter_client", "jupyterlab", "matplotlib", "nbclient", "nbconvert"]
BLOCKED += ["nbformat", "openpyxl", "platformdirs", "pooch", "pyarrow", "pyreadstat", "rdata", "semopy", "statsmodels"]
BLOCKED += ["pygments", "docx", "pptx", "xlsxwriter"]
FEATURES = {
    "figure": ("matplotlib", "reports", "sx.plots.path_diagram(results)"),
    "measured figure": ("matplotlib", "reports", "sx.plots.htmt_map(sx.htmt(two))"),
    "report": ("matplotlib", "reports", 'sx.report(results, folder / "report.html")'),
    "page": ("jinja2", "reports", 'sx.report(note, folder / "report.html")'),
    "Word": ("docx", "reports", 'sx.report(note, folder / "report.docx")'),
    "slides": ("pptx", "reports", 'sx.report(note, folder / "report.pptx")'),
    "tables": ("xlsxwriter", "reports", 'sx.report(note, folder / "report.xlsx")'),
    "engine": ("semopy", "engines", 'sx.fit(TEXT, data, engine="semopy")'),
    "imputation": ("statsmodels", "engines", "sx.impute(gaps, m=2)"),
    "workbook": ("openpyxl", "files", 'sx.read_survey(empty("a.xlsx"))'),
    "SPSS": ("pyreadstat", "files", 'sx.read_survey(empty("a.sav"))'),
    "Stata": ("pyreadstat", "files", 'sx.read_survey(empty("a.dta"))'),
    "Parquet": ("pyarrow", "files", 'sx.read_survey(empty("a.parquet"))'),
    "fetched data": ("pooch", "files", 'sx.datasets.load("univbct")'),
    "notebooks": ("nbformat", "lab", "sx.reproduce([folder / 'note.ipynb'], out=folder)"),
    "headline": ("IPython", "lab", 'sx.headline("a.b", 1.0)'),
}
CODE = """
import json, os, sys, tempfile, warnings, zipfile
from pathlib import Path
for name in {blocked!r}:
    sys.modules[name] = None
import numpy as np, pandas as pd
import sexresearch as sx
warnings.simplefilter("ignore")
TEXT, TWO = "joy =~ a + b + c\\nstay ~ joy", "joy =~ a + b; ease =~ c + stay"
rng = np.random.default_rng(1)
joy = rng.normal(size=300)
data = pd.DataFrame({{name: joy + rng.normal(size=300) for name in ("a", "b", "c", "stay")}})
gaps = data.mask(rng.random(data.shape) < 0.1)
folder = Path(tempfile.mkdtemp())
os.environ["SEXRESEARCH_DATA_HOME"] = str(folder)
note = sx.document.Document("Note", ())
def empty(name):
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(folder / name, "w") as packed:
            packed.writestr("xl/workbook.xml", "<workbook/>")
    else:
        heads = {{".sav": b"$FL2" + bytes(200), ".dta": b"<stata_dta>" + bytes(200)}}
        heads[".parquet"] = b"PAR1" + bytes(20) + b"PAR1"
        (folder / name).write_bytes(heads[Path(name).suffix])
    return folder / name
(folder / "note.ipynb").write_text("{{}}")
data.round(2).to_csv(folder / "answers.csv", index=False)
results, two = sx.fit(TEXT, data, estimator="MLR"), sx.fit(TWO, data)
works = [results.converged, len(repr(results.summary())) > 500, results.modification_indices() is not None,
         len(sx.reliability(results)) == 1, len(sx.effects(results, bootstrap=20)) > 0,
         len(sx.importance(results, "stay")) > 0,
         len(sx.read_survey(folder / "answers.csv").answers) == 300, len(sx.crosscheck(results, ["semopy"])) > 0,
         sx.power("y ~ 0.3*x", n=[50], replicates=4, seed=1) is not None, sx.datasets.load("mobi_moments") is not None]
said = {{}}
for name, code in {features!r}.items():
    try:
        eval(code)
        said[name] = "nothing"
    except Exception as error:
        said[name] = f"{{type(error).__name__}}: {{error}}"
print(json.dumps([list(map(bool, works)), said]))
"""


@pytest.fixture(scope="module")
def bare():
    """What works, and what each feature says, in a Python without any library of the extras."""
    code = CODE.format(blocked=BLOCKED, features={name: code for name, (_, _, code) in FEATURES.items()})
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_core_works_without_extras(bare):
    assert all(bare[0]), bare[0]


@pytest.mark.parametrize("name", FEATURES)
def test_a_missing_library_names_its_extra(name, bare):
    library, extra, _ = FEATURES[name]
    assert bare[1][name].startswith(f"LibraryError: {library} is not installed")
    assert bare[1][name].endswith(f'pip install "sexresearch[{extra}]"')
    assert any(library.lower() in wanted for wanted in EXTRAS[extra]) or library == "IPython"  # of ipykernel


def test_all_brings_every_extra():
    (every,) = EXTRAS["all"]
    assert set(every.removeprefix("sexresearch[").rstrip("]").split(",")) == {*EXTRAS} - {"all", "test", "docs"}
