"""zstd where a sample shows that it pays, and never more out of it than was put in."""

from __future__ import annotations

import zstandard

from notewright.errors import CorruptObject

_SAMPLE = 64 * 1024
#: Compress only if the sample shrinks below this share of its size.
_WORTHWHILE = 0.9
_SMALLEST = 128


def compressed(view: memoryview) -> bytes | None:
    """Return `view` compressed, or None where that would not pay."""
    if len(view) < _SMALLEST:
        return None
    compressor = zstandard.ZstdCompressor(level=1)
    middle = max(0, (len(view) - _SAMPLE) // 2)
    sample = view[middle : middle + _SAMPLE]
    if len(compressor.compress(sample)) > _WORTHWHILE * len(sample):
        return None
    return compressor.compress(view)


def decompressed(
    raw: bytes | memoryview,
    size: int,
    digest: str,
    dictionary: zstandard.ZstdCompressionDict | None = None,
) -> bytes:
    """Return what was compressed to `raw`.

    Parameters
    ----------
    raw : bytes or memoryview
        A zstd frame.
    size : int
        No more bytes than this come out: a bound against zip bombs.
    digest : str
        The object's address, for the error.
    dictionary : ZstdCompressionDict, optional
        What it was compressed against.

    Raises
    ------
    CorruptObject
        If it is not a zstd frame, or holds more.
    """
    try:
        frame = zstandard.get_frame_parameters(raw)
        if frame.content_size > size:
            raise CorruptObject(digest, "it is larger than recorded")
        decompressor = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=1 << 31)
        return decompressor.decompress(raw, max_output_size=size)
    except zstandard.ZstdError as error:
        raise CorruptObject(digest, "it cannot be decompressed") from error
