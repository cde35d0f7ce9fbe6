"""Locked dependencies and the clean environments made from them."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from notewright.errors import ExportFailed, NoNetwork
from notewright.packaging.indexes import sources
from notewright.packaging.replay import run_process
from notewright.packaging.server_wheel import server_requirements
from notewright.progress import Progress

#: Compiled when it is installed, so that every process made from it later starts faster.
_INSTALL = ["pip", "install", "-q", "--compile-bytecode", "--require-hashes"]
_INSTALL += ["-r", "requirements.txt"]


@dataclass(frozen=True)
class Locks:
    """What a package depends on.

    Parameters
    ----------
    direct : tuple of str
        ``name==version`` of what its code imports.
    pylock : str
        The lock (PEP 751).
    requirements, test_requirements : str
        The same lock for pip, with hashes; and what its tests need besides.
    serve_requirements : str
        The same lock with what its HTTP server needs besides.
    """

    direct: tuple[str, ...]
    pylock: str
    requirements: str
    test_requirements: str
    serve_requirements: str

    @property
    def off_index(self) -> list[str]:
        """What is locked and cannot be on the usual index: versions with a local label."""
        return re.findall(r"^[\w.-]+==\S+\+\S+", self.requirements, re.M)

    @property
    def hash(self) -> str:
        """The hash of the lock and of the interpreter it is for."""
        words = f"{self.requirements}\n{sys.version}\n{sys.platform}"
        return hashlib.sha256(words.encode()).hexdigest()[:20]


def direct_dependencies(
    modules: Iterable[str], local: Path, optional: Collection[str] = ()
) -> tuple[list[str], list[Path]]:
    """Return ``name==version`` for modules, and the local files among them.

    Parameters
    ----------
    modules : iterable of str
        Top-level modules.
    local : Path
        The notebook's folder.
    optional : collection of str
        Modules that the code does without where they are not installed, as they are not here.

    Raises
    ------
    ExportFailed
        If a module comes from neither an installed distribution nor the notebook's folder.
    """
    known = _distributions(_seen())
    found: dict[str, str] = {}
    files: list[Path] = []
    for module in sorted(set(modules)):
        if module in sys.stdlib_module_names:
            continue
        names = known.get(module, [])
        if names:
            name = names[0]
            found[_normal(name)] = importlib.metadata.version(name)
        elif (local / f"{module}.py").is_file():
            files.append(local / f"{module}.py")
        elif module not in optional:
            raise ExportFailed(
                f"The notebook imports '{module}', which no installed distribution provides.",
                f"Put {module}.py beside the notebook, or install it as a package.",
            )
    return [f"{name}=={version}" for name, version in sorted(found.items())], files


def lock(direct: tuple[str, ...]) -> Locks:
    """Return the locks for direct dependencies, at the versions that are installed here.

    Raises
    ------
    NoNetwork
        If the index cannot be reached and uv's cache does not have what is needed.
    """
    return _lock(direct, _installed(_seen()))


@functools.lru_cache(maxsize=8)
def _lock(direct: tuple[str, ...], installed: tuple[str, ...]) -> Locks:
    with tempfile.TemporaryDirectory(prefix="notewright-") as folder:
        here = Path(folder)
        (here / "requirements.in").write_text("\n".join(direct) + "\n", encoding="utf-8")
        (here / "tests.in").write_text("pytest>=8\n", encoding="utf-8")
        server = "\n".join([*direct, *server_requirements()])
        (here / "serve.in").write_text(server + "\n", encoding="utf-8")
        (here / "constraints.txt").write_text("\n".join(installed) + "\n", encoding="utf-8")
        common = [
            "pip",
            "compile",
            "--no-header",
            "--no-annotate",
            "-q",
            "--python",
            sys.executable,
        ]
        common += ["-c", "constraints.txt"]
        hashed = ["--generate-hashes"]
        _uv([*common, "--format", "pylock.toml", "-o", "pylock.toml", "requirements.in"], here)
        _uv([*common, *hashed, "-o", "requirements.txt", "requirements.in"], here)
        _uv([*common, *hashed, "-o", "tests.txt", "tests.in"], here)
        _uv([*common, *hashed, "-c", "requirements.txt", "-o", "serve.txt", "serve.in"], here)
        texts = [
            _without_places((here / name).read_text(encoding="utf-8"))
            for name in ("pylock.toml", "requirements.txt", "tests.txt", "serve.txt")
        ]
    return Locks(direct, *texts)


def _without_places(lock: str) -> str:
    """Return a lock without names and passwords in its addresses, and without local folders.

    Examples
    --------
    >>> _without_places('url = "https://ada:tea4two@index.example/a.whl"')
    'url = "https://index.example/a.whl"'
    >>> _without_places('wheels = [{ url = "file:///home/ada/wheels/a.whl" }]')
    'wheels = [{ path = "a.whl" }]'
    """
    lock = re.sub(r'\burl = "file://[^"]*/([^"/]+)"', r'path = "\1"', lock)
    return re.sub(r"(?<=://)[^/\s@\"']+@", "", lock)


def environment(locks: Locks, progress: Progress | None = None) -> Path:
    """Return the interpreter of a clean environment with the locked dependencies.

    It is made once for each lock and never changed after.
    """
    home = _cache() / "envs" / locks.hash
    if not home.exists():
        with _Making(home) as new:
            _uv(["venv", "-q", "--python", sys.executable, str(new / "env")], new, progress)
            (new / "requirements.txt").write_text(locks.requirements, encoding="utf-8")
            _uv([*_INSTALL, "--python", str(python_of(new / "env"))], new, progress)
    return python_of(home / "env")


def tools_for_tests(locks: Locks, progress: Progress | None = None) -> Path:
    """Return a folder with what the package's tests need besides its dependencies."""
    words = f"{locks.test_requirements}\n{sys.version}\ncompiled"
    digest = hashlib.sha256(words.encode()).hexdigest()[:20]
    home = _cache() / "tools" / digest
    if not home.exists():
        with _Making(home) as new:
            (new / "requirements.txt").write_text(locks.test_requirements, encoding="utf-8")
            _uv([*_INSTALL, "--python", sys.executable, "--target", "site"], new, progress)
    return home / "site"


def layered(base: Path, home: Path, progress: Progress | None = None) -> Path:
    """Make an environment at `home` on top of the one of `base`, for a wheel of its own.

    Parameters
    ----------
    base : Path
        The interpreter of a cached environment, which stays as it is.
    home : Path
        Where to make it.

    Returns
    -------
    Path
        Its interpreter.
    """
    _uv(["venv", "-q", "--python", str(base), str(home)], home.parent, progress)
    python = python_of(home)
    site = _site(home)
    (site / "locked.pth").write_text(f"{_site(base.parents[1])}\n", encoding="utf-8")
    return python


def install(wheel: Path, python: Path, progress: Progress | None = None) -> None:
    """Install a package's wheel, and nothing else, into its environment."""
    options = ["--no-deps", "--no-index", "--python", str(python)]
    _uv(["pip", "install", "-q", *options, str(wheel)], wheel.parent, progress)


def build_wheel(tree: Path, out: Path, progress: Progress | None = None) -> Path:
    """Build the wheel of the package in `tree` and return its path."""
    # The notebook's own interpreter, not one that uv would find or fetch.
    chosen = ["--python", sys.executable, "--no-python-downloads"]
    _uv(["build", "-q", "--wheel", *chosen, "--out-dir", str(out), str(tree)], tree, progress)
    for ignore in out.glob(".gitignore"):
        ignore.unlink()
    return next(out.glob("*.whl"))


def python_of(home: Path) -> Path:
    """Return the interpreter of the environment at `home`."""
    return home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _site(home: Path) -> Path:
    if sys.platform == "win32":
        return home / "Lib" / "site-packages"
    return next((home / "lib").glob("python*")) / "site-packages"


def _cache() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("notewright")


class _Making:
    """A folder that is filled aside and appears under its name when it is complete."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __enter__(self) -> Path:
        self.home.parent.mkdir(parents=True, exist_ok=True)
        self.new = Path(tempfile.mkdtemp(dir=self.home.parent, prefix=".new-"))
        return self.new

    def __exit__(self, kind: object, *rest: object) -> None:
        if kind is None:
            try:
                self.new.rename(self.home)
                return
            except OSError:
                if not self.home.exists():
                    raise
                # Another export made the same environment meanwhile.
        shutil.rmtree(self.new, ignore_errors=True)


def _uv(arguments: Sequence[str], cwd: Path, progress: Progress | None = None) -> None:
    """Run uv: from its cache if that suffices, else with the network."""
    import uv

    command = [uv.find_uv_bin(), "--color", "never", *arguments]
    networked = arguments[0] == "build" or arguments[:2] in (["pip", "compile"], ["pip", "install"])
    result: subprocess.CompletedProcess[str] | None = None
    for options in _ways() if networked else [["--offline"]]:
        result = run_process([*command, *options], cwd, progress=progress)
        if result.returncode == 0:
            return
    assert result is not None
    detail = re.sub(r"\s+", " ", result.stderr).strip()
    if networked and re.search(r"fetch|connect|network|dns|timed out|offline", detail, re.I):
        raise NoNetwork(detail)
    raise ExportFailed(
        f"`uv {' '.join(arguments[:2])}` failed: {detail[-400:]}",
        "If a version left the index, upgrade it in the notebook and run the cells again.",
    )


def _ways() -> Iterator[list[str]]:
    """Yield the options with which uv may find what is needed; asking pip takes a while."""
    yield ["--offline"]
    for source in sources():
        if source:
            yield ["--offline", *source]
        yield [*source]


def _seen() -> tuple[tuple[str, int], ...]:
    """Return where distributions are installed, and when that last changed."""
    folders = [Path(entry or ".") for entry in sys.path]
    return tuple((str(f), f.stat().st_mtime_ns) for f in folders if f.is_dir())


@functools.lru_cache(maxsize=1)
def _distributions(seen: object) -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()


@functools.lru_cache(maxsize=1)
def _installed(seen: object) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for item in importlib.metadata.distributions():
        name = item.metadata["Name"]
        if name and "+" not in item.version and _normal(name) != "notewright":
            # Of two versions the first on the path is the one that is imported.
            found.setdefault(_normal(name), item.version)
    return tuple(sorted(f"{name}=={version}" for name, version in found.items()))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
