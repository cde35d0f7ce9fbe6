"""A gate opens for what was checked and approved, and for nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notewright.errors import AccessDenied, ApprovalRefused, GateClosed, UnknownId
from notewright.governance.checks.service import _content
from notewright.governance.identities import Identity
from notewright.store.canonical import canonical


def statuses(verdict) -> dict[str, str]:
    return {r.name: r.status for r in verdict.requirements}


def ready(house, *, fair: bool = True) -> Identity:
    """Check the version and return a risk officer who did not make it."""
    rita = house.person("rita", "risk_officer")
    house.check()
    return rita


def approved(house):
    rita = ready(house)
    return house.governance.approvals.sign(rita, "production", house.version, "fine")


def closed_because(house, words: str, version=None) -> None:
    version = version or house.version
    verdict = house.again().gates.evaluate("production", version)
    assert not verdict.open
    assert words in " ".join(r.sentence for r in verdict.failing())
    with pytest.raises(GateClosed):
        house.again().gates.require("production", version)


def test_an_unchecked_version_misses_everything_and_each_is_listed(house):
    verdict = house.governance.gates.evaluate("production", house.version)
    assert not verdict.open
    assert set(statuses(verdict).values()) == {"missing"}
    assert "bias.selection_rate_ratio" in statuses(verdict)
    assert "approval: risk_officer" in statuses(verdict)


def test_a_gate_without_approvals_opens_by_checks_alone(house):
    house.check()
    verdict = house.governance.gates.require("staging", house.version)
    assert verdict.open
    assert {r.evidence[0].partition(":")[0] for r in verdict.requirements} == {"check_report"}


def test_the_whole_way_through_production(house):
    rita = ready(house)
    gates = house.governance.gates
    assert (
        statuses(gates.evaluate("production", house.version))["approval: risk_officer"] == "missing"
    )
    approval = house.governance.approvals.sign(rita, "production", house.version, "fine")
    verdict = house.again().gates.require("production", house.version)
    assert verdict.open
    assert f"approval:{approval.id}" in verdict.requirements[-1].evidence
    assert house.governance.approvals.used(approval)
    acts = [entry.act for entry in house.governance.audit.list(subject="credit_risk@1")]
    assert acts == ["check", "approve", "gate.pass"]
    assert house.governance.audit.verify(every_head=True).ok


def test_a_refusal_is_recorded_with_its_reasons(house):
    with pytest.raises(GateClosed) as caught:
        house.governance.gates.require("production", house.version)
    assert "%nw gate production credit_risk@1" in caught.value.remedy
    entry = house.governance.audit.list(act="refused")[-1]
    assert "performance.floor is missing." in entry.details["reasons"]


def test_nobody_approves_their_own_model_whatever_their_roles(house):
    ready(house)
    me = house.governance.identities.me()
    house.governance.roles.grant(me.name, "risk_officer")
    with pytest.raises(AccessDenied, match="their own work"):
        house.governance.approvals.sign(me, "production", house.version, "fine")
    assert house.governance.audit.list(act="refused")[-1].details["action"] == "approve"


def test_who_registered_it_cannot_approve_it_from_another_process_either(house):
    rita = ready(house)
    with pytest.raises(AccessDenied):
        house.governance.approvals.sign(
            rita, "production", replace(house.version, actor="rita"), "x"
        )


@pytest.mark.parametrize("roles", [(), ("auditor",), ("operator",), ("data_scientist",)])
def test_the_wrong_role_cannot_approve(house, roles):
    house.check()
    max_ = house.person("max", *roles)
    with pytest.raises(AccessDenied):
        house.governance.approvals.sign(max_, "production", house.version, "fine")


def test_a_reviewer_cannot_sign_where_a_risk_officer_is_asked_for(house):
    house.check()
    max_ = house.person("max", "reviewer")
    with pytest.raises(AccessDenied, match="wants an approval by risk_officer"):
        house.governance.approvals.sign(max_, "production", house.version, "fine")


def test_a_forged_name_cannot_approve(house):
    rita = ready(house)
    me = house.governance.identities.me()
    for forged in (
        Identity("rita", rita.public, me.sign),
        Identity("rita", me.public, me.sign),
        Identity("risk", rita.public, rita.sign),
    ):
        with pytest.raises(AccessDenied):
            house.governance.approvals.sign(forged, "production", house.version, "fine")


def test_an_approval_needs_checks_under_the_policy_as_it_is(house):
    rita = house.person("rita", "risk_officer")
    sign = house.governance.approvals.sign
    with pytest.raises(ApprovalRefused, match="was not checked under the policy"):
        sign(rita, "production", house.version, "fine")
    house.check()
    house.replace("limit: 0.6", "limit: 0.61")
    with pytest.raises(ApprovalRefused, match="was not checked under the policy"):
        sign(rita, "production", house.version, "fine")
    with pytest.raises(UnknownId):
        sign(rita, "prodution", house.version, "fine")
    house.check()
    with pytest.raises(ApprovalRefused, match="asks for no approval"):
        sign(rita, "staging", house.version, "fine")


@pytest.mark.parametrize("field", ["fingerprint", "model_object", "data"])
def test_an_approval_does_not_count_for_another_model_or_data(house, field):
    approved(house)
    changed = replace(house.version, **{field: "0" * 64})
    house.governance.checks.run(changed, evidence=house.evidence)
    closed_because(house, "No approval", changed)


def test_an_approval_does_not_count_for_another_version_or_gate(house):
    house.policy(
        (house.root / "policy.yaml").read_text()
        + "  other:\n    checks: [performance]\n    approvals: [risk_officer]\n"
    )
    approved(house)
    second = replace(house.version, id="00000000000000a2", number=2)
    house.governance.checks.run(second, evidence=house.evidence)
    closed_because(house, "No approval", second)
    assert not house.governance.gates.evaluate("other", house.version).open


def test_an_approval_does_not_survive_a_change_of_policy_or_findings(house, make_evidence):
    approved(house)
    house.replace("limit: 0.6", "limit: 0.5")
    closed_because(house, "not run on this version under this policy")
    house.check()
    closed_because(house, "policy.yaml has changed since")
    house.replace("limit: 0.5", "limit: 0.6")
    house.evidence = make_evidence(seed=1)
    house.check()
    closed_because(house, "the checks find something else now")


def test_running_the_same_checks_again_changes_nothing(house):
    approved(house)
    house.check()
    assert house.again().gates.evaluate("production", house.version).open


def test_a_model_that_is_faster_or_slower_this_time_is_the_same(house):
    approved(house)
    report = house.governance.checks.latest(house.version)
    time = next(f for f in report.findings if f.check == "behaviour.inference_time")
    cells = next(f for f in report.findings if f.check == "privacy.cells")

    def content(old, **changed):
        return _content(
            replace(
                report,
                findings=tuple(replace(f, **changed) if f is old else f for f in report.findings),
            )
        )

    same = _content(report)
    assert content(time, value=1.5, sentence="1.5 ms", details={"slowest": 2.0}) == same
    assert content(cells, sentence="None of 99 executed cells holds a secret.") == same
    assert content(time, status="failed") != same
    assert content(cells, value=3.0) != same


def test_an_expired_approval_opens_nothing_and_one_that_was_used_in_time_stays(house):
    approved(house)
    house.clock.time = "2026-06-01T12:00:00.000000Z"
    closed_because(house, "rita's approval expired on 2026-05-31")
    house.clock.time = "2026-05-31T11:59:59.000000Z"
    house.again().gates.require("production", house.version)
    house.clock.time = "2027-01-01T00:00:00.000000Z"
    house.again().gates.require("production", house.version)


@pytest.mark.parametrize("until", ["2026-04-30", "2026-05-01T12:00:00Z", "2027-05-01", "soon", ""])
def test_an_expiry_must_be_ahead_and_within_the_policys_days(house, until):
    rita = ready(house)
    with pytest.raises(ApprovalRefused, match="is no time between"):
        house.governance.approvals.sign(rita, "production", house.version, "fine", until)


def test_an_expiry_is_kept_as_given(house):
    rita = ready(house)
    sign = house.governance.approvals.sign
    assert sign(rita, "production", house.version, "x", "2026-05-02").expires[:10] == "2026-05-02"
    given = sign(rita, "production", house.version, "x", "2026-05-02T00:30:00+02:00")
    assert given.expires == "2026-05-01T22:30:00.000000Z"


def test_a_used_approval_does_not_open_the_gate_again_after_a_withdrawal(house):
    approved(house)
    gates = house.governance.gates
    gates.require("production", house.version)
    assert gates.revoked(house.version) is None
    house.clock.time = "2026-05-02T12:00:00.000000Z"
    gates.revoke("production", house.version, "found a bug")
    assert "was withdrawn on 2026-05-02" in gates.revoked(house.version)
    closed_because(house, "was used already")
    house.clock.time = "2026-05-03T12:00:00.000000Z"
    rita = house.governance.identities.load_key(house.root / "rita.key")
    house.governance.approvals.sign(rita, "production", house.version, "mended")
    house.again().gates.require("production", house.version)
    assert house.again().gates.revoked(house.version) is None


def test_an_unused_approval_from_before_a_withdrawal_does_not_count(house):
    approved(house)
    house.clock.time = "2026-05-02T12:00:00.000000Z"
    house.governance.gates.revoke("production", house.version, "found a bug")
    closed_because(house, "from before the version was withdrawn")
    with pytest.raises(AccessDenied):
        house.governance.gates.revoke(
            "production", house.version, "x", house.person("ann", "auditor")
        )


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM revocations",
        "UPDATE revocations SET created = '2020-01-01T00:00:00.000000Z'",
        "UPDATE revocations SET version = 'other'",
    ],
)
def test_deleting_the_record_of_a_withdrawal_undoes_nothing(house, statement):
    approved(house)
    house.governance.gates.require("production", house.version)
    house.governance.gates.revoke("production", house.version, "found a bug")
    house.sql(statement)
    assert house.again().gates.revoked(house.version) is not None
    closed_because(house, "No approval")


def test_a_role_taken_away_takes_its_unused_approvals_with_it(house):
    approved(house)
    house.governance.roles.revoke("rita", "risk_officer")
    closed_because(house, "rita may not approve")


def test_an_approver_who_turns_out_to_have_trained_it_does_not_count(house):
    approved(house)
    rita = house.governance.identities.load_key(house.root / "rita.key")
    house.governance.audit.append("run.finish", house.version.run, {}, rita)
    closed_because(house, "rita may not approve")


def test_an_approval_edited_and_stored_again_is_not_signed(house):
    approval = approved(house)
    store = house.governance._store
    changes = [
        {"expires": "2099-01-01T00:00:00.000000Z"},
        {"gate": "staging"},
        {"signer": house.governance.identities.me().name},
        {"nonce": "0" * 32},
        {"accepts": [["bias.selection_rate_ratio", "age"]]},
    ]
    for change in changes:
        record = store.objects.get_json(approval.digest) | change
        digest = store.objects.put(canonical(record))
        house.sql("UPDATE approvals SET digest = ?", digest)
        closed_because(house, "No approval")
    house.sql("UPDATE approvals SET digest = ?", approval.digest)
    assert house.again().gates.evaluate("production", house.version).open


def test_a_row_copied_to_another_version_is_recognized(house):
    approved(house)
    second = replace(house.version, id="00000000000000a2", number=2)
    house.governance.checks.run(second, evidence=house.evidence)
    house.sql("UPDATE approvals SET version = ?", second.id)
    closed_because(house, "is for credit_risk@1", second)


def test_a_report_slipped_in_beside_the_log_does_not_count(house):
    house.replace("limit: 0.6", "limit: 0.99")
    report = house.check()
    store = house.governance._store
    record = store.objects.get_json(report.digest)
    record["passed"] = True
    for finding in record["findings"]:
        finding["status"] = "passed"
    house.sql(
        "UPDATE check_reports SET passed = 1, digest = ?", store.objects.put(canonical(record))
    )
    verdict = house.again().gates.evaluate("staging", house.version)
    assert set(statuses(verdict).values()) == {"missing"}


def test_a_passage_slipped_in_beside_the_log_does_not_count(house):
    approved(house)
    gates = house.governance.gates
    gates.require("production", house.version)
    store = house.governance._store
    row = store.catalog.one("SELECT * FROM passages")
    record = store.objects.get_json(row["digest"]) | {"created": "2099-01-01T00:00:00.000000Z"}
    gates.revoke("production", house.version, "found a bug")
    house.sql("UPDATE passages SET digest = ?", store.objects.put(canonical(record)))
    assert house.again().gates.revoked(house.version) is not None


# -- accepting failures ------------------------------------------------------------


@pytest.fixture
def unfair(house, make_evidence):
    house.evidence = make_evidence(fair=False)
    house.check()
    return house


def test_an_acceptable_failure_is_accepted_by_name_with_a_reason(unfair):
    rita = unfair.person("rita", "risk_officer")
    sign = unfair.governance.approvals.sign
    with pytest.raises(ApprovalRefused, match="needs a reason"):
        sign(rita, "production", unfair.version, "  ")
    approval = sign(rita, "production", unfair.version, "legal minimum age, see memo 12")
    assert ("bias.selection_rate_ratio", "age") in approval.accepts
    verdict = unfair.governance.gates.require("production", unfair.version)
    accepted = next(r for r in verdict.requirements if r.name == "bias.selection_rate_ratio")
    assert accepted.status == "waived"
    assert "of 'below 25' are given the favourable outcome" in accepted.sentence


def test_what_the_policy_forbids_to_accept_is_not_accepted(unfair):
    unfair.replace(
        "checks:\n  performance",
        "checks:\n  bias:\n    selection_rate_ratio: {acceptable: false}\n  performance",
    )
    unfair.check()
    rita = unfair.person("rita", "risk_officer")
    with pytest.raises(ApprovalRefused, match="cannot accept this: By age"):
        unfair.governance.approvals.sign(rita, "production", unfair.version, "please")


def test_missing_documentation_and_checks_that_could_not_run_are_never_accepted(house):
    rita = house.person("rita", "risk_officer")
    house.replace("  owner: Credit Risk Analytics\n", "")
    house.check()
    with pytest.raises(ApprovalRefused, match="does not say who answers for it"):
        house.governance.approvals.sign(rita, "production", house.version, "please")
    house.replace("  limitations", "  owner: us\n  limitations")
    house.replace("favourable: good", "favourable: splendid")
    house.replace(
        "checks:\n  performance",
        "checks:\n  bias:\n    selection_rate_ratio: {acceptable: true}\n  performance",
    )
    report = house.check()
    assert any(f.status == "could_not_run" and not f.acceptable for f in report.findings)
    with pytest.raises(ApprovalRefused, match="not among the labels"):
        house.governance.approvals.sign(rita, "production", house.version, "please")


#: The checks of bias that close a gate for who treats the young worse.
UNFAIR = (
    "selection_rate_ratio", "demographic_parity_difference", "equal_opportunity_difference",
    "equalized_odds_difference",
)  # fmt: skip


def test_a_failure_of_mere_severity_warning_closes_no_gate(unfair):
    text = (unfair.root / "policy.yaml").read_text()
    lines = "".join(f"    {name}: {{severity: warning}}\n" for name in UNFAIR)
    unfair.policy(text.replace("checks:\n  perf", f"checks:\n  bias:\n{lines}  perf"))
    report = unfair.check()
    assert report.passed
    rita = unfair.person("rita", "risk_officer")
    assert unfair.governance.approvals.sign(rita, "production", unfair.version).accepts == ()
    verdict = unfair.governance.gates.evaluate("production", unfair.version)
    told = {r.name: (r.status, r.sentence) for r in verdict.requirements}
    for name in UNFAIR:
        status, sentence = told[f"bias.{name}"]
        assert status == "met"
        assert sentence.startswith("Failed, which closes no gate (warning): By age")


def test_a_waiver_covers_its_subject_until_its_day(unfair):
    text = (unfair.root / "policy.yaml").read_text() + "waivers:\n"
    for name in UNFAIR:
        text += (
            f"  - {{check: bias.{name}, subject: age, reason: in work, owner: Rita,"
            " until: 2026-05-10}\n"
        )
    unfair.policy(text)
    unfair.check()
    rita = unfair.person("rita", "risk_officer")
    assert unfair.governance.approvals.sign(rita, "production", unfair.version).accepts == ()
    verdict = unfair.governance.gates.evaluate("production", unfair.version)
    assert verdict.open
    assert "Waived by Rita until 2026-05-10: in work" in " ".join(
        r.sentence for r in verdict.requirements
    )
    unfair.clock.time = "2026-05-11T00:00:00.000000Z"
    assert not unfair.governance.gates.evaluate("production", unfair.version).open


def test_a_waiver_of_what_may_not_be_accepted_has_no_effect(house):
    house.replace("limit: 0.6", "limit: 0.99")
    house.policy(
        (house.root / "policy.yaml").read_text()
        + "waivers:\n  - {check: performance.floor, reason: x, owner: y, until: 2026-12-31}\n"
    )
    house.check()
    verdict = house.governance.gates.evaluate("staging", house.version)
    assert statuses(verdict)["performance.floor"] == "failed"


def test_two_approvals_must_be_by_two_people(house):
    house.replace("approvals: [risk_officer]", "approvals: [risk_officer, risk_officer]")
    rita = ready(house)
    sign = house.governance.approvals.sign
    sign(rita, "production", house.version, "one")
    sign(rita, "production", house.version, "two")
    assert not house.governance.gates.evaluate("production", house.version).open
    sign(house.person("max", "risk_officer"), "production", house.version, "three")
    assert house.governance.gates.require("production", house.version).open


def test_a_check_that_the_gate_names_and_the_policy_switches_off_is_missing(house):
    house.replace("checks: [data_quality, performance]\n", "checks: [bias.group_size]\n")
    house.replace(
        "checks:\n  performance", "checks:\n  bias:\n    group_size: {run: false}\n  performance"
    )
    house.check()
    verdict = house.governance.gates.evaluate("staging", house.version)
    assert statuses(verdict) == {"bias.group_size": "missing"}


def test_a_gate_that_asks_for_nothing_is_not_open(house):
    house.replace("checks: [data_quality, performance]\n", "checks: []\n")
    assert not house.governance.gates.evaluate("staging", house.version).open
