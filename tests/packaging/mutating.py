"""Runs in a package's environment: what mutants of its code change, and whether its tests see it.

``python mutating.py JOB`` reads ``{"name", "tree", "tools", "mutants": [[file, text], ...]}`` and
writes one JSON line for each mutant: whether it changed any prediction or metric, and whether
the package's own tests failed. Each is tried in a fork of this process.
"""

import contextlib
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

import numpy  # noqa: F401 - imported once for all forks
import pandas as pd
import skops.io  # noqa: F401


def main(job_file: str) -> None:
    job = json.loads(Path(job_file).read_bytes())
    tree = Path(job["tree"])
    sys.path[0:0] = [str(tree / "src"), job["tools"]]
    os.chdir(tree)
    importlib.import_module("pytest")
    importlib.import_module(job["model_module"])
    original = forked(lambda: behaviour(job["name"]))
    assert not isinstance(original, str), original
    print(json.dumps({"tests": forked(lambda: tests())}), flush=True)
    for file, text in job["mutants"]:
        path = tree / file
        before = path.read_text()
        path.write_text(text)
        try:
            changed = forked(lambda: behaviour(job["name"])) != original
            caught = changed and forked(lambda: tests()) != 0
        finally:
            path.write_text(before)
        print(json.dumps({"changed": changed, "caught": caught}), flush=True)


def forked(work):
    """Return what `work` returns in a fork of this process, or the exception's words."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        child = os.fork()
        if child == 0:
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nothing, stream)
            sys.dont_write_bytecode = True
            try:
                found = work()
            except BaseException as error:  # noqa: BLE001 - whatever it is, it differs
                found = f"{type(error).__name__}: {error}"
            answer.write_text(json.dumps(found))
            os._exit(0)
        os.waitpid(child, 0)
        return json.loads(answer.read_bytes())


def tests() -> int:
    import pytest

    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "tests"]))


def behaviour(name: str) -> list:
    """Return all that the package answers: trained anew, and as it is, to rows of every kind."""
    settings = importlib.import_module(f"{name}.settings").Settings()
    predict = importlib.import_module(f"{name}.predict").predict
    rows = importlib.import_module(f"{name}.stages.load").load(settings)
    found = [answers(predict, rows)]
    found += [answers(predict, row) for row in odd(name, rows.iloc[[0]])]
    with tempfile.TemporaryDirectory() as folder:
        metrics = importlib.import_module(f"{name}.pipeline").run(settings, Path(folder))
        found.append({key: rounded(value) for key, value in metrics.items()})
        os.environ[f"{name.upper()}_MODEL"] = folder
        found.append(answers(predict, rows))
    return found


def odd(name: str, row: pd.DataFrame):
    """Yield the row with one value after the other that training never saw."""
    for column in importlib.import_module(f"{name}.rows").schema()["columns"]:
        numbers = column["kind"] in ("integer", "number")
        for value in (None, 10**9, -(10**9), 0) if numbers else (None, "never seen before"):
            changed = row.astype({column["name"]: "object"})
            changed[column["name"]] = pd.Series([value], row.index, dtype="object")
            if value is not None and numbers:
                changed[column["name"]] = changed[column["name"]].astype("int64")
            yield changed


def answers(predict, rows: pd.DataFrame):
    """Return the predictions, or that there are none: how a refusal is worded is no prediction."""
    with contextlib.suppress(Exception):
        table = predict(rows)
        return {c: [rounded(v) for v in table[c].tolist()] for c in table}
    return "refused"


def rounded(value):
    return float(f"{value:.9g}") if isinstance(value, float) and value == value else str(value)


if __name__ == "__main__":
    sys.path.pop(0)
    main(sys.argv[1])
