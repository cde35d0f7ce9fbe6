"""What requirement files and cells say of the packages that a notebook needs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from notewright.governance.checks.cell_code import Code, shell_lines

#: Files in which every package has its version.
_LOCKS = (
    "uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock", "conda-lock.yml",
    "pixi.lock",
)  # fmt: skip
_LARGEST = 4_000_000
_DEEPEST = 5
_INSTALL = re.compile(
    r"(?:(?:python3?|uv)\s+(?:-m\s+)?)?(pip3?|conda|mamba)\s+(?:install|add)\s+(.*)|"
    r"uv\s+add\s+(.*)"
)
#: Options of `pip install` that take a word.
_WITH_WORD = {
    "-c", "--constraint", "-e", "--editable", "-f", "--find-links", "-i", "--index-url",
    "--extra-index-url", "--trusted-host", "-r", "--requirement", "-t", "--target", "--platform",
    "--file", "-n", "--channel",
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """One requirement.

    Parameters
    ----------
    name : str
        The package, in its normal form.
    text : str
        As it is written.
    version : str
        The only version it allows; empty if it allows several.
    fixed : bool
        Whether it allows one version alone.
    """

    name: str
    text: str
    version: str
    fixed: bool


@dataclass(frozen=True)
class RequirementFile:
    """One file, by its path in the project, and what it requires."""

    path: str
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True)
class Requirements:
    """What the files of a project say.

    Parameters
    ----------
    files : tuple of RequirementFile
        The requirement files.
    lock : str
        The file that fixes the version of every package; empty if there is none.
    locked : frozenset of str
        The packages in it.
    """

    files: tuple[RequirementFile, ...]
    lock: str = ""
    locked: frozenset[str] = frozenset()

    @property
    def names(self) -> set[str]:
        """All packages that are named, in their normal form."""
        return {w.name for file in self.files for w in file.wanted} | self.locked


def requirements_of(folders: Iterable[Path]) -> Requirements:
    """Return what the requirement files in a project's folders say.

    Parameters
    ----------
    folders : iterable of Path
        The project's folder and the notebook's.
    """
    files: dict[Path, RequirementFile] = {}
    lock, locked = "", frozenset[str]()
    for folder in dict.fromkeys(folders):
        for path in (*sorted(folder.glob("requirements*.txt")), *sorted(
            (folder / "requirements").glob("*.txt")
        )):  # fmt: skip
            files[path] = RequirementFile(
                str(path.relative_to(folder)), tuple(_of_text(path, folder, 0))
            )
        for name, reader in (
            ("pyproject.toml", _of_pyproject), ("environment.yml", _of_conda),
            ("environment.yaml", _of_conda),
        ):  # fmt: skip
            text = _read(folder / name)
            if text is not None and (wanted := tuple(reader(text))):
                files[folder / name] = RequirementFile(name, wanted)
        for name in _LOCKS:
            text = _read(folder / name)
            if text is not None and not lock:
                lock, locked = name, _locked(text)
    return Requirements(tuple(files.values()), lock, locked)


def installed_in(code: Code) -> list[Wanted]:
    """Return the packages that a cell installs, with what it says of their versions."""
    found: list[Wanted] = []
    for line in shell_lines(code.cell.source):
        for command in re.split(r"&&|;|\|\|", line):
            made = _INSTALL.match(command.strip())
            if made is not None:
                found += _of_words(made[2] or made[3] or "", made[1] in ("conda", "mamba"))
    return found


def wanted(text: str) -> Wanted | None:
    """Return one requirement; None where it is none.

    Examples
    --------
    >>> wanted("pandas==2.2.*").fixed, wanted("Scikit_Learn == 1.5.2").version
    (False, '1.5.2')
    """
    text = text.strip()
    repository = re.match(r"(?:git|hg|svn|bzr)\+\S+?(?:@([\w.-]+))?(?:#egg=([\w.-]+))?$", text)
    if repository is not None:
        name = repository[2] or text.split("@")[0].rstrip("/").rpartition("/")[2]
        name = canonicalize_name(name.removesuffix(".git"))
        return Wanted(name, text, "", repository[1] is not None)
    try:
        made = Requirement(text)
    except InvalidRequirement:
        return None
    exact = [s.version for s in made.specifier if s.operator in ("==", "===")]
    one = next((version for version in exact if "*" not in version), "")
    fixed = bool(one) or (made.url is not None and ("@" in made.url or "://" in made.url))
    return Wanted(canonicalize_name(made.name), text, one, fixed)


def _of_text(path: Path, root: Path, depth: int) -> Iterator[Wanted]:
    text = _read(path)
    if text is None or depth > _DEEPEST:
        return
    for line in text.replace("\\\n", " ").splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        other = re.match(r"(?:-r|--requirement|-c|--constraint)[ =]\s*(\S+)", line)
        if other is not None:
            inside = (path.parent / other[1]).resolve()
            if inside.is_relative_to(root.resolve()):
                yield from _of_text(inside, root, depth + 1)
        elif line and not line.startswith("-"):
            made = wanted(re.sub(r"\s--\w.*", "", line))
            if made is not None:
                yield made


def _of_pyproject(text: str) -> Iterator[Wanted]:
    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    project = found.get("project", {})
    for each in project.get("dependencies", ()) if isinstance(project, dict) else ():
        made = wanted(each) if isinstance(each, str) else None
        if made is not None:
            yield made


def _of_conda(text: str) -> Iterator[Wanted]:
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError):
        return
    listed = found.get("dependencies") if isinstance(found, dict) else None
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict):
            inside = each.get("pip")
            for one in inside if isinstance(inside, list) else ():
                if (made := wanted(str(one))) is not None:
                    yield made
        elif (made := _of_conda_word(str(each))) is not None:
            yield made


def _of_conda_word(text: str) -> Wanted | None:
    """Return what a requirement of conda says: ``numpy=2.0.1``, ``conda-forge::scipy``."""
    found = re.match(r"(?:[\w.-]+::)?([\w.-]+)\s*(={1,2})?\s*([\w.!+]+)?", text.strip())
    if found is None or found[1] in ("python", "pip"):
        return None
    fixed = found[2] is not None and found[3] is not None
    return Wanted(canonicalize_name(found[1]), text, found[3] or "" if fixed else "", fixed)


def _of_words(rest: str, conda: bool) -> Iterator[Wanted]:
    # A `#` starts a comment, but in an address.
    words = re.sub(r"\s#.*", "", rest).replace('"', "").replace("'", "").split()
    skip = False
    for word in words:
        if skip or word.startswith("-"):
            skip = not skip and word in _WITH_WORD
            continue
        if word.startswith((".", "/", "~")) or word.endswith((".whl", ".tar.gz", ".zip")):
            continue
        made = _of_conda_word(word) if conda else wanted(word)
        if made is not None:
            yield made


def _locked(text: str) -> frozenset[str]:
    """Return the packages that a lock file names, whatever its format."""
    names = re.findall(r'^\s*-?\s*"?name"?\s*[=:]\s*"?([\w.-]+)"?', text, re.M)
    names += re.findall(r'^\s{8}"([\w.-]+)": \{$', text, re.M)  # Pipfile.lock
    return frozenset(canonicalize_name(name) for name in names)


def _read(path: Path) -> str | None:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def unpinned(wanted_: Sequence[Wanted]) -> list[Wanted]:
    """Return those that allow more than one version."""
    return [each for each in wanted_ if not each.fixed]
