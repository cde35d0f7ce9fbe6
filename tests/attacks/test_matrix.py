"""Roles x actions x ways in: every way in has a rule, and every rule is asked where it leads."""

from __future__ import annotations

import argparse
import inspect
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.attacks import rules
from tests.conftest import PlainNotebook

from notewright.cli import main
from notewright.errors import AccessDenied, NotewrightError
from notewright.experiments.runs import Runs
from notewright.governance.authority import ACTIONS, ROLES, Resource, allowed
from notewright.governance.identities import Identity
from notewright.state.namespace import Namespace
from notewright.state.retention import Rules
from notewright.verbs import VERBS, find_verb
from notewright.verbs.base import Context
from notewright.workspace import Workspace

# -- every way in has a rule -----------------------------------------------------------


def words_of(verb: str) -> list[str]:
    """Return a verb with each choice of its first argument, from its own parser."""
    for action in find_verb(verb).parser()._actions:
        if not action.option_strings and action.choices is not None:
            return [f"{verb} {choice}" for choice in action.choices]
    return [verb]


def service_methods(name: str, workspace: Workspace) -> Iterator[str]:
    kind = type(workspace if name == "workspace" else getattr(workspace, name))
    for method, value in inspect.getmembers(kind):
        if not method.startswith("_") and (inspect.isfunction(value) or inspect.ismethod(value)):
            yield method


def services() -> list[str]:
    """Return the names of the services: what a workspace gives that is no method or value."""
    from functools import cached_property

    found = ["workspace"]
    for name, value in vars(Workspace).items():
        if isinstance(value, cached_property | property) and not name.startswith("_"):
            found.append(name)
    return [name for name in found if name != "read_only"]


def test_every_verb_and_each_of_its_choices_has_a_rule():
    assert {words for verb in VERBS for words in words_of(verb)} == set(rules.VERBS)


def test_every_service_has_rules():
    assert set(services()) == set(rules.METHODS)


@pytest.mark.parametrize("service", sorted(rules.METHODS))
def test_every_public_method_of_every_service_has_a_rule(service, workspace):
    known = rules.METHODS[service]
    if "*" not in known:
        assert set(service_methods(service, workspace)) == set(known)


def test_every_path_of_the_prediction_server_has_a_rule():
    from types import SimpleNamespace

    from notewright.serving.app import make_app

    app = make_app(SimpleNamespace())
    found = {
        f"{method} {route.path}" for route in app.routes for method in route.methods - {"HEAD"}
    }
    assert found == set(rules.SERVED)


def test_every_path_of_the_panels_server_has_a_rule():
    from notewright_lab.handlers import PREFIX, routes

    found = {
        f"{method.upper()} {pattern.partition(PREFIX + '/')[2]}"
        for pattern, handler, _ in routes("/")
        for method in ("get", "post", "put", "patch", "delete")
        if method in vars(handler)
    }
    assert found == set(rules.PANEL)


def test_every_word_of_the_panel_to_the_kernel_has_a_rule():
    from notewright_magics.comm import _WORDS

    assert set(_WORDS) == set(rules.COMM)
    assert all(rules.COMM[word] in (rules.VERBS[word], rules.OWN) for word in _WORDS)


def test_every_rule_is_an_action_or_a_stated_reason_and_every_action_is_needed_somewhere():
    reasons = {v for k, v in vars(rules).items() if k.isupper() and isinstance(v, str)}
    stated = [*rules.VERBS.values(), *rules.SERVED.values(), *rules.PANEL.values()]
    stated += [rule for methods in rules.METHODS.values() for rule in methods.values()]
    assert set(stated) <= reasons | set(ACTIONS)
    assert set(ACTIONS) - set(stated) == {"snapshot.read"}, "reading is not refused"


# -- every rule is asked, by calling ------------------------------------------------------


@dataclass
class Place:
    """A workspace in which the OS user has exactly one role, and a version that ben made."""

    workspace: Workspace
    me: Identity
    version: Any
    role: str | None

    def live(self, name: str) -> str:
        """Let something be on record as deployed under `name`, without any process."""
        records = self.workspace.deployments.records
        made = records.add(
            name=name,
            package="ab" * 32,
            package_ref="m@1",
            manifest="cd" * 32,
            model_version=self.version.id,
            model_digest=self.version.digest,
            kind="deploy",
            actor=self.me.name,
            previous=None,
        )
        records.went_live(made)
        return name


POLICY = """
version: 1
data: {restricted: {income: [risk_officer]}}
gates:
  production: {checks: [performance], approvals: [reviewer, risk_officer]}
"""


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A workspace with a version by ben, and the user's folder."""
    from sklearn.linear_model import LinearRegression

    config, root = tmp_path_factory.mktemp("config"), tmp_path_factory.mktemp("begun")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(config))
        place = Workspace(root)
        (root / "policy.yaml").write_text(POLICY)
        (root / "empty.db").touch()
        (root / "income.bin").write_bytes(b"who knows")
        (root / "packed" / "data").mkdir(parents=True)
        (root / "packed" / "data" / "people.csv").write_text("age,income\n")
        place.datasets.add(root / "income.bin", "income")
        notebook = PlainNotebook(place, root)
        notebook.run(f"income = [open('{root}/income.bin').read()]")
        notebook.recorder.take("income")
        identities, roles = place.identities, place.roles
        for name, role in (("ben", "data_scientist"), ("ada", "admin")):
            identities.create(name, root / f"{name}.key")
            roles.grant(name, role)
        model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
        # Without a log: that the OS user recorded it would make it their own work.
        run = Runs(place.store, place.snapshots).record("first", model=model)
        ben = identities.load_key(root / "ben.key")
        place.models.register(run, "m", ben)
        yield root, config


@pytest.fixture(params=[*ROLES, None], ids=lambda role: role or "no role")
def place(request, begun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    root, config = begun
    here, mine = tmp_path / "place", tmp_path / "config of the user"
    shutil.copytree(root, here)
    shutil.copytree(config, mine)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(mine))
    monkeypatch.chdir(here)
    workspace = Workspace(here)
    me = workspace.identities.me()
    ada = workspace.identities.load_key(here / "ada.key")
    held = workspace.roles.of(me.name)
    if request.param is not None and request.param not in held:
        workspace.roles.grant(me.name, request.param, by=ada)
    for role in held - {request.param}:
        workspace.roles.revoke(me.name, role, by=ada)
    assert workspace.roles.of(me.name) == ({request.param} - {None})
    return Place(workspace, me, workspace.models.get("m@1"), request.param)


def api(place: Place) -> dict[str, Callable[[], object]]:
    """Return a call of every guarded method, with words that go wrong only past the door."""
    w, version = place.workspace, place.version
    snapshot = w.snapshots.get("income")
    income = w.restricted.now().among(["income"])
    logged = replace(
        w.runs.get("first"), artifacts=tuple(w.runs.keep_artifacts({"people.csv": b"income"}))
    )
    package = _Package(w.root / "packed")
    here, there = Namespace({}), place.workspace.root / "there"
    return {
        "snapshots.load": lambda: w.snapshots.load(snapshot, ["income"]),
        "snapshots.bring": lambda: w.snapshots.bring(snapshot, ["income"], {}),
        "snapshots.restore": lambda: w.snapshots.restore(here, snapshot, ["income"]),
        "snapshots.copy_files": lambda: w.snapshots.copy_files(snapshot, there, ["income.bin"]),
        "runs.artifact": lambda: w.runs.artifact(logged, "people.csv"),
        "datasets.load": lambda: w.datasets.load("income"),
        "datasets.given": lambda: w.datasets.given("income"),
        "datasets.bytes_of": lambda: w.datasets.bytes_of(w.datasets.get("income")),
        "datasets.write": lambda: w.datasets.write(w.datasets.get("income"), there),
        "datasets.diff": lambda: w.datasets.diff("income", "income"),
        "retention.carry_out": lambda: w.retention.carry_out(Rules()),
        "models.register": lambda: w.models.register("first", "other", place.me),
        "models.move_alias": lambda: w.models.move_alias("m", "champion", 1, None, place.me),
        "mlflow.take": lambda: w.mlflow.take("empty.db", actor=place.me),
        "mlflow.give": lambda: w.mlflow.give("new.db"),
        "restricted.refuse": lambda: [w.restricted.refuse(c, "it") for c in income],
        "checks.infer_schema": lambda: w.checks.infer_schema(version),
        "checks.run": lambda: w.checks.run(version),
        "gates.require": lambda: w.gates.require("production", version),
        "gates.revoke": lambda: w.gates.revoke("production", version, "a bug"),
        "approvals.sign": lambda: w.approvals.sign(place.me, "production", version, "x"),
        "explanations.of": lambda: w.explanations.of(version),
        "mitigation.propose": lambda: w.mitigation.propose(version),
        "dossiers.collect": lambda: w.dossiers.collect(version),
        "dossiers.written": lambda: w.dossiers.written(_Dossier(), {}),
        "audit.export": lambda: w.audit.export(w.root / "audit.json"),
        "roles.grant": lambda: w.roles.grant("ben", "auditor"),
        "roles.revoke": lambda: w.roles.revoke("ben", "auditor"),
        "packages.export": lambda: w.packages.export("model", "m"),
        "packages.retrain": lambda: w.packages.retrain(package, w.root / "none.csv"),
        "packages.copy": lambda: w.packages.copy(package, there),
        "deployments.deploy": lambda: w.deployments.deploy("m", "m@1"),
        "deployments.rollback": lambda: w.deployments.rollback(place.live("back")),
        "deployments.erase": lambda: w.deployments.erase(place.live("log"), older_than="1d"),
        "deployments.stop": lambda: w.deployments.stop(place.live("stopped")),
        "workspace.retrain": lambda: w.retrain(place.live("old"), w.root / "none.csv"),
    }


class _Package:
    name, number, withheld = "m", 1, ()

    def __init__(self, path: Path) -> None:
        self.path = path


class _Dossier:
    digest, ref, head = "ab" * 32, "m@1", None


def words(place: Place) -> dict[str, list[str]]:
    """Return the words of every guarded verb."""
    return {
        "gc": ["gc", "--yes"],
        "records move": ["records", "move", "postgresql://nobody@127.0.0.1:1/none"],
        "register": ["register", "first", "--as", "other"],
        "alias": ["alias", "m@champion", "1"],
        "mlflow import": ["mlflow", "import", "empty.db"],
        "mlflow export": ["mlflow", "export", "new.db"],
        "check": ["check", "m@1"],
        "gate": ["gate", "production", "m@1", "--withdraw", "a bug"],
        "approve": ["approve", "m@1", "--gate", "production", "--note", "x"],
        "audit list": ["audit", "list"],
        "audit export": ["audit", "export", "audit.json"],
        "schema": ["schema", "m@1"],
        "explain": ["explain", "m@1"],
        "mitigate": ["mitigate", "m@1"],
        "dossier": ["dossier", "m@1"],
        "role grant": ["role", "grant", "ben", "auditor"],
        "role revoke": ["role", "revoke", "ben", "auditor"],
        "export": ["export", "model"],
        "deploy": ["deploy", "m"],
        "stop": ["stop", place.live("word")],
        "rollback": ["rollback", place.live("word_back")],
        "erase": ["erase", place.live("word_log"), "--older-than", "1d", "--yes"],
        "retrain": ["retrain", place.live("word_old"), "--data", "none.csv"],
    }


#: What is looked up before the door: without a package there is nothing to deploy.
PACKAGE_FIRST = {"deploy", "deployments.deploy"}


def guarded_methods() -> set[str]:
    return {
        f"{service}.{method}"
        for service, methods in rules.METHODS.items()
        for method, rule in methods.items()
        if rule in ACTIONS
    }


def should(place: Place, action: str) -> bool:
    """Ask the rules themselves, about the version or the workspace, whichever they are about."""
    resources = [
        Resource("Workspace", "w", ("somebody",), "it"),
        Resource("ModelVersion", "v", ("ben",), "it"),
        Resource("Column", "income", ("somebody",), "it", ("risk_officer",)),
    ]
    roles = [place.role] if place.role else []
    return any(allowed(place.me.name, roles, action, resource) for resource in resources)


def outcome(act: Callable[[], object]) -> bool:
    """Tell whether the door let it through; what goes wrong behind the door does not matter."""
    try:
        act()
    except AccessDenied:
        return False
    except NotewrightError:
        return True
    return True


def recorded_refusal(place: Place, before: int) -> bool:
    entries = place.workspace.audit.list()[before:]
    return any(entry.act == "refused" and entry.actor == place.me.name for entry in entries)


@pytest.fixture
def packaged(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Let there be a package of the version: making one takes a minute, and is not asked here."""
    from types import SimpleNamespace

    package = SimpleNamespace(id="ab" * 32, name="m", number=1, model_version="m@1", fingerprint="")
    monkeypatch.setattr(place.workspace.packages, "get", lambda ref: package)
    monkeypatch.setattr(place.workspace.packages, "list", lambda name=None: [])
    monkeypatch.setattr(place.workspace.packages, "verify", lambda package: None)
    return place


def test_every_guarded_method_asks_the_rules_and_records_a_refusal(packaged):
    calls = api(packaged)
    assert set(calls) == guarded_methods()
    for name, call in calls.items():
        service, _, method = name.partition(".")
        action = rules.METHODS[service][method]
        before = len(packaged.workspace.audit.list())
        let_in = outcome(call)
        assert let_in == should(packaged, action), (name, packaged.role)
        assert let_in or recorded_refusal(packaged, before), name


def test_every_guarded_verb_asks_the_rules_and_records_a_refusal(packaged):
    """As `%nw` and the panel run it: the same verb, without a kernel's live variables."""
    calls = words(packaged)
    assert set(calls) == {verb for verb, rule in rules.VERBS.items() if rule in ACTIONS}
    for name, given in calls.items():
        verb = find_verb(given[0])
        parsed = verb.parser().parse_args(given[1:])
        before = len(packaged.workspace.audit.list())
        let_in = outcome(lambda v=verb, p=parsed: v.run(p, Context(packaged.workspace)))
        assert let_in == should(packaged, rules.VERBS[name]), (name, packaged.role)
        assert let_in or recorded_refusal(packaged, before), name


@pytest.mark.slow
def test_the_command_refuses_with_a_sentence_and_its_exit_code(place, capsys):
    for name, given in words(place).items():
        if name in PACKAGE_FIRST:
            continue
        before = len(place.workspace.audit.list())
        code = main([*given, "--workspace", str(place.workspace.root)])
        said = capsys.readouterr().err
        denied = code == 2 and " may not " in said
        assert denied != should(place, rules.VERBS[name]), (name, place.role, said)
        assert not denied or recorded_refusal(place, before), name


@pytest.mark.slow
def test_the_magic_refuses_as_the_verb_does(place, monkeypatch):
    """Through `%nw` itself, in an IPython shell of this process."""
    from types import SimpleNamespace

    from notewright_magics import magics

    session = SimpleNamespace(
        on=True,
        workspace=place.workspace,
        session=None,
        settle=lambda: None,
        listeners=SimpleNamespace(tell=lambda what: None),
    )
    monkeypatch.setattr(magics, "Context", lambda workspace, kernel, progress: Context(workspace))
    monkeypatch.setattr(magics, "display_view", lambda *args, **more: None)
    magic = magics.NwMagic(session)
    for name in ("check", "gate", "approve", "audit list", "role grant", "register", "gc"):
        given = " ".join(f'"{word}"' for word in words(place)[name])
        assert outcome(lambda line=given: magic(line)) == should(place, rules.VERBS[name]), name


WHO = {
    "data scientist": "data_scientist",
    "reviewer": "reviewer",
    "risk officer": "risk_officer",
    "operator": "operator",
    "admin": "admin",
}


def test_the_table_in_the_documents_says_what_the_rules_say():
    text = (Path(__file__).parents[2] / "docs" / "governance.md").read_text(encoding="utf-8")
    table = text.partition("| ways in | needs the role |")[2].partition("\n\n")[0]
    said = {}
    for line in table.splitlines()[2:]:
        _, ways, needed, _ = line.split("|")
        roles = {role for word, role in WHO.items() if word in needed}
        for way in re.findall("`([^`]+)`", ways):
            verb = way.replace(" --withdraw", "").replace(" --yes", "")
            said[verb] = set(ROLES) if "any role" in needed else roles
    resources = [Resource(kind, "x", ("ben",), "it") for kind in ("Workspace", "ModelVersion")]
    assert said == {
        verb: {r for r in ROLES if any(allowed("me", [r], action, about) for about in resources)}
        for verb, action in rules.VERBS.items()
        if action in ACTIONS
    }


def test_a_new_choice_of_a_verb_would_be_missed_by_nobody():
    """The enumeration sees choices wherever a verb's first argument has them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("do", choices=["a", "b"])
    assert parser._actions[-1].choices == ["a", "b"]
    assert len(words_of("dataset")) == 5
