"""Values that training never saw: which columns may be empty, and what the command answers.

Runs inside a package's clean environment, see `probe`; it never imports Notewright.
"""

import contextlib
import importlib
import io
import json
import re
import tempfile
from pathlib import Path
from typing import Any

#: What is tried in a column of each kind besides a missing value.
_NUMBERS = {"huge": 10**9, "negative": -(10**9), "zero": 0}
#: So many columns are tried; tables of thousands would take hours, and nobody reads as much.
_MOST = 60
_TRIED: dict[str, dict[str, Any]] = {
    "string": {"unseen": "never seen before"},
    "integer": _NUMBERS,
    "number": _NUMBERS,
}


def edges(job: Any, rows: Any, out: Any) -> Any:
    """Mark the columns that may be empty; return the command's answers by column and value."""
    schema = importlib.import_module(f"{job['name']}.rows").schema()
    predict = importlib.import_module(f"{job['name']}.predict").predict
    held = rows.drop(columns=[*job["target"], *job["unused"]], errors="ignore")
    # A row in which a value is missing may be refused whatever else it holds.
    base = (held if held.isna().any(axis=1).all() else held.dropna()).head(1)
    tried: list[tuple[str, str, Any]] = []
    _mark_nullable(predict, base, schema["columns"])
    shown = schema["columns"][:_MOST]
    for column in shown:
        # Those that are refused stand together, so that the others are asked at once.
        at = len(tried) if column["nullable"] else 0
        tried.insert(at, (column["name"], "missing", None))
        words = _TRIED.get(column["kind"], {})
        tried += [(column["name"], word, value) for word, value in words.items()]
    text = json.dumps(schema, indent=1, ensure_ascii=False)
    (out / "schema.json").write_text(text + "\n", encoding="utf-8")
    found: dict[str, Any] = {column["name"]: {} for column in shown}
    for (name, word, _), answer in zip(tried, _asked(job, base, tried), strict=True):
        found[name][word] = answer
    return found


def edge_rows(job: Any, base: Any) -> Any:
    """Return rows like the first of `base`, each with one value that training never saw."""
    import pandas as pd

    schema = importlib.import_module(f"{job['name']}.rows").schema()
    tried: list[tuple[str, Any]] = []
    for column in schema["columns"][:_MOST]:
        if column["nullable"]:
            tried.append((column["name"], None))
        tried += [(column["name"], value) for value in _TRIED.get(column["kind"], {}).values()]
    if not tried:
        return base.head(0)
    table = pd.concat([base.head(1).astype("object")] * len(tried), ignore_index=True)
    for at, (name, value) in enumerate(tried):
        table.loc[at, name] = value
    return table


def _mark_nullable(predict: Any, base: Any, columns: Any) -> None:
    """Mark the columns that may be empty.

    Of many, those of a kind of which none of the first may be empty are not tried one by one.
    """
    for column in columns:
        column["nullable"] = True
    if len(columns) > _MOST and _takes_missing(predict, base, columns):
        return
    tried: dict[str, list[bool]] = {}
    for column in columns:
        answers = tried.setdefault(column["kind"], [])
        if len(answers) >= _MOST and not any(answers):
            column["nullable"] = False
            continue
        column["nullable"] = _takes_missing(predict, base, [column])
        answers.append(column["nullable"])


def _takes_missing(predict: Any, base: Any, columns: Any) -> Any:
    """Tell whether the model gives an answer without values in `columns`."""
    import pandas as pd

    dtypes = {"integer": "float64", "number": "float64", "boolean": "object"}
    table = base.reset_index(drop=True)
    empty = {
        column["name"]: pd.Series(
            [None], dtype=dtypes.get(column["kind"], base[column["name"]].dtype)
        )
        for column in columns
    }
    table = table.assign(**{str(name): values for name, values in empty.items()})
    try:
        return not predict(table).isna().any().any()
    except Exception:  # noqa: BLE001 - any failure is an answer
        return False


def _asked(job: Any, base: Any, tried: Any) -> Any:
    """Return the command's answer to the first row with each of the values in it."""
    import pandas as pd

    table = pd.concat([base.astype("object")] * len(tried), ignore_index=True)
    for at, (name, _, value) in enumerate(tried):
        table.loc[at, name] = value
    main = importlib.import_module(f"{job['name']}.cli").main
    with tempfile.TemporaryDirectory() as folder:
        return _ask(main, table, Path(folder))


def _ask(main: Any, table: Any, folder: Any) -> Any:
    """Return the command's answers to rows: all at once, or to halves where one is refused."""
    given, out = folder / "rows.csv", folder / "predictions.csv"
    table.to_csv(given, index=False)
    problem = _predict(main, given, out)
    if problem is None:
        return _predicted(out)
    if len(table) == 1:
        return [problem[:200]]
    half = len(table) // 2
    return _ask(main, table[:half], folder) + _ask(main, table[half:], folder)


def _predict(main: Any, given: Any, out: Any) -> Any:
    """Run the command; return the first line of its refusal, or None."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            failed = main(["predict", "--in", str(given), "--out", str(out)])
    except Exception as error:  # noqa: BLE001 - a traceback is an answer too, though a poor one
        return f"{type(error).__name__}: {error}".partition("\n")[0]
    if not failed:
        return None
    # It begins with the command's name and the row's line, which mean nothing here.
    words = said.getvalue().partition(": ")[2].partition("\n")[0]
    return re.sub(r"^rows\.csv, line \d+: ", "", words)


def _predicted(out: Any) -> Any:
    """Return each prediction of a file in words."""
    import pandas as pd

    return [_words(row) for row in pd.read_csv(out, dtype=str).to_dict("records")]


def _words(row: Any) -> Any:
    """Return a prediction, with its probability where there is one."""
    if "prediction" not in row:  # several values
        said = [v for v in row.values() if isinstance(v, str)]
        return ", ".join(map(_short, said[:3])) + (", ..." if len(said) > 3 else "") or "no answer"
    answer = row["prediction"]
    if not isinstance(answer, str):
        return "no answer"
    chance = row.get(f"probability_{answer}")
    if chance is None:
        return _short(answer)
    return f"{answer} (probability {_short(chance)})"


def _short(number: Any) -> Any:
    """Return a number with four digits, anything else as it is."""
    try:
        return str(int(number))
    except ValueError:
        pass
    try:
        return f"{float(number):.4g}"
    except ValueError:
        return number
