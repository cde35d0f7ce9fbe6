"""zstd where a sample shows that it pays, and never more out of it than was put in."""

from __future__ import annotations

import threading

import blake3
import zstandard

from notewright.errors import CorruptObject

_SAMPLE = 64 * 1024
#: Compress only if the sample shrinks below this share of its size.
_WORTHWHILE = 0.9
_SMALLEST = 128
#: What claims to be larger is unpacked piece by piece first, to see whether it is what it says:
#: a few bytes can claim gigabytes, and be them.
_LARGE = 1 << 28
_PIECE = 1 << 20
_WINDOW = 1 << 31


class _Tools(threading.local):
    """What each thread compresses with: what they need of memory is found once."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=1)
        self.decompressor = zstandard.ZstdDecompressor(max_window_size=_WINDOW)


_tools = _Tools()


def compress(view: bytes | bytearray | memoryview) -> bytes:
    """Return `view` compressed, fast rather than small."""
    return _tools.compressor.compress(view)


def compressed(view: memoryview) -> bytes | None:
    """Return `view` compressed, or None where that would not pay."""
    if len(view) < _SMALLEST:
        return None
    middle = max(0, (len(view) - _SAMPLE) // 2)
    sample = view[middle : middle + _SAMPLE]
    if len(compress(sample)) > _WORTHWHILE * len(sample):
        return None
    return compress(view)


def decompressed(
    raw: bytes | memoryview,
    size: int,
    digest: str,
    dictionary: zstandard.ZstdCompressionDict | None = None,
    *,
    whole: bool = True,
) -> bytes:
    """Return what was compressed to `raw`.

    Parameters
    ----------
    raw : bytes or memoryview
        A zstd frame.
    size : int
        No more bytes than this come out: a bound against zip bombs.
    digest : str
        The object's address.
    dictionary : ZstdCompressionDict, optional
        What it was compressed against.
    whole : bool, default True
        Whether what comes out is the object, and not a difference to another.

    Raises
    ------
    CorruptObject
        If it is not a zstd frame, or holds more; also if it is large and not the object.
    """
    try:
        frame = zstandard.get_frame_parameters(raw)
        if frame.content_size > size:
            raise CorruptObject(digest, "it is larger than recorded")
        if whole and frame.content_size > _LARGE:
            _check(raw, digest, dictionary)
        decompressor = _tools.decompressor
        if dictionary is not None:
            decompressor = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=_WINDOW)
        return decompressor.decompress(raw, max_output_size=size)
    except zstandard.ZstdError as error:
        raise CorruptObject(digest, "it cannot be decompressed") from error


def _check(
    raw: bytes | memoryview, digest: str, dictionary: zstandard.ZstdCompressionDict | None
) -> None:
    """Raise `CorruptObject` unless `raw` holds the object; needs little memory."""
    window = 1 << 27 if dictionary is None else _WINDOW
    decompressor = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=window)
    hasher = blake3.blake3()
    for piece in decompressor.read_to_iter(raw, write_size=_PIECE):
        hasher.update(piece)
    if hasher.hexdigest() != digest:
        raise CorruptObject(digest, "its bytes do not have its hash")
