"""Runs inside a package's clean environment: ``python probe.py JOB``, or see `forking`.

It imports the package and the package's dependencies, never Notewright. What
it finds is written as JSON to the file that the job names.
"""

import contextlib
import importlib
import importlib.util
import json
import os
import pickle
import sys
import warnings
from pathlib import Path
from typing import Any


def main(job_file: Any) -> Any:
    """Do what the job says: ``train``, ``check`` or ``tests``."""
    job = json.loads(Path(job_file).read_bytes())
    one_thread()
    if job["do"] == "tests":
        # With the warnings as they are for everybody.
        result = _tests(job)
        Path(job["result"]).write_text(json.dumps(result), encoding="utf-8")
        return
    warnings.simplefilter("ignore")
    if "source" in job:
        sys.path.insert(0, job["source"])
    if job.get("model"):
        os.environ[job["name"].upper() + "_MODEL"] = job["model"]
    work = _train if job["do"] == "train" else _beside("comparing").check
    result = work(job)
    Path(job["result"]).write_text(json.dumps(result), encoding="utf-8")


def one_thread() -> None:
    """Let joblib's threads do one thing after the other, for instance add up a forest's trees.

    Sums that several threads make differ in their last digits each time. Processes stay several.
    """
    with contextlib.suppress(ImportError):
        from joblib import register_parallel_backend
        from joblib.parallel import SequentialBackend

        register_parallel_backend("threading", SequentialBackend)


def _beside(name: Any) -> Any:
    """Return the file `name` of this folder as a module; the folder is not on the path."""
    file = Path(__file__).with_name(f"{name}.py")
    spec: Any = importlib.util.spec_from_file_location(f"__{name}__", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _module(job: Any, name: Any) -> Any:
    return importlib.import_module(f"{job['name']}.{name}")


# -- tests ----------------------------------------------------------------------


def _tests(job: Any) -> Any:
    """Run the package's own tests against the package that is installed."""
    sys.path.insert(0, job["tools"])
    import pytest

    code = pytest.main(["-q", "--color=no", "-p", "no:cacheprovider", "tests"])
    return {"code": int(code), "installed": str(Path(_module(job, "predict").__file__))}


# -- train ----------------------------------------------------------------------


def _train(job: Any) -> Any:
    """Train from the package's own code; try edge rows; make golden rows."""
    out = Path(job["model"])
    settings = _module(job, "settings").Settings.read(job["settings"])
    metrics = _module(job, "pipeline").run(settings, out)
    _leave_out_ranges(out / "schema.json", job["withheld"])
    result: dict[str, Any] = {"metrics": metrics, "untrusted": _untrusted(job, out)}
    result["classifies"] = hasattr(_module(job, "predict").load_model(), "classes_")
    rows = _rows(job)
    if "reference" in job:
        held = rows.drop(columns=list(job["target"]), errors="ignore")
        Path(job["reference"]).write_bytes(pickle.dumps(held))
    if job["features"]:
        try:
            _module(job, "predict").predict(rows.head(2))
        except Exception as error:  # noqa: BLE001 - any failure is an answer
            result["broken"] = _broken(job, error)
            return result
        result["edges"] = _beside("edges").edges(job, rows, out)
        golden = _golden(_module(job, "rows").complete(rows), job)
        try:
            document = {"metrics": metrics, **_golden_predictions(job, golden)}
        except _NoMadeUpValues as error:
            return {**result, "refused": str(error)}
    else:
        document = {"metrics": metrics, "predictions": None}
    Path(job["tests"], "golden.json").write_text(
        json.dumps(document, indent=1) + "\n", encoding="utf-8"
    )
    return result


class _NoMadeUpValues(Exception):
    """Raised where the model has no answer for rows with made-up values of withheld columns."""


def _leave_out_ranges(file: Any, withheld: Any) -> Any:
    """Take out of the schema the smallest and largest value of columns that are withheld."""
    if not withheld or not file.is_file():
        return
    schema = json.loads(file.read_bytes())
    parts = [schema.get(part, []) for part in ("columns", "optional", "targets")]
    for part in [*parts, [schema["target"]]]:
        for column in part:
            if column.get("name") in withheld:
                column.pop("minimum", None)
                column.pop("maximum", None)
    text = json.dumps(schema, indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")


def _golden_predictions(job: Any, golden: Any) -> Any:
    """Write golden rows, and rows unlike any in training; return the predictions of both."""
    import pandas as pd

    predict = _module(job, "predict").predict
    # Text stays text, though these rows may hold nothing but digits.
    columns = _module(job, "rows").schema()["columns"]
    text = {column["name"]: str for column in columns if column["kind"] == "string"}
    common, odd = Path(job["tests"], "golden.csv"), Path(job["tests"], "edges.csv")
    golden.to_csv(common, index=False)
    _beside("edges").edge_rows(job, golden).to_csv(odd, index=False)
    rows, taken, found = pd.read_csv(odd, dtype=text), [], []
    for position in range(len(rows)):
        # Those that are refused are no golden rows. A refusal may be any exception.
        with contextlib.suppress(Exception):
            found.append(predict(rows.iloc[[position]]))
            taken.append(position)
    rows.iloc[taken].to_csv(odd, index=False)
    try:
        predictions = predict(pd.read_csv(common, dtype=text))
    except Exception as error:
        if not job["withheld"]:
            raise
        names = ", ".join(map(repr, job["withheld"]))
        raise _NoMadeUpValues(
            f"the model takes no made-up values of {names}, so golden rows can only be made by "
            f"somebody who may see these columns ({type(error).__name__})"
        ) from error
    return {
        "predictions": predictions.to_dict("list"),
        "edges": pd.concat(found).to_dict("list") if found else {},
    }


def _broken(job: Any, error: Any) -> Any:
    """Return the feature statement that raised, and the error."""
    import traceback

    lines = [
        frame.line
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.endswith(("features.py", "helpers.py"))
    ]
    return {"line": lines[0] if lines else "", "error": f"{type(error).__name__}: {error}"}


def _untrusted(job: Any, out: Any) -> Any:
    """Return the types in the files just written that the package does not trust yet."""
    artifacts = _module(job, "artifacts")
    if not hasattr(artifacts, "TRUSTED"):
        return []
    found = set()
    for file in out.glob("*.skops"):
        import skops.io as sio

        found |= set(sio.get_untrusted_types(file=file))
    for file in out.glob("*.pt"):
        import torch

        names = set(torch.serialization.get_unsafe_globals_in_checkpoint(file))
        if "numpy.dtype" in names:
            import numpy as np

            # Their names are not in the file, but reading makes them.
            names |= {f"numpy.dtypes.{name}" for name in np.dtypes.__all__}
        found |= names
    new = sorted(found - set(artifacts.TRUSTED))
    artifacts.TRUSTED += new
    return new


def _rows(job: Any) -> Any:
    load = _module(job, "stages.load")
    rows = load.load(_module(job, "settings").Settings.read(job["settings"]))
    return rows.set_axis([str(label) for label in rows.columns], axis=1)


def _golden(rows: Any, job: Any, count: Any = 40) -> Any:
    """Return made-up rows: each column's own values, shuffled apart from the others."""
    import numpy as np

    random = np.random.default_rng(20)
    chosen = rows.drop(columns=[*job["target"], *job["unused"]], errors="ignore")
    picked = chosen.iloc[random.permutation(len(chosen))[:count]].reset_index(drop=True)
    for name in picked.columns:
        picked[name] = picked[name].to_numpy()[random.permutation(len(picked))]
        if name in job["withheld"]:
            picked[name] = _made_up(picked[name], chosen[name])
    return picked.astype(chosen.dtypes.to_dict())


def _made_up(values: Any, known: Any) -> Any:
    """Return values that are nobody's; of few categories, which the model knows, their own."""
    import pandas as pd

    kinds, numbers = pd.api.types, pd.Series(range(len(values)), index=values.index)
    if kinds.is_bool_dtype(values):
        return values
    if kinds.is_numeric_dtype(values):
        return 1 + numbers % 7  # it may be divided by, or its logarithm taken
    if kinds.is_datetime64_any_dtype(values):
        return pd.Timestamp("2000-01-01") + pd.to_timedelta(numbers, unit="D")
    return values if known.nunique() <= 100 else "value " + numbers.astype(str)


if __name__ == "__main__":
    sys.path.pop(0)  # this file's folder
    main(sys.argv[1])
