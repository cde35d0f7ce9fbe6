"""A server whose identity provider knows persons answers each as what they may see, and do."""

from __future__ import annotations

import json
import threading
from typing import Any

import nbformat
import pandas as pd
import pytest
from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider, User
from tests.hub import LocalHub
from tornado.httpclient import HTTPClientError

from notewright.governance.keys import os_user
from notewright.state.namespace import Namespace
from notewright.workspace import Workspace
from notewright_lab.handlers import PREFIX

NOTEBOOK = "project/work.ipynb"
POLICY = "version: 1\ndata: {restricted: {income: [risk_officer]}}\n"


class Badges(IdentityProvider):
    """Knows people by a header, as one behind a proxy that authenticates does."""

    def get_user(self, handler: Any) -> User | None:
        name = handler.request.headers.get("X-Badge")
        return User(name) if name else None

    def is_token_authenticated(self, handler: Any) -> bool:
        return True  # no cookie, so no XSRF


@pytest.fixture
def provider() -> type[IdentityProvider]:
    return Badges


@pytest.fixture
def jp_server_config(provider) -> dict[str, object]:
    return {
        "ServerApp": {
            "jpserver_extensions": {"notewright_lab": True},
            "identity_provider_class": provider,
        }
    }


@pytest.fixture
def project(jp_root_dir) -> Workspace:
    """A workspace with two snapshots of a table with a restricted column."""
    folder = jp_root_dir / "project"
    folder.mkdir()
    cell = nbformat.v4.new_code_cell("a = missing")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), jp_root_dir / NOTEBOOK)
    workspace = Workspace(folder)
    session = workspace.history.begin_session(folder).id
    for incomes in ([9.5, 8.5], [9.5, 7.25]):
        namespace = Namespace({"df": pd.DataFrame({"age": [31, 42], "income": incomes})})
        workspace.snapshots.take(namespace, session=session, message=f"to {incomes[1]}")
    (folder / "policy.yaml").write_text(POLICY)
    return workspace


@pytest.fixture
def ask(jp_fetch, project):
    """Ask as somebody; return the status and the JSON."""

    async def ask_(who: str, method: str, *parts: str, **values: str) -> tuple[int, Any]:
        values = {"path": NOTEBOOK, **values}
        body = "{}" if method == "POST" else None
        headers = {"X-Badge": who} if who else None
        try:
            answer = await jp_fetch(
                PREFIX, *parts, method=method, params=values, body=body, headers=headers
            )
        except HTTPClientError as error:
            return error.code, json.loads(error.response.body)
        return answer.code, json.loads(answer.body)

    return ask_


async def difference(ask, who: str) -> str:
    status, data = await ask(who, "GET", "diff", a="to 8.5", b="to 7.25")
    assert status == 200
    return json.dumps(data)


def end_exports() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("notewright-export-"):
            thread.join()


async def test_each_sees_the_columns_that_they_may_see(ask, project) -> None:
    assert "needs 'risk_officer'" in await difference(ask, "rita")
    project.roles.grant("rita", "risk_officer")
    assert "needs 'risk_officer'" not in await difference(ask, "rita")
    assert "needs 'risk_officer'" in await difference(ask, "max")
    assert "needs 'risk_officer'" not in await difference(ask, "rita")


async def test_an_export_is_asked_for_in_ones_own_name_and_refused_without_a_role(
    ask, project
) -> None:
    status, refused = await ask("rita", "POST", "exports")
    assert (status, refused["code"]) == (403, "access_denied")
    assert "'rita' (no role) may not export" in refused["problem"]
    assert project.audit.list(act="refused")[-1].actor == "rita"
    project.roles.grant("rita", "data_scientist")
    status, job = await ask("rita", "POST", "exports")
    end_exports()
    assert (status, job["state"]) == (200, "running")
    asked = project.audit.list(act="export.ask")
    assert [(each.actor, each.subject) for each in asked] == [("rita", "work.ipynb")]
    assert project.audit.verify().ok


async def test_keys_are_a_persons_own_and_a_claim_without_the_key_is_nothing(ask, project) -> None:
    project.identities.create("rita", project.root / "rita.key")
    project.roles.grant("rita", "data_scientist")
    status, refused = await ask("rita", "POST", "exports")
    assert (status, refused["code"]) == (400, "key_problem")
    assert project.audit.list(act="export.ask") == []
    assert "needs 'risk_officer'" in await difference(ask, "rita")


@pytest.mark.parametrize("who", ["../x", "<script>", "x" * 300])
async def test_a_hostile_name_is_refused_and_makes_no_file(ask, project, own_config, who) -> None:
    before = set(own_config.rglob("*"))
    status, refused = await ask(who, "POST", "exports")
    assert (status, refused["code"]) == (403, "person_unknown")
    status, refused = await ask(who, "GET", "timeline")
    assert (status, refused["code"]) == (403, "person_unknown")
    assert set(own_config.rglob("*")) == before


# -- where the server knows nobody --------------------------------------------------------


class Anonymous(Badges):
    """Lets in whoever has the token, as somebody without a name."""

    def get_user(self, handler: Any) -> User | None:
        return self.generate_anonymous_user(handler)


@pytest.mark.parametrize("provider", [PasswordIdentityProvider, IdentityProvider, Anonymous])
async def test_who_only_has_the_token_is_whose_server_it_is(ask, project, provider) -> None:
    project.roles.grant(os_user(), "risk_officer")
    assert "needs 'risk_officer'" not in await difference(ask, "")
    status, _ = await ask("", "POST", "exports")
    end_exports()
    assert status == 200
    assert [each.name for each in project.identities.list()] == [os_user()]


# -- on a Hub ------------------------------------------------------------------------------


@pytest.fixture
def ritas(monkeypatch):
    """The Hub that this process is rita's server on."""
    hub = LocalHub()
    for variable, value in hub.starts("rita").items():
        monkeypatch.setenv(variable, value)
    yield hub
    hub.stop()


async def test_on_a_hub_what_is_done_is_done_as_whose_server_it_is(
    ask, project, ritas, own_config
) -> None:
    status, refused = await ask("max", "POST", "exports")
    assert (status, refused["code"]) == (403, "access_denied")
    assert "server is that of 'rita'" in refused["problem"]
    assert (await ask("max", "GET", "timeline"))[0] == 200
    assert (await ask("rita", "POST", "exports"))[0] == 200
    end_exports()
    assert "max" not in [each.name for each in project.identities.list()]
    assert not list(own_config.rglob("max.key"))


async def test_while_the_hub_is_down_the_panel_reads_and_exports_nothing(
    ask, project, ritas
) -> None:
    ritas.stop()
    status, refused = await ask("rita", "POST", "exports")
    assert (status, refused["code"]) == (403, "person_unknown")
    assert (await ask("rita", "GET", "timeline"))[0] == 200
