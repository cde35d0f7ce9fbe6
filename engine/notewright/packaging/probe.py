"""Runs inside a package's clean environment, as a file: ``python probe.py JOB``.

It imports the package and the package's dependencies, never Notewright. What
it finds is written as JSON to the file that the job names.
"""

import ast
import importlib
import inspect
import json
import os
import pickle
import sys
import warnings
from pathlib import Path
from typing import Any


def main(job_file: Any) -> Any:
    """Do what the job says: ``train`` or ``check``."""
    job = json.loads(Path(job_file).read_bytes())
    warnings.simplefilter("ignore")
    sys.path[0] = job.get("source", sys.path[0])
    if job.get("model"):
        os.environ[job["name"].upper() + "_MODEL"] = job["model"]
    result = {"train": _train, "check": _check}[job["do"]](job)
    Path(job["result"]).write_text(json.dumps(result), encoding="utf-8")


def _module(job: Any, name: Any) -> Any:
    return importlib.import_module(f"{job['name']}.{name}")


# -- train ----------------------------------------------------------------------


def _train(job: Any) -> Any:
    """Train from the package's own code; try edge rows; make golden rows."""
    out = Path(job["model"])
    settings = _module(job, "settings").Settings.read(job["settings"])
    metrics = _module(job, "pipeline").run(settings, out)
    result: dict[str, Any] = {"metrics": metrics, "untrusted": _untrusted(job, out)}
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
        result["edges"] = _edges(job, rows, out)
        golden = _golden(rows, job)
        golden.to_csv(job["golden"] + ".csv", index=False)
        import pandas as pd

        again = pd.read_csv(job["golden"] + ".csv")
        predicted = _module(job, "predict").predict(again)
        document = {"metrics": metrics, "predictions": predicted.to_dict("list")}
    else:
        document = {"metrics": metrics, "predictions": None}
    Path(job["golden"] + ".json").write_text(
        json.dumps(document, indent=1) + "\n", encoding="utf-8"
    )
    return result


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
    import skops.io as sio

    found = set()
    for file in out.glob("*.skops"):
        found |= set(sio.get_untrusted_types(file=file))
    new = sorted(found - set(artifacts.TRUSTED))
    artifacts.TRUSTED += new
    return new


def _rows(job: Any) -> Any:
    load = _module(job, "stages.load")
    return load.load(_module(job, "settings").Settings.read(job["settings"]))


def _golden(rows: Any, job: Any, count: Any = 40) -> Any:
    """Return made-up rows: each column's own values, shuffled apart from the others."""
    import numpy as np

    random = np.random.default_rng(20)
    chosen = rows.drop(columns=list(job["target"]), errors="ignore")
    picked = chosen.iloc[random.permutation(len(chosen))[:count]].reset_index(drop=True)
    for name in picked.columns:
        picked[name] = picked[name].to_numpy()[random.permutation(len(picked))]
    return picked.astype(chosen.dtypes.to_dict())


def _edges(job: Any, rows: Any, out: Any) -> Any:
    """Try a missing, an unseen and an extreme value in each column; note the answers."""
    predict = _module(job, "predict").predict
    schema = _module(job, "rows").schema()
    base = rows.drop(columns=list(job["target"]), errors="ignore").head(1)
    answers: dict[str, Any] = {}
    for column in schema["columns"]:
        name, kind = column["name"], column["kind"]
        column["nullable"] = True
        tried: dict[str, Any] = {"missing": None}
        if kind == "string":
            tried["unseen"] = "never seen before"
        if kind in ("integer", "number"):
            tried |= {"huge": 10**9, "negative": -(10**9), "zero": 0}
        found = _answers(predict, base, name, tried, kind)
        column["nullable"] = found["missing"] == "answered"
        answers[name] = found
    text = json.dumps(schema, indent=1, ensure_ascii=False)
    (out / "schema.json").write_text(text + "\n", encoding="utf-8")
    return answers


def _answers(predict: Any, base: Any, name: Any, tried: Any, kind: Any) -> Any:
    """Return the answer to each value: together if that works, else one by one."""
    together = _try(predict, base, name, list(tried.values()), kind)
    if together == "answered" or len(tried) == 1:
        return dict.fromkeys(tried, together)
    return {word: _try(predict, base, name, [value], kind) for word, value in tried.items()}


def _try(predict: Any, base: Any, name: Any, values: Any, kind: Any) -> Any:
    import pandas as pd

    table = pd.concat([base] * len(values), ignore_index=True)
    if kind in ("integer", "number"):
        whole = kind == "integer" and None not in values
        table[name] = pd.Series(values, dtype=base[name].dtype if whole else "float64")
    elif kind == "boolean":
        table[name] = pd.Series(values, dtype="object")
    else:
        table[name] = pd.Series(values, dtype=base[name].dtype)
    try:
        predicted = predict(table)
    except Exception as error:  # noqa: BLE001 - any failure is an answer
        text = str(error).strip()
        return f"{type(error).__name__}: {text.splitlines()[0][:160] if text else ''}"
    return "no answer" if predicted.isna().any().any() else "answered"


# -- check ----------------------------------------------------------------------


def _check(job: Any) -> Any:
    """Compare the installed package with what the notebook had."""
    import numpy as np

    # Written a moment ago by the export, in a folder only this user can enter.
    notebook = pickle.loads(Path(job["notebook"]).read_bytes())
    model = _module(job, "predict").load_model()
    result: dict[str, Any] = {"installed": str(Path(_module(job, "predict").__file__)), "model": {}}
    for tag, inputs in notebook["inputs"].items():
        expected = notebook["predictions"].get(tag)
        if expected is None:
            continue
        same = np.array_equal(model.predict(inputs), expected["predict"])
        if "predict_proba" in expected:
            same = same and np.array_equal(model.predict_proba(inputs), expected["predict_proba"])
        result["model"][tag] = {"rows": int(np.shape(inputs)[0]), "equal": bool(same)}
    if job["features"]:
        result["features"] = _check_features(job, notebook, model)
    return result


def _check_features(job: Any, notebook: Any, model: Any) -> Any:
    import numpy as np

    features = _module(job, "features").features
    predict = _module(job, "predict").predict
    raw = notebook["raw"]
    random = np.random.default_rng(0)
    whole = _table(features(raw))
    result: dict[str, Any] = {"raw_rows": len(raw), "training": {}}
    index: dict[Any, list[int]] = {}
    for position, value in enumerate(_hashes(whole)):
        index.setdefault(value, []).append(position)
    for tag, inputs in notebook["inputs"].items():
        seen = _table(inputs)
        places = [index.get(value, [None])[0] for value in _hashes(seen)]
        found = [p for p in places if p is not None]
        equal = len(found) == len(seen) and _same(whole.iloc[found], seen)
        entry: dict[str, Any] = {"rows": len(seen), "found": len(found), "equal": bool(equal)}
        if len(found) < len(seen) and len(seen.columns) == len(whole.columns):
            entry["columns"] = _differing(whole, seen)
        elif list(seen.columns) != list(whole.columns):
            entry["columns"] = sorted(set(map(str, seen.columns)) ^ set(map(str, whole.columns)))[
                :5
            ]
        expected = notebook["predictions"].get(tag)
        if equal and expected is not None:
            predicted = predict(raw.iloc[found])
            pairs = [(predicted["prediction"].to_numpy(), expected["predict"])]
            if "predict_proba" in expected:
                columns = [c for c in predicted if c.startswith("probability_")]
                pairs.append((predicted[columns].to_numpy(), expected["predict_proba"]))
            entry["predictions_equal"] = all(_close(a, b) for a, b in pairs)
            entry["largest_difference"] = max(_apart_by(a, b) for a, b in pairs)
        result["training"][tag] = entry
    chosen = random.permutation(len(raw))[: job["sample"]]
    predicted = predict(raw)
    module = _module(job, "predict")
    result["singly"] = _singly(module, raw, whole, predicted, chosen)
    result["batches"] = _batches(features, raw, whole, random)
    bare = raw.drop(columns=list(job["target"]), errors="ignore")
    result["without_target"] = bool(_same(_table(features(bare)), whole))
    if not (result["singly"]["equal"] and result["batches"]["equal"]):
        result["statement"] = _locate(job, raw, chosen)
    return result


#: Sums of the same numbers in another memory order may differ in their last digits.
ROUNDING = 1e-9


def _close(a: Any, b: Any) -> Any:
    """Tell whether predictions are equal: labels exactly, numbers but for rounding."""
    import numpy as np

    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.kind == "f" and b.dtype.kind == "f":
        return bool(np.allclose(a, b, rtol=ROUNDING, atol=1e-12, equal_nan=True))
    return bool(np.array_equal(a, b))


def _apart_by(a: Any, b: Any) -> Any:
    import numpy as np

    a, b = np.asarray(a), np.asarray(b)
    return float(np.max(np.abs(a - b))) if a.dtype.kind == "f" and a.size else 0.0


def _singly(module: Any, raw: Any, whole: Any, predicted: Any, chosen: Any) -> Any:
    """Predict rows one by one and look at the features each one had."""
    import numpy as np

    real = module.features
    given: list[Any] = []

    def watched(rows: Any) -> Any:
        given.append(real(rows))
        return given[-1]

    module.features = watched
    equal, worst, labels = True, 0.0, True
    try:
        for position in chosen:
            one = module.predict(raw.iloc[[position]])
            equal = equal and _same(_table(given.pop()), whole.iloc[[position]], dtypes=False)
            for name in predicted.columns:
                a, b = one[name].iloc[0], predicted[name].iloc[position]
                if isinstance(a, float | np.floating):
                    worst = max(worst, abs(float(a) - float(b)))
                    labels = labels and _close([a], [b])
                else:
                    labels = labels and bool(a == b)
    finally:
        module.features = real
    return {
        "rows": len(chosen),
        "equal": bool(equal),
        "labels_equal": labels,
        "largest_difference": worst,
    }


def _batches(features: Any, raw: Any, whole: Any, random: Any, count: Any = 5) -> Any:
    equal, rows = True, 0
    for _ in range(count):
        order = random.permutation(len(raw))[: max(2, len(raw) // count)]
        rows += len(order)
        equal = equal and _same(_table(features(raw.iloc[order])), whole.iloc[order], dtypes=False)
    return {"batches": count, "rows": rows, "equal": bool(equal)}


def _table(values: Any) -> Any:
    import numpy as np
    import pandas as pd

    if isinstance(values, pd.DataFrame):
        return values.reset_index(drop=True)
    if isinstance(values, pd.Series):
        return values.reset_index(drop=True).to_frame()
    if hasattr(values, "toarray"):
        values = values.toarray()
    return pd.DataFrame(np.asarray(values).reshape(len(values), -1))


def _hashes(table: Any) -> Any:
    import pandas as pd

    return pd.util.hash_pandas_object(table, index=False).tolist()


def _same(a: Any, b: Any, dtypes: Any = True) -> Any:
    import pandas as pd

    try:
        pd.testing.assert_frame_equal(
            a.reset_index(drop=True),
            b.reset_index(drop=True),
            check_exact=True,
            check_dtype=dtypes,
            check_categorical=dtypes,
        )
    except AssertionError:
        return False
    return True


def _differing(whole: Any, seen: Any) -> Any:
    """Return the columns whose values in training are not among the features' values."""
    found = []
    for name, other in zip(whole.columns, seen.columns, strict=True):
        if (
            name != other
            or not seen[other].isin(whole[name]).all()
            or whole[name].dtype != seen[other].dtype
        ):
            found.append(str(other))
    return found[:5]


def _locate(job: Any, raw: Any, chosen: Any) -> Any:
    """Return the first statement whose result for one row differs from that for all."""
    module = _module(job, "features")
    function: Any = ast.parse(inspect.getsource(module.features)).body[0]
    body = function.body[1:-1]
    single = raw.iloc[[int(chosen[0])]]
    for position in chosen[:20]:
        single = raw.iloc[[int(position)]]
        first, second = (
            {**vars(module), "rows": raw, "learned": None},
            {**vars(module), "rows": single, "learned": None},
        )
        for statement in body:
            code = compile(ast.Module([statement], []), "<features>", "exec")
            for space in (first, second):
                exec(code, space)  # noqa: S102 - the package's own statements
            for name in [n.id for n in ast.walk(statement) if isinstance(n, ast.Name)]:
                if _apart(first.get(name), second.get(name), len(raw), int(position)):
                    return ast.unparse(statement)
    return ""


def _apart(whole: Any, one: Any, rows: Any, position: Any) -> Any:
    if not hasattr(whole, "shape") or not hasattr(one, "shape") or not whole.shape:
        return False
    if whole.shape[0] != rows or one.shape[0] != 1:
        return False
    return not _same(_table(whole).iloc[[position]], _table(one), dtypes=False)


if __name__ == "__main__":
    main(sys.argv[1])
