"""Tables that pandas reads from an address: ``https://…``, ``s3://…``, or one from the environment.

Like tables read by SQL they come from no file of the notebook's folder. The package carries
the rows that were read, and asks the address only where its settings name one.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from notewright.packaging.editing import Editing
from notewright.packaging.effects import Imports, free_names
from notewright.packaging.leaks import Leaks
from notewright.packaging.literals import Code, from_environment, literal
from notewright.packaging.naming import Names
from notewright.packaging.reading import Reading
from notewright.packaging.source import CellSource

_READERS = frozenset(
    [
        "read_csv",
        "read_table",
        "read_parquet",
        "read_excel",
        "read_json",
        "read_feather",
        "read_pickle",
        "read_fwf",
        "read_orc",
        "read_stata",
        "read_sas",
    ]
)
_PATH_WORDS = frozenset(["filepath_or_buffer", "path", "io", "path_or_buf"])


@dataclass(frozen=True)
class Remote:
    """How a table was read from an address.

    Parameters
    ----------
    call : ast.Call or None
        The call without its address and without what opens it; None where it takes more
        than the code of one call to read the table again.
    address : str
        The address without names, passwords and parameters; ``""`` where the code does not
        tell it.
    """

    call: ast.Call | None
    address: str


def reads_table(imports: Imports, node: ast.AST) -> bool:
    """Tell whether a call is one that reads a table."""
    if not isinstance(node, ast.Call):
        return False
    path = imports.dotted(node.func) or ""
    return path.split(".")[-1] in _READERS and path.startswith(("pandas.", "geopandas."))


def path_argument(call: ast.Call) -> ast.expr | None:
    """Return what a reading call is told to read."""
    named = [k.value for k in call.keywords if k.arg in _PATH_WORDS]
    return named[0] if named else call.args[0] if call.args else None


def remote_of(code: Code, call: ast.Call, index: int) -> Remote | None:
    """Return how a reading call asks an address; None if it reads a file of this machine.

    Parameters
    ----------
    code : Code
        The statements.
    call : ast.Call
        The call, see :func:`reads_table`.
    index : int
        Its statement.
    """
    given = path_argument(call)
    text = literal(code, given, index)
    if text is None and not from_environment(code, given, index):
        return None
    if text is not None and "://" not in text:
        return None
    return Remote(_again(code, call, index), without_secrets(text or ""))


def without_secrets(address: str) -> str:
    """Return an address without what may be secret in it, or ``""`` if nothing else is left.

    Examples
    --------
    >>> without_secrets("https://ada:tea4two@data.example:8443/a.csv?sig=abc")
    'https://data.example:8443/a.csv'
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    plain = f"{parts.scheme}://{host}{parts.path}" if parts.scheme else ""
    return "" if Leaks(()).within(plain) or not plain.isprintable() else plain


def _again(code: Code, call: ast.Call, index: int) -> ast.Call | None:
    """Return the call with literals for its variables, without address and credentials."""
    keywords = [k for k in call.keywords if k.arg not in {*_PATH_WORDS, "storage_options"}]
    rest = call.args[1:] if call.args else []
    new = copy.deepcopy(ast.Call(call.func, rest, keywords))
    known = set(code.imports.paths)

    class Filled(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            if node.id in known or node.id not in free_names(node):
                return node
            return _constant(code, node.id, index) or node

    new = Filled().visit(new)
    missing = free_names(new) - known
    return None if missing or Leaks(()).within(ast.unparse(new)) else new


def _constant(code: Code, name: str, before: int) -> ast.expr | None:
    """Return the literal that a name stands for, if nothing changes it before a statement."""
    found: ast.expr | None = None
    for index in range(before):
        effect, node = code.effects[index], code.body[index].node
        if name in effect.binds | effect.changes:
            found = getattr(node, "value", None) if name not in effect.changes else None
    try:
        ast.literal_eval(found)  # type: ignore[arg-type]
    except (ValueError, TypeError, SyntaxError):
        return None
    return copy.deepcopy(found)


def with_tables_named(cells: Sequence[CellSource]) -> list[CellSource]:
    r"""Return the cells with a name for each table that is read from an address.

    Examples
    --------
    >>> code = "import pandas as pd\ndf = pd.read_csv('https://a.example/b.csv').dropna()"
    >>> with_tables_named([CellSource(code, "cell 1")])[0].code.splitlines()[1:]
    ["b_rows = pd.read_csv('https://a.example/b.csv')", 'df = b_rows.dropna()']
    """
    code = Reading(cells)
    names = Names(code.taken)
    made, index = [], -1
    for cell in cells:
        edit = Editing(cell)
        for node in edit.body:
            index += 1
            if not isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr | ast.AugAssign):
                continue
            direct = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            for call in ast.walk(node):
                if not reads_table(code.imports, call) or (direct and node.value is call):
                    continue
                assert isinstance(call, ast.Call)
                remote = remote_of(code, call, index)
                if remote is None or not edit.whole_lines(node):
                    continue
                stem = remote.address.rpartition("/")[2].partition(".")[0]
                name = names.fresh(f"{stem or 'table'} rows")
                edit.put(node, [f"{name} = {ast.unparse(call)}", *_with(node, call, name)])
                break
        made.append(edit.done())
    return made


def _with(node: ast.stmt, call: ast.Call, name: str) -> list[str]:
    """Return the lines of a statement with a name in the place of a call."""

    class Named(ast.NodeTransformer):
        def visit_Call(self, item: ast.Call) -> ast.expr:
            if item is call:
                return ast.Name(name, ast.Load())
            self.generic_visit(item)
            return item

    return ast.unparse(Named().visit(node)).splitlines()
