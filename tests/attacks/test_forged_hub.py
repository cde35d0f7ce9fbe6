"""A name that a forged, borrowed or lying Hub gives opens nothing that its owner's key opens."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.hub import LocalHub

from notewright.errors import AccessDenied, KeyProblem, NotewrightError, PersonUnknown
from notewright.governance.keys import os_user


@pytest.fixture
def forged():
    """A Hub of the attacker's own, which says what they like."""
    up = LocalHub()
    yield up
    up.stop()


@pytest.fixture
def pretend(forged, monkeypatch):
    """Return a function that points this process at the attacker's Hub, which says `name`."""

    def become(name: str) -> None:
        for variable, value in forged.starts(name).items():
            monkeypatch.setenv(variable, value)

    return become


@pytest.fixture
def attacker(house, tmp_path):
    """The same project as somebody else opens it, whose folder has no key of anybody's."""
    house.check()
    return replace(house, config=tmp_path / "attacker")


#: What somebody with all roles could do.
DOORS = {
    "approve": lambda g, v: g.approvals.sign(g.identities.me(), "production", v, "x"),
    "check": lambda g, v: g.checks.run(v, actor=g.identities.me()),
    "withdraw": lambda g, v: g.gates.revoke("production", v, "x", g.identities.me()),
    "grant": lambda g, v: g.roles.grant("rita", "operator"),
    "register": lambda g, v: g.identities.register("eve", "ab" * 32),
    "read the log": lambda g, v: g.audit.export(Path("log.json")),
    "append": lambda g, v: g.audit.append("approve", "credit_risk@1"),
    "permit a name": lambda g, v: g.roles.permit("rita", "export"),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_forged_hub_makes_nobody_who_is_registered(house, attacker, pretend, door):
    house.person("rita", "admin", "risk_officer", "data_scientist", "operator", "auditor")
    before = house.governance.audit.list()
    pretend("rita")
    with pytest.raises(KeyProblem, match="another key"):
        DOORS[door](attacker.again(), house.version)
    assert house.again().audit.list() == before


@pytest.mark.parametrize("door", sorted(set(DOORS) - {"append", "permit a name"}))
def test_a_forged_name_that_nobody_has_is_registered_without_any_right(
    house, attacker, pretend, door
):
    house.person("rita", "data_scientist")
    pretend("mallory")
    with pytest.raises(AccessDenied):
        DOORS[door](attacker.again(), house.version)
    assert house.again().roles.of("mallory") == frozenset()


def test_a_forged_hub_makes_no_owner_of_one_who_is_not(house, attacker, pretend):
    pretend(os_user())
    with pytest.raises(KeyProblem, match="another key"):
        attacker.again().identities.me()
    assert house.again().identities.owner().public == house.governance.identities.me().public


def test_pointing_away_from_the_hub_gives_back_only_ones_own_key(
    house, attacker, pretend, monkeypatch
):
    pretend("mallory")
    attacker.again().identities.me()
    monkeypatch.delenv("JUPYTERHUB_API_URL")
    with pytest.raises(KeyProblem, match="another key"):
        attacker.again().identities.me()  # the OS user's name is another's here


@pytest.mark.parametrize("name", ["rita", "../../rita", "rita\n", "RITA", "rita ", "rita\u200b"])
def test_a_name_that_looks_like_anothers_is_not_theirs(house, attacker, pretend, name):
    rita = house.person("rita", "admin")
    pretend(name)
    with pytest.raises(NotewrightError):
        attacker.again().roles.grant("rita", "operator")
    assert house.again().identities.get("rita").public == rita.public
    assert "operator" not in house.again().roles.of("rita")


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "..", "a/../../b", "x\n", "C:\\x"])
def test_no_key_is_written_where_a_name_would_lead(house, attacker, pretend, name):
    pretend(name)
    before = set(house.root.parent.rglob("*"))
    with pytest.raises(PersonUnknown):
        attacker.again().identities.me()
    assert set(house.root.parent.rglob("*")) == before


def test_a_token_of_the_real_hub_is_not_sent_to_where_its_answer_leads(house, forged, monkeypatch):
    real = LocalHub()
    try:
        for variable, value in real.starts("rita").items():
            monkeypatch.setenv(variable, value)
        forged.tokens = dict(real.tokens)
        real.odd = lambda request: request.send(302, b"", Location=f"{forged.url}/user")
        with pytest.raises(PersonUnknown):
            house.again().identities.me()
        assert len(real.asked) == 1
        assert forged.asked == []
    finally:
        real.stop()


@pytest.mark.parametrize("variable", ["JUPYTERHUB_USER", "JUPYTERHUB_SERVICE_PREFIX", "USER"])
def test_no_other_variable_of_a_hub_changes_who_one_is(house, pretend, monkeypatch, variable):
    pretend("mallory")
    monkeypatch.setenv(variable, "rita")
    assert house.again().identities.me().name == "mallory"
    monkeypatch.delenv("JUPYTERHUB_API_URL")
    assert "JUPYTERHUB_API_TOKEN" in os.environ
    assert house.again().identities.me().name == os_user()
