"""A real Jupyter server and a real browser, for the browser tests and the screenshots."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ensure_chromium import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

#: For a browser in a container, that asks nobody outside for anything.
BROWSER_ARGUMENTS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
START_SECONDS = 90
_THEMES = "@jupyterlab/apputils-extension/themes.jupyterlab-settings"


@dataclass(frozen=True)
class Server:
    """A Jupyter server that runs, on loopback, with a token of its own."""

    url: str
    token: str
    folder: Path
    #: The environment variables of the server and its kernels.
    environment: dict[str, str]

    def page(self, kind: str, notebook: str) -> str:
        """Return the address of a notebook in ``"lab"`` or ``"notebook"``."""
        place = {"lab": "lab/tree", "notebook": "notebooks"}[kind]
        # `reset` keeps JupyterLab from opening what was open in the page before.
        return f"{self.url}{place}/{notebook}?reset&token={self.token}"


@contextmanager
def jupyter_server(
    folder: Path, state: Path, *, extension: bool = True, theme: str = "JupyterLab Light"
) -> Iterator[Server]:
    """Start JupyterLab and Notebook 7 over `folder`; stop them at the end.

    Parameters
    ----------
    folder : Path
        What the server serves.
    state : Path
        An empty folder for everything Jupyter and Notewright keep for a user.
    extension : bool
        Whether Notewright's server part is on.
    theme : str
        The theme of the pages.
    """
    log = state / "server.log"
    state.mkdir(parents=True, exist_ok=True)
    environment = _environment(state, theme)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                *("-m", "jupyter", "lab", "--no-browser", "--ip=127.0.0.1", "--port=0"),
                "--allow-root",
                f"--ServerApp.root_dir={folder}",
                f"--ServerApp.jpserver_extensions=notewright_lab={extension}",
                "--LabApp.expose_app_in_browser=True",
                "--JupyterNotebookApp.expose_app_in_browser=True",
            ],
            env=environment,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            info = _wait_for(state / "runtime" / f"jpserver-{process.pid}.json", process, log)
            yield Server(info["url"], info["token"], folder, environment)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the system's Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=find_chromium(), args=list(BROWSER_ARGUMENTS)
        )
        try:
            yield found
        finally:
            found.close()


def open_notebook(page: Page, server: Server, kind: str, notebook: str) -> None:
    """Open a notebook and wait until its kernel is ready for cells."""
    page.goto(server.page(kind, notebook))
    page.wait_for_function("() => window.jupyterapp !== undefined", timeout=60_000)
    page.evaluate(_READY, notebook)


def run_all_cells(page: Page) -> None:
    """Run the open notebook from top to bottom and wait for the end."""
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.evaluate(_IDLE)


def what_failed(page: Page) -> list[str]:
    """Return, of every cell with an error or never run, its first line and why."""
    return [str(words) for words in page.evaluate(_FAILED)]


def run_code(page: Page, source: str) -> None:
    """Append a cell with `source` to the open notebook, run it, and wait for its end."""
    page.evaluate(_APPEND, source)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
    page.evaluate(_IDLE)


def show_panel(page: Page) -> None:
    """Show Notewright's panel."""
    page.evaluate("() => window.jupyterapp.commands.execute('notewright:open-panel')")
    page.wait_for_selector(".nw-Panel", state="visible")


_FIND = """
  const app = window.jupyterapp;
  const find = () => [...app.shell.widgets('main')].find(
    w => w.sessionContext && w.content && w.content.model && w.content.widgets);
  const within = (work, what) => Promise.race([work, new Promise((_, fail) =>
    setTimeout(() => fail(new Error(`${what} took more than a minute`)), 60000))]);
"""

_READY = (
    "async notebook => {"
    + _FIND
    + """
  const open = async () => {
    await app.restored;
    while (!find()) {
      await new Promise(next => setTimeout(next, 50));
    }
    const panel = find();
    await panel.context.ready;
    await panel.sessionContext.ready;
    await panel.sessionContext.session.kernel.info;
  };
  await within(open(), `opening ${notebook}`);
}"""
)

_IDLE = (
    "async () => {"
    + _FIND
    + """
  const context = find().sessionContext;
  if (context.session.kernel.status !== 'idle') {
    await within(new Promise(resolve => {
      const slot = (_, status) => {
        if (status === 'idle') { context.statusChanged.disconnect(slot); resolve(); }
      };
      context.statusChanged.connect(slot);
    }), 'running the cells');
  }
}"""
)

_APPEND = (
    "async source => {"
    + _FIND
    + """
  const { content } = find();
  content.activeCellIndex = content.widgets.length - 1;
  await app.commands.execute('notebook:insert-cell-below');
  content.activeCell.model.sharedModel.setSource(source);
}"""
)


def _environment(state: Path, theme: str) -> dict[str, str]:
    folders = {
        "JUPYTER_RUNTIME_DIR": state / "runtime",
        "JUPYTER_CONFIG_DIR": state / "config",
        "JUPYTER_DATA_DIR": state / "data",
        "IPYTHONDIR": state / "ipython",
        "XDG_CONFIG_HOME": state / "home",
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    _write(
        state / "config" / "labconfig" / "page_config.json",
        # It asks for news over the network, and asks the user whether to.
        {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}},
    )
    _write(
        state / "config/lab/user-settings" / _THEMES,
        {"theme": theme},
    )
    return {
        **os.environ,
        **{name: str(folder) for name, folder in folders.items()},
        "JUPYTER_PREFER_ENV_PATH": "1",
        "OMP_NUM_THREADS": "1",
    }


def _write(file: Path, value: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value), encoding="utf-8")


def _wait_for(file: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    """Return what the server says of itself once it listens."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return dict(json.loads(file.read_text(encoding="utf-8")))
        except (FileNotFoundError, json.JSONDecodeError):
            time.sleep(0.05)
    raise RuntimeError(f"Jupyter did not start:\n{log.read_text(errors='replace')[-3000:]}")


def write_notebook(file: Path, cells: Iterable[str]) -> None:
    """Write a notebook with these code cells and a Python kernel."""
    import nbformat

    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, file)


def output_of_last_cell(page: Page) -> str:
    """Return the text that the notebook's last cell printed."""
    return str(page.evaluate(_OUTPUT))


_OUTPUT = (
    "() => {"
    + _FIND
    + """
  const { widgets } = find().content;
  const outputs = widgets[widgets.length - 1].model.sharedModel.getOutputs();
  return outputs.map(output => [output.text ?? ''].flat().join('')).join('');
}"""
)

_FAILED = (
    "() => {"
    + _FIND
    + """
  const cells = find().content.widgets.filter(cell => cell.model.type === 'code');
  return cells.flatMap(({ model }) => {
    const line = model.sharedModel.getSource().split('\\n')[0];
    const errors = model.sharedModel.getOutputs().filter(o => o.output_type === 'error');
    const never = model.executionCount === null ? [`${line}: was not run`] : [];
    return [...never, ...errors.map(e => `${line}: ${e.ename}: ${e.evalue}`)];
  });
}"""
)
