"""The package's own tests see what is changed in its code: mutants, all over it."""

from __future__ import annotations

import ast
import copy
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from recorded import CORPUS, Notebook

from notewright.packaging import locking

#: Modules with the notebook's statements, settings and categories.
MODULES = ("features", "predict", "settings", "categories", "helpers")


def changed_constant(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * 1.25 + 0.01
    return f"{value}_" if isinstance(value, str) else None


def documented(tree: ast.AST) -> set[int]:
    """Return the docstrings' nodes."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def mutants(code: str) -> Iterator[tuple[str, str]]:
    """Yield a name and the code with one constant, one order or one member changed."""
    tree = ast.parse(code)
    for at, node in enumerate(ast.walk(tree)):
        for change in changes(node, documented(tree)):
            other = copy.deepcopy(tree)
            found = next(n for i, n in enumerate(ast.walk(other)) if i == at)
            change(found)
            text = ast.unparse(ast.fix_missing_locations(other))
            if text != ast.unparse(tree):
                yield f"line {getattr(node, 'lineno', 0)}: {ast.unparse(node)[:60]}", text


def changes(node: ast.AST, docstrings: set[int]) -> Iterator[Any]:
    if isinstance(node, ast.Constant) and id(node) not in docstrings:
        value = changed_constant(node.value)
        if value is not None:
            yield lambda n: setattr(n, "value", value)
    if isinstance(node, ast.List | ast.Tuple) and len(node.elts) > 1 and is_loaded(node):
        yield lambda n: n.elts.reverse()
        yield lambda n: n.elts.pop()
    if isinstance(node, ast.Dict) and len(node.values) > 1:
        yield lambda n: n.values.reverse()
        yield lambda n: (n.keys.pop(), n.values.pop())


def is_loaded(node: ast.List | ast.Tuple) -> bool:
    return isinstance(node.ctx, ast.Load)


def learned_mutants(text: str) -> Iterator[tuple[str, str]]:
    """Yield a name and ``model/features.json`` with one value, or the order of a list, changed."""
    document = json.loads(text)

    def walk(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
        if isinstance(value, dict | list):
            if isinstance(value, list) and len(value) > 1:
                yield path, value[::-1]
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                yield from walk(item, (*path, key))
        elif changed_constant(value) is not None:
            yield path, changed_constant(value)

    for path, value in walk(document, ()):
        if path and path[-1] in ("dtype", "name"):
            continue
        other = copy.deepcopy(document)
        inner = other
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        yield f"{path}", json.dumps(other)


def all_mutants(tree: Path, name: str) -> list[tuple[str, str, str]]:
    source = tree / "src" / name
    files = [source / f"{m}.py" for m in MODULES] + sorted((source / "stages").glob("[a-z]*.py"))
    found = []
    for file in (f for f in files if f.exists()):
        inside = file.relative_to(tree).as_posix()
        found += [(inside, what, text) for what, text in mutants(file.read_text())]
    learned = tree / "model" / "features.json"
    if learned.exists():
        inside = learned.relative_to(tree).as_posix()
        found += [(inside, what, text) for what, text in learned_mutants(learned.read_text())]
    return found


def tried(package, tree: Path) -> list[dict[str, Any]]:
    """Return each mutant of a package, whether it changes an answer, and whether that is seen."""
    shutil.copytree(package.path, tree)
    for path in tree.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    locks = locking.Locks((), "", "", (tree / "tests" / "requirements.txt").read_text(), "")
    found = all_mutants(tree, package.name)
    job = {
        "name": package.name,
        "tree": str(tree),
        "tools": str(locking.tools_for_tests(locks)),
        "model_module": package.equivalence["model"]["type"].rpartition(".")[0],
        "mutants": [[file, text] for file, _, text in found],
    }
    file = tree.parent / "job.json"
    file.write_text(json.dumps(job))
    python = package.environment / "bin" / "python"
    script = Path(__file__).with_name("mutating.py")
    done = subprocess.run(
        [python, "-B", script, file],
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    first, *answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert first == {"tests": 0}  # unchanged, they pass
    return [
        {"file": file, "what": what, **answer}
        for (file, what, _), answer in zip(found, answers, strict=True)
    ]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("corpus", "variable"),
    [("credit_scaled", "model"), ("credit_kaggle", "clf")],
)
def test_changed_answers_are_seen_by_the_packages_own_tests(
    project: Path, tmp_path: Path, corpus: str, variable: str
) -> None:
    notebook = Notebook(project).run((CORPUS / f"{corpus}.py").read_text(encoding="utf-8"))
    results = tried(notebook.export(variable, corpus), tmp_path / "mutants")
    changing = [r for r in results if r["changed"]]
    missed = [r for r in changing if not r["caught"]]
    print(
        f"{corpus}: {len(changing) - len(missed)} of {len(changing)} mutants that change a "
        f"prediction or metric are seen; {len(results) - len(changing)} change none"
    )
    for result in missed:
        print("  missed:", result["file"], result["what"])
    assert len(changing) >= 30
    assert len(missed) <= 0.05 * len(changing)
