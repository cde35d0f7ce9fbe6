"""scikit-learn's own example programs, as notebooks: fetched, cut into cells, told apart."""

from __future__ import annotations

import ast
import re
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

#: Debian's package of the documentation holds the programs; so does the source distribution.
_DEBIAN = "python-sklearn-doc"
_SOURCE = "scikit-learn==1.2.1"
#: What a program says where it needs more than the installed libraries.
_NETWORK = re.compile(r"\bfetch_\w+|\burlopen\b|\burlretrieve\b|https?://\S+\.csv")
#: A new cell begins at these lines, as the documentation's own builder has it.
_MARK = re.compile(r"^(?:# ?%%|#{20,}).*$")


@dataclass(frozen=True)
class Example:
    """One program.

    Parameters
    ----------
    name : str
        Its folder and file, such as ``svm/plot_iris_svc``.
    text : str
        The program.
    """

    name: str
    text: str

    @property
    def title(self) -> str:
        """A name that a package can have."""
        return self.name.partition("/")[2].removeprefix("plot_").removesuffix(".py")

    @property
    def needs_network(self) -> str:
        """What the program would fetch, or ``""``."""
        found = _NETWORK.search(self.text)
        return found[0] if found else ""

    @property
    def fits(self) -> bool:
        """Whether the program says anywhere that something is fitted."""
        return re.search(r"\.(partial_)?fit\w*\(", self.text) is not None

    @property
    def cells(self) -> list[str]:
        """The program's code, cut at its marks; cells that only say something are left out."""
        parts: list[list[str]] = [[]]
        for line in self.text.splitlines():
            if _MARK.match(line):
                parts.append([])
            else:
                parts[-1].append(line)
        cells = ["\n".join(part).strip("\n") for part in parts]
        return [cell for cell in cells if _has_code(cell)]


def _has_code(cell: str) -> bool:
    try:
        body = ast.parse(cell).body
    except SyntaxError:
        return True  # the kernel says so
    return any(not _only_text(node) for node in body)


def _only_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def examples(folder: Path | None = None) -> list[Example]:
    """Return the programs, short ones first, fetched once into the user's cache.

    Parameters
    ----------
    folder : Path, optional
        Where they are already.
    """
    folder = folder or _fetched(platformdirs.user_cache_path("notewright") / "examples")
    found = [
        Example(f"{file.parent.name}/{file.stem}", file.read_text(encoding="utf-8"))
        for file in folder.rglob("*.py")
    ]
    return sorted(found, key=lambda example: (len(example.text), example.name))


def _fetched(cache: Path) -> Path:
    made = cache / "programs"
    if made.is_dir():
        return made
    cache.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(["apt-get", "download", "-q", _DEBIAN], cwd=cache, check=True)
        archive = next(cache.glob(f"{_DEBIAN}_*.deb"))
        subprocess.run(["dpkg-deb", "-x", archive, cache / "unpacked"], check=True)
    except (OSError, subprocess.CalledProcessError):
        command = ["pip", "download", "-q", "--no-deps", "--no-binary", ":all:", _SOURCE]
        subprocess.run(command, cwd=cache, check=True)
        with tarfile.open(next(cache.glob("scikit*learn-*.tar.gz"))) as source:
            source.extractall(cache / "unpacked", filter="data")
    found = next(p for p in (cache / "unpacked").rglob("examples") if (p / "svm").is_dir())
    return found.rename(made)
