"""PyTorch modules behind a function: the slice, the model's file, and what is said of a module."""

from __future__ import annotations

import functools
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from over_http import served
from recorded import CORPUS, Notebook, sources

from notewright.errors import ExportFailed, NotAModel, NotTheSame
from notewright.packaging.canonical import canonical
from notewright.packaging.functions import check_exportable
from notewright.packaging.roles import find_roles
from notewright.packaging.slicing import Program
from notewright.packaging.source import statements
from notewright.packaging.templating import environment
from notewright.packaging.tensors import asking


def test_the_seed_before_layers_are_made_and_the_training_loop_are_kept() -> None:
    cells = sources((CORPUS / "churn_torch.py").read_text(encoding="utf-8"))
    named = canonical(cells, "leaves", function=True)
    program = Program(statements(named.cells))
    roles = find_roles(program, "leaves", named.tables, named.rule)
    trained = [program.body[i].text for i in roles.train]
    assert "torch.manual_seed(7)" in trained
    assert any(text.startswith("for epoch") and "optimizer.step()" in text for text in trained)
    assert {m.name for m in roles.metrics} == {"roc_auc_score", "accuracy_score"}


IMPORTS = """import torch
from torch.utils.data import DataLoader, TensorDataset as Pairs
from sklearn.model_selection import train_test_split
"""


@pytest.mark.parametrize(
    ("code", "tensor", "table"),
    [
        ("Xt = torch.tensor(X.values)\nnet(Xt)", "torch.tensor(X.values)", "X"),
        ("net(torch.tensor(X, dtype=torch.float32))", "torch.tensor(X, dtype=torch.float32)", "X"),
        (
            "Xt = torch.from_numpy(X.to_numpy()).float()\nfor epoch in range(3):\n    net(Xt)",
            "torch.from_numpy(X.to_numpy()).float()",
            "X",
        ),
        # What is done on the way to the tensor has a name, so that it belongs to the features.
        ("net(torch.tensor(scale(X)).float())", "torch.tensor(input_rows).float()", "input_rows"),
        ("Xt = torch.Tensor(X)\nX = None\nnet(Xt)", "torch.Tensor(input_rows)", "input_rows"),
        # Some of its rows are rows of it.
        ("Xt, yt = torch.tensor(X), torch.tensor(y)\nnet(Xt[:90])", "torch.tensor(X)", "X"),
        (
            "Xt = torch.tensor(X)\na, b, c, d = train_test_split(Xt, y)\nb = b.to(device)\nnet(b)",
            "torch.tensor(X).to(device)",
            "X",
        ),
        (
            "loader = DataLoader(Pairs(torch.tensor(X.values), torch.tensor(y)), batch_size=9)\n"
            "for epoch in range(3):\n    for xb, yb in loader:\n        loss = f(net(xb), yb)",
            "torch.tensor(X.values)",
            "X",
        ),
    ],
)
def test_how_rows_become_the_input_of_a_module_is_read_from_its_calls(
    code: str, tensor: str, table: str
) -> None:
    asked = asking(sources(f"# %%\n{IMPORTS}net = Net()\n{code}\n"), "net")
    assert (asked.function, asked.tensor) == ("net_output", tensor)
    assert asked.cells[-1].code.splitlines()[-1] == f"net_output({table})"
    assert asked.cells[-1].stands_for == "net"
    if table == "input_rows":
        before = "\n".join(cell.code for cell in asked.cells[:-1])
        assert "input_rows = " in before
        assert tensor.split("(")[0] in before


@pytest.mark.parametrize(
    "code",
    [
        "",
        "net(*pairs)",
        "net(tokens, lengths)",
        "Xt = make(X)\nnet(Xt)",
        "Xt = torch.tensor(X)\nXt = (Xt - Xt.mean(0)) / Xt.std(0)\nnet(Xt)",
        "Xt = torch.tensor(X)\nnet(Xt[:, :2])",
        "for xb, yb in batches(X, y):\n    net(xb)",
        "def train(Xt):\n    return net(Xt)\ntrain(torch.tensor(X))",
    ],
)
def test_where_its_input_cannot_be_told_the_way_is_shown(code: str) -> None:
    with pytest.raises(NotAModel, match=r"'net' is a PyTorch module.*def predict\(rows\)"):
        asking(sources(f"# %%\n{IMPORTS}net = Net()\n{code}\n"), "net")


def test_what_is_called_like_a_module_and_is_none_is_refused() -> None:
    class Module:
        def forward(self, x: object) -> object:
            return x

    with pytest.raises(NotAModel, match=r"'net' is a Module"):
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
    made = {"X:fit": {"predict": model.predict(rows)}}
    format_, trusted = choose_format(model, made, {"X:fit": rows})
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


TABLE = """# %%
import numpy as np
import pandas as pd
import torch
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(7)
df = pd.read_csv("data/customers.csv")
df["log_charges"] = np.log1p(df["monthly_charges"])
X = df[["tenure", "log_charges"]]
# %%
class Net(nn.Module):
    def __init__(self, outputs):
        super().__init__()
        parts = nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3)
        self.layers = nn.Sequential(*parts, nn.Linear(8, outputs))

    def forward(self, x):
        return self.layers(x)
"""
ONE = """# %%
net = Net(1)
Xt = torch.tensor(StandardScaler().fit_transform(X), dtype=torch.float32)
yt = torch.tensor((df["churn"] == "Yes").values).float().unsqueeze(1)
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(15):
    optimizer.zero_grad()
    loss = nn.functional.binary_cross_entropy_with_logits(net(Xt), yt)
    loss.backward()
    optimizer.step()
"""
THREE = """# %%
net = Net(3)
plans = torch.tensor(df["plan"].astype("category").cat.codes.values).long()
loader = DataLoader(
    TensorDataset(torch.tensor(X.values).float(), plans), batch_size=64, shuffle=True
)
optimizer = torch.optim.SGD(net.parameters(), lr=0.02)
for epoch in range(3):
    for xb, yb in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(xb), yb).backward()
        optimizer.step()
"""


@pytest.mark.slow
@pytest.mark.parametrize(("cells", "outputs"), [(ONE, 1), (THREE, 3)])
def test_a_bare_module_is_exported_and_answers_its_output_in_evaluation_mode(
    cells: str, outputs: int, project: Path
) -> None:
    torch = pytest.importorskip("torch")
    notebook = Notebook(project).run(TABLE + cells)
    net, training = notebook.module.net, notebook.module.net.training
    package = notebook.export("net", "leaving")
    assert training
    assert net.training  # the notebook's own is as it was
    assert (package.variable, package.serves_raw_rows) == ("net", True)
    (finding,) = package.findings
    assert "'net' is a PyTorch module" in finding
    assert package.equivalence["model"]["format"] == "torch"
    given = notebook.module.X.to_numpy()
    if outputs == 1:
        given = (given - given.mean(axis=0)) / given.std(axis=0)
    with torch.no_grad():
        expected = net.eval()(torch.tensor(given).float()).numpy()
    rows = pd.read_csv(project / "data" / "customers.csv")
    with served(package) as ask:
        answers = ask(rows)
        alone = ask(rows.iloc[[5]])
    names = ["prediction"] if outputs == 1 else [f"prediction_{n}" for n in range(outputs)]
    assert list(answers) == names
    found = np.column_stack([answers[name] for name in names])
    assert np.allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert np.allclose([alone[n][0] for n in names], expected[5], rtol=1e-4, atol=1e-5)
    assert np.ptp(expected, axis=0).min() > 0.01


@pytest.mark.slow
def test_a_module_that_gives_no_tensor_of_rows_is_refused_in_words(project: Path) -> None:
    pytest.importorskip("torch")
    notebook = Notebook(project).run(
        TABLE
        + "# %%\nnet = nn.LSTM(2, 1, batch_first=True)\n"
        + "output = net(torch.tensor(X.values).float())\n"
    )
    with pytest.raises(ExportFailed, match=r"'net', given `.*`, cannot be asked for one tensor"):
        notebook.export("net", "leaving")
    assert list((project / "packages").glob("*")) == []


@pytest.mark.slow
def test_a_module_without_a_seed_is_refused_and_the_seed_is_named(project: Path) -> None:
    pytest.importorskip("torch")
    notebook = Notebook(project).run((TABLE + ONE).replace("torch.manual_seed(7)", ""))
    with pytest.raises(NotTheSame, match=r"another 'net' than") as refused:
        notebook.export("net", "leaving")
    assert "torch.manual_seed" in refused.value.remedy
