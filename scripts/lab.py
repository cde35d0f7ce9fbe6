"""Open the demo notebook in JupyterLab, in a copy that is the user's to change.

What is in the copy already stays: it is only made where there is none.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from working_copy import working_copy

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Make the copy if there is none, say where it is, and open it."""
    parser = argparse.ArgumentParser(description="Open the demo notebook in JupyterLab.")
    parser.add_argument("--folder", type=Path, default=ROOT / "lab", help="where to work")
    parser.add_argument("--copy-only", action="store_true", help="do not open it")
    options = parser.parse_args()
    folder = options.folder.resolve()
    if folder.exists():
        print(f"Your work in {folder} is as you left it. Delete the folder to start afresh.")
    else:
        working_copy(ROOT / "demo_notebooks", folder)
        print(f"The notebooks are copied to {folder}: what you change there stays there.")
    if options.copy_only:
        return 0
    notebook = folder / "credit_risk.ipynb"
    opened = notebook if notebook.exists() else folder
    return subprocess.call([sys.executable, "-m", "jupyter", "lab", str(opened)])


if __name__ == "__main__":
    sys.exit(main())
