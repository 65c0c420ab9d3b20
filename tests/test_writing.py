"""Files are written whole or not at all."""

import errno
import os
import resource
import stat
from contextlib import contextmanager

import nbformat
import pytest

import sexresearch as sx
from sexresearch.errors import WriteError
from sexresearch.study.execution import Execution
from sexresearch.study.reproduction import store_outputs
from sexresearch.study.results_file import results_frame, write_results
from sexresearch.writing import write_whole

OLD = "what stood there before"


@contextmanager
def disk_that_fills_up():
    """No file of this process may grow beyond 1000 bytes: the system refuses the rest as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def results():
    return sx.fit("joy =~ CUSA1 + CUSA2 + CUSA3 + CUSCO", moments=sx.datasets.load("mobi_moments"))


def notebook(path):
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("stream", text="a" * 5000)])
    return Execution(path, nbformat.v4.new_notebook(cells=[cell]), 0.0)


WRITERS = {
    "text": lambda path, results: write_whole(path, "x" * 5000),
    "report.html": lambda path, results: sx.report(results, path),
    "results.csv": lambda path, results: write_results(results_frame([]).reindex(range(2000)), path),
    "own.ipynb": lambda path, results: store_outputs(notebook(path)),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_leaves_the_old_file_and_no_stump(name, tmp_path, results):
    path = tmp_path / name
    path.write_text(OLD)
    with disk_that_fills_up(), pytest.raises(WriteError, match=f"{name}' cannot be written: File too large"):
        WRITERS[name](path, results)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {name: OLD}
    WRITERS[name](path, results)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert path.read_text(encoding="utf-8") != OLD


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_an_interruption_leaves_the_old_file_and_no_stump(error, tmp_path, monkeypatch):
    path = tmp_path / "note.txt"
    path.write_text(OLD)

    def interrupted(*_):
        raise error

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises((WriteError, KeyboardInterrupt)):
        write_whole(path, "new")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"note.txt": OLD}


def test_permissions_and_links_are_kept(tmp_path):
    path, link = tmp_path / "note.txt", tmp_path / "link.txt"
    path.write_text(OLD)
    path.chmod(0o640)
    link.symlink_to(path)
    write_whole(link, "new")
    assert (path.read_text(), link.is_symlink(), stat.S_IMODE(path.stat().st_mode)) == ("new", True, 0o640)
    plain = tmp_path / "plain.txt"
    plain.write_text("")
    assert write_whole(tmp_path / "fresh.txt", "").stat().st_mode == plain.stat().st_mode


def test_a_device_is_written_to(tmp_path):
    assert write_whole(os.devnull, "gone")
    assert not os.path.isfile(os.devnull)
    with pytest.raises(WriteError, match="No space left"):
        write_whole("/dev/full", "x")


def test_why_a_file_cannot_be_written_is_said(tmp_path, results):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.html").mkdir()
    cases = {
        tmp_path / "folder.html": "it is a folder",
        tmp_path / "file" / "x.html": "it is a file, not a folder",
        tmp_path / "a\0b.html": "null",
        tmp_path / ("n" * 300 + ".html"): "too long",
    }
    for path, reason in cases.items():
        with pytest.raises(WriteError, match=reason):
            sx.report(results, path)
    with pytest.raises(WriteError, match="cannot be written: Not a directory"):
        sx.reproduce(["01"], out=tmp_path / "file")
