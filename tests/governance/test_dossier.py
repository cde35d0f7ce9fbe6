"""A dossier answers what there is evidence for that verifies, and says what is missing."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.edited import edited
from tests.governance.dossiers import Project, build, copied

from notewright.errors import AccessDenied, KeyProblem, PolicyError
from notewright.governance.checks.documentation import QUESTIONS
from notewright.governance.dossier.dossier import Dossier, assess
from notewright.governance.dossier.evidence import missing
from notewright.governance.dossier.frameworks import FRAMEWORKS
from notewright.governance.dossier.kinds import FAMILIES, KINDS
from notewright.governance.dossier.model_card import model_card
from notewright.governance.dossier.ports import LogFacts, Operation

# Projects are copied with their records in them.
pytestmark = pytest.mark.sqlite

STATED = {f"stated.{name}" for name in QUESTIONS}
CHECKS = {"checks", "intervals", "segments", *(f"checks.{name}" for name in FAMILIES)}
SIGNED = {"approval", "passage"}
USE = {"package", "equivalence", "bill", "deployment", "predictions", "monitoring"}
SAVED = {"snapshot", "environment"}
UNSIGNED = "UPDATE snapshots SET signature = substr(signature, 3) || '00'"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory):
    """The whole project; tests work on copies of it and of the user's folder."""
    root = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("user")))
        patch.chdir(root)
        yield build(root), Path(os.environ["XDG_CONFIG_HOME"])


@pytest.fixture
def project(built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made, user = built
    shutil.copytree(user, tmp_path / "user")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    found = copied(made, tmp_path / "project")
    monkeypatch.chdir(found.workspace.root)
    return found


def lacking(dossier: Dossier) -> set[str]:
    return {kind for kind, found in dossier.evidence.items() if not found.held}


def unanswered(dossier: Dossier) -> set[str]:
    return {
        answer.clause.reference
        for part in dossier.frameworks
        for answer in part.answers
        if answer.outcome != "answered"
    }


def needing(kinds: set[str]) -> set[str]:
    """Return the clauses that need one of these kinds, read from the frameworks alone."""
    return {c.reference for f in FRAMEWORKS for c in f.clauses if kinds & set(c.needs)}


# -- the frameworks as data ---------------------------------------------------------------


def test_every_reference_is_there_once():
    references = [clause.reference for f in FRAMEWORKS for clause in f.clauses]
    assert len(references) == len(set(references))
    for framework in FRAMEWORKS:
        assert len({clause.id for clause in framework.clauses}) == len(framework.clauses)


ASKED = {
    "eu-ai-act": [
        *(f"Annex IV(1)({letter})" for letter in "abcdefgh"),
        *(f"Annex IV(2)({letter})" for letter in "abcdefgh"),
        *(f"Annex IV({number})" for number in range(3, 10)),
        *(f"Article 9(2)({letter})" for letter in "abcd"),
        *(f"Article 9({number})" for number in (1, 4, 5, 6, 8, 9)),
        *(f"Article 10(2)({letter})" for letter in "abcdefgh"),
        *("Article 10(3)", "Article 10(4)", "Article 4a(1)"),  # 10(5) was deleted in 2026
        *("Article 11(1)", "Article 12(1)", "Article 12(2)", "Article 13(1)", "Article 13(2)"),
        *(f"Article 13(3)({letter})" for letter in "abcdef"),
        *(f"Article 13(3)(b)({number})" for number in ("i", "ii", "iii", "iv", "v", "vi", "vii")),
        *("Article 14(1)", "Article 14(3)", *(f"Article 14(4)({letter})" for letter in "abcde")),
        *(f"Article 15({number})" for number in (1, 3, 4, 5)),
    ],
    "sr-26-2": [
        *(
            f"Section III, {part}"
            for part in ("inherent risk", "materiality", "effective challenge")
        ),
        *(f"Section IV, {part}" for part in ("purpose", "testing", "data", "use", "other uses")),
        *(f"Section V, {part}" for part in ("validation", "before use", "conceptual soundness")),
        *(f"Section V, {part}" for part in ("outcomes analysis", "ongoing monitoring")),
        *(f"Section VI, {part}" for part in ("roles", "internal audit", "model inventory")),
        *("Section VI, documentation", "Section VII, third-party products"),
    ],
    "sr-11-7": ["IV, ", "V, ", "V.1, ", "V.2, ", "V.3, ", "VI, "],
    "nist-ai-rmf": ["GOVERN ", "MAP ", "MEASURE ", "MANAGE "],
    "gdpr": [
        *(f"Article 22({number})" for number in range(1, 5)),
        *("Article 13(2)(f)", "Article 14(2)(g)", "Article 15(1)(h)", "Article 35(3)(a)"),
    ],
}


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda f: f.id)
def test_every_article_that_a_dossier_is_for_is_asked(framework):
    references = [clause.reference for clause in framework.clauses]
    for start in ASKED[framework.id]:
        assert any(reference.startswith(start) for reference in references), start
    assert not any(reference.startswith("Article 10(5)") for reference in references)


def test_every_subcategory_of_nist_is_asked_or_said_to_be_left_out():
    functions = {
        "GOVERN": (7, 3, 2, 3, 2, 2),
        "MAP": (6, 3, 5, 2, 2),
        "MEASURE": (3, 13, 3, 3),
        "MANAGE": (4, 4, 2, 3),
    }
    every = {
        f"{function} {category}.{number}"
        for function, sizes in functions.items()
        for category, size in enumerate(sizes, 1)
        for number in range(1, size + 1)
    }
    assert len(every) == 72
    (nist,) = (f for f in FRAMEWORKS if f.id == "nist-ai-rmf")
    asked = {clause.reference for clause in nist.clauses}
    left_out = {
        f"{function} {number}"
        for function, said in re.findall(r"([A-Z]{3,}) ((?:\d+\.\d+(?:, )?)+)", nist.scope)
        for number in said.split(", ")
    }
    assert asked.isdisjoint(left_out)
    assert asked | left_out == every


def test_every_kind_of_evidence_is_asked_for_and_known():
    asked = {kind for f in FRAMEWORKS for c in f.clauses for kind in (*c.needs, *c.shows)}
    assert asked == set(KINDS)
    assert all(clause.needs for f in FRAMEWORKS for clause in f.clauses)
    assert all(kind.remedy for kind in KINDS.values())


# -- what is there, and what is taken away ------------------------------------------------


def test_a_complete_project_answers_everything(project):
    dossier = project.dossier()
    assert {kind: dossier.evidence[kind].sentence for kind in lacking(dossier)} == {}
    for part in dossier.frameworks:
        assert part.answered == len(part.framework.clauses)
    assert dossier.lacking() == []


def test_all_evidence_says_where_it_is(project):
    dossier = project.dossier()
    without = {kind for kind, found in dossier.evidence.items() if not found.refs}
    assert without == {"waivers", "withdrawals"}  # nothing was waived or withdrawn
    entries = {str(entry.n) for entry in project.workspace.audit.list()}
    named = {r.id for e in dossier.evidence.values() for r in e.refs if r.kind == "audit entry"}
    assert named <= entries
    lines = (project.workspace.root / "policy.yaml").read_text().splitlines()
    for name in QUESTIONS:
        ref = next(r for r in dossier.evidence[f"stated.{name}"].refs if r.kind == "policy line")
        assert lines[int(ref.id) - 1].startswith(f"  {name}:")


@pytest.mark.parametrize("kind", KINDS)
def test_without_one_kind_exactly_the_clauses_that_need_it_are_open(kind, whole):
    taken = {**whole.evidence, kind: missing(kind)}
    found = replace(whole, evidence=taken, frameworks=assess(FRAMEWORKS, taken))
    assert unanswered(found) == needing({kind})
    assert all(name == kind for answer in found.frameworks for a in answer.answers
               for name in a.lacking)  # fmt: skip


@pytest.fixture(scope="module")
def whole(built) -> Dossier:
    made, user = built
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(user))
        return made.dossier()


def change_data(project: Project) -> None:
    with (project.workspace.root / "loans.csv").open("a") as file:
        file.write("1,2,good\n")


def lose_data(project: Project) -> None:
    change_data(project)
    edit(UNSIGNED)(project)


def forget_policy(project: Project) -> None:
    (project.workspace.root / "policy.yaml").unlink()


def loosen_policy(project: Project) -> None:
    project.policy(lambda said: said["checks"]["performance"]["floor"].update(limit=0.4))


def without_sensitive(project: Project) -> None:
    project.policy(lambda said: (said["data"].pop("sensitive"),
                                 said["gates"]["production"]["checks"].remove("bias")))  # fmt: skip
    project.approve()


def without_statement(name: str):
    def take(project: Project) -> None:
        project.policy(lambda said: said["documentation"].pop(name))
        project.approve()

    return take


def withdraw(project: Project) -> None:
    project.workspace.gates.revoke("production", project.version, "It drifted.")


def demote(project: Project) -> None:
    project.workspace.roles.revoke("rita", "risk_officer")


def no_gates(project: Project) -> None:
    project.policy(lambda said: said.pop("gates"))
    project.workspace.checks.run(project.version)


def not_exported(project: Project) -> None:
    project.package = None


def altered_package(project: Project) -> None:
    project.package = replace(project.package, problem="model/model.skops: its bytes changed")


def no_bill(project: Project) -> None:
    project.package = replace(project.package, bill=None)


def another_model_in_the_package(project: Project) -> None:
    project.package = replace(project.package, result="different")


def not_deployed(project: Project) -> None:
    project.operation = Operation()


def not_asked(project: Project) -> None:
    seen = replace(project.operation.monitors[0], requests=0)
    project.operation = replace(project.operation, monitors=(seen,))


def altered_log(project: Project) -> None:
    logs = (LogFacts("credit_risk", 7, "prediction ab: a record before it is missing"),)
    project.operation = replace(project.operation, logs=logs)


def unlogged_deployment(project: Project) -> None:
    made = replace(project.operation.deployments[0], digest="9" * 64)
    project.operation = replace(project.operation, deployments=(made,))


def edit(*statements: str):
    def act(project: Project) -> None:
        for statement in statements:
            edited(project.workspace.root / ".notewright", statement)

    return act


TAKEN = {
    "data file changed": (change_data, None, set()),  # the snapshot keeps what it was
    "data file changed and not kept": (lose_data, None, {"data", *SAVED}),
    "no policy": (forget_policy, "missing",
                  {"policy", "sensitive", "gates", "waivers", *STATED, *CHECKS, *SIGNED}),
    "policy changed since": (loosen_policy, "stale", {*CHECKS, *SIGNED}),
    "no sensitive column": (without_sensitive, "missing", {"sensitive", "checks.bias"}),
    "no oversight": (without_statement("human_oversight"), "missing", {"stated.human_oversight"}),
    "no appeal": (without_statement("appeal_route"), "missing", {"stated.appeal_route"}),
    "withdrawn": (withdraw, "stale", SIGNED),
    "signer lost the role": (demote, None, {"roles", "approval"}),
    "no gates": (no_gates, None, {"gates", *SIGNED}),
    "not exported": (not_exported, "missing", {"package", "equivalence", "bill"}),
    "package altered": (altered_package, "broken", {"package", "equivalence", "bill"}),
    "no bill": (no_bill, "missing", {"bill"}),
    "another model": (another_model_in_the_package, "broken", {"equivalence"}),
    "not deployed": (not_deployed, "missing", {"deployment", "predictions", "monitoring"}),
    "not asked": (not_asked, "missing", {"monitoring"}),
    "prediction log altered": (altered_log, "broken", {"predictions"}),
    "deployment not logged": (unlogged_deployment, "broken", {"deployment"}),
    "audit log altered": (
        edit("UPDATE audit_entries SET entry = replace(entry, 'rita', 'r1ta')"
             " WHERE act = 'approve'"),
        None, None),
    "cell altered": (
        edit("UPDATE executions SET body = replace(body, 'random_state=0', 'random_state=1')"),
        "broken", {"cells"}),
    "snapshot signed by nobody": (
        edit(UNSIGNED), "broken", SAVED),
    "version altered": (
        edit("DROP TRIGGER model_versions_are_immutable",
             "UPDATE model_versions SET body = replace(body, '\"origin\":\"run\"', "
             "'\"origin\":\"hand\"')"), "broken", {"version"}),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_away_is_missed_and_nothing_else(project, name):
    take, state, expected = TAKEN[name]
    take(project)
    dossier = project.again().dossier()
    missed = lacking(dossier)
    if expected is None:
        expected = missed
        assert dossier.evidence["audit"].state == "broken"
    sentences = {kind: dossier.evidence[kind].sentence for kind in missed}
    assert missed == expected, sentences
    if state is not None:
        assert {dossier.evidence[kind].state for kind in missed} == {state}, sentences
    assert all(dossier.evidence[kind].remedy for kind in missed)
    assert unanswered(dossier) == needing(missed)
    assert {found.kind for found, _ in dossier.lacking()} == {
        kind for kind in missed if needing({kind})
    }


def test_a_stale_report_is_said_to_be_stale(project):
    loosen_policy(project)
    dossier = project.dossier()
    assert "before policy.yaml was changed" in dossier.evidence["checks"].sentence
    assert dossier.report is not None
    by_reference = {a.clause.reference: a for p in dossier.frameworks for a in p.answers}
    assert by_reference["Annex IV(2)(g)"].outcome == "stale"
    assert model_card(dossier)["findings_are"] == "stale"


def test_data_that_changed_and_is_kept_nowhere_is_stale(project):
    lose_data(project)
    found = project.again().dossier().evidence["data"]
    assert found.state == "stale"
    assert "loans.csv changed" in found.sentence


def test_data_that_changed_is_held_where_its_bytes_are_kept(project):
    project.workspace.datasets.add("loans.csv", "loans")
    change_data(project)
    found = project.again().dossier().evidence["data"]
    assert found.held, found.sentence
    assert "kept as a dataset" in dict(found.facts)["loans.csv"]


def test_statements_name_who_last_signed_the_policy(project):
    found = project.dossier().evidence["stated.risks"]
    assert (
        found.quote
        == "Says what can go wrong, by misuse too, how likely and how bad, and for whom."
    )
    assert "last signed by rita (risk officer)" in dict(found.facts)["signed"]
    loosen_policy(project)
    found = project.dossier().evidence["stated.risks"]
    assert (found.held, dict(found.facts)["signed"]) == (True, "not approved")


def test_where_keys_were_changed_nobody_gets_a_dossier(project):
    statement = "UPDATE identities SET public = ? WHERE name = 'rita'"
    edited(project.workspace.root / ".notewright", statement, "ab" * 32)
    with pytest.raises(KeyProblem, match="changed outside"):
        project.again().dossier()


@pytest.mark.parametrize("said", ["", "TODO", "n/a", "...", ["tbd"]])
def test_a_placeholder_is_no_answer(project, said):
    project.policy(lambda policy: policy["documentation"].update(risks=said))
    assert not project.dossier().evidence["stated.risks"].held


# -- who, when, and the same again --------------------------------------------------------


def test_the_same_evidence_gives_the_same_digest_at_any_time(project):
    project.dossier()  # a copied project has no head of its log outside until it was verified
    one = project.dossier()
    two = replace(project.again(), clock="2027-01-01T00:00:00.000000Z").dossier()
    assert one.created != two.created
    assert one.digest == two.digest
    loosen_policy(project)
    assert project.dossier().digest != one.digest


def test_only_those_who_may_read_the_log_get_a_dossier(project):
    dossiers, roles = project.workspace.dossiers, project.workspace.roles
    sam = project.workspace.identities.create("sam", project.workspace.root / "sam.key")
    with pytest.raises(AccessDenied, match="may not read the audit log"):
        dossiers.collect(project.version, actor=sam)
    roles.grant("sam", "auditor")
    made = dossiers.collect(project.version, actor=sam)
    dossiers.written(made, {"dossier.html": "f" * 64}, sam)
    (entry,) = project.workspace.audit.list(act="dossier")
    assert (entry.actor, entry.subject) == ("sam", "credit_risk@1")
    assert entry.details["digest"] == made.digest
    assert entry.details["files"] == {"dossier.html": "f" * 64}
    assert project.workspace.audit.verify().ok


def test_a_mistake_in_the_policy_is_not_taken_for_missing_evidence(project):
    (project.workspace.root / "policy.yaml").write_text("version: 1\ngatez: {}\n")
    with pytest.raises(PolicyError, match="gatez"):
        project.again().dossier()


def test_the_card_holds_the_figures_of_the_run_and_every_clause(project):
    dossier = project.dossier()
    card = json.loads(json.dumps(model_card(dossier), allow_nan=False))
    run = project.workspace.runs.get(project.version.run)
    assert card["metrics"] == pytest.approx(dict(run.metrics))
    assert card["model"]["fingerprint"] == project.version.fingerprint
    assert card["statements"]["owner"]["text"] == "Says who answers for it, and who provides it."
    assert [c["of"] for c in card["coverage"]] == [len(f.clauses) for f in FRAMEWORKS]
    assert set(card["evidence"]) == set(KINDS)
    assert card["missing"] == []
