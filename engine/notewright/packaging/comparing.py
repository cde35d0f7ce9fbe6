"""Compares a package with what the notebook had, inside the package's clean environment.

Part of `probe`, which loads it; it never imports Notewright.
"""

import ast
import importlib
import inspect
import pickle
from pathlib import Path
from typing import Any


def check(job: Any) -> Any:
    """Compare the installed package with what the notebook had.

    With ``"part": [k, n]`` every n-th single row is tried, from the k-th; what is not
    about single rows belongs to the first part.
    """
    import numpy as np

    # Written a moment ago by the export, in a folder only this user can enter.
    notebook = pickle.loads(Path(job["notebook"]).read_bytes())
    model = _module(job, "predict").load_model()
    result: dict[str, Any] = {"installed": str(Path(_module(job, "predict").__file__)), "model": {}}
    first = job["part"][0] == 0
    for tag, inputs in notebook["inputs"].items() if first else ():
        expected = notebook["predictions"].get(tag)
        if expected is None:
            continue
        same = all(
            _identical(_dense(getattr(model, method)(inputs)), value)
            for method, value in expected.items()
        )
        result["model"][tag] = {"rows": int(np.shape(inputs)[0]), "equal": bool(same)}
    if job["features"]:
        result["features"] = _check_features(job, notebook, model)
    return result


def _check_features(job: Any, notebook: Any, model: Any) -> Any:
    import numpy as np

    features = _module(job, "features").features
    predict = _module(job, "predict").predict
    raw = _module(job, "rows").complete(notebook["raw"])
    random = np.random.default_rng(0)
    whole = _table(features(raw))
    part, parts = job["part"]
    chosen = random.permutation(len(raw))[: job["sample"]]
    result: dict[str, Any] = {"raw_rows": len(raw), "training": {}}
    mine = chosen[part::parts]
    try:
        result["singly"] = _singly(_module(job, "predict"), raw, whole, predict(raw), mine)
    except Exception:  # noqa: BLE001 - a row that raises by itself is an answer
        result["singly"] = {
            "rows": len(mine),
            "equal": False,
            "labels_equal": False,
            "largest_difference": 0.0,
            "rounding": 0.0,
        }
    if part > 0:
        if not result["singly"]["equal"]:
            result["statement"] = _locate(job, raw, chosen[part::parts])
        return result
    # A formula's table holds the target too, which raw rows need not have.
    served = whole.drop(columns=job["of_target"], errors="ignore")
    index: dict[Any, list[int]] = {}
    for position, value in enumerate(_hashes(served)):
        index.setdefault(value, []).append(position)
    for tag, inputs in notebook["inputs"].items():
        if tag in job["elsewhere"]:
            continue
        seen = _table(inputs).drop(columns=job["of_target"], errors="ignore")
        places = [index.get(value, [None])[0] for value in _hashes(seen)]
        found = [p for p in places if p is not None]
        equal = len(found) == len(seen) and _same(served.iloc[found], seen)
        entry: dict[str, Any] = {"rows": len(seen), "found": len(found), "equal": bool(equal)}
        if not equal and list(seen.columns) == list(served.columns):
            near = _nearest(served, seen)
            if near is not None:
                # A library may add up the same numbers in another order when it fits.
                found, equal = near, True
                apart = _apart_by(served.iloc[found].to_numpy(), seen.to_numpy())
                entry |= {"found": len(found), "equal": True, "rounding": apart}
        if not equal and len(seen.columns) == len(served.columns):
            entry["columns"] = _differing(served, seen)
        elif list(seen.columns) != list(served.columns):
            entry["columns"] = sorted(set(map(str, seen.columns)) ^ set(map(str, served.columns)))[
                :5
            ]
        expected = notebook["predictions"].get(tag)
        if equal and expected is not None:
            predicted = predict(raw.iloc[found])
            chances = [c for c in predicted if c.startswith("probability_")]
            said = next(v for method, v in expected.items() if method != "predict_proba")
            said = np.reshape(said, (len(found), -1))
            pairs = [(predicted.drop(columns=chances).to_numpy(), said)]
            if chances:
                pairs.append((predicted[chances].to_numpy(), expected["predict_proba"]))
            entry["predictions_equal"] = all(_close(a, b) for a, b in pairs)
            entry["largest_difference"] = max(_apart_by(a, b) for a, b in pairs)
        result["training"][tag] = entry
    try:
        result["batches"] = _batches(features, raw, whole, random)
    except Exception:  # noqa: BLE001
        result["batches"] = {"batches": 0, "rows": 0, "equal": False, "rounding": 0.0}
    bare = raw.drop(columns=[*job["target"], *job["unused"]], errors="ignore")
    result["without_target"] = bool(_same(_table(features(bare)), whole))
    if not (result["singly"]["equal"] and result["batches"]["equal"]):
        result["statement"] = _locate(job, raw, chosen[::parts])
    return result


def _nearest(whole: Any, seen: Any) -> Any:
    """Return the row of `whole` that each of `seen` is but for rounding, or None."""
    import numpy as np

    if not all(t.dtypes.map(lambda d: d.kind in "fiub").all() for t in (whole, seen)):
        return None
    a, b = (t.to_numpy(dtype="float64") for t in (whole, seen))
    places: dict[Any, list[int]] = {}
    for position, value in enumerate(_hashes(_coarse(whole))):
        places.setdefault(value, []).append(position)
    found = []
    for row, value in zip(b, _hashes(_coarse(seen)), strict=True):
        near = [
            p
            for p in places.get(value, ())
            if np.allclose(a[p], row, rtol=ROUNDING, atol=1e-12, equal_nan=True)
        ]
        if not near:
            return None
        found.append(near[0])
    return found


def _coarse(table: Any) -> Any:
    """Return the numbers with six digits, so that rounding makes no difference."""
    return table.astype("float64").map(lambda value: float(f"{value:.6g}") + 0.0)


#: Sums of the same numbers in another memory order may differ in their last digits.
ROUNDING = 1e-9


def _close(a: Any, b: Any) -> Any:
    """Tell whether predictions are equal: labels exactly, numbers but for rounding."""
    import numpy as np

    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.kind == "f" and b.dtype.kind == "f":
        # Numbers of half the length round at half the digits: 32 bits hold seven.
        short = min(a.dtype.itemsize, b.dtype.itemsize) < 8
        rounding, zero = (1e-5, 1e-7) if short else (ROUNDING, 1e-12)
        return bool(np.allclose(a, b, rtol=rounding, atol=zero, equal_nan=True))
    return _identical(a, b)


def _identical(a: Any, b: Any) -> Any:
    """Tell whether predictions are the same, value by value; a gap is like a gap."""
    import numpy as np
    import pandas as pd

    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    # A missing text is a gap too, whatever stands for it.
    gaps = pd.isna(a)
    return bool(np.array_equal(gaps, pd.isna(b)) and np.all(a[~gaps] == b[~gaps]))


def _apart_by(a: Any, b: Any) -> Any:
    import numpy as np

    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.kind != "f" or not a.size:
        return 0.0
    # A gap is like a gap; what has a value in one of them only was found before.
    return float(np.nan_to_num(np.abs(a - b), nan=0.0).max())


def _singly(module: Any, raw: Any, whole: Any, predicted: Any, chosen: Any) -> Any:
    """Predict rows one by one and look at the features each one had."""
    import numpy as np

    real = module.features
    given: list[Any] = []

    def watched(rows: Any) -> Any:
        given.append(real(rows))
        return given[-1]

    module.features = watched
    worst, labels = 0.0, True
    try:
        for position in chosen:
            one = module.predict(raw.iloc[[position]])
            for name in predicted.columns:
                a, b = one[name].iloc[0], predicted[name].iloc[position]
                if isinstance(a, float | np.floating):
                    worst = max(worst, _apart_by([a], [b]))
                    labels = labels and _close([a], [b])
                else:
                    labels = labels and _identical([a], [b])
    finally:
        module.features = real
    apart = _each_apart([_table(rows) for rows in given], whole, chosen)
    return {
        "rows": len(chosen),
        "equal": apart is not None,
        "labels_equal": labels,
        "largest_difference": worst,
        "rounding": apart or 0.0,
    }


def _each_apart(singles: Any, whole: Any, chosen: Any) -> Any:
    """Return how far one-row tables are from the rows of `whole`; None if they are others."""
    import pandas as pd

    if not singles:
        return 0.0
    first = singles[0]
    alike = all(
        len(one) == 1 and one.columns.equals(whole.columns) and one.dtypes.equals(first.dtypes)
        for one in singles
    )
    # Tables of the same columns and types lose nothing when they are put together.
    if alike and (apart := _apart_from(whole.iloc[list(chosen)], pd.concat(singles))) is not None:
        return apart
    worst = 0.0
    for one, position in zip(singles, chosen, strict=True):
        apart = _apart_from(whole.iloc[[position]], one)
        if apart is None:
            return None
        worst = max(worst, apart)
    return worst


def _batches(features: Any, raw: Any, whole: Any, random: Any, count: Any = 5) -> Any:
    rows, worst = 0, 0.0
    for _ in range(count):
        order = random.permutation(len(raw))[: max(2, len(raw) // count)]
        rows += len(order)
        apart = _apart_from(whole.iloc[order], _table(features(raw.iloc[order])))
        if apart is None:
            return {"batches": count, "rows": rows, "equal": False}
        worst = max(worst, apart)
    return {"batches": count, "rows": rows, "equal": True, "rounding": worst}


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


def _dense(values: Any) -> Any:
    import numpy as np

    return np.asarray(values.toarray() if hasattr(values, "toarray") else values)


def _hashes(table: Any) -> Any:
    import pandas as pd

    return pd.util.hash_pandas_object(table, index=False).tolist()


def _apart_from(a: Any, b: Any) -> Any:
    """Return how far the numbers of two tables are apart, 0.0 to rounding; None if farther."""
    if _same(a, b, dtypes=False):
        return 0.0
    if not _same(a, b, dtypes=False, exact=False):
        return None
    numbers = [n for n, dtype in enumerate(a.dtypes) if getattr(dtype, "kind", "") == "f"]
    return max((_apart_by(a.iloc[:, n], b.iloc[:, n].to_numpy()) for n in numbers), default=0.0)


def _same(a: Any, b: Any, dtypes: Any = True, exact: Any = True) -> Any:
    import pandas as pd

    try:
        pd.testing.assert_frame_equal(
            a.reset_index(drop=True),
            b.reset_index(drop=True),
            check_exact=exact,
            check_dtype=dtypes,
            check_categorical=dtypes,
            rtol=ROUNDING,
            atol=1e-12,
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
            exec(code, first)  # noqa: S102 - the package's own statements
            try:
                exec(code, second)  # noqa: S102
            except Exception:  # noqa: BLE001 - any failure is an answer
                return ast.unparse(statement)
            for name in [n.id for n in ast.walk(statement) if isinstance(n, ast.Name)]:
                if _apart(first.get(name), second.get(name), len(raw), int(position)):
                    return ast.unparse(statement)
    return ""


def _apart(whole: Any, one: Any, rows: Any, position: Any) -> Any:
    if not hasattr(whole, "shape") or not hasattr(one, "shape") or not whole.shape:
        return False
    if whole.shape[0] != rows or one.shape[0] != 1:
        return False
    return _apart_from(_table(whole).iloc[[position]], _table(one)) is None


def _module(job: Any, name: Any) -> Any:
    return importlib.import_module(f"{job['name']}.{name}")
