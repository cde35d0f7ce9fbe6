"""A fresh process that restores the snapshots of one library's kinds and checks them.

Arguments: the workspace, and a JSON file with [snapshot, check, expression, its repr] by kind.
Prints what went wrong by kind, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any


def main(root: str, jobs: str) -> None:
    """Restore and check each kind; one that fails does not stop the others."""
    from notewright.state.namespace import Namespace
    from notewright.workspace import Workspace

    workspace = Workspace(Path(root))
    wrong = {}
    for kind, (id_, check, expression, expected) in json.loads(Path(jobs).read_text()).items():
        values: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
        try:
            workspace.snapshots.restore(Namespace(values), workspace.snapshots.get(id_))
            if expression:
                found = repr(eval(expression, values))
                assert found == expected, f"{found} is not {expected}"
            exec(compile(check, "<check>", "exec", dont_inherit=True), values)
        except BaseException:  # noqa: BLE001 - reported by the test
            wrong[kind] = traceback.format_exc()
    print("\n" + json.dumps(wrong))


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    main(*sys.argv[1:])
