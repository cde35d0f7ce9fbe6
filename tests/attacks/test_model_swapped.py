"""A model file that was changed, exchanged or linked elsewhere is never loaded."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.attacks.conftest import Payload
from tests.serving.conftest import environment, light, light_packages, write_manifest

from notewright.errors import PackageAltered
from notewright.serving.integrity import check_files, manifest_digest
from notewright.serving.model import PackageModel

__all__ = ["light", "light_packages"]

MODEL = Path("model") / "model.json"


@pytest.fixture
def copy(light: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "credit_risk"
    shutil.copytree(light, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def swapped(package: Path, payload: bytes) -> None:
    (package / MODEL).write_bytes(payload)


def exchanged(package: Path, payload: bytes) -> None:
    other = package.parent / "other"
    other.write_bytes(payload)
    os.replace(other, package / MODEL)


def linked(package: Path, payload: bytes) -> None:
    exchanged(package, payload)
    (package / MODEL).rename(package.parent / "outside")
    (package / MODEL).symlink_to(package.parent / "outside")


def linked_folder(package: Path, payload: bytes) -> None:
    shutil.move(package / "model", package.parent / "model outside")
    (package / "model").symlink_to(package.parent / "model outside")


def listed(package: Path, payload: bytes) -> None:
    exchanged(package, payload)
    write_manifest(package)


ATTACKS = [swapped, exchanged, linked, linked_folder, listed]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_changed_model_is_named(copy: Path, marker: Path, attack: Callable[..., None]) -> None:
    signed = manifest_digest(copy)
    attack(copy, pickle.dumps(Payload(str(marker))))
    with pytest.raises(PackageAltered):
        check_files(copy, signed)


#: Loads a pickle, as packages do whose model has no safer format, from where it is told.
PREDICT = """
import os, pickle
from functools import cache
from pathlib import Path

@cache
def load_model(path=None):
    folder = Path(os.environ.get("CREDIT_RISK_MODEL") or Path(__file__).parents[2] / "model")
    return pickle.loads((folder / "model.pkl").read_bytes())

def predict(rows):
    return load_model()
"""

RACE = """
import sys
from pathlib import Path
from notewright.serving import model
package, poison = Path(sys.argv[1]), Path(sys.argv[2])
checked = model.import_from

def swaps(path, files):
    "What another process does in the moment between the check and the load."
    target = package / "model" / "model.pkl"
    target.unlink()
    target.write_bytes(poison.read_bytes())
    return checked(path, files)

model.import_from = swaps
try:
    with model.PackageModel.load(package):
        print("loaded")
except Exception as error:
    print("refused", error)
"""


def test_a_model_exchanged_between_check_and_load_is_not_what_is_loaded(
    copy: Path, marker: Path, tmp_path: Path
) -> None:
    (copy / "src" / "credit_risk" / "predict.py").write_text(PREDICT)
    (copy / "model" / "model.pkl").write_bytes(pickle.dumps({"sound": True}))
    write_manifest(copy)
    poison = tmp_path / "poison"
    poison.write_bytes(pickle.dumps(Payload(str(marker))))
    ran = subprocess.run(
        [sys.executable, "-c", RACE, str(copy), str(poison)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert ran.stdout.startswith(("loaded", "refused"))
    assert not marker.exists()


def test_what_is_loaded_is_a_copy_that_nobody_else_can_reach_and_that_goes_again(
    light: Path,
) -> None:
    code = (
        "import os, stat, sys; from pathlib import Path\n"
        "from notewright.serving.model import PackageModel\n"
        "with PackageModel.load(Path(sys.argv[1])):\n"
        "    folder = Path(os.environ['CREDIT_RISK_MODEL'])\n"
        "    mode = stat.S_IMODE(folder.parent.stat().st_mode)\n"
        "print(mode == 0o700, folder.exists())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(light)],
        env=environment(), capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert ran.stdout.split() == ["True", "False"]


def test_the_manifest_of_a_package_names_its_model(light: Path) -> None:
    files = json.loads((light / "model" / "manifest.json").read_text())["files"]
    assert str(MODEL) in files
    assert callable(PackageModel.load)
