"""NumPy's files, read without pickles and without room made for what they only claim to hold."""

from __future__ import annotations

import io
import math
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from notewright.errors import BadRecord

Array = NDArray[Any]


def read_array(data: bytes) -> Array:
    """Return the array of a `.npy` file.

    Raises
    ------
    BadRecord
        If it is none, has objects in it, or is not as long as it says.

    Examples
    --------
    >>> file = io.BytesIO()
    >>> np.save(file, np.arange(3))
    >>> read_array(file.getvalue())
    array([0, 1, 2])
    """
    try:
        file = io.BytesIO(data)
        reads = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        shape, _, kind = reads[np.lib.format.read_magic(file)](file)
        if kind.hasobject:
            raise ValueError("it holds objects")
        if math.prod(shape) * kind.itemsize != len(data) - file.tell():
            raise ValueError("it is not as long as it says")
        loaded: Array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, KeyError, EOFError, SyntaxError) as error:
        raise _unreadable(error) from error
    return loaded


def read_arrays(data: bytes) -> dict[str, Array]:
    """Return the arrays of a `.npz` file that was written without compression.

    Raises
    ------
    BadRecord
        If it is none, is compressed, or an array in it cannot be read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if any(part.compress_type != zipfile.ZIP_STORED for part in parts):
                raise ValueError("it is compressed")
            if sum(part.file_size for part in parts) > len(data):
                raise ValueError("it is not as long as it says")
            contents = {part.filename: archive.read(part) for part in parts}
    except (ValueError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise _unreadable(error) from error
    return {name.removesuffix(".npy"): read_array(part) for name, part in contents.items()}


def _unreadable(error: Exception) -> BadRecord:
    return BadRecord(
        f"Stored rows cannot be read: {error}.", "`%nw fsck` shows what else is damaged."
    )
