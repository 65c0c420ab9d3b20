"""The files around the package: lock, commands, citation, and the wheel that is built from them."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from nbformat import v4

import sexresearch

ROOT = Path(__file__).resolve().parent.parent
MACHINE_PATH = re.compile(r"(?<![\w.:~/])/(?:home|root|work|Users|opt)/\w")
REGISTRY = re.compile("|".join(["py" + r"pi\.org", "files.python" + "hosted", "index" + "-url"]))
SCREEN = 40  # lines
TEXT = {".py", ".toml", ".md", ".cff", ".lock", ".csv", ".R", ".txt", ".json", ".ipynb", ".j2", ".css", ""}


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def test_every_package_in_the_lock_is_pinned_and_hashed():
    entries = re.split(r"\n(?=\S)", text("constraints.lock").strip())
    assert all(re.match(r"[a-z0-9][a-z0-9._-]*==[\w.+!-]+( ;.*)? \\\n", entry) for entry in entries)
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text("constraints.lock")
    locked = {entry.split("==")[0] for entry in entries}
    project = tomllib.loads(text("pyproject.toml"))["project"]
    extras = [name for extra in project["optional-dependencies"].values() for name in extra]
    wanted = [*project["dependencies"], *(name for name in extras if not name.startswith("sexresearch["))]
    assert {re.match(r"[\w-]+", name)[0].lower() for name in wanted} <= locked


def test_one_version_everywhere():
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    assert f"\nversion: {version}\n" in text("CITATION.cff")
    newest = re.search(r"^## \[([\d.]+)\] - (\d{4}-\d{2}-\d{2})$", text("CHANGELOG.md"), re.MULTILINE)
    assert newest
    assert newest[1] == version
    assert f"date-released: {newest[2]}" in text("CITATION.cff")


def test_every_tag_is_a_version_of_the_changelog():
    command = ["git", "tag", "--list", "v*"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    written = set(re.findall(r"^## \[([\d.]+)\]", text("CHANGELOG.md"), re.MULTILINE))
    assert {tag.removeprefix("v") for tag in listed.split()} <= written


def test_the_source_distribution_has_what_a_packager_needs(tmp_path):
    built = next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"LICENSE", "README.md", "CHANGELOG.md", "CITATION.cff", "PKG-INFO", "reports/results.csv"}
    assert wanted | {"tests/test_repository.py", "docs/mkdocs.yml"} <= names
    assert not [name for name in names if name.startswith((".ci", ".venv", "build", "site", "dist"))]
    project = tomllib.loads(text("pyproject.toml"))["project"]
    assert (project["requires-python"], project["license"], project["license-files"]) == (">=3.11", "MIT", ["LICENSE"])
    assert project["scripts"] == {"sexresearch": "sexresearch.cli:run"}


def test_the_readme_says_what_it_is_and_how_to_run_it():
    readme = text("README.md")
    assert "service excellence research" in readme.splitlines()[0]
    assert "make reproduce" in readme
    assert "make test" in readme
    assert "```mermaid" in readme


@pytest.mark.parametrize(
    ("audience", "language"), [("Researcher", "python"), ("Consultant", "python"), ("Pipeline", "sh")]
)
def test_every_audience_has_one_screen_and_an_example_of_five_lines(audience, language):
    section = text("README.md").split(f"\n## {audience}\n")[1].split("\n## ")[0]
    assert len(section.splitlines()) <= SCREEN
    examples = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert [len(example.splitlines()) for example in examples] == [5]  # test_readme.py runs them


def test_make_has_the_commands_that_are_spoken_of():
    targets = set(re.findall(r"^([\w.]+):", text("Makefile"), re.MULTILINE))
    assert {".venv", "reproduce", "test", "lab", "lint", "bench"} <= targets


def run_ci(folder: Path, make: str) -> subprocess.CompletedProcess:
    """The script of continuous integration in an empty checkout, on a machine with every Python and this `make`."""
    stand_ins = {f"python3.{minor}": "exit 0" for minor in range(11, 16)}
    stand_ins["make"] = f'echo "make $*" >> calls\n{make}'
    for name, does in stand_ins.items():
        (folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / name).chmod(0o755)
    (folder / ".ci").mkdir()
    script = shutil.copy(ROOT / ".ci" / "run", folder / ".ci")
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder)}
    return subprocess.run([script], env=environment, capture_output=True, text=True, check=False)


def test_continuous_integration_runs_make_test_makes_the_site_and_then_every_further_python(tmp_path):
    run = run_ci(tmp_path, 'echo "7 failed of 9 in words"; echo "3 passed, 1 skipped in 2.00s"')
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[:2] == ["make test", "make docs"]
    assert [re.search(r"VENV=(\S+)", call)[1] for call in calls[2:]] == [f".venv-3.{n}" for n in (15, 14, 13, 12, 11)]
    assert run.stdout.splitlines()[-1] == "21 passed, 0 failed"
    assert run.returncode == 0


@pytest.mark.parametrize(
    ("last", "words"),
    [
        ('echo "2 failed, 1 passed, 1 error in 2.00s"; exit 1', "19 passed, 3 failed"),
        ("exit 2", "18 passed, 1 failed"),
        ('echo "3 passed in 2.00s"; touch "${5#*=}/fetched"', "21 passed, 1 failed"),
    ],
)
def test_continuous_integration_fails_where_one_python_does(tmp_path, last, words):
    run = run_ci(tmp_path, f'case "$*" in *3.12*) {last};; *) echo "3 passed in 2.00s";; esac')
    assert run.stdout.splitlines()[-1] == words
    assert run.returncode == 1


def test_continuous_integration_fails_where_the_site_cannot_be_made(tmp_path):
    run = run_ci(tmp_path, 'case "$*" in docs) exit 2;; *) echo "3 passed in 2.00s";; esac')
    assert run.stdout.splitlines()[-1] == "18 passed, 1 failed"
    assert run.returncode == 1


def test_committed_files_name_no_machine_and_no_package_registry():
    found = []
    for path in committed():
        if path.suffix in TEXT and path != Path(__file__).resolve():
            content = path.read_text(encoding="utf-8", errors="replace")
            found += [str(path.relative_to(ROOT)) for rule in (MACHINE_PATH, REGISTRY) if rule.search(content)]
    assert not found


def test_only_the_agreed_files_stand_at_the_top():
    agreed = "pyproject.toml notebooks sexresearch data reports tests README.md Makefile .ci LICENSE CHANGELOG.md"
    agreed += " CITATION.cff CONTRIBUTING.md docs .gitignore constraints.lock"
    assert {path.relative_to(ROOT).parts[0] for path in committed()} <= set(agreed.split())


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The wheel, built and unpacked as an installation would."""
    folder = tmp_path_factory.mktemp("wheel")
    built = next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))
    with zipfile.ZipFile(built) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_carries_notebooks_data_and_results(installed):
    bundled = installed / "sexresearch" / "_bundled"
    for source in ("notebooks", "data"):
        here = {str(path.relative_to(ROOT)) for path in committed() if path.is_relative_to(ROOT / source)}
        assert here <= {str(path.relative_to(bundled)) for path in bundled.rglob("*")}
    assert (bundled / "reports" / "results.csv").read_text() == text("reports/results.csv")
    assert (installed / "sexresearch" / "document" / "writers" / "templates" / "page.css").exists()
    assert (installed / "sexresearch" / "py.typed").exists()
    assert not list(installed.rglob("test_*"))


def test_the_installed_wheel_reproduces_from_any_folder(installed, tmp_path):
    notebooks = installed / "sexresearch" / "_bundled" / "notebooks"
    notebooks.mkdir(exist_ok=True)
    cells = [v4.new_markdown_cell("# Whose code?"), v4.new_code_cell("import sexresearch\nprint(sexresearch.__file__)")]
    nbformat.write(v4.new_notebook(cells=cells), notebooks / "99_probe.ipynb")
    environment = os.environ | {"PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "sexresearch", "reproduce", "99"]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert str(installed) in (tmp_path / "reports" / "99_probe.html").read_text(encoding="utf-8")
    assert str(ROOT) in sexresearch.__file__  # this process runs the checkout
