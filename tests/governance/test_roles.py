"""Cedar's answer is the table below; everything that is not a plain Allow is a denial."""

from __future__ import annotations

import pytest

from notewright.errors import AccessDenied, KeyProblem, UnknownId
from notewright.governance.authority import ACTIONS, ROLES, Resource, allowed

READ = {"snapshot.read", "run.read", "audit.read"}
MAY = {
    "data_scientist": READ | {"model.register", "export", "check", "retrain", "snapshot.remove"},
    "reviewer": READ | {"check", "approve"},
    "risk_officer": READ | {"check", "approve", "revoke"},
    "operator": READ
    | {"check", "deploy", "rollback", "retrain", "export", "revoke", "snapshot.remove"}
    | {"predictions.erase"},
    "auditor": READ,
    "admin": READ | {"role.grant", "records.move"},
}
WORKSPACE_ONLY = {"snapshot.read", "snapshot.remove", "run.read", "role.grant", "audit.read"}
WORKSPACE_ONLY |= {"records.move", "predictions.erase"}
MODEL_ONLY = {"approve", "revoke"}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_role_may_do_exactly_what_the_table_says(role, action):
    kinds = ["Workspace", "ModelVersion"]
    for kind in kinds:
        resource = Resource(kind, "id", ("somebody",), "it")
        fits = action not in (WORKSPACE_ONLY if kind == "ModelVersion" else MODEL_ONLY)
        assert allowed("ann", [role], action, resource) == (action in MAY[role] and fits)


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_without_a_role_may_do_anything(action):
    for kind in ("Workspace", "ModelVersion"):
        assert not allowed("ann", [], action, Resource(kind, "id", ("ann",), "it"))


@pytest.mark.parametrize("owners", [("ann",), ("ann", "ben"), ("ben", "ann"), ()])
def test_no_role_makes_one_approve_ones_own_or_an_ownerless_model(owners):
    model = Resource("ModelVersion", "id", owners, "it")
    assert not allowed("ann", list(ROLES), "approve", model)


@pytest.mark.parametrize(
    "resource",
    [
        Resource("Dataset", "id", (), "it"),
        Resource("Workspace", "", ('x"; permit(principal, action, resource);',), "it"),
        Resource('W"', "id", (), "it"),
    ],
)
def test_what_does_not_fit_the_schema_is_denied(resource):
    assert not allowed("ann", ["operator"], "approve", resource)
    assert not allowed("ann", ["nosuchrole"], "deploy", resource)


def test_the_owner_starts_as_data_scientist_operator_and_admin(house):
    roles = house.governance.roles
    me = house.governance.identities.me()
    assert roles.of(me.name) == {"admin", "data_scientist", "operator"}
    roles.require(me, "deploy", house.version)


def test_a_refusal_names_the_role_and_leaves_an_entry(house):
    rita = house.person("rita")
    with pytest.raises(AccessDenied) as caught:
        house.governance.roles.require(rita, "deploy", house.version)
    assert "'rita' (no role) may not deploy credit_risk@1" in caught.value.problem
    assert "role grant rita operator" in caught.value.remedy
    entry = house.governance.audit.list(act="refused")[-1]
    assert (entry.actor, entry.subject) == ("rita", "credit_risk@1")
    assert entry.details["action"] == "deploy"


def test_roles_are_given_and_taken_away_by_admins_only(house):
    roles = house.governance.roles
    rita = house.person("rita", "reviewer")
    assert roles.of("rita") == {"reviewer"}
    with pytest.raises(AccessDenied):
        roles.grant("rita", "admin", by=rita)
    roles.revoke("rita", "reviewer")
    assert house.again().roles.of("rita") == frozenset()
    with pytest.raises(UnknownId):
        roles.grant("rita", "emperor")
    with pytest.raises(UnknownId):
        roles.grant("nobody", "reviewer")


def test_an_admin_who_lost_the_role_gives_no_more_and_what_they_gave_stays(house):
    roles = house.governance.roles
    ada, rita = house.person("ada", "admin"), house.person("rita")
    roles.grant("rita", "reviewer", by=ada)
    roles.revoke("ada", "admin")
    assert roles.of("rita") == {"reviewer"}
    with pytest.raises(AccessDenied):
        roles.grant("rita", "admin", by=ada)
    assert rita.name in roles.all()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE role_grants SET body = replace(body, 'reviewer', 'operator')",
        "UPDATE role_grants SET body = replace(body, 'rita', 'max')",
        "UPDATE role_grants SET signature = replace(signature, 'a', 'b')",
        "UPDATE role_grants SET seq = seq + 1",
        "DELETE FROM role_grants WHERE seq = (SELECT max(seq) FROM role_grants)",
        "INSERT INTO role_grants SELECT seq + 10, body, signature FROM role_grants",
    ],
)
def test_grants_edited_in_the_database_are_noticed(house, statement):
    house.person("rita", "reviewer")
    house.sql(statement)
    with pytest.raises(KeyProblem):
        house.again().roles.of("rita")


def test_a_name_is_believed_only_if_it_is_ones_own(house):
    roles = house.governance.roles
    me = house.governance.identities.me()
    house.person("rita", "data_scientist")
    roles.permit(me, "model.register", "credit_risk")
    roles.permit(me.name, "model.register", "credit_risk")
    with pytest.raises(AccessDenied, match="without their key"):
        roles.permit("rita", "model.register", "credit_risk")


def test_who_trained_it_owns_it_even_if_somebody_else_registered_it(house):
    from dataclasses import replace

    rita = house.person("rita", "risk_officer")
    version = replace(house.version, actor="ben")
    house.governance.roles.require(rita, "approve", version)
    house.governance.audit.append("run.finish", version.run, {}, rita)
    with pytest.raises(AccessDenied, match="own work"):
        house.governance.roles.require(rita, "approve", version)
