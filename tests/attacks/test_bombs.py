"""A few bytes that unpack to gigabytes are refused, and cost no more memory than a few."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

#: What a process may have in all that is asked to open a bomb. The bombs claim, or are, more.
ROOM = 3 << 30
BEGIN = f"""
import io, json, struct, sys, zipfile
from pathlib import Path
import numpy as np, skops.io, zstandard
from notewright.errors import NotewrightError
from notewright.experiments.evaluation import Evaluation
from notewright.experiments.mlflow_store import flavour
from notewright.experiments.rows import load_labels
from notewright.store import Store
import resource
resource.setrlimit(resource.RLIMIT_AS, ({ROOM}, {ROOM}))
HUGE = 10 << 30

def zeros(size):
    "Return a zstd frame that holds so many zeros, a few hundred bytes a megabyte."
    compressor = zstandard.ZstdCompressor(level=1).compressobj(size=size)
    block = bytes(1 << 24)
    return b"".join(compressor.compress(block) for _ in range(size >> 24)) + compressor.flush()

def packed(name, size):
    "Return a zip with a part of so many zeros."
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(name, "w", force_zip64=True) as part:
            for _ in range(size >> 24):
                part.write(bytes(1 << 24))
    return out.getvalue()

def npy(shape):
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        out, {{"descr": "<f8", "fortran_order": False, "shape": shape}})
    return out.getvalue() + bytes(8)

def store():
    return Store(Path(sys.argv[1]) / ".notewright")

def record(objects, digest, content):
    target = objects.path(digest)
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(content)
"""
BOMBS = {
    "a record that claims 10 GB": """
objects = store().objects
frame = bytearray(zstandard.ZstdCompressor().compress(bytes(1 << 16)))
claims = b"\\x28\\xb5\\x2f\\xfd\\xe0" + struct.pack("<Q", HUGE) + bytes(frame[7:])
record(objects, "ab" * 32, b"\\x01" + claims)
objects.get("ab" * 32)
""",
    "a record that is 3 GB": """
objects = store().objects
record(objects, "ab" * 32, b"\\x01" + zeros(3 << 30))
objects.get("ab" * 32)
""",
    "a record of no said size": """
objects = store().objects
frame = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1 << 20))
record(objects, "ab" * 32, b"\\x01" + frame)
objects.get("ab" * 32)
""",
    "a pack whose place claims 10 GB": """
from tests.edited import edited
from notewright.store.packs import Placed
s = store()
writer = s.objects.pack_writer(); writer.prepare()
digest = writer.put(b"x" * 1000)
with s.catalog.transaction() as connection:
    s.objects.record_places(writer.take_placed(), connection)
edited(s.root, "UPDATE packed SET length = ?, size = ?", HUGE, HUGE)
Store(s.root).objects.get(digest)
""",
    "stored predictions of 3 GB": """
Evaluation.loads(packed("rows.npy", 3 << 30))
""",
    "stored rows that claim 80 GB": "load_labels(npy((HUGE,)))",
    "stored rows of a negative length": "load_labels(npy((-5,)))",
    "predictions that claim 80 GB": """
out = io.BytesIO()
with zipfile.ZipFile(out, "w") as archive:
    archive.writestr("rows.npy", npy((HUGE,)))
    archive.writestr("y_true.npy", npy((HUGE,)))
Evaluation.loads(out.getvalue())
""",
    "an MLflow model that unpacks to 3 GB": "flavour.parsed(packed('schema.json', 3 << 30))",
    "an MLflow model with an array of 3 GB": "flavour.parsed(packed('1.npy', 3 << 30))",
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is Linux's")
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_within_bounds(bomb: str, tmp_path: Path) -> None:
    code = (
        f"{BEGIN}\ntry:\n"
        + "".join(f"    {line}\n" for line in BOMBS[bomb].strip().splitlines())
        + "except (NotewrightError, flavour.NotLoadable) as error:\n    print('refused:', error)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[2],
        timeout=240,
        check=False,
    )
    assert ran.stdout.startswith("refused:"), ran.stderr[-2000:]
