"""What would let an outsider decide what runs: in cells, packages, pickles and signatures."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from tests.governance.planted.models import Modelled, modelled
from tests.governance.planted.notebooks import (
    Saved,
    cells_of,
    corpus,
    found_in_notebook,
    honest,
    train,
)
from tests.governance.planted.trial import Trial
from tests.governance.test_pickles import HOW, Calls, dumped
from tests.governance.test_security import HONEST, INSTALLS, LICENCES, RISKY, TAMPERED, installed

from notewright.governance.checks import licences
from notewright.governance.checks.base import Finding


@cache
def trained_sets() -> tuple[Modelled, ...]:
    """Return data sets of which a notebook trains a model: those with numbers."""
    return tuple(of for of in modelled() if len(of.data.numbers) >= 2)[:24]


def _of_code() -> Iterator[Trial]:
    check = "security.code"
    books = [*corpus(), *(Saved(f"honest: {name}", (code,)) for name, code in HONEST.items())]
    for book in books:
        yield Trial(check, book.name, partial(found_in_notebook, check, book))
    for at, (name, (kind, source)) in enumerate(RISKY.items()):
        book = corpus()[at % len(corpus())]
        ask = partial(found_in_notebook, check, book.with_cell(source))
        yield Trial(check, book.name, ask, name, f"'kind': '{kind}'")


# -- packages -------------------------------------------------------------------------------


def _imported(book: Saved) -> list[str]:
    """Return the packages of a notebook that are installed, each with its version."""
    from notewright.governance.checks.cell_code import codes, imported_modules
    from notewright.governance.checks.evidence import Cell

    known = importlib.metadata.packages_distributions()
    modules = imported_modules(codes([Cell("", source) for source in book.cells]))
    names = sorted({known[name][0] for name in map(str, modules) if name in known})
    return [f"{name}=={importlib.metadata.version(name)}" for name in names]


def _with_file(book: Saved, name: str, text: str, folder: Path) -> list[Finding]:
    (folder / name).write_text(text)
    return found_in_notebook("security.dependencies", book, folder)


def _of_dependencies() -> Iterator[Trial]:
    check = "security.dependencies"
    for book in corpus():
        yield Trial(check, book.name, partial(found_in_notebook, check, book))
    faults = {source: names for source, names in INSTALLS.items() if names}
    for at, (source, names) in enumerate(faults.items()):
        book = corpus()[at % len(corpus())]
        ask = partial(found_in_notebook, check, book.with_cell(source))
        yield Trial(check, book.name, ask, source, names[0])
    for at, text in enumerate(("pandas", "pandas>=2", "pandas~=2.2", "pandas==2.*", "pandas<3")):
        book = corpus()[at]
        ask = partial(_with_file, book, "requirements.txt", f"{text}\n")
        yield Trial(check, book.name, ask, f"requirements.txt: {text}", "requirements.txt")
    for at in range(5):
        book = corpus()[10 + at]
        lines = "dependencies:\n  - pandas\n"
        ask = partial(_with_file, book, "environment.yml", lines)
        yield Trial(check, book.name, ask, "environment.yml without versions", "environment.yml")


def _licensed(book: Saved, name: str, line: str, folder: Path) -> list[Finding]:
    """Install a package with some licence, or with none, and import it."""
    site, beside = folder / "site", folder / "beside"
    site.mkdir()
    beside.mkdir()
    installed(site, name, *([line] if line else []))
    sys.path.insert(0, str(site))
    try:
        _forget_packages()
        return found_in_notebook("security.licences", book.with_cell(f"import {name}"), beside)
    finally:
        sys.path.remove(str(site))
        _forget_packages()


def _forget_packages() -> None:
    importlib.invalidate_caches()
    for cached in (licences._providers, licences.licence_of):
        cached.cache_clear()


def _of_licences() -> Iterator[Trial]:
    check = "security.licences"
    for at, book in enumerate(corpus()):
        yield Trial(check, book.name, partial(found_in_notebook, check, book), slow=at % 2 > 0)
    for at, (licence, unwanted) in enumerate([*LICENCES.items(), ("", True)]):
        book, name = corpus()[at % len(corpus())], f"nw_planted_{at}"
        line = f"License: {licence}" if licence else ""
        ask = partial(_licensed, book, name, line)
        if unwanted:
            yield Trial(check, book.name, ask, licence or "no licence", name)
        else:
            yield Trial(check, f"a package under {licence}", ask)


# -- pickles and signatures -----------------------------------------------------------------

DANGEROUS: tuple[Callable[..., Any], ...] = (
    os.system, eval, exec, open, __import__, pickle.loads, subprocess.Popen, joblib.load, np.load,
)  # fmt: skip


def _with_data_file(of: Modelled, how: str, call: Any, folder: Path) -> list[Finding]:
    """Read a packed pickle before the model is trained."""
    (folder / "extra.pkl").write_bytes(dumped(call, how, folder))
    cells = cells_of(of)
    read = ("read", "extra = open('extra.pkl', 'rb').read()")
    return train(of, folder, [*cells[:1], read, *cells[1:]]).found("security.pickles")


def _with_payload(of: Modelled, at: int, folder: Path) -> list[Finding]:
    """Hang something on the model that runs when it is loaded."""
    name = ("os.system", "eval", "exec")[at % 3]
    cells = cells_of(of)
    payload = (
        "import os\nclass Payload:\n    def __reduce__(self):\n"
        f"        return {name}, ('pass',)\n{cells[-1][1]}\nmodel.extra_ = Payload()"
    )
    return train(of, folder, [*cells[:-1], ("fit", payload)]).found("security.pickles")


def _of_pickles() -> Iterator[Trial]:
    check = "security.pickles"
    for at, of in enumerate(trained_sets()):
        yield Trial(check, of.name, lambda folder, of=of: honest(of).found(check), slow=at > 2)
        if at < 6:
            ask = partial(_with_payload, of, at)
            yield Trial(check, of.name, ask, str(_with_payload.__doc__), "model", slow=at > 0)
    for at, how in enumerate(HOW):
        of, call = trained_sets()[at % len(trained_sets())], DANGEROUS[at % len(DANGEROUS)]
        words = f"{call.__name__} in a file packed by {how}"
        ask = partial(_with_data_file, of, how, Calls(call, "pass"))
        yield Trial(check, of.name, ask, words, "extra.pkl", slow=at % 9 > 0)


def _tampered(of: Modelled, words: str, folder: Path) -> list[Finding]:
    made = train(of, folder, cells_of(of))
    with contextlib.chdir(folder):
        TAMPERED[words](made.workspace, made.version)
    version = made.workspace.models.get(made.version.id)
    return type(made)(made.workspace, version, folder).found("security.signature")


def _of_signatures() -> Iterator[Trial]:
    check = "security.signature"
    for at, of in enumerate(trained_sets()):
        yield Trial(check, of.name, lambda folder, of=of: honest(of).found(check), slow=at > 2)
        if at < 2 * len(TAMPERED):
            words = list(TAMPERED)[at % len(TAMPERED)]
            yield Trial(check, of.name, partial(_tampered, of, words), words, words,
                        slow=at >= len(TAMPERED))  # fmt: skip


# -- what is fitted before the split --------------------------------------------------------


def _fitted_on_all(of: Modelled, at: int, folder: Path) -> list[Finding]:
    """Fit what prepares the features on all rows, those of the test among them."""
    made = ("StandardScaler()", "MinMaxScaler()", "QuantileTransformer(n_quantiles=50)")[at % 3]
    cells = cells_of(of)
    imports = f"{cells[0][1]}\nfrom sklearn.preprocessing import MinMaxScaler, QuantileTransformer"
    fit = cells[-1][1].replace("StandardScaler().fit(train[numbers])", f"{made}.fit(raw[numbers])")
    ran = [("imports", imports), *cells[1:-1], ("fit", fit)]
    return train(of, folder, ran).found("leakage.fitted_before_split")


def _of_fitted_parts() -> Iterator[Trial]:
    check = "leakage.fitted_before_split"
    for at, of in enumerate(trained_sets()):
        yield Trial(check, of.name, lambda folder, of=of: honest(of).found(check), slow=at > 2)
        words = str(_fitted_on_all.__doc__)
        yield Trial(check, of.name, partial(_fitted_on_all, of, at), words, "scaler", slow=at > 0)


def trials() -> Iterator[Trial]:
    """Yield the trials of the family, and of what leaks by being fitted: it takes a notebook."""
    yield from _of_code()
    yield from _of_dependencies()
    yield from _of_licences()
    yield from _of_pickles()
    yield from _of_signatures()
    yield from _of_fitted_parts()
