"""Restricted columns in the policy: read, pointed at, and part of what is signed."""

from __future__ import annotations

import pytest
from tests.restricted.conftest import POLICY, TABLE

from notewright.errors import AccessDenied, PolicyError
from notewright.governance.authority import ROLES, Resource, allowed
from notewright.governance.identities import Identity
from notewright.governance.policy import Restricted, parse_policy


def test_the_policy_says_which_roles_see_which_column():
    assert parse_policy(POLICY).data.restricted == (
        Restricted("income", ("risk_officer",)),
        Restricted("national id", ()),
    )
    assert parse_policy("version: 1\ndata: {restricted: {x: }}").data.restricted == (
        Restricted("x"),
    )
    assert parse_policy("version: 1\ndata: {restricted: }").data.restricted == ()


def test_a_role_that_is_none_is_pointed_at():
    with pytest.raises(PolicyError, match=r"line 4, column 14: 'risk_oficer'") as caught:
        parse_policy("version: 1\ndata:\n  restricted:\n    income: [risk_oficer]\n")
    assert "Did you mean 'risk_officer'?" in caught.value.remedy
    with pytest.raises(PolicyError, match="must be a list"):
        parse_policy("version: 1\ndata: {restricted: {income: risk_officer}}\n")


def test_lifting_or_widening_a_restriction_is_another_policy():
    lifted = parse_policy("version: 1\n")
    widened = parse_policy(POLICY.replace("[risk_officer]", "[risk_officer, auditor]"))
    assert len({parse_policy(POLICY).digest, lifted.digest, widened.digest}) == 3


@pytest.mark.parametrize("role", [*ROLES, None])
@pytest.mark.parametrize("readers", [(), ("risk_officer",), ("auditor", "reviewer")])
def test_a_column_is_seen_by_just_the_roles_it_names(role, readers):
    column = Resource("Column", 'in"come\\\n', ("me",), "it", readers)
    assert allowed("me", [role] if role else [], "data.read", column) == (role in readers)


@pytest.mark.parametrize("kind", ["Workspace", "ModelVersion"])
def test_data_is_read_of_columns_only(kind):
    assert not allowed("me", ROLES, "data.read", Resource(kind, "x", ("me",), "it"))


def test_a_column_without_readers_is_denied_to_all_roles():
    """As an entity that does not fit the schema: anything but a plain Allow is a denial."""
    assert not allowed("me", ROLES, "data.read", Resource("Column", "income", ("me",), "it"))


def test_the_owner_of_the_workspace_sees_no_more_than_others(person):
    withheld = person.workspace.restricted.now()
    assert [each.column for each in withheld.columns] == ["income", "national id"]
    person.becomes("risk_officer")
    withheld = person.workspace.restricted.now()
    assert [each.column for each in withheld.columns] == ["national id"]


def test_two_spellings_of_one_column_are_withheld_if_either_is(person):
    me = person.workspace.restricted
    person.policy("version: 1\ndata: {restricted: {income: [admin], INCOME: []}}\n")
    assert me.now().find("Income") is not None


def test_a_refusal_names_the_role_and_is_in_the_log(person, notebook):
    notebook.run(TABLE + "column = df.income")
    taken = notebook.recorder.take("whole")
    with pytest.raises(AccessDenied) as caught:
        person.workspace.snapshots.load(taken, ["column"])
    assert "role grant" in caught.value.remedy
    assert "'risk_officer'" in caught.value.remedy
    entry = person.workspace.audit.list()[-1]
    assert entry.act == "refused"
    assert entry.details["action"] == "data.read"
    assert "the column 'income' of snapshot" in entry.subject


def test_a_borrowed_public_key_opens_nothing_after_its_owner_was_let_in(person, tmp_path):
    identities, restricted = person.workspace.identities, person.workspace.restricted
    rita = identities.create("rita", tmp_path / "rita.key")
    person.workspace.roles.grant("rita", "risk_officer")
    assert restricted.now(rita).find("income") is None
    pretended = Identity("rita", rita.public, identities.me().sign)
    assert restricted.now(pretended).find("income") is not None


def test_the_policy_in_force_says_what_is_restricted_and_who_may_see_it(person):
    said = person.view("policy", "show").text()
    assert "Restricted: income (needs 'risk_officer'), national id (nobody may see it)." in said
