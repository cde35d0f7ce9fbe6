"""PyTorch modules behind a function: the slice, the model's file, and what is said of a module."""

from __future__ import annotations

import functools
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorded import CORPUS, sources

from notewright.errors import NotAModel
from notewright.packaging.canonical import canonical
from notewright.packaging.functions import check_exportable
from notewright.packaging.roles import find_roles
from notewright.packaging.slicing import Program
from notewright.packaging.source import statements
from notewright.packaging.templating import environment


def test_the_seed_before_layers_are_made_and_the_training_loop_are_kept() -> None:
    cells = sources((CORPUS / "churn_torch.py").read_text(encoding="utf-8"))
    named = canonical(cells, "leaves", function=True)
    program = Program(statements(named.cells))
    roles = find_roles(program, "leaves", named.tables, named.rule)
    trained = [program.body[i].text for i in roles.train]
    assert "torch.manual_seed(7)" in trained
    assert any(text.startswith("for epoch") and "optimizer.step()" in text for text in trained)
    assert {m.name for m in roles.metrics} == {"roc_auc_score", "accuracy_score"}


def test_a_module_itself_is_refused_and_the_way_is_shown() -> None:
    class Module:
        def forward(self, x: object) -> object:
            return x

        def state_dict(self) -> dict[str, object]:
            return {}

    with pytest.raises(NotAModel, match=r"'net' is a PyTorch module.*def predict\(rows\)"):
        check_exportable("net", Module())


class Scored:
    """What a function becomes: a module, a scaler and a name."""

    def __init__(self, net: object, mean: np.ndarray) -> None:
        self.net, self.mean, self.names = net, mean, ["a", "b"]

    def predict(self, rows: np.ndarray) -> np.ndarray:
        import torch

        with torch.no_grad():
            return self.net(torch.tensor(rows - self.mean, dtype=torch.float32)).numpy()[:, 0]


def test_a_module_is_kept_in_a_format_that_loads_trusted_types_alone(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from notewright.packaging.modelfile import choose_format

    rows = np.arange(6.0).reshape(3, 2)
    model = Scored(torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.ReLU()), rows.mean(axis=0))
    format_, trusted = choose_format(model, [model.predict(rows)], {"X:fit": rows})
    assert format_ == "torch"
    assert f"{__name__}.Scored" in trusted
    torch.save(functools.partial(print, "run by the file"), tmp_path / "evil.pt")
    torch.save(model, tmp_path / "model.pt")
    code = (
        environment()
        .get_template("artifacts.py.j2")
        .render(name="churn", prefix="CHURN", suffix="pt", format="torch", trusted=list(trusted))
    )
    artifacts: dict[str, Any] = {}
    exec(code, artifacts)
    assert np.array_equal(
        artifacts["read"](tmp_path / "model.pt").predict(rows), model.predict(rows)
    )
    with pytest.raises(pickle.UnpicklingError):
        artifacts["read"](tmp_path / "evil.pt")
