"""From one prediction back to the data: every link verified, a broken one named."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.conftest import PlainNotebook
from tests.damage import flip_byte
from tests.edited import edited
from tests.serving.conftest import raw_rows, request, write_package

from notewright.errors import AccessDenied, AmbiguousId, UnknownId, UntrustedStore
from notewright.packaging.packages import Packages
from notewright.progress import Progress
from notewright.serving.log import DATABASE
from notewright.serving.retrace import retrace
from notewright.state.values import fingerprint
from notewright.verbs import find_verb
from notewright.verbs.base import Context
from notewright.views.base import View
from notewright.views.serving import Chain
from notewright.workspace import Workspace

POLICY = """
version: 1
documentation: {intended_use: testing, limitations: none, owner: nobody}
data: {favourable: good}
checks:
  performance:
    floor: {metric: balanced_accuracy, limit: 0.1}
gates:
  production:
    checks: [performance]
    approvals: [risk_officer]
    valid_days: 30
"""
CELLS = [
    "import pandas as pd",
    "rows = pd.read_csv('rows.csv')",
    "y = rows['risk']\nX = rows[['amount', 'months']]",
]
RUN = (
    "from sklearn.linear_model import LogisticRegression\n"
    "from sklearn.metrics import accuracy_score\n"
    "model = LogisticRegression(max_iter=500).fit(X, y)\n"
    "accuracy_score(y, model.predict(X))"
)
KINDS = [
    *("prediction", "deployment", "package", "model", "run", "cells", "snapshot", "data"),
    *("checks", "approval", "audit"),
]


@dataclass
class Chained:
    """A workspace with one served prediction, stopped again, and the user's folder."""

    root: Path
    config: Path
    prediction: str


@pytest.fixture(scope="module")
def chained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chained]:
    config = tmp_path_factory.mktemp("config")
    root = tmp_path_factory.mktemp("chained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(config))
        patch.chdir(root)
        house = Workspace(root)
        prediction = _live(house, root)
        house.deployments.stop("credit_risk")
        yield Chained(root, config, prediction)


def _live(house: Workspace, root: Path) -> str:
    """Train, register, check, approve, package and deploy; return a prediction's id."""
    rows = raw_rows(200).drop(columns="since")
    rows["risk"] = (rows["amount"] / rows["months"] < 90).map({True: "good", False: "bad"})
    rows.to_csv(root / "rows.csv", index=False)
    (root / "policy.yaml").write_text(POLICY, encoding="utf-8")
    notebook = PlainNotebook(house, root)
    for cell in CELLS:
        notebook.run(cell)
    active = house.runs.start(
        "small", session=notebook.recorder.session, namespace=notebook.namespace
    )
    with active.recording():
        execution = notebook.run(RUN)
    after = notebook.recorder.take(kind="run")
    run = active.finish(
        "finished", changed=execution.changed, execution=execution.id, snapshot_after=after.id
    )
    version = house.models.register(run, "credit_risk", house.identities.me())
    house.checks.run(version)
    rita = house.identities.create("rita", root / "rita.key")
    house.roles.grant("rita", "risk_officer")
    house.approvals.sign(rita, "production", version, "looks sound")
    keep_package(house.packages, root, fingerprint(notebook["model"]), run.id)
    url = house.deployments.deploy("credit_risk").url
    answer = httpx.post(f"{url}/v2/models/credit_risk/infer", json=request(raw_rows(2)))
    return str(answer.json()["id"])


def keep_package(packages: Packages, root: Path, model: str, run: str) -> None:
    """Keep a hand-written tree as an exported version: signed, recorded, immutable."""
    tree = write_package(root / "tree" / "credit_risk", weight=-0.01)
    (tree / "dist").mkdir()
    (tree / "dist" / "credit_risk-1-py3-none-any.whl").write_bytes(b"")
    evidence = {
        "origin": "notebook",
        "variable": "model",
        "fingerprint": model,
        "snapshot": None,
        "run": run,
        "model_version": "credit_risk@1",
        "parent": None,
        "files": [],
        "executions": [],
        "findings": [],
    }
    home = root / "environment"
    proof: dict[str, object] = {"metrics": {}}
    target = root / "packages" / "credit_risk"
    target.parent.mkdir()
    packages._keep(tree, target, "credit_risk", 1, home, proof, evidence, Progress())


@pytest.fixture
def copy(chained: Chained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy of the workspace that a test may damage."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(chained.config))
    shutil.copytree(chained.root, tmp_path / "copy", symlinks=True)
    return Workspace(tmp_path / "copy")


def test_the_whole_chain_holds(copy: Workspace, chained: Chained) -> None:
    found = retrace(copy, chained.prediction)
    assert [link.kind for link in found.links] == KINDS
    assert found.verified, found.broken
    assert found.sentence == "All 11 links hold."
    words = {link.kind: link.sentence for link in found.links}
    assert "2 rows;" in words["prediction"]
    assert "looks sound" in words["approval"]
    assert "3 of 4" in words["cells"] or "4 of 4" in words["cells"]
    view = Chain(found)
    assert json.loads(json.dumps(view.data()))["verified"] is True
    assert view.exit_code() == 0
    for link in found.links:
        assert link.sentence in view.text()


def test_the_first_characters_of_an_id_are_enough(copy: Workspace, chained: Chained) -> None:
    assert retrace(copy, chained.prediction[:6]).prediction == chained.prediction


def test_an_unknown_prediction_says_so(copy: Workspace) -> None:
    for unknown in ("ffffffffffffffff", "xyz", "", "../x"):
        with pytest.raises(UnknownId, match="no prediction"):
            retrace(copy, unknown)


def test_an_id_that_fits_two_predictions_asks_for_more(copy: Workspace, chained: Chained) -> None:
    log = copy.store.root / "deployments" / "credit_risk" / DATABASE
    names = "time, deployment, status, milliseconds, rows, inputs_digest, outputs_digest"
    twin = chained.prediction[:8] + "0" * 8
    _sql(
        log,
        f"INSERT INTO predictions (id, {names}, previous, digest)"
        f" SELECT '{twin}', {names}, previous, digest FROM predictions",
    )
    with pytest.raises(AmbiguousId):
        retrace(copy, chained.prediction[:8])


def _sql(path: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(statement)
        database.commit()


def _catalog(house: Workspace, statement: str) -> None:
    edited(house.store.root, statement)


def _damage(house: Workspace, digest: str) -> None:
    """Flip a byte of a stored object."""
    flip_byte(house.store.objects, digest)


def _address(house: Workspace, table: str) -> str:
    row = house.store.catalog.one(f"SELECT digest FROM {table} LIMIT 1")
    assert row is not None
    return str(row["digest"])


def _change_answer(house: Workspace) -> None:
    log = house.store.root / "deployments" / "credit_risk" / DATABASE
    _sql(log, "UPDATE predictions SET outputs = replace(outputs, 'good', 'bad ')")


def _change_answer_and_digest(house: Workspace) -> None:
    log = house.store.root / "deployments" / "credit_risk" / DATABASE
    _sql(log, "UPDATE predictions SET status = 201")


def _swap_package(house: Workspace) -> None:
    _catalog(house, "UPDATE deployments SET package = 'other'")


def _edit_package(house: Workspace) -> None:
    package = house.packages.get("credit_risk")
    file = package.path / "src" / "credit_risk" / "features.py"
    file.chmod(0o600)
    file.write_text(file.read_text() + "\n", encoding="utf-8")


def _edit_data(house: Workspace) -> None:
    with (house.root / "rows.csv").open("a", encoding="utf-8") as file:
        file.write("\n")


def _remove_data(house: Workspace) -> None:
    (house.root / "rows.csv").unlink()


def _edit_cells(house: Workspace) -> None:
    _catalog(house, "UPDATE executions SET body = replace(body, 'import', 'imp0rt')")


def _edit_cell(house: Workspace) -> None:
    _catalog(house, "UPDATE executions SET body = replace(body, 'months', 'amount')")


def _edit_audit(house: Workspace) -> None:
    _catalog(house, "UPDATE audit_entries SET entry = replace(entry, 'sound', 'soand') WHERE n = 5")
    _catalog(house, "UPDATE audit_entries SET entry = replace(entry, 'rita', 'ritb') WHERE n = 4")


def _damaged(table: str) -> Callable[[Workspace], None]:
    def damage(house: Workspace) -> None:
        _damage(house, _address(house, table))

    damage.__name__ = f"damage_{table}"
    return damage


TAMPERING: list[tuple[Callable[[Workspace], None], set[str], str]] = [
    (_change_answer, {"prediction"}, "the logged outputs are not those that were written"),
    (_change_answer_and_digest, {"prediction"}, "the log record is not the one"),
    (_swap_package, {"deployment"}, "say different things"),
    (_damaged("deployments"), {"deployment"}, "is damaged"),
    (_edit_package, {"package"}, "src/credit_risk/features.py: its bytes changed"),
    (_damaged("packages"), {"package"}, "is damaged"),
    (_damaged("model_versions"), {"model"}, "is damaged"),
    (_damaged("runs"), {"run"}, "is damaged"),
    (_edit_cells, {"cells"}, "is not as it was written"),
    (_damaged("snapshots"), {"snapshot"}, "is damaged"),
    (_edit_data, {"data"}, "rows.csv is changed since"),
    (_remove_data, {"data"}, "rows.csv is no longer there"),
    (_damaged("check_reports"), {"checks"}, "is damaged"),
    (_damaged("approvals"), {"approval"}, "is damaged"),
    (_edit_audit, {"audit"}, "Entry"),
]


@pytest.mark.parametrize(("tamper", "kinds", "words"), TAMPERING)
def test_a_broken_link_is_named_and_the_rest_is_still_shown(
    copy: Workspace,
    chained: Chained,
    tamper: Callable[[Workspace], None],
    kinds: set[str],
    words: str,
) -> None:
    tamper(copy)
    found = retrace(Workspace(copy.root), chained.prediction)
    broken = {link.kind: str(link.problem) for link in found.broken}
    assert kinds <= set(broken), found.links
    assert any(words in broken[kind] for kind in kinds), broken
    assert {link.kind for link in found.links} >= set(KINDS) - {"snapshot", "cells", "data"}
    assert len(found.broken) <= 4, broken
    assert Chain(found).exit_code() == 1
    assert "BROKEN" in Chain(found).text()


def test_a_store_from_somebody_else_says_whose_key_signed_and_how_to_trust_it(
    copy: Workspace, chained: Chained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = copy.identities.owner()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "theirs"))
    monkeypatch.setattr("notewright.governance.keys.os_user", lambda: "bob")
    mine = Workspace(copy.root)
    for refused in (
        lambda: mine.monitor("credit_risk"),
        lambda: mine.packages.retrain(mine.packages.get("credit_risk"), copy.root / "rows.csv"),
        lambda: mine.snapshots.load(mine.snapshots.head()),
    ):
        with pytest.raises(UntrustedStore) as error:
            refused()
        assert f"signed by '{owner.name}' (key {owner.public[:16]})" in error.value.problem
        assert f"`notewright trust {owner.name}`" in error.value.remedy
    chain = {link.kind: link for link in retrace(mine, chained.prediction).broken}
    assert list(chain) == ["package"]
    assert f"`notewright trust {owner.name}`" in str(chain["package"].problem)
    mine.identities.trust(owner.name)
    assert mine.monitor("credit_risk").requests == 1
    assert "model" in mine.snapshots.load(mine.snapshots.head())


def test_a_key_that_nobody_registered_is_given_whole(copy: Workspace) -> None:
    stranger = "ab" * 32
    with pytest.raises(UntrustedStore, match=f"register NAME --public {stranger}"):
        copy.identities.require_trusted(stranger)


@pytest.mark.usefixtures("in_india")
def test_sentences_give_the_time_here_and_json_the_time_in_utc(
    copy: Workspace, chained: Chained
) -> None:
    links = {link.kind: link for link in retrace(copy, chained.prediction).links}
    timed = {"prediction", "deployment", "run", "approval", "checks"}
    assert {kind for kind, link in links.items() if link.time} == timed
    for kind in timed:
        stored = datetime.fromisoformat(links[kind].time)
        assert stored.utcoffset() == timedelta(0)
        here = (stored + timedelta(hours=5, minutes=30)).strftime("%Y-%m-%d %H:%M")
        assert here in links[kind].sentence
    acts = copy.audit.list(subject="credit_risk@1")
    here = datetime.fromisoformat(acts[0].time) + timedelta(hours=5, minutes=30)
    assert any(here.strftime("%Y-%m-%d %H:%M") in line for line in links["audit"].details)


def test_hostile_words_are_escaped_in_html(copy: Workspace, chained: Chained) -> None:
    _sql(
        copy.store.root / "deployments" / "credit_risk" / DATABASE,
        "UPDATE predictions SET outputs ="
        " replace(replace(outputs, '\"good\"', '\"<script>\"'), '\"bad\"', '\"<script>\"')",
    )
    html = Chain(retrace(copy, chained.prediction)).html()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_who_deploys_and_stops_is_the_holder_of_the_key(
    copy: Workspace, chained: Chained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Heads of the audit log are kept there; those of this copy are nobody else's.
    shutil.copytree(chained.config, tmp_path / "config")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    house = Workspace(copy.root)
    key = str(copy.root / "rita.key")

    def say(*words: str) -> View:
        verb = find_verb(words[0])
        return verb.run(verb.parser().parse_args([*words[1:], "--key", key]), Context(house))

    with pytest.raises(AccessDenied, match="rita"):
        say("deploy", "credit_risk")
    house.roles.grant("rita", "operator")
    try:
        assert say("deploy", "credit_risk").data()["deployment"]["actor"] == "rita"
    finally:
        assert say("stop", "credit_risk").data()["deployment"]["status"] == "stopped"
    acts = [(entry.act, entry.actor) for entry in house.audit.list(subject="credit_risk")]
    assert {("deploy", "rita"), ("stop", "rita")} <= set(acts)
