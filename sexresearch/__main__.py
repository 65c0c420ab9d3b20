"""``python -m sexresearch`` is the `sexresearch` command."""

from sexresearch.cli import app

app()
