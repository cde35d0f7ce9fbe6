"""`%nw check` of what is no model: tables, two tables, saved notebooks."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from notewright.errors import AccessDenied, UsageError
from notewright.governance.checks.document_order import Place
from notewright.governance.checks.registry import all_checks
from notewright.governance.checks.saved_order import ran_otherwise, unmade_names
from notewright.governance.checks.subject import notebook_subject, table_subject
from notewright.state.namespace import Namespace
from notewright.verbs import find_verb
from notewright.verbs.base import Context

ROWS = 300


def people(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    jobs = rng.choice(["baker", "cook", "clerk"], ROWS)
    pay = rng.normal(3000, 400, ROWS)
    return pd.DataFrame({"age": rng.integers(20, 60, ROWS), "job": jobs, "pay": pay})


def document(*cells: tuple[str, int | None], output: str = "") -> bytes:
    said = [{"output_type": "stream", "text": output}] if output else []
    made = [
        {"cell_type": "code", "source": source, "execution_count": count, "outputs": said}
        for source, count in cells
    ]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "#"}, *made]}).encode()


TRAINED = (
    "from sklearn.dummy import DummyClassifier\n"
    "model = DummyClassifier().fit(np.zeros((4, 1)), [0, 1, 1, 1])"
)


@pytest.fixture
def check(workspace, monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs `check` with some words; its variables are those given."""
    monkeypatch.chdir(workspace.root)

    def run(words: str, **variables: object):
        verb = find_verb("check")
        kernel = SimpleNamespace(namespace=Namespace(variables)) if variables else None
        context = Context(workspace, kernel)  # type: ignore[arg-type]
        return verb.run(verb.parser().parse_args(words.split()), context)

    return run


def failed(view) -> dict[str, str]:
    findings = view.data()["findings"]
    return {f["check"]: f["sentence"] for f in findings if f["status"] == "failed"}


# -- tables -----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["variable", "file", "dataset of a file", "dataset of a table"])
def test_a_table_is_checked_as_a_variable_a_file_and_a_dataset(check, workspace, how):
    table = people()
    table.loc[7, "age"] = -4
    table.to_csv("people.csv", index=False)
    variables, words = {}, "people.csv"
    if how == "variable":
        words, variables = "people", {"people": table}
    elif how.startswith("dataset"):
        of = table if how.endswith("table") else workspace.root / "people.csv"
        workspace.datasets.add(of, "staff")
        words = "staff"
    view = check(words, **variables)
    assert "what an age in years cannot be, such as -4" in failed(view)["data_quality.impossible"]
    assert view.text().startswith(f"{words} (table): 1 finding to mend")
    assert view.exit_code() == 1
    assert table.loc[7, "age"] == -4


@pytest.mark.parametrize("kind", ["an Arrow table", "a polars frame"])
def test_a_table_of_another_library_gets_the_findings_of_the_same_one_of_pandas(
    check, workspace, kind
):
    library = pytest.importorskip("polars" if "polars" in kind else "pyarrow")
    days = pd.date_range("2024-01-01", periods=ROWS, freq="D").as_unit("us")
    table = people().assign(day=days, mail=[f"person{n}@example.org" for n in range(ROWS)])
    table.loc[7, "age"] = -4
    columns = {name: table[name].tolist() for name in table}
    columns["day"] = [day.to_pydatetime() for day in table.day]
    theirs = library.DataFrame(columns) if "polars" in kind else library.table(columns)
    wanted, given = check("people", people=table), check("people", people=theirs)
    sentences = [
        [(f["check"], f["status"], f["sentence"]) for f in view.data()["findings"]]
        for view in (wanted, given)
    ]
    assert sentences[0] == sentences[1]
    assert {"data_quality.impossible", "privacy.reidentification"} <= set(failed(given))


def test_what_only_a_model_has_is_not_asked_of_a_table(check):
    view = check("people", people=people())
    names = {f["check"] for f in view.data()["findings"]}
    assert names == {n for n, c in all_checks().items() if "table" in c.subjects}
    assert not any(f["status"] == "could_not_run" for f in view.data()["findings"])


def test_a_table_that_moved_is_told_from_one_that_did_not(check):
    people().to_csv("train.csv", index=False)
    moved = people(1).assign(age=lambda frame: frame.age + 20)
    drifted = failed(check("people --against train.csv", people=moved))
    assert "From the earlier table to 'people': 'age' drifted strongly" in drifted["drift.columns"]
    assert "tells 'people' from the earlier table" in drifted["drift.domain"]
    still = failed(check("people --against train.csv", people=people(2)))
    assert not {"drift.columns", "drift.domain"} & set(still)


def test_a_report_is_about_one_content_and_is_found_again(check, workspace):
    first = check("people", people=people())
    assert check("people --last", people=people()).data()["id"] == first.data()["id"]
    other = check("people --last", people=people(1))
    assert "was not checked yet" in other.text()
    assert "check" in [e.act for e in workspace.audit.list(subject="people (table)")]


def test_a_table_needs_no_policy_and_heeds_one_that_is_there(check, workspace):
    table = people().assign(age=lambda frame: frame.age.where(frame.index > 100))
    assert "data_quality.missing" in failed(check("people", people=table))
    (workspace.root / "policy.yaml").write_text(
        "version: 1\nchecks: {data_quality: {missing: {max_share: 0.5}}}"
    )
    assert "data_quality.missing" not in failed(check("people", people=table))


def test_a_report_of_a_table_opens_no_gate(house):
    version = house.version
    table = people()
    house.governance.checks.run(table_subject(f"{version.name}@{version.number}", table))
    assert house.governance.checks.latest(version) is None


def test_who_may_not_check_models_may_not_check_tables_either(house):
    with pytest.raises(AccessDenied):
        house.governance.checks.run(table_subject("t", people()), actor=house.person("carl"))


# -- notebooks --------------------------------------------------------------------------------

CLEAN = document(
    ("import pandas as pd\nimport numpy as np", 1),
    ("def load(path):\n    return pd.read_csv(path)", 2),
    ("rng = np.random.default_rng(0)\ndf = load('people.csv')", 3),
    ("for column in df:\n    print(df[column].mean())", 4),
)


def test_a_clean_notebook_passes(check, workspace):
    (workspace.root / "clean.ipynb").write_bytes(CLEAN)
    (workspace.root / "people.csv").write_text("a\n1\n")
    view = check("clean.ipynb")
    assert view.text().startswith("clean.ipynb (notebook): passed every check")


FAULTS = {
    "token in a cell": (
        document(("key = 'ghp_" + "a1B2c3D4e5" * 4 + "'", 1)), "privacy.cells", "GitHub token"),
    "token in an output": (
        document(("x = 1", 1), output="ghp_" + "a1B2c3D4e5" * 4), "privacy.outputs", "GitHub"),
    "downloaded pickle": (
        document(("import pandas as pd\ndf = pd.read_pickle('http://a.org/x.pkl')", 1)),
        "security.code", "Cell [1]"),
    "no seed": (
        document(("import numpy as np\nx = np.random.rand(3)", 1)),
        "reproducibility.seeds", "numpy.random.rand"),
    "open version": (document(("%pip install polars", 1)), "security.dependencies", "polars"),
    "out of order": (
        document(("x = 1", 5), ("y = x", 2)), "reproducibility.order", "ran before cell [5]"),
    "made further down": (
        document(("print(x)", 2), ("x = 1", 1)),
        "reproducibility.hidden_state", "made only further down"),
    "deleted": (
        document(("y = cleaned.mean()", 9)), "reproducibility.hidden_state", "no cell makes"),
    "function that needs it": (
        document(("def f():\n    return rate * 2", 1), ("f()", 2), ("rate = 3", 3)),
        "reproducibility.hidden_state", "`rate`"),
    "added to nothing": (
        document(("total += 1", 3)), "reproducibility.hidden_state", "`total`"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "name", "words"), FAULTS.values(), ids=FAULTS)
def test_what_is_planted_in_a_notebook_is_found(check, workspace, content, name, words):
    (workspace.root / "planted.ipynb").write_bytes(content)
    assert words in failed(check("planted.ipynb"))[name]


SOUND = {
    "function before what it uses": ["def f():\n    return rate", "rate = 3", "f()"],
    "class that names itself": [
        "class Node:\n    def twin(self) -> 'Node':\n        return Node()", "Node()"],
    "annotations": ["from __future__ import annotations\ndef f(a: Later) -> Later: ...\nb: Later"],
    "comprehension": ["rows = [1]", "total = sum(row for row in rows if row)"],
    "star import": ["from math import *", "x = sqrt(2)"],
    "run": ["%run helpers.py", "x = helper()"],
    "captured": ["%%capture out\nprint(1)", "out.show()"],
    "made by exec": ["exec('x = 1')", "y = x"],
    "shell": ["files = !ls", "print(files)"],
    "conditional": ["try:\n    import torch\nexcept ImportError:\n    torch = None", "torch"],
    "with": ["with open('a') as file:\n    text = file.read()", "text"],
    "walrus": ["if (n := 3) > 2:\n    pass", "n"],
    "lambda": ["f = lambda r: later(r)", "def later(r): return r", "f(1)"],
    "shell's own": ["display(In, Out, _, __name__)", "get_ipython()"],
}  # fmt: skip


@pytest.mark.parametrize("cells", SOUND.values(), ids=SOUND)
def test_cells_that_run_from_top_to_bottom_miss_no_variable(cells):
    assert not list(unmade_names([Place(at, None, cell) for at, cell in enumerate(cells)]))


def test_cells_whose_numbers_were_cleared_say_nothing_of_order():
    counts = [3, None, 5, None]
    assert not list(ran_otherwise([Place(at, None, "x", n) for at, n in enumerate(counts)]))


def test_requirement_files_and_modules_beside_a_notebook_are_its_own(check, workspace):
    folder = workspace.root / "work"
    folder.mkdir()
    (folder / "helpers.py").write_text("x = 1")
    (folder / "requirements.txt").write_text("pandas\n")
    (folder / "a.ipynb").write_bytes(document(("import helpers, pandas", 1)))
    told = failed(check("work/a.ipynb"))
    assert "leaves the version open of pandas" in told["security.dependencies"]
    assert "helpers" not in told["security.dependencies"]


# -- words that name nothing, or too much -------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("nothing", "There is no model, dataset, variable or file 'nothing'"),
        ("nothing --as model", "There is no model 'nothing'"),
        ("x" * 300, "There is no model, dataset, variable or file 'xxx"),
        ("~nobody-of-that-name/x", "There is no model, dataset, variable or file '~nobody"),
        ("notes.txt", "cannot be read as a table"),
        ("broken.ipynb", "broken.ipynb is no notebook"),
        ("list.ipynb", "list.ipynb is no notebook"),
        ("clean.ipynb --against notes.txt", "compares two tables, and 'clean.ipynb' is none"),
        ("people.csv --against nothing", "There is no dataset, variable or file 'nothing'"),
        ("people", "'people' is a dataset and a variable"),
    ],
)
def test_words_that_name_no_subject_get_a_pointed_error(check, workspace, words, problem):
    (workspace.root / "clean.ipynb").write_bytes(CLEAN)
    (workspace.root / "broken.ipynb").write_bytes(b"{")
    (workspace.root / "list.ipynb").write_bytes(b"[" * 100_000)
    (workspace.root / "notes.txt").write_text("notes")
    people().to_csv("people.csv", index=False)
    workspace.datasets.add(people(), "people")
    with pytest.raises(UsageError, match=problem):
        check(words, people=people())


def test_a_name_of_several_things_is_told_apart_by_as(check, workspace):
    workspace.datasets.add(people(), "people")
    other = people()
    other.loc[7, "age"] = -4
    assert "data_quality.impossible" in failed(check("people --as variable", people=other))
    assert "data_quality.impossible" not in failed(check("people --as dataset", people=other))


def test_a_model_goes_before_a_table_of_its_name(workspace, registered, check):
    version = registered("import numpy as np", TRAINED)
    workspace.datasets.add(people(), "model")
    assert check("model").report.version == version.id
    assert check("model --as dataset").report.version != version.id


def test_a_notebook_is_another_subject_once_it_is_edited():
    one, other = (notebook_subject("a", document((c, 1)), None) for c in ("x = 1", "x = 2"))
    assert one.id != other.id
