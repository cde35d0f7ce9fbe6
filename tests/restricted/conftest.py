"""A workspace whose user may not see a column, and every form of what it says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from notewright.verbs import find_verb
from notewright.verbs.base import Context
from notewright.views.base import View
from notewright.workspace import Workspace

#: Values that nothing else here is.
SECRET = (98765.25, 87654.75, 76543.5)

POLICY = """\
version: 1
data:
  restricted:
    income: [risk_officer]
    national id: []
"""

TABLE = f"""
import pandas as pd
df = pd.DataFrame({{"age": [31, 42, 53], "income": {list(SECRET)}}}, index=["a", "b", "c"])
"""


@dataclass
class Person:
    """Who works in a workspace, and what they are told."""

    workspace: Workspace

    def becomes(self, role: str) -> None:
        self.workspace.roles.grant(self.workspace.identities.me().name, role)

    def policy(self, text: str) -> None:
        (self.workspace.root / "policy.yaml").write_text(text, encoding="utf-8")

    def asks(self, *words: str, kernel: Any = None) -> str:
        """Return a verb's text, HTML and JSON, one after the other."""
        return forms(self.view(*words, kernel=kernel))

    def view(self, *words: str, kernel: Any = None) -> View:
        verb = find_verb(words[0])
        return verb.run(verb.parser().parse_args(words[1:]), Context(self.workspace, kernel))

    def refusals(self) -> list[str]:
        return [e.subject for e in self.workspace.audit.list() if e.act == "refused"]


def forms(view: View) -> str:
    return "\n".join([view.text(), view.html(), json.dumps(view.data(), default=str)])


@pytest.fixture
def person(workspace) -> Person:
    """The owner: data scientist, operator and admin, no risk officer."""
    workspace.identities.me()
    made = Person(workspace)
    made.policy(POLICY)
    return made


def tells(said: str) -> bool:
    """Tell whether something says one of the secret values, however it is written."""
    return any(str(value)[:5] in said or f"{value:,.0f}"[:6] in said for value in SECRET)
