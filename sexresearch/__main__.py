"""``python -m sexresearch`` is the `sexresearch` command."""

from sexresearch.cli import run

run()
