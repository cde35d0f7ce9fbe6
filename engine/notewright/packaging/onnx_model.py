"""The model as an ONNX file, kept only where it answers what the model itself answers.

ONNX is read by runtimes in many languages, without Python or scikit-learn. A conversion can
go wrong in silence, so its answers are compared with the model's on every row that the proof
holds. `python -m notewright.packaging.onnx_model JOB` is the child that does it: it imports
the package, and converters that the notebook's kernel shall not be made to import.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import pickle
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from notewright.packaging.answering import answer_method, answers, dense
from notewright.packaging.replay import run_process
from notewright.progress import Progress

#: The file, in a package's ``model/``.
FILE = "model.onnx"
#: How far an answer may be from the model's, of the larger of itself and one. Most models are
#: computed with 32 bits there, which hold seven digits.
BOUND = 1e-5
#: What the conversion needs; all of it comes with ``notewright[onnx]``.
NEEDED = ("onnx", "onnxruntime", "skl2onnx")


@dataclass(frozen=True)
class OnnxInput:
    """One input of the file.

    Parameters
    ----------
    name : str
        Its name there.
    type : {"double", "float", "string"}
        What it is made of.
    column : str or None
        The column of the model's input that it takes; None where it takes all, in their order.
    """

    name: str
    type: str
    column: str | None = None


@dataclass(frozen=True)
class OnnxParity:
    """What became of the conversion.

    Parameters
    ----------
    kept : bool
        Whether the package has the file.
    reason : str
        Why not; ``""`` where it has.
    rows : int
        How many rows were compared.
    largest_difference : float
        The largest difference of a number from the model's.
    inputs : tuple of OnnxInput
        What it is given.
    outputs : tuple of str
        The names of its outputs, in the order of the model's answers.
    """

    kept: bool
    reason: str = ""
    rows: int = 0
    largest_difference: float = 0.0
    inputs: tuple[OnnxInput, ...] = ()
    outputs: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """Return it as ``equivalence.json`` holds it."""
        return {**asdict(self), "bound": BOUND}

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> OnnxParity:
        """Return it from what the child wrote."""
        inputs = tuple(OnnxInput(**entry) for entry in record["inputs"])
        return cls(**{**record, "inputs": inputs, "outputs": tuple(record["outputs"])})


def can_convert() -> bool:
    """Tell whether the libraries of ``notewright[onnx]`` are installed, without importing them."""
    return all(importlib.util.find_spec(name) is not None for name in NEEDED)


def write_onnx(
    name: str,
    tree: Path,
    inputs: Mapping[str, Any] | Path,
    progress: Progress | None = None,
) -> OnnxParity | None:
    """Write ``model/model.onnx`` into a package's tree, if it answers what the model answers.

    Parameters
    ----------
    name : str
        The package's import name.
    tree : Path
        Its files; the model is trained.
    inputs : mapping or Path
        What to compare on: the model's inputs by name, or a pickle of raw rows.
    progress : Progress, optional
        Cancelling it stops the conversion.

    Returns
    -------
    OnnxParity or None
        What became of it; None where ``notewright[onnx]`` is not installed.
    """
    target = tree / "model" / FILE
    target.unlink(missing_ok=True)
    if not can_convert():
        return None
    job = tree.parent / "onnx.json"
    held = inputs
    if not isinstance(held, Path):
        held = tree.parent / "onnx.pkl"
        held.write_bytes(pickle.dumps(dict(inputs)))  # type: ignore[arg-type]
    result = tree.parent / "onnx.result"
    asked = {
        "name": name,
        "source": str(tree / "src"),
        "model": str(tree / "model"),
        "inputs": str(held),
        "raw": held is inputs,
        "file": str(target),
        "result": str(result),
    }
    job.write_text(json.dumps(asked), encoding="utf-8")
    command = [sys.executable, "-m", "notewright.packaging.onnx_model", str(job)]
    ended = run_process(command, tree, None, progress)
    if not result.exists():
        target.unlink(missing_ok=True)
        words = (ended.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        return OnnxParity(False, f"the conversion failed: {words[:300]}")
    return OnnxParity.read(json.loads(result.read_bytes()))


# -- in the child ------------------------------------------------------------------------


class _NotTheSame(Exception):
    """The file's answers are not the model's; says where."""


def main(job_file: str) -> None:
    """Do what the job says, and write what became of it."""
    job = json.loads(Path(job_file).read_bytes())
    warnings.simplefilter("ignore")
    sys.path.insert(0, job["source"])
    predict = importlib.import_module(f"{job['name']}.predict")
    model = predict.load_model(Path(job["model"]))
    # Written a moment ago by the export, in a folder only this user can enter.
    held = pickle.loads(Path(job["inputs"]).read_bytes())
    if job["raw"]:
        rows = importlib.import_module(f"{job['name']}.rows")
        held = {"rows": predict.features(rows.complete(held))}
    parity = convert(model, held, Path(job["file"]))
    Path(job["result"]).write_text(json.dumps(asdict(parity)), encoding="utf-8")


def convert(model: Any, inputs: Mapping[str, Any], file: Path) -> OnnxParity:
    """Write a model as ONNX to `file`, if what is written answers what the model does.

    Numbers of 64 bits are tried before those of 32, one input for all columns before one for
    each.

    Parameters
    ----------
    model : object
        The fitted model.
    inputs : mapping
        What to compare on, by any name: arrays, or tables with the model's columns.
    file : Path
        Where to write it.
    """
    method = answer_method(model)
    if method is None or not inputs:
        return OnnxParity(False, "there is nothing to compare it on")
    expected = {tag: answers(model, value) for tag, value in inputs.items()}
    first = next(iter(inputs.values()))
    differs, failed = list[str](), list[str]()
    for types in _typings(first):
        try:
            data = _converted(model, types)
            parity = _compared(data, types, inputs, expected)
        except _NotTheSame as error:
            differs.append(str(error))
        except Exception as error:  # noqa: BLE001 - whatever a converter raises is its answer
            failed.append(f"it cannot be converted: {_in_short(error)}")
        else:
            file.write_bytes(data)
            return parity
    # The first way is the usual one: what it says is closest to the matter.
    return OnnxParity(False, [*differs, *failed, "ONNX has no input of its kind"][0])


def _in_short(error: Exception) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 200 else words[:200] + "…"


#: A typing: the names of the inputs, and for each ``double``, ``float`` or ``string``.
_Typing = dict[str, str]
#: The name of the input that holds all columns.
_ALL = "X"


def _typings(inputs: Any) -> Iterator[_Typing]:
    """Return the ways in which a file can take such an input."""
    import pandas as pd

    numbers = ("double", "float")
    if not isinstance(inputs, pd.DataFrame):
        values = dense(inputs)
        if values.ndim == 2 and values.dtype.kind in "fiub":
            yield from ({_ALL: kind} for kind in numbers)
        elif values.dtype.kind in "OUT" and all(isinstance(v, str) for v in values.ravel()):
            yield {_ALL: "string"}
        return
    numeric = {str(n): pd.api.types.is_numeric_dtype(t) for n, t in inputs.dtypes.items()}
    if all(numeric.values()):
        yield from ({_ALL: kind} for kind in numbers)
    for kind in numbers:
        yield {name: kind if is_number else "string" for name, is_number in numeric.items()}


def _converted(model: Any, types: _Typing) -> bytes:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType

    kinds = {"double": DoubleTensorType, "float": FloatTensorType, "string": StringTensorType}
    wide = types.get(_ALL) is not None and len(types) == 1
    width = int(getattr(model, "n_features_in_", 1)) if wide else 1
    declared = [(name, kinds[kind]([None, width])) for name, kind in types.items()]
    options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None
    made: bytes = to_onnx(model, initial_types=declared, options=options).SerializeToString()
    return made


def _compared(
    data: bytes, types: _Typing, inputs: Mapping[str, Any], expected: Mapping[str, Any]
) -> OnnxParity:
    """Compare the answers; raise where they differ."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    # The converter replaces what it finds odd in a name; the order stays.
    names = [given.name for given in session.get_inputs()]
    taken = [
        OnnxInput(name, kind, None if wanted == _ALL else wanted)
        for name, (wanted, kind) in zip(names, types.items(), strict=True)
    ]
    rows, apart, used = 0, 0.0, dict[str, None]()
    for tag, value in inputs.items():
        given = session.run(None, _given(value, taken))
        named = {o.name: v for o, v in zip(session.get_outputs(), given, strict=True)}
        for method, wanted in expected[tag].items():
            name, difference = _closest(method, wanted, named)
            used[name] = None
            apart = max(apart, difference)
        rows += len(next(iter(expected[tag].values())))
    return OnnxParity(True, "", rows, apart, tuple(taken), tuple(used))


def _given(value: Any, taken: Sequence[OnnxInput]) -> dict[str, Any]:
    import numpy as np

    kinds = {"double": np.float64, "float": np.float32, "string": object}
    if taken[0].column is None:
        return {taken[0].name: dense(value).astype(kinds[taken[0].type])}
    return {
        given.name: value[given.column].to_numpy().astype(kinds[given.type]).reshape(-1, 1)
        for given in taken
    }


def _closest(method: str, wanted: Any, named: Mapping[str, Any]) -> tuple[str, float]:
    """Return the output that is this answer, and how far it is from it."""
    import numpy as np

    wanted = dense(wanted)
    nearest = float("inf")
    for name, found in named.items():
        found = np.asarray(found)
        if found.size != wanted.size:
            continue
        found = found.reshape(wanted.shape)
        if wanted.dtype.kind != "f" or found.dtype.kind != "f":
            if np.array_equal(_labels(found), _labels(wanted)):
                return name, 0.0
            continue
        apart = np.abs(found - wanted) / np.maximum(np.abs(wanted), 1.0)
        largest = float(np.nan_to_num(apart, nan=float("inf")).max(initial=0.0))
        if largest <= BOUND:
            return name, largest
        nearest = min(nearest, largest)
    what = "other values" if nearest == float("inf") else f"values up to {nearest:.2g} away"
    raise _NotTheSame(f"it answers {what} where the model's {method} is asked")


def _labels(values: Any) -> Any:
    """Return labels as text; ONNX has whole numbers for False and True."""
    return (values.astype(int) if values.dtype.kind == "b" else values).astype(str)


if __name__ == "__main__":
    main(sys.argv[1])
