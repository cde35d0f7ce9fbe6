"""Reports, explanations, mitigations and schemas: figures stay, values of the column do not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.governance.checking import found as found_in_table

from notewright.experiments.evaluation import Evaluation
from notewright.governance.checks.base import Finding
from notewright.governance.checks.less_told import told
from notewright.governance.checks.registry import own_checks
from notewright.state.withheld import Withheld, Withholding

LOAD = """\
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.metrics import accuracy_score
raw = pd.read_csv("raw.csv")
features = raw[["income", "age"]]
X_train, X_test, y_train, y_test = train_test_split(features, raw["target"], random_state=1)
del features
"""


def table() -> pd.DataFrame:
    """Return applications, with odd values for the checks to find."""
    rng = np.random.default_rng(0)
    n = 600
    raw = pd.DataFrame(
        {
            "income": rng.normal(50000, 9000, n).round(2),
            "standing": rng.choice(["gilded", "threadbare"], n),
            "age": rng.integers(18, 80, n),
        }
    )
    raw.loc[3, "income"] = 98765432.25
    raw.loc[5, "standing"] = "gildd"
    points = raw["age"] + rng.normal(0, 9, n) + 12 * (raw.standing == "gilded")
    return raw.assign(target=np.where(points > 50, "yes", "no"))


TRAIN = """\
model = LogisticRegression(max_iter=500).fit(X_train, y_train)
score = accuracy_score(y_test, model.predict(X_test))
"""
POLICY = """\
version: 1
data:
  favourable: "yes"
  sensitive: {standing: {}, age: {bands: [40]}}
  restricted: {income: [risk_officer], standing: [risk_officer]}
checks:
  security: {licences: {run: false}, dependencies: {run: false}}
  data_quality: {label_errors: {run: false}}
gates:
  production: {checks: [bias], approvals: [risk_officer]}
"""
#: What only values of the restricted columns say.
SAYS = ("gild", "threadbare", "98765432", "98,765,432", "9.877e+07", "98765400")


def says(text: str) -> list[str]:
    return [word for word in SAYS if word in text]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a registered model of a table with restricted columns, and its checks."""
    import shutil

    from tests.conftest import PlainNotebook

    from notewright.workspace import Workspace

    root = tmp_path_factory.mktemp("made")
    config = tmp_path_factory.mktemp("config of made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(config))
        patch.chdir(root)
        table().to_csv(root / "raw.csv", index=False)
        workspace = Workspace(root)
        notebook = PlainNotebook(workspace, root)
        assert notebook.run(LOAD).status == "ok"
        active = workspace.runs.start(
            "run", session=notebook.recorder.session, namespace=notebook.namespace
        )
        with active.recording():
            execution = notebook.run(TRAIN)
        assert execution.status == "ok"
        after = notebook.recorder.take("trained")
        run = active.finish(changed=["model"], execution=execution.id, snapshot_after=after.id)
        (root / "policy.yaml").write_text(POLICY)
        version = workspace.models.register(run, "model", workspace.identities.me())
        workspace.checks.run(version)
    shutil.copytree(config, root / "config")
    return root


@pytest.fixture
def place(made: Path, monkeypatch: pytest.MonkeyPatch):
    from tests.restricted.conftest import Person

    from notewright.workspace import Workspace

    monkeypatch.setenv("XDG_CONFIG_HOME", str(made / "config"))
    person = Person(Workspace(made))
    yield person
    held = person.workspace.roles.of(person.workspace.identities.me().name)
    if "risk_officer" in held:
        person.workspace.roles.revoke(person.workspace.identities.me().name, "risk_officer")


@pytest.mark.parametrize(
    "words",
    [
        ["check", "model"],
        ["check", "model", "--write", "{to}/report.html"],
        ["check", "model", "--write", "{to}/report.sarif"],
        ["check", "model", "--write", "{to}/report.xml"],
        ["check", "model", "--write", "{to}/report.json"],
        ["gate", "production", "model"],
        ["mitigate", "model", "--code"],
        ["schema", "model"],
        ["explain", "model", "--rows", "8"],
        ["explain", "model", "--row", "{row}"],
        ["dossier", "model"],
        ["dossier", "model", "--write", "{to}/dossier/"],
        ["timeline"],
        ["show", "--to", "{to}/files"],
        ["status"],
        ["runs"],
        ["runs", "last"],
        ["models"],
        ["history"],
        ["slice", "model"],
        ["policy", "show"],
        ["audit", "list"],
        ["audit", "export", "{to}/audit.json"],
    ],
    ids=" ".join,
)
def test_nothing_that_governance_says_repeats_a_withheld_value(place, tmp_path, words):
    row = str(place.workspace.runs.evaluation(place.workspace.runs.list()[-1]).rows[0])
    given = [word.format(to=tmp_path, row=row) for word in words]
    said = place.asks(*given)
    said += "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert not says(said)
    if words[0] in ("check", "mitigate", "schema") or "--row" in words:
        assert "withheld: " in said


def test_who_may_see_the_columns_is_told_all_of_the_same_report(place):
    less = place.workspace.checks.latest(place.workspace.models.get("model"))
    assert not says(str(less.findings))
    place.becomes("risk_officer")
    full = place.workspace.checks.latest(place.workspace.models.get("model"))
    assert {"gild", "98765432"} & set(says(str(full.findings)))
    assert [
        (f.check, f.subject, f.status, f.severity, f.value, f.threshold, f.interval, f.acceptable)
        for f in less.findings
    ] == [
        (f.check, f.subject, f.status, f.severity, f.value, f.threshold, f.interval, f.acceptable)
        for f in full.findings
    ]
    assert (less.content, less.digest, less.passed) == (full.content, full.digest, full.passed)


def test_the_part_of_a_withheld_column_in_an_answer_stays(place):
    version = place.workspace.models.get("model")
    row = str(place.workspace.runs.evaluation(place.workspace.runs.list()[-1]).rows[0])
    less = place.workspace.explanations.of(version, row=row)
    place.becomes("risk_officer")
    full = place.workspace.explanations.of(version, row=row)
    assert [(r.column, r.part) for r in less.reasons(0)] == [
        (r.column, r.part) for r in full.reasons(0)
    ]
    values = {r.column: r.value for r in less.reasons(0)}
    assert isinstance(values["income"], Withheld)
    assert values["age"] == {r.column: r.value for r in full.reasons(0)}["age"]
    assert less.withheld
    assert not full.withheld


def test_a_schema_keeps_the_type_of_the_column_and_no_value(place, tmp_path):
    said = place.asks("schema", "model", "--write", str(tmp_path / "schema.yaml"))
    assert "withheld: income (needs 'risk_officer'), standing" in said
    text = (tmp_path / "schema.yaml").read_text()
    assert "standing" in text
    assert not says(text)


# -- any finding ----------------------------------------------------------------------------

SOME = Withholding((Withheld('in "come"\n{x}', ()), Withheld("id", ("auditor",))))


def finding(**more) -> Finding:
    common = {"check": "data_quality.outliers", "family": "data_quality", "severity": "error",
              "status": "failed", "sentence": "s", "remedy": "r"}  # fmt: skip
    return Finding(**{**common, **more})


@pytest.mark.parametrize(
    "more",
    [
        {"subject": "id"},
        {"sentence": "Rows with ID = 7."},
        {"remedy": "Look at 'id'."},
        {"details": {"a": [{"id": 7}]}},
        {"details": {"column": ("x", "id")}},
        {"sentence": repr('in "come"\n{x}') + " has 7"},
        {"subject": 'In "Come"\n{x}'},
    ],
)
def test_a_finding_that_mentions_the_column_anywhere_keeps_its_figures_only(more):
    (found,) = told([finding(**more, metric="rows", value=2.0, rows=("7",))], (), SOME)
    assert "7" not in str((found.sentence, found.remedy, found.rows, found.details))
    assert found.value == 2.0
    assert "withheld: " in found.sentence
    assert found.details["withheld"]


def test_words_that_hold_names_and_figures_alone_are_told_and_the_rows_are_not():
    known = finding(check="data_quality.missing", sentence="30% of 'id' is missing.", remedy="Fill "
                    "it in.", subject="id", rows=("7",), details={"first": "7"})  # fmt: skip
    (found,) = told([known], (), SOME)
    assert found.sentence == "30% of 'id' is missing; withheld: id (needs 'auditor')."
    assert found.remedy == "Fill it in."
    assert (found.rows, found.details) == ((), {"withheld": ["id (needs 'auditor')"]})
    stopped = finding(check="data_quality.missing", status="could_not_run", sentence="'id': 7?")
    assert "7" not in told([stopped], (), SOME)[0].sentence
    assert "7" not in told([finding(check="others.own", sentence="'id': 7")], (), SOME)[0].sentence


@pytest.mark.parametrize("check", ["data_quality.class_balance", "bias.selection_rate_ratio"])
def test_labels_of_a_restricted_target_are_in_no_finding(check):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"age": rng.integers(18, 80, 400), "standing": "gilded"})
    table.loc[:4, "standing"] = "threadbare"
    table["target"] = table["standing"]
    policy = "version: 1\ndata: {sensitive: {age: {bands: [40]}}, favourable: silver}"
    judged = Evaluation.of(table["standing"], table["target"])
    found = found_in_table(check, table.drop(columns="target"), policy=policy, evaluation=judged)
    assert says(str(found))
    hidden = Withholding((Withheld("standing", ()),))
    assert not says(str(told(found, (), hidden)))


#: Values of every kind that could be in a sentence, none of which is anything else.
TELLING = ["gilded", "threadbare", "9876543.25", "1987-06-05"]


@pytest.mark.parametrize("check", [n for n, c in own_checks().items() if not c.tells_values])
@pytest.mark.parametrize("kind", [str, float, object])
def test_checks_that_say_so_repeat_no_value_of_a_column(check, kind):
    rng = np.random.default_rng(0)
    values: list = [9876543.25, -7654321.75] if kind is float else TELLING
    secret = rng.choice(np.array(values, dtype=object), 400).tolist()
    if kind is object:
        secret[:40] = [7654321.75] * 40
    table = pd.DataFrame(
        {
            "secret": pd.Series(secret, dtype=kind if kind is not str else None),
            "again": secret,
            "age": rng.integers(18, 80, 400),
        }
    )
    table["secret"] = table["secret"].where(rng.random(400) < 0.6)
    table["target"] = [str(value) for value in secret]
    table = pd.concat([table, table.iloc[:50], table.iloc[50:90].assign(age=7)], ignore_index=True)
    table["same"] = secret[0]
    policy = "version: 1\ndata: {sensitive: {secret: {}, again: {}}, favourable: gilded}"
    found = found_in_table(
        check, table, training=table.iloc[::2], model=Echo(), policy=policy,
        **({"rising": ["age"]} if check.endswith("monotonic") else {}),
    )  # fmt: skip
    said = " ".join(f.sentence + f.remedy + f.subject for f in found if f.status != "could_not_run")
    assert not [word for word in (*TELLING, "9876543", "7654321") if word in said]


class Echo:
    """Says what a column holds."""

    classes_ = np.array(sorted(TELLING))

    def fit(self, X, y):
        return self

    def predict(self, X):
        return X["again"].astype(str).to_numpy()


def test_a_finding_about_something_else_is_told_whole():
    some = [finding(subject="identity"), finding(sentence="did not", rows=("1",))]
    assert told(some, (), SOME) == tuple(some)


def test_rows_are_not_listed_where_their_labels_are_the_column():
    (found,) = told([finding(rows=("7",), sentence="Row 7.")], ("id",), SOME)
    assert found.rows == ()
    assert "7" not in found.sentence


@pytest.mark.parametrize("asked", ["status", "timeline", "runs", "checks", "packages", "changes"])
def test_the_panels_server_answers_no_more_than_the_verbs(place, asked):
    from notewright_lab.answers import ANSWERS, Question

    said = json.dumps(ANSWERS[asked](place.workspace, Question(place.workspace.root)), default=str)
    assert not says(said)
    assert asked != "checks" or "withheld: " in said


def test_whoever_acts_by_their_key_is_told_what_they_may_see(place, tmp_path):
    workspace = place.workspace
    key = tmp_path / "rita.key"
    rita = workspace.identities.create("rita", key)
    workspace.roles.grant("rita", "risk_officer")
    version = workspace.models.get("model")
    row = str(workspace.runs.evaluation(workspace.runs.list()[-1]).rows[0])
    assert not workspace.explanations.of(version, row=row, actor=rita).withheld
    assert workspace.explanations.of(version, row=row).withheld
    assert says(str(workspace.checks.run(version, actor=rita).findings))
    assert not says(str(workspace.checks.latest(version).findings))
