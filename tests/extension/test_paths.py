"""A notebook's path never leads out of the folder that the server serves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tornado.httpclient import HTTPClientError

from notewright.workspace import Workspace
from notewright_lab.errors import BadPath, NoWorkspace
from notewright_lab.handlers import PREFIX
from notewright_lab.locate import workspace_root


@pytest.fixture
def served(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    (folder / "project" / "deep").mkdir(parents=True)
    Workspace(folder / "project")
    Workspace(tmp_path / "outside")
    return folder


@pytest.mark.parametrize(
    "notebook",
    ["project/a.ipynb", "project/deep/a.ipynb", "/project/a.ipynb", "project/new/a.ipynb"],
)
def test_the_nearest_workspace_upward_is_found(served: Path, notebook: str) -> None:
    assert workspace_root(served, notebook) == (served / "project").resolve()


@pytest.mark.parametrize(
    "notebook",
    [
        "../outside/a.ipynb",
        "project/../../outside/a.ipynb",
        "project/deep/../../../outside/a.ipynb",
        "..",
        "project/a\0.ipynb",
    ],
)
def test_a_path_that_climbs_out_is_refused(served: Path, notebook: str) -> None:
    with pytest.raises(BadPath):
        workspace_root(served, notebook)


def test_an_absolute_path_is_taken_as_one_below_the_served_folder(served: Path) -> None:
    with pytest.raises(NoWorkspace):
        workspace_root(served, str(served.parent / "outside" / "a.ipynb"))


def test_a_link_to_a_folder_outside_is_refused(served: Path) -> None:
    (served / "link").symlink_to(served.parent / "outside")
    with pytest.raises(BadPath):
        workspace_root(served, "link/a.ipynb")


def test_a_notebook_that_is_a_link_to_the_outside_is_refused(served: Path) -> None:
    outside = served.parent / "outside" / "a.ipynb"
    outside.write_text("{}")
    (served / "project" / "a.ipynb").symlink_to(outside)
    with pytest.raises(BadPath):
        workspace_root(served, "project/a.ipynb")


def test_a_store_that_is_a_link_to_the_outside_is_refused(served: Path) -> None:
    (served / "other").mkdir()
    (served / "other" / ".notewright").symlink_to(served.parent / "outside" / ".notewright")
    with pytest.raises(BadPath):
        workspace_root(served, "other/a.ipynb")


def test_a_workspace_above_the_served_folder_is_not_looked_at(served: Path) -> None:
    with pytest.raises(NoWorkspace):
        workspace_root(served / "project" / "deep", "a.ipynb")


def test_asking_makes_no_store(served: Path) -> None:
    (served / "empty").mkdir()
    with pytest.raises(NoWorkspace):
        workspace_root(served, "empty/a.ipynb")
    assert list((served / "empty").iterdir()) == []


@pytest.mark.parametrize("path", ["../a.ipynb", "project/../../a.ipynb"])
async def test_the_server_refuses_in_words(path: str, jp_fetch, project) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(PREFIX, "timeline", params={"path": path})
    assert refused.value.code == 403
    said = json.loads(refused.value.response.body)
    assert said["code"] == "bad_path"
    assert said["problem"]
    assert said["remedy"]
