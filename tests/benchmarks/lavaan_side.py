"""An R process with lavaan that works through cases in turn with our own fits; absent where there is no R."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

SCRIPT = Path(__file__).with_suffix(".R")


@dataclass
class Lavaan:
    """The process; `folder` holds model texts and data by case name."""

    folder: Path
    process: subprocess.Popen[str] | None = None
    version: str = "lavaan absent: no R with lavaan on this machine"

    def __post_init__(self) -> None:
        if shutil.which("Rscript") is None:
            return
        self.process = subprocess.Popen(
            ["Rscript", "--vanilla", str(SCRIPT), str(self.folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        told = self._read()
        if told:
            self.version = "R {}, lavaan {}, R's BLAS/LAPACK {}".format(*told.split())
        else:
            self.process = None

    def keep(self, name: str, text: str, data: pd.DataFrame) -> None:
        """Write a case where R reads it."""
        (self.folder / f"{name}.txt").write_text(text)
        data.to_csv(self.folder / f"{name}.csv", index=False, float_format="%.17g")

    def run(self, verb: str, name: str, argument: int) -> tuple[float, float]:
        """CPU seconds and chi-square (NaN where the verb has none) of lavaan's work on a case."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(f"{verb} {name} {argument}\n")
        self.process.stdin.flush()
        seconds, chisq = self._read().split()
        return float(seconds), float(chisq)

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.communicate()

    def _read(self) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        return self.process.stdout.readline()
