"""Runs statements as a notebook would, and leaves the process as it was."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import sys
import types
from collections.abc import Iterator, Sequence
from pathlib import Path

from notewright.packaging.source import Statement
from notewright.state.pickling.pickler import dump
from notewright.state.values import fingerprint


def value_after(body: Sequence[Statement], name: str, folder: Path) -> str:
    """Run statements in a fresh namespace; return what the variable is, as a digest.

    Raises
    ------
    TypeError
        If it is another in every process: it has no digest, or holds an object's address as text.
    """
    main = types.ModuleType("__main__")
    with as_it_was(folder, main), contextlib.redirect_stdout(io.StringIO()):
        for statement in body:
            code = compile(ast.Module([statement.node], []), statement.cell.label, "exec")
            try:
                exec(code, main.__dict__)
            except Exception:
                if not statement.failed:
                    raise
        value = main.__dict__[name]
        letters = "".join(map(str, value)) if isinstance(value, list | tuple) else ""
        if b" at 0x" in dump(value, main.__dict__).stream or " at 0x" in letters:
            raise TypeError
        return fingerprint(value)


@contextlib.contextmanager
def as_it_was(folder: Path, main: types.ModuleType) -> Iterator[None]:
    """Run elsewhere, and take back what the block does to libraries and the process."""
    import decimal
    import math
    import random
    import statistics

    import numpy as np
    import pandas as pd

    modules = [decimal, math, random, statistics, np, pd]
    contents = [dict(vars(module)) for module in modules]
    environment, cwd, was = dict(os.environ), Path.cwd(), sys.modules["__main__"]
    options = {name: pd.get_option(name) for name in ("display.precision", "display.max_rows")}
    errors, precision = np.geterr(), decimal.getcontext().prec
    # Every run starts from another random state: only a seed makes it the same.
    np.random.seed(None)
    random.seed(None)
    folder.mkdir(exist_ok=True)
    os.chdir(folder)
    sys.modules["__main__"] = main
    try:
        yield
    finally:
        sys.modules["__main__"] = was
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(environment)
        for module, content in zip(modules, contents, strict=True):
            vars(module).update(content)
        np.seterr(**errors)
        decimal.getcontext().prec = precision
        for name, value in options.items():
            pd.set_option(name, value)
