"""An approval opens one gate for one version, by one person; no copy or edit of it does more."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields, replace

import pytest

from notewright.errors import AccessDenied, GateClosed, KeyProblem, NotewrightError
from notewright.governance.approval_record import Approval
from notewright.governance.identities import Identity
from notewright.governance.keys import create_key, os_user
from notewright.store.canonical import canonical
from notewright.store.ids import now

SECOND = {"id": "00000000000000a2", "number": 2}


@pytest.fixture
def approved(house):
    """The project with one approval, by rita."""
    house.rita = house.person("rita", "risk_officer")
    house.check()
    house.approval = house.governance.approvals.sign(
        house.rita, "production", house.version, "fine"
    )
    return house


def stays_closed(house, version=None) -> None:
    with pytest.raises(GateClosed):
        house.again().gates.require("production", version or house.version)


def stored_again(house, **change) -> None:
    """Let the approval's row lead to a record with something changed."""
    store = house.governance._store
    record = store.objects.get_json(house.approval.digest) | change
    house.sql("UPDATE approvals SET digest = ?", store.objects.put(canonical(record)))


def other(value):
    if isinstance(value, tuple):
        return [["performance.floor", ""]]
    return "0" * 64 if value != "0" * 64 else "1" * 64


@pytest.mark.parametrize("field", [f.name for f in fields(Approval) if f.name != "digest"])
def test_an_approval_with_any_field_edited_does_not_count(approved, field):
    stored_again(approved, **{field: other(getattr(approved.approval, field))})
    stays_closed(approved)


@pytest.mark.parametrize("field", ["note", "accepts", "expires"])
def test_an_edited_approval_signed_again_by_another_key_does_not_count(approved, field, tmp_path):
    mallory = create_key("mallory", tmp_path / "mallory.key")
    changed = {
        "note": "I have read nothing",
        "accepts": (("performance.floor", ""),),
        "expires": "2099-01-01T00:00:00.000000Z",
    }[field]
    forged = replace(approved.approval, **{field: changed})
    signature = mallory.sign(forged.signed_bytes()).hex()
    value = [list(key) for key in changed] if field == "accepts" else changed
    stored_again(approved, **{field: value}, signature=signature)
    stays_closed(approved)
    stored_again(approved, **{field: value}, signature=signature, public=mallory.public)
    stays_closed(approved)


@pytest.mark.parametrize("column", ["version", "gate"])
def test_an_approvals_row_made_anothers_does_not_open_that(approved, column):
    version = replace(approved.version, **SECOND)
    approved.governance.checks.run(version, evidence=approved.evidence)
    approved.sql(f"UPDATE approvals SET {column} = ?", version.id if column == "version" else "x")
    stays_closed(approved, version)
    stays_closed(approved)


@pytest.mark.parametrize("field", ["fingerprint", "model_object", "data"])
def test_an_approval_replayed_on_another_model_or_data_does_not_count(approved, field):
    changed = replace(approved.version, **{field: "0" * 64})
    approved.governance.checks.run(changed, evidence=approved.evidence)
    stays_closed(approved, changed)


def test_an_approval_copied_from_another_workspace_does_not_count(approved, tmp_path):
    """The same people with the same keys, and a version of the same id."""
    elsewhere = replace(approved, root=tmp_path / "elsewhere")
    elsewhere.root.mkdir()
    elsewhere.policy()
    there = elsewhere.again()
    there.identities.me()
    there.identities.register("rita", approved.rita.public)
    there.roles.grant("rita", "risk_officer")
    there.checks.run(approved.version, evidence=approved.evidence)
    record = approved.governance._store.objects.get_json(approved.approval.digest)
    digest = there._store.objects.put(canonical(record))
    a = approved.approval
    elsewhere.sql(
        "INSERT INTO approvals(id, digest, nonce, gate, version, signer, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(a.id, digest, a.nonce, a.gate, a.version, a.signer, a.created),
    )
    stays_closed(elsewhere)


def test_an_approval_the_log_does_not_know_does_not_count(approved):
    """A genuine signature that was given without Notewright leaves no trace of itself."""
    body = {
        f.name: getattr(approved.approval, f.name)
        for f in fields(Approval)
        if f.name not in ("id", "digest", "signature")
    }
    body |= {"nonce": "0" * 32, "expires": "2099-01-01T00:00:00.000000Z"}
    signature = approved.rita.sign(canonical({"type": "approval 1", **body})).hex()
    stored_again(approved, **body, signature=signature)
    stays_closed(approved)


def test_a_withdrawal_is_not_outlived_by_an_approval_from_before(approved):
    approved.governance.gates.require("production", approved.version)
    approved.clock.time = "2026-05-02T12:00:00.000000Z"
    approved.governance.gates.revoke("production", approved.version, "a bug")
    stored_again(approved, id="0" * 16)
    stays_closed(approved)
    approved.sql("DELETE FROM approval_uses")
    stays_closed(approved)


def test_an_approval_of_somebody_who_lost_the_role_or_got_another_does_not_count(approved):
    approved.governance.roles.revoke("rita", "risk_officer")
    approved.governance.roles.grant("rita", "reviewer")
    stays_closed(approved)


def test_a_clock_turned_back_opens_nothing_that_a_clock_turned_forward_closed(approved):
    approved.clock.time = "2026-07-01T00:00:00.000000Z"
    stays_closed(approved)
    with pytest.raises(NotewrightError):
        approved.governance.approvals.sign(
            approved.rita, "production", approved.version, "x", "2026-06-30"
        )


# -- evidence slipped in by an entry of one's own ----------------------------------------


def test_a_report_vouched_for_by_an_entry_of_somebody_without_the_role_does_not_count(house):
    house.replace("limit: 0.6", "limit: 0.99")
    report = house.check()
    mallory = house.person("mallory")
    store = house.governance._store
    record = store.objects.get_json(report.digest) | {"passed": True}
    for finding in record["findings"]:
        finding["status"] = "passed"
    digest = store.objects.put(canonical(record))
    house.sql("UPDATE check_reports SET passed = 1, digest = ?", digest)
    house.governance.audit.append("check", "credit_risk@1", {"digest": digest}, mallory)
    assert not house.again().gates.evaluate("staging", house.version).open
    # A role given afterwards makes the entry no better.
    house.governance.roles.grant("mallory", "data_scientist")
    assert not house.again().gates.evaluate("staging", house.version).open


def test_a_report_stays_good_when_who_ran_it_leaves(house):
    ann = house.person("ann", "data_scientist")
    house.governance.checks.run(house.version, evidence=house.evidence, actor=ann)
    house.governance.roles.revoke("ann", "data_scientist")
    assert house.again().gates.evaluate("staging", house.version).open


def test_a_passage_vouched_for_by_an_entry_of_somebody_without_the_role_does_not_count(approved):
    gates = approved.governance.gates
    gates.require("production", approved.version)
    store = approved.governance._store
    row = store.catalog.one("SELECT digest FROM passages")
    gates.revoke("production", approved.version, "a bug")
    record = store.objects.get_json(row["digest"]) | {"created": "2099-01-01T00:00:00.000000Z"}
    digest = store.objects.put(canonical(record))
    approved.sql("UPDATE passages SET digest = ?", digest)
    mallory = approved.person("mallory", "auditor")
    details = {"digest": digest, "gate": "production"}
    approved.governance.audit.append("gate.pass", "credit_risk@1", details, mallory)
    assert approved.again().gates.revoked(approved.version) is not None


# -- one's own work, by detours -----------------------------------------------------------


def own_work(house, by: Identity, version=None) -> None:
    """Check that `by` may not approve, and that the attempt is on record."""
    with pytest.raises(AccessDenied, match="own work"):
        house.governance.approvals.sign(by, "production", version or house.version, "mine")
    assert house.governance.audit.list(act="refused")[-1].actor == by.name


@pytest.mark.parametrize("act", ["model.register", "run.finish", "retrain"])
def test_who_had_a_hand_in_it_by_the_log_cannot_approve_it(house, act):
    rita = house.person("rita", "risk_officer")
    house.check()
    subject = house.version.run if act == "run.finish" else "credit_risk@1"
    house.governance.audit.append(act, subject, {}, rita)
    own_work(house, rita)


def test_a_second_registration_of_ones_key_is_refused(house):
    me = house.governance.identities.me()
    for name in ("alter_ego", me.name):
        with pytest.raises(KeyProblem):
            house.governance.identities.register(name, me.public)
    assert [r.name for r in house.governance.identities.list()] == [me.name]


def test_what_one_recorded_by_hand_and_another_registered_cannot_be_approved(workspace, tmp_path):
    from sklearn.linear_model import LinearRegression

    me = workspace.identities.me()
    ben = workspace.identities.create("ben", tmp_path / "ben.key")
    workspace.roles.grant("ben", "data_scientist")
    workspace.roles.grant(me.name, "risk_officer")
    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    run = workspace.runs.record("trained elsewhere", model=model)
    version = workspace.models.register(run, "m", ben)
    assert version.actor == "ben"
    with pytest.raises(AccessDenied, match="own work"):
        workspace.roles.require(me, "approve", version)


def test_what_one_took_over_and_another_registered_cannot_be_approved(workspace, tmp_path):
    from sklearn.linear_model import LinearRegression

    me = workspace.identities.me()
    ben = workspace.identities.create("ben", tmp_path / "ben.key")
    workspace.roles.grant("ben", "data_scientist")
    workspace.roles.grant(me.name, "risk_officer")
    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    there = workspace.runs.record("there", model=model)
    run = workspace.runs.take_over(replace(there, id="ab" * 8, digest=""), [])
    version = workspace.models.register(run, "m", ben)
    with pytest.raises(AccessDenied, match="own work"):
        workspace.roles.require(me, "approve", version)


# -- names ----------------------------------------------------------------------------------


def test_a_key_file_that_names_somebody_else_acts_as_who_the_key_is(house):
    house.person("rita", "risk_officer")
    mallory = house.person("mallory")
    path = house.root / "mallory.key"
    path.write_text(path.read_text().replace("mallory", "rita"))
    loaded = house.governance.identities.load_key(path)
    assert (loaded.name, loaded.public) == ("mallory", mallory.public)
    house.check()
    with pytest.raises(AccessDenied):
        house.governance.approvals.sign(loaded, "production", house.version, "x")


@pytest.mark.parametrize("variable", ["USER", "LOGNAME", "LNAME", "USERNAME", "SUDO_USER", "HOME"])
def test_an_environment_variable_changes_nobody(variable, tmp_path):
    code = "from notewright.governance.keys import os_user; print(os_user())"
    value = str(tmp_path) if variable == "HOME" else "rita"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, variable: value},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == os_user()


@pytest.mark.parametrize("forgery", ["their key, my signature", "their name, my key", "no key"])
@pytest.mark.parametrize("door", ["approve", "check", "grant", "revoke", "append", "register"])
def test_an_identity_built_by_hand_acts_for_nobody(house, door, forgery):
    rita = house.person("rita", "risk_officer", "admin", "data_scientist")
    mallory = create_key("mallory", house.root / "mallory.key")
    forged = {
        "their key, my signature": Identity("rita", rita.public, mallory.sign),
        "their name, my key": Identity("rita", mallory.public, mallory.sign),
        "no key": Identity("rita", rita.public, lambda data: bytes(64)),
    }[forgery]
    house.check()
    g, version = house.governance, house.version
    doors = {
        "approve": lambda: g.approvals.sign(forged, "production", version, "x"),
        "check": lambda: g.checks.run(version, evidence=house.evidence, actor=forged),
        "grant": lambda: g.roles.grant("rita", "operator", by=forged),
        "revoke": lambda: g.gates.revoke("production", version, "x", forged),
        "append": lambda: g.audit.append("approve", "credit_risk@1", {}, forged),
        "register": lambda: g.identities.register("max", "ab" * 32, by=forged),
    }
    entries = len(g.audit.list(act=None))
    with pytest.raises(AccessDenied):
        doors[door]()
    assert all(e.actor != "rita" for e in g.audit.list()[entries:])


# -- roles ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "role", ["data_scientist", "reviewer", "risk_officer", "operator", "auditor", None]
)
@pytest.mark.parametrize("act", ["grant", "revoke"])
def test_no_role_but_admins_changes_roles(house, role, act):
    mallory = house.person("mallory", *([role] if role else []))
    before = house.governance.roles.all()
    with pytest.raises(AccessDenied):
        getattr(house.governance.roles, act)("mallory", "admin", by=mallory)
    assert house.again().roles.all() == before
    assert house.governance.audit.list(act="refused")[-1].actor == "mallory"


def grant_row(house, by: Identity, workspace: str, seq: int) -> tuple[str, str]:
    body = canonical(
        {
            "by": by.name,
            "created": now(),
            "given": True,
            "identity": "mallory",
            "public": house.governance.identities.get("mallory").public,
            "role": "admin",
            "seq": seq,
            "type": "role grant 1",
            "workspace": workspace,
        }
    )
    return body.decode(), by.sign(body).hex()


@pytest.mark.parametrize("logged", [False, True])
def test_a_grant_written_into_the_database_by_who_may_not_is_noticed(house, logged):
    mallory = house.person("mallory", "auditor")
    workspace = house.governance.identities.workspace()
    row = grant_row(house, mallory, workspace, 1)
    house.sql("INSERT INTO role_grants(seq, body, signature) VALUES (1, ?, ?)", *row)
    if logged:
        house.governance.audit.append("role.grant", "mallory", {"role": "admin"}, mallory)
    with pytest.raises(KeyProblem):
        house.again().roles.of("mallory")
    assert not logged or house.again().audit.verify().ok  # the entry itself is honest


def test_a_genuine_grant_copied_from_another_workspace_is_noticed(house):
    house.person("mallory", "auditor")
    me = house.governance.identities.me()
    row = grant_row(house, me, "another workspace", 1)
    house.sql("INSERT INTO role_grants(seq, body, signature) VALUES (1, ?, ?)", *row)
    house.governance.audit.append("role.grant", "mallory", {"role": "admin"})
    with pytest.raises(KeyProblem):
        house.again().roles.of("mallory")
