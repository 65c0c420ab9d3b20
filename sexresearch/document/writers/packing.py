"""Office files without the time at which they were packed: the same document gives the same bytes."""

from __future__ import annotations

import io
import zipfile

BEGINNING = (1980, 1, 1, 0, 0, 0)  # the earliest that the format can say


def undated(packed: bytes) -> bytes:
    """The same zip archive with every entry dated alike."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            dated = zipfile.ZipInfo(entry.filename, BEGINNING)
            dated.compress_type, dated.external_attr = zipfile.ZIP_DEFLATED, entry.external_attr
            new.writestr(dated, old.read(entry.filename))
    return out.getvalue()
