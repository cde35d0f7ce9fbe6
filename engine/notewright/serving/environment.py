"""Do the installed versions equal those a package was proved with?"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from notewright.errors import WrongEnvironment

#: Where export writes the lock, most exact first.
_LOCKS = ("requirements.lock", "requirements.txt")
_PIN = re.compile(
    r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*==\s*([^\s;\\#]+)\s*(;[^\\#]*)?"
)


def require_proved_versions(name: str, package: Path) -> None:
    """Refuse to serve with other versions than the package's lock pins.

    Raises
    ------
    WrongEnvironment
        Naming the packages that differ.
    """
    found = differences(package)
    if found:
        raise WrongEnvironment(name, found)


def differences(package: Path) -> list[str]:
    r"""Return a phrase for each pinned package that is missing or differs here.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "requirements.lock").write_text("numpy==0.0.1 --hash=sha256:00\n")
    >>> print(differences(folder))  # doctest: +ELLIPSIS
    ['numpy is ..., not 0.0.1']
    """
    phrases = []
    for name, wanted in sorted(pins(package).items()):
        try:
            installed = version(name)
        except PackageNotFoundError:
            phrases.append(f"{name} {wanted} is not installed")
            continue
        if installed != wanted:
            phrases.append(f"{name} is {installed}, not {wanted}")
    return phrases


def pins(package: Path) -> dict[str, str]:
    """Return name to version from the package's lock; empty where it has none."""
    for file in _LOCKS:
        path = package / file
        if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()
            matches = [match for line in lines if (match := _PIN.match(line))]
            return {match[1]: match[2] for match in matches if _applies(match[3])}
    return {}


def _applies(marker: str | None) -> bool:
    if not marker:
        return True
    from packaging.markers import InvalidMarker, Marker

    try:
        return Marker(marker.lstrip("; ").strip()).evaluate()
    except InvalidMarker:
        return True
