"""Signed tree heads, and where they are kept outside the database.

Two files hold the heads: one beside the database, which travels with a copy of
the store, and one in the user's configuration folder, which an edit of the
store does not reach. Each is a text of one JSON object a line, oldest first;
old lines are thinned out so that the file stays small.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from notewright.store.canonical import canonical, digest_of
from notewright.store.signing import verify

#: Past this many lines the file is thinned: every `_STRIDE`-th old head and all recent ones stay.
_MAX_LINES = 4096
_RECENT = 1024
_STRIDE = 64


@dataclass(frozen=True)
class Head:
    """What the log was at one size, signed by whoever made the last entry.

    Parameters
    ----------
    workspace : str
        The workspace's id.
    size : int
        Number of entries.
    root : str
        Root of the RFC 6962 tree over them, hexadecimal.
    signer : str
        Name of the signer.
    public : str
        Their public key, hexadecimal.
    signature : str
        Ed25519 over the canonical JSON of `workspace`, `size` and `root`.
    """

    workspace: str
    size: int
    root: str
    signer: str
    public: str
    signature: str

    def is_well_formed(self) -> bool:
        """Tell whether a size is a number and all else is text, as in what Notewright wrote."""
        words = [value for name, value in vars(self).items() if name != "size"]
        return type(self.size) is int and self.size > 0 and all(type(w) is str for w in words)

    def signed_by_key(self) -> bool:
        """Tell whether the signature fits the key the head names."""
        return verify(self.public, self.signature, head_bytes(self.workspace, self.size, self.root))


def head_bytes(workspace: str, size: int, root: str) -> bytes:
    """Return the bytes that a head's signature covers."""
    return canonical({"root": root, "size": size, "type": "audit head 1", "workspace": workspace})


def outside_path(config: Path, workspace: str, store: Path) -> Path:
    """Return the file in the user's configuration folder for the store at this place.

    The place counts, because a copy of a store goes its own way from then on.
    """
    place = digest_of(str(store.resolve()).encode())[:16]
    return config / "heads" / f"{workspace}-{place}.jsonl"


class HeadFile:
    """The heads of one log in one file.

    Parameters
    ----------
    path : Path
        The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: int | None = None

    def append(self, head: Head) -> None:
        """Add `head` as the newest, unless it is that already.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        line = json.dumps(vars(head), sort_keys=True).encode() + b"\n"
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        except FileNotFoundError:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.lseek(handle, 0, os.SEEK_END)
            end = os.pread(handle, len(line) + 1, max(0, size - len(line) - 1))
            if end.lstrip(b"\n") == line:
                return
            if end and not end.endswith(b"\n"):
                line = b"\n" + line  # a crash cut the last line short: start on a fresh one
            os.write(handle, line)
        finally:
            os.close(handle)
        if size > _MAX_LINES * len(line):
            self._thin()

    def read(self) -> list[Head]:
        """Return the heads, oldest first; lines that a crash cut short are passed over."""
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:  # absent or unreadable: the verdict then says that there is none
            return []
        heads = []
        for line in text.splitlines():
            try:
                head = Head(**json.loads(line))
            except (ValueError, TypeError, RecursionError):
                continue
            if head.is_well_formed():
                heads.append(head)
        return heads

    def _thin(self) -> None:
        heads = self.read()
        old, recent = heads[:-_RECENT], heads[-_RECENT:]
        kept = [head for head in old if head.size % _STRIDE == 0] + recent
        handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=".heads")
        with os.fdopen(handle, "wb") as file:
            for head in kept:
                file.write(json.dumps(vars(head), sort_keys=True).encode() + b"\n")
        os.replace(temporary, self.path)
