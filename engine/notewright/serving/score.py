"""``python -m notewright.serving.score``: a package's answers to held-out rows, as JSON.

A process of its own, because two versions of a package share one module name,
and because a package's code has no business in the notebook's process. It
prints the table's length, predictions, scores and true labels.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from notewright.errors import NotewrightError
from notewright.serving.model import PackageModel, module_of


def main(arguments: list[str] | None = None) -> int:
    """Score the rows and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m notewright.serving.score")
    parser.add_argument("package", type=Path)
    parser.add_argument("rows", type=Path, help="held-out rows, in the form of the training data")
    parser.add_argument("out", type=Path)
    parser.add_argument("--manifest")
    parser.add_argument("--labels-from", type=Path, help="rows that show how the target is coded")
    options = parser.parse_args(arguments)
    try:
        result = _score(options)
    except (NotewrightError, _NoLabels) as error:
        result = {"problem": getattr(error, "problem", str(error))}
    except Exception as error:  # noqa: BLE001
        # The package's own code may raise anything; its words are all there is.
        result = {"problem": f"{type(error).__name__}: {error}"}
    options.out.write_text(json.dumps(result), encoding="utf-8")
    return 0


class _NoLabels(Exception):
    """The true labels cannot be told from the rows."""


class _Stop(Exception):
    """What was looked for has been seen."""


def _score(options: argparse.Namespace) -> dict[str, Any]:
    with PackageModel.load(options.package, options.manifest) as model:
        return _scored(model, options)


def _scored(model: PackageModel, options: argparse.Namespace) -> dict[str, Any]:
    module = module_of(options.package)
    table = _load(module, options.rows)
    answers = model.predict_rows(table)
    if "prediction" not in answers:
        return _several(module, answers, table, options)
    scores = [name for name in answers.columns if str(name).startswith("probability_")]
    return {
        "prediction": answers["prediction"].tolist(),
        "classes": [name.removeprefix("probability_") for name in scores],
        "scores": answers[scores].to_numpy().tolist() if scores else None,
        "true": _true(module, model.schema.target["name"], table, options, bool(scores)),
        "index": table.index.tolist(),
    }


def _several(module: str, answers: Any, table: Any, options: argparse.Namespace) -> dict[str, Any]:
    """Return what a model of several outputs says of the rows, and what is true."""
    names = [name for name in answers.columns if str(name).startswith("prediction_")]
    raw, prepared = _prepared(module, options.labels_from or options.rows)
    targets = importlib.import_module(f"{module}.pipeline").TARGET
    classes = getattr(importlib.import_module(f"{module}.predict").load_model(), "classes_", None)
    coding = several_codings(raw, prepared, targets, len(names), classes is not None)
    if coding is None:
        shown = ", ".join(f"'{name}'" for name in targets) or "the target"
        raise _NoLabels(f"How {shown} become what the model predicts cannot be told.")
    return {
        "prediction": answers[names].to_numpy().tolist(),
        "classes": [],
        "scores": None,
        "true": list(zip(*(_coded(table, *pair) for pair in coding.items()), strict=True)),
        "index": table.index.tolist(),
        "task": "regression" if classes is None else "classification",
    }


def _load(module: str, rows: Path) -> Any:
    load = importlib.import_module(f"{module}.stages.load").load
    settings = importlib.import_module(f"{module}.settings").Settings
    return load(settings.read({"data": str(rows)}))


def _true(module: str, target: str, table: Any, options: argparse.Namespace, labels: bool) -> Any:
    """Return the target of the rows as the model knows it: coded as in training."""
    if target not in table.columns:
        raise _NoLabels(f"The rows have no column '{target}', which is what is predicted.")
    raw, prepared = _prepared(module, options.labels_from or options.rows)
    known = importlib.import_module(f"{module}.predict").load_model()
    classes = getattr(known, "classes_", None)
    allowed = None if classes is None else set(classes.tolist())
    coding = _coding(raw[target], prepared, allowed)
    if coding is None:
        if allowed is not None and set(table[target].unique().tolist()) <= allowed:
            return table[target].tolist()
        raise _NoLabels(f"How '{target}' becomes what the model predicts cannot be told.")
    return _coded(table, target, coding)


def _coded(table: Any, target: str, coding: Any) -> Any:
    """Return a column of the target as the model knows it."""
    if target not in table.columns:
        raise _NoLabels(f"The rows have no column '{target}', which is what is predicted.")
    if coding == "same":
        return table[target].tolist()
    unknown = sorted({str(value) for value in table[target].unique() if value not in coding})
    if unknown:
        raise _NoLabels(f"Column '{target}' has the value '{unknown[0]}', unknown in training.")
    return [coding[value] for value in table[target].tolist()]


def _prepared(module: str, rows: Path) -> tuple[Any, Any]:
    """Run the package's pipeline up to the end of its prepare stage."""
    pipeline: Any = importlib.import_module(f"{module}.pipeline")
    settings = importlib.import_module(f"{module}.settings").Settings
    original, seen = pipeline.prepare, []

    def watched(*given: Any, **named: Any) -> Any:
        table = next(value for value in (*given, *named.values()) if hasattr(value, "columns"))
        before = table.copy()
        seen.append((before, original(*given, **named)))
        raise _Stop

    pipeline.prepare = watched
    try:
        with tempfile.TemporaryDirectory() as folder:
            pipeline.run(settings.read({"data": str(rows)}), Path(folder))
    except _Stop:
        pass
    finally:
        pipeline.prepare = original
    found: tuple[Any, Any] = seen[0]
    return found


def _coding(raw: Any, prepared: Any, allowed: set[Any] | None) -> Any:
    """Return ``"same"``, a dict of raw value to label, or None if neither can be told."""
    import pandas as pd

    for made in prepared:
        if not isinstance(made, pd.Series) or not made.index.isin(raw.index).all():
            continue
        if not raw.index.is_unique or not made.index.is_unique or made.empty:
            continue
        before = raw.loc[made.index]
        if allowed is None:
            if pd.api.types.is_numeric_dtype(before) and (before == made).all():
                return "same"
            continue
        pairs = set(zip(before.tolist(), made.tolist(), strict=True))
        coding = dict(pairs)
        if len(coding) == len(pairs) and set(coding.values()) == allowed:
            return coding
    return None


def several_codings(
    raw: Any, prepared: Any, targets: Any, outputs: int, labels: bool
) -> dict[str, Any] | None:
    """Return the raw column behind each output, in their order, and how it is coded.

    Parameters
    ----------
    raw : DataFrame
        The rows as they are read.
    prepared : tuple
        What the package's prepare stage made of them: the target is among it.
    targets : sequence of str
        The raw columns that the target is made of.
    outputs : int
        How many values the model answers.
    labels : bool
        Whether they are labels, which may stand for other words.
    """
    import pandas as pd

    for made in prepared:
        if not isinstance(made, pd.DataFrame) or made.shape[1] != outputs or made.empty:
            continue
        if not set(made.columns) <= set(targets) or not made.index.isin(raw.index).all():
            continue
        if not raw.index.is_unique or not made.index.is_unique or not made.columns.is_unique:
            continue
        before = raw.loc[made.index]
        found = {str(name): _coding_of(before[name], made[name], labels) for name in made.columns}
        if all(coding is not None for coding in found.values()):
            return found
    return None


def _coding_of(before: Any, made: Any, labels: bool) -> Any:
    """Return how one column becomes an output: ``"same"``, a dict, or None if it does not."""
    pairs = set(zip(before.tolist(), made.tolist(), strict=True))
    if all(a == b for a, b in pairs):
        return "same"
    coding = dict(pairs)
    # Several words may be one label, but one word is never two.
    return coding if labels and len(coding) == len(pairs) else None


if __name__ == "__main__":
    sys.exit(main())
