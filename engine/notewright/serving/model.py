"""A package directory, loaded: its schema and its own predict function."""

from __future__ import annotations

import importlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.errors import PackageAltered, UnusablePackage
from notewright.serving import frames
from notewright.serving.importing import import_from
from notewright.serving.integrity import check_files
from notewright.serving.schema import Column, InferRequest, Schema
from notewright.store.canonical import digest_of

if TYPE_CHECKING:
    import pandas as pd

_LOGGER = logging.getLogger("notewright.serving")


@dataclass(frozen=True)
class PackageModel:
    """The code and model of one package version, in this process.

    Use :meth:`load`; one process holds one version, because a package's module
    can be imported only once.
    """

    path: Path
    schema: Schema
    predict_rows: Callable[[pd.DataFrame], pd.DataFrame]
    #: Name, datatype and shape of each output; empty if no made-up row could be predicted.
    outputs: tuple[dict[str, Any], ...] = ()
    #: Removes the copy of the model's files that was made when they were verified.
    private: ExitStack | None = None
    #: The package's version, as its manifest says.
    version: str = "1"

    def __enter__(self) -> PackageModel:
        """Give itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Remove the copy of the model's files; what was not read by now cannot be."""
        if self.private is not None:
            self.private.close()

    @classmethod
    def load(cls, path: Path, manifest: str | None = None) -> PackageModel:
        """Verify every file, then import the package and load its model.

        Parameters
        ----------
        path : Path
            The package's directory (``src/<name>/``, ``model/``).
        manifest : str, optional
            The digest that its manifest must have.

        Raises
        ------
        PackageAltered
            If a file is not what the manifest says.
        UnusablePackage
            If it has not the layout of a package, or its own code fails to load.
        """
        files = check_files(path, manifest, whole=manifest is not None)
        module = module_of(path)
        try:
            schema = Schema.read(json.loads((path / "model" / "schema.json").read_bytes()))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnusablePackage(path.name, f"model/schema.json is not usable: {error}") from error
        with ExitStack() as private:
            # What is loaded is the very bytes that were verified, whatever becomes of the files;
            # and a variable for trying out another model must not lead past them.
            folder = private.enter_context(_copied(path, files))
            os.environ[f"{module.upper()}_MODEL"] = str(folder / "model")
            import_from(path, files)
            try:
                code = importlib.import_module(f"{module}.predict")
                code.load_model()
            except PackageAltered:
                raise
            except Exception as error:
                raise UnusablePackage(
                    path.name, f"its predict module fails to load: {type(error).__name__}: {error}"
                ) from error
            if not Path(str(code.__file__)).resolve().is_relative_to(path.resolve()):
                raise UnusablePackage(path.name, f"another module is called '{module}' here")
            said = json.loads((path / "model" / "manifest.json").read_bytes())
            version = str(said.get("version", 1))
            outputs = _outputs(schema, code.predict)
            return cls(path, schema, code.predict, outputs, private.pop_all(), version)

    def infer(self, request: InferRequest) -> list[dict[str, Any]]:
        """Return the output tensors for a request."""
        table = self.predict_rows(frames.frame(self.schema, request.columns))
        if len(table) != request.rows:
            raise RuntimeError(f"predict gave {len(table)} rows for {request.rows}")
        return frames.tensors(table, request.outputs)


@contextmanager
def _copied(package: Path, files: Mapping[str, str]) -> Iterator[Path]:
    """Copy the model's files to a folder that only this user can enter, each verified."""
    with tempfile.TemporaryDirectory(prefix="notewright-model-") as private:
        (Path(private) / "model").mkdir()
        for file, digest in files.items():
            if file.startswith("model/") and (package / file).is_file():
                content = (package / file).read_bytes()
                if digest_of(content) != digest:
                    raise PackageAltered(package.name, file, "its bytes changed")
                target = Path(private) / file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        yield Path(private)


def _outputs(
    schema: Schema, predict: Callable[[pd.DataFrame], pd.DataFrame]
) -> tuple[dict[str, Any], ...]:
    """Predict one made-up row: it shows the outputs, and warms the code up."""
    row = {column.name: [_sample(column)] for column in schema.columns}
    try:
        found = frames.tensors(predict(frames.frame(schema, row)))
    except Exception as error:  # noqa: BLE001
        # A made-up row may be outside what the features can do; real rows decide.
        _LOGGER.warning("a made-up row could not be predicted: %s", str(error).split("\n")[0])
        return ()
    return tuple(
        {"name": tensor["name"], "datatype": tensor["datatype"], "shape": [-1]} for tensor in found
    )


def _sample(column: Column) -> Any:
    if column.categories:
        return min(column.categories, key=str)
    if column.kind in ("integer", "number"):
        return column.minimum if column.minimum is not None else 1
    return {"string": "a", "boolean": False, "datetime": "2000-01-01"}[column.kind]


def module_of(path: Path) -> str:
    """Return the name of the one importable package under ``src/``."""
    source = path / "src"
    found = (
        sorted(entry.name for entry in source.glob("*") if (entry / "predict.py").is_file())
        if source.is_dir()
        else []
    )
    if len(found) != 1:
        raise UnusablePackage(path.name, "src/ does not hold exactly one package with predict.py")
    return found[0]
