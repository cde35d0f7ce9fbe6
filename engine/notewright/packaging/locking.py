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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from notewright.errors import ExportFailed, NoNetwork
from notewright.packaging.replay import run_process
from notewright.progress import Progress


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
    """

    direct: tuple[str, ...]
    pylock: str
    requirements: str
    test_requirements: str

    @property
    def hash(self) -> str:
        """The hash of the lock and of the interpreter it is for."""
        words = f"{self.requirements}\n{sys.version}\n{sys.platform}"
        return hashlib.sha256(words.encode()).hexdigest()[:20]


def direct_dependencies(modules: Iterable[str], local: Path) -> tuple[list[str], list[Path]]:
    """Return ``name==version`` for modules, and the local files among them.

    Raises
    ------
    ExportFailed
        If a module comes from neither an installed distribution nor the notebook's folder.
    """
    known = importlib.metadata.packages_distributions()
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
        else:
            raise ExportFailed(
                f"The notebook imports '{module}', which no installed distribution provides.",
                f"Put {module}.py beside the notebook, or install it as a package.",
            )
    return [f"{name}=={version}" for name, version in sorted(found.items())], files


@functools.lru_cache(maxsize=8)
def lock(direct: tuple[str, ...]) -> Locks:
    """Return the locks for direct dependencies, at the versions that are installed here.

    Raises
    ------
    NoNetwork
        If the index cannot be reached and uv's cache does not have what is needed.
    """
    with tempfile.TemporaryDirectory(prefix="notewright-") as folder:
        here = Path(folder)
        (here / "requirements.in").write_text("\n".join(direct) + "\n", encoding="utf-8")
        (here / "tests.in").write_text("pytest>=8\n", encoding="utf-8")
        (here / "constraints.txt").write_text("\n".join(_installed()) + "\n", encoding="utf-8")
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
        texts = [
            (here / name).read_text(encoding="utf-8")
            for name in ("pylock.toml", "requirements.txt", "tests.txt")
        ]
    return Locks(direct, *texts)


def environment(locks: Locks, progress: Progress | None = None) -> Path:
    """Return the interpreter of a clean environment with the locked dependencies.

    It is made once for each lock and never changed after.
    """
    home = _cache() / "envs" / locks.hash
    if not home.exists():
        with _Making(home) as new:
            _uv(["venv", "-q", "--python", sys.executable, str(new / "env")], new, progress)
            (new / "requirements.txt").write_text(locks.requirements, encoding="utf-8")
            install = ["pip", "install", "-q", "--require-hashes", "-r", "requirements.txt"]
            _uv([*install, "--python", str(python_of(new / "env"))], new, progress)
            _compile(new / "env", progress)
    return python_of(home / "env")


def tools_for_tests(locks: Locks, progress: Progress | None = None) -> Path:
    """Return a folder with what the package's tests need besides its dependencies."""
    digest = hashlib.sha256((locks.test_requirements + sys.version).encode()).hexdigest()[:20]
    home = _cache() / "tools" / digest
    if not home.exists():
        with _Making(home) as new:
            (new / "requirements.txt").write_text(locks.test_requirements, encoding="utf-8")
            install = ["pip", "install", "-q", "--require-hashes", "-r", "requirements.txt"]
            _uv([*install, "--python", sys.executable, "--target", "site"], new, progress)
    return home / "site"


def layered(base: Path, home: Path, wheel: Path, progress: Progress | None = None) -> Path:
    """Make an environment at `home`: the one of `base`, and the wheel on top.

    Parameters
    ----------
    base : Path
        The interpreter of a cached environment, which stays as it is.
    home : Path
        Where to make it.
    wheel : Path
        The package's wheel.

    Returns
    -------
    Path
        Its interpreter.
    """
    _uv(["venv", "-q", "--python", str(base), str(home)], home.parent, progress)
    python = python_of(home)
    site = _site(home)
    (site / "locked.pth").write_text(f"{_site(base.parents[1])}\n", encoding="utf-8")
    install = ["pip", "install", "-q", "--no-deps", "--no-index", "--python", str(python)]
    _uv([*install, str(wheel)], home.parent, progress)
    return python


def build_wheel(tree: Path, out: Path, progress: Progress | None = None) -> Path:
    """Build the wheel of the package in `tree` and return its path."""
    _uv(["build", "-q", "--wheel", "--out-dir", str(out), str(tree)], tree, progress)
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


def _compile(home: Path, progress: Progress | None) -> None:
    """Compile the environment's modules once, so that each process starts faster."""
    command = [str(python_of(home)), "-m", "compileall", "-q", "-j", "2", str(_site(home))]
    run_process(command, home, progress=progress)


def _uv(arguments: Sequence[str], cwd: Path, progress: Progress | None = None) -> None:
    """Run uv: from its cache if that suffices, else with the network."""
    import uv

    command = [uv.find_uv_bin(), *arguments]
    networked = arguments[0] == "build" or arguments[:2] in (["pip", "compile"], ["pip", "install"])
    result: subprocess.CompletedProcess[str] | None = None
    for offline in [True, False] if networked else [True]:
        extra = ["--offline"] if offline else _index()
        result = run_process([*command, *extra], cwd, progress=progress)
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


@functools.cache
def _index() -> tuple[str, ...]:
    """Return the options for the package index that pip is set to use, if any."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    url = result.stdout.strip()
    return ("--index-url", url) if result.returncode == 0 and url else ()


def _installed() -> list[str]:
    return sorted(
        {
            f"{_normal(d.metadata['Name'])}=={d.version}"
            for d in importlib.metadata.distributions()
            if d.metadata["Name"]
            and "+" not in d.version
            and _normal(d.metadata["Name"]) != "notewright"
        }
    )


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
