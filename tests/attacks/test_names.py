"""No name that a user can give leads out of its folder, or is taken for an option or a path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from notewright.cli import main
from notewright.errors import BadName, NotewrightError
from notewright.store.names import check_name, module_name
from notewright.verbs import VERBS, find_verb

HOSTILE = {
    "a parent": "../x", "deep parents": "a/../../../x", "a backslash": "..\\x",
    "absolute": "/tmp/x", "a home": "~/x", "a drive": "C:\\x", "a share": "\\\\host\\x",
    "a folder": "a/b", "a dot": ".", "two dots": "..", "hidden": ".x", "a dot at the end": "x.",
    "NUL": "x\0y", "a newline": "x\ny", "a newline at the end": "x\n", "a return": "x\ry",
    "a dash first": "-x", "two dashes": "--key=x", "a blank": "x y", "empty": "",
    "very long": "x" * 300, "right to left": "x\u202etxt", "look-alikes": "сredit_risk",
    "full width": "\uff0e\uff0e\uff0fx", "a zero width": "x\u200by", "a surrogate": "x\udcffy",
    "markup": "<script>", "a quote": "x'y", "a variable": "$HOME", "a command": "`id`",
    "a device": "x:y", "a wildcard": "*", "percent": "%2e%2e%2fx",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_the_one_place_where_names_are_checked_refuses_it(name):
    for check in (check_name, module_name):
        with pytest.raises(BadName):
            check(HOSTILE[name], "thing")


#: What a word of a verb is, where it is no name of something in the store: looked up, it is not
#: there; as a path it is the user's own.
PATHS = {"FILE", "FOLDER", "PATH", "[NOTEBOOK.ipynb] MODEL"}


def arguments() -> list[tuple[str, tuple[str, ...], str]]:
    """Return verb, words before, and what it is of every word that any verb takes as text."""
    found = []
    for verb in VERBS:
        parser = find_verb(verb).parser()
        given = [a for a in parser._actions if not a.option_strings]
        first = next((a for a in given if a.choices), None)
        for choice in first.choices if first is not None else (None,):
            before = (verb,) if choice is None else (verb, choice)
            for action in parser._actions:
                takes = action.nargs != 0 and action.choices is None and action.type is None
                if takes and action.dest != "help":
                    option = action.option_strings[-1] if action.option_strings else ""
                    kind = action.metavar or action.dest
                    found.append((" ".join(before), (option,) if option else (), str(kind)))
    return found


def filled(verb: str, word: str, option: tuple[str, ...]) -> list[str]:
    """Return the words of a verb with the hostile one in its place and harmless others."""
    parser = find_verb(verb.split()[0]).parser()
    given = verb.split()
    for action in parser._actions:
        if action.option_strings and action.required and action.option_strings[-1] not in option:
            given += [action.option_strings[-1], "harmless"]
    if option:
        given.append(f"{option[0]}={word}")
    positional = [a for a in parser._actions if not a.option_strings and a.choices is None]
    given += ["--"]
    return given + [word if not option else "harmless"] * max(1, len(positional))


def tree(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if ".notewright" not in p.parts}


@pytest.fixture
def fenced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project two folders deep, so that what climbs out of it is seen."""
    from notewright.workspace import Workspace

    root = tmp_path / "outside" / "project"
    root.mkdir(parents=True)
    monkeypatch.chdir(root)
    monkeypatch.setenv("HOME", str(tmp_path / "outside"))
    Workspace(root).identities.me()
    return root


VERB_WORDS = sorted(
    {
        (verb, option)
        for verb, option, kind in arguments()
        if kind not in PATHS and verb != "mlflow export"  # it writes where its user says
    }
)


def test_there_are_verbs_that_take_names():
    assert len(VERB_WORDS) > 40
    assert len({verb.split()[0] for verb, _ in VERB_WORDS}) > 20


@pytest.mark.parametrize(("verb", "option"), VERB_WORDS, ids=lambda v: "".join(v) or "word")
def test_no_hostile_name_leads_a_verb_out_of_the_project_or_stops_it_without_words(
    verb, option, fenced, capsys
):
    outside = fenced.parent
    before = tree(outside)
    for name in ("../../x", "/proc/none/x", "x\ny", "-x", "x" * 300, "x\u202ey", "..", "C:\\x"):
        code = main(["--workspace", str(fenced), *filled(verb, name, option)])
        said = capsys.readouterr()
        assert code in (0, 1, 2), name
        assert "Traceback" not in said.err
    assert tree(outside) - before <= {"project/policy.yaml"}


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "x\0y", "x\n", "-x", "x" * 65, "..", "C:\\x"])
def test_every_service_that_makes_something_of_a_name_refuses_it(workspace, tmp_path, name):
    from sklearn.linear_model import LinearRegression

    run = workspace.runs.record("r", model=LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]))
    me = workspace.identities.me()
    workspace.models.register(run, "m", me)
    (tmp_path / "rows.csv").write_text("a\n1\n")
    acts = {
        "model": lambda: workspace.models.register(run, name, me),
        "alias": lambda: workspace.models.move_alias("m", name, 1, None, me),
        "dataset": lambda: workspace.datasets.add(tmp_path / "rows.csv", name),
        "package": lambda: workspace.packages.export("model", name),
        "deployment": lambda: workspace.deployments.deploy(name),
        "history": lambda: workspace.deployments.history(name),
        "log": lambda: workspace.deployments.log(name),
        "stop": lambda: workspace.deployments.stop(name),
        "rollback": lambda: workspace.deployments.rollback(name),
        "identity": lambda: workspace.identities.create(name, tmp_path / "k.key"),
    }
    before = tree(tmp_path)
    for what, act in acts.items():
        with pytest.raises(NotewrightError) as refused:
            act()
        assert isinstance(refused.value, BadName), what
    assert tree(tmp_path) == before
