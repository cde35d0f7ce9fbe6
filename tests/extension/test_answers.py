"""The answers are those of the engine's verbs, and failures are said in words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from notewright.state.namespace import Namespace
from notewright.verbs import find_verb
from notewright.verbs.base import Context
from notewright.workspace import Workspace
from notewright_lab.answers import ANSWERS
from notewright_lab.handlers import PREFIX, _finite

NOTEBOOK = "project/notebooks/a.ipynb"


@pytest.fixture
def ask(jp_fetch, project):
    """Ask one endpoint and return the status and the JSON."""

    async def ask_(endpoint: str, **query: str) -> tuple[int, Any]:
        words = {"path": NOTEBOOK, **query}
        try:
            response = await jp_fetch(PREFIX, *endpoint.split("/"), params=words)
        except HTTPClientError as error:
            return error.code, json.loads(error.response.body)
        return response.code, json.loads(response.body)

    return ask_


async def test_the_timeline_is_the_verbs(ask, project: Workspace) -> None:
    verb = find_verb("timeline")
    expected = verb.run(verb.parser().parse_args([]), Context(project)).data()
    status, found = await ask("timeline")
    assert status == 200
    assert found == json.loads(json.dumps(expected))
    assert [s["message"] for s in found] == ["<b>summed</b>", "as loaded"]


async def test_a_new_snapshot_is_seen_and_moves_the_number(ask, project: Workspace) -> None:
    _, before = await ask("changes")
    _, same = await ask("changes")
    assert before == same
    session = project.snapshots.list()[-1].session
    project.snapshots.take(Namespace({"a": 1}), session=session, message="third")
    _, after = await ask("changes")
    assert after["changes"] != before["changes"]
    _, timeline = await ask("timeline")
    assert timeline[0]["message"] == "third"


async def test_asking_for_changes_is_no_mistake_while_nothing_is_recorded(ask) -> None:
    status, found = await ask("changes", path="elsewhere/a.ipynb")
    _, refusal = await ask("timeline", path="elsewhere/a.ipynb")
    assert status == 200
    assert found == {"changes": 0, "workspace": None, "missing": refusal}


async def test_an_edited_policy_moves_the_number(ask, project: Workspace) -> None:
    _, before = await ask("changes")
    (project.root / "policy.yaml").write_text("version: 1\n")
    _, after = await ask("changes")
    assert after["changes"] != before["changes"]


async def test_a_diff_names_what_was_added(ask, project: Workspace) -> None:
    new, old = (s["id"] for s in (await ask("timeline"))[1])
    status, diff = await ask("diff", a=old, b=new)
    assert status == 200
    assert [(v["name"], v["kind"]) for v in diff["variables"]] == [("total", "added")]


async def test_a_diff_takes_messages_too(ask, project: Workspace) -> None:
    status, diff = await ask("diff", a="as loaded", b="<b>summed</b>")
    assert (status, [v["name"] for v in diff["variables"]]) == (200, ["total"])


async def test_one_snapshot_is_read_by_its_short_id(ask, project: Workspace) -> None:
    newest = (await ask("timeline"))[1][0]
    status, found = await ask(f"snapshots/{newest['id'][:8]}")
    assert status == 200
    assert found["id"] == newest["id"]


@pytest.mark.parametrize("endpoint", ["runs", "packages", "deployments"])
async def test_a_workspace_without_any_answers_with_an_empty_list(ask, endpoint: str) -> None:
    assert await ask(endpoint) == (200, [])


async def test_a_workspace_without_models_has_no_checks(ask) -> None:
    assert await ask("checks") == (200, {"reports": [], "gates": []})


@pytest.mark.parametrize(
    ("endpoint", "query", "status", "code"),
    [
        ("snapshots/ffffffff", {}, 404, "unknown_id"),
        ("diff", {"a": "ffffffff", "b": "HEAD"}, 404, "unknown_id"),
        ("diff", {}, 400, "bad_question"),
        ("diff", {"a": "--help", "b": "HEAD"}, 400, "bad_question"),
        ("compare", {"ids": "-h"}, 400, "bad_question"),
        ("compare", {"ids": ""}, 400, "bad_question"),
        ("timeline", {"path": "elsewhere/a.ipynb"}, 404, "no_workspace"),
    ],
)
async def test_failures_are_4xx_with_a_problem_and_a_remedy(
    ask, endpoint: str, query: dict[str, str], status: int, code: str
) -> None:
    found, said = await ask(endpoint, **query)
    assert (found, said["code"]) == (status, code)
    assert said["problem"].endswith(".")
    assert said["remedy"]


async def test_a_store_from_the_future_is_refused_in_words(ask, project: Workspace) -> None:
    with project.store.catalog.transaction() as connection:
        connection.execute("PRAGMA user_version = 999")
    status, said = await ask("timeline")
    assert (status, said["code"]) == (400, "store_too_new")


async def test_the_answers_are_json_that_is_not_kept(jp_fetch, project) -> None:
    response = await jp_fetch(PREFIX, "timeline", params={"path": NOTEBOOK})
    assert response.headers["Content-Type"].startswith("application/json")
    assert response.headers["Cache-Control"] == "no-store"


def test_numbers_that_json_lacks_become_words() -> None:
    given = {"a": float("nan"), "b": [float("inf"), 1.5], "c": {"d": float("-inf")}}
    assert _finite(given) == {"a": "nan", "b": ["inf", 1.5], "c": {"d": "-inf"}}


def test_the_endpoints_are_those_of_the_panel() -> None:
    assert set(ANSWERS) >= {"status", "timeline", "diff", "runs", "compare", "checks", "changes"}
