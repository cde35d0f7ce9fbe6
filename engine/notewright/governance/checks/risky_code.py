"""Lines of cells that let somebody else's file or address decide what runs here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from notewright.governance.checks.base import Severity
from notewright.governance.checks.cell_code import (
    Code,
    Names,
    is_constant,
    keyword,
    shell_lines,
)


@dataclass(frozen=True)
class Risk:
    """One risky thing in one cell.

    Parameters
    ----------
    kind : str
        A stable word for it.
    cell : str
        The cell's label.
    words : str
        What the cell does, to follow "Cell ...".
    remedy : str
        What to do instead.
    severity : {"warning", "error"}
        ``error`` where an outsider decides what runs.
    """

    kind: str
    cell: str
    words: str
    remedy: str
    severity: Severity


_LOADERS = frozenset(
    {
        "_pickle.load", "_pickle.loads", "cPickle.load", "cPickle.loads", "cloudpickle.load",
        "cloudpickle.loads", "dill.load", "dill.loads", "joblib.load", "pandas.read_pickle",
        "pickle.Unpickler", "pickle.load", "pickle.loads", "sklearn.externals.joblib.load",
    }
)  # fmt: skip
#: What they return came from elsewhere.
_DOWNLOADS = re.compile(
    r"(requests|httpx|urllib3|aiohttp)\.(\w+\.)*(get|post|put|request|stream)$"
    r"|urllib\.request\.(urlopen|urlretrieve)$|urllib\.urlopen$|wget\.download$"
    r"|gdown\.(download|cached_download)$|huggingface_hub\.(hf_hub_download|snapshot_download)$"
    r"|(\w+\.)*(load_state_dict_from_url|download_url_to_file|hf_hub_download)$|pooch\.retrieve$"
    r"|gcsfs\..*open$|s3fs\..*open$|fsspec\.open$"
)
_READERS = re.compile(
    r"(pandas|polars|dask\.dataframe|geopandas)\.(read_\w+|scan_\w+)$|numpy\.(loadtxt|genfromtxt)$"
)
_WEB_METHODS = frozenset(
    {"get", "post", "put", "patch", "delete", "head", "options", "request", "stream", "Session",
     "Client", "AsyncClient", "download", "urlopen", "ws_connect"}
)  # fmt: skip
_SAFE_YAML = re.compile(r"(C?SafeLoader|C?BaseLoader|C?FullLoader)$")
_HTTP = re.compile(r"http://(?!localhost\b|127\.|0\.0\.0\.0|\[::1\]|10\.|192\.168\.)", re.I)
_ADDRESS = re.compile(r"(https?|ftp|s3|gs)://", re.I)
_PIPED = re.compile(
    r"\b(curl|wget)\b[^|;&]*\|\s*(sudo\s+)?(ba|z|da)?sh\b|\b(curl|wget)\b.*\|\s*python"
)
_FETCHED = re.compile(r"\b(?:wget|curl|aria2c|gdown)\b")
_NO_CHECK = re.compile(r"\bcurl\b.*\s(-k|--insecure)\b|\bwget\b.*--no-check-certificate")


def risks(cells: Sequence[Code]) -> list[Risk]:
    """Return what is risky in the executed cells, in order; once for each kind and cell."""
    looking = _Looking()
    found: dict[tuple[str, str], Risk] = {}
    for code in cells:
        for risk in (*_in_shell(code, looking.paths), *looking.cell(code)):
            found.setdefault((risk.kind, risk.cell), risk)
    return list(found.values())


@dataclass
class _Looking:
    """Goes through the cells in order, and remembers what came from elsewhere."""

    names: Names = field(default_factory=Names)
    #: Names of what was downloaded, of open files that it is written to, and of paths.
    foreign: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    opened: dict[str, str] = field(default_factory=dict)
    #: Texts that names stand for.
    texts: dict[str, str] = field(default_factory=dict)

    def cell(self, code: Code) -> Iterator[Risk]:
        for node in _in_order(code.tree):
            self.names.note(node)
            if isinstance(node, ast.Call):
                for kind, words, remedy, severity in self._call(node):
                    yield Risk(kind, code.cell.label, words, remedy, severity)
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr):
                if self._switches_off(node):
                    yield Risk("verify", code.cell.label, *_VERIFY)
                self._assign(node)
            elif isinstance(node, ast.withitem):
                self._with(node)

    # -- what is said of a call -----------------------------------------------------------

    def _call(self, call: ast.Call) -> Iterator[tuple[str, str, str, Severity]]:
        path = self.names.path(call.func)
        last = path.rpartition(".")[2]
        self._note_download(call, path, last)
        if self._does_not_verify(call, path, last):
            yield ("verify", *_VERIFY)
        if is_constant(keyword(call, "trust_remote_code"), True):
            yield ("remote_code", *_REMOTE)
        if is_constant(keyword(call, "allow_pickle"), True):
            yield ("allow_pickle", *_ALLOW)
        if path == "torch.load" and is_constant(keyword(call, "weights_only"), False):
            yield ("weights_only", *_WEIGHTS)
        loads = path in _LOADERS or (path == "torch.load" and _may_be_pickle(call))
        if loads and any(self._is_foreign(a) for a in _arguments(call)):
            yield ("foreign_pickle", _LOADS.format(path), _LOADS_REMEDY, "error")
        if self._is_unsafe_yaml(call, path):
            yield ("yaml", *_YAML)
        runs = path in ("eval", "exec", "builtins.eval", "builtins.exec") and call.args
        if runs and (self._is_foreign(call.args[0]) or self._is_asked(call.args[0])):
            yield ("eval", _EVAL.format(last), _EVAL_REMEDY, "error")
        if (_DOWNLOADS.search(path) or _READERS.search(path)) and self._is_plain_http(call):
            yield ("http", *_PLAIN)

    def _does_not_verify(self, call: ast.Call, path: str, last: str) -> bool:
        if path in ("ssl._create_unverified_context", "urllib3.disable_warnings"):
            return path.startswith("ssl")
        off = any(is_constant(keyword(call, n), False) for n in ("verify", "verify_ssl"))
        off = off or (path.startswith("aiohttp") and is_constant(keyword(call, "ssl"), False))
        return off and last in _WEB_METHODS | {"TCPConnector"}

    def _switches_off(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.Assign):
            return False
        if self.names.path(node.value) == "ssl._create_unverified_context":
            return True
        for target in node.targets:
            if isinstance(target, ast.Attribute):
                if target.attr in ("verify", "check_hostname") and is_constant(node.value, False):
                    return True
                if target.attr == "verify_mode" and "CERT_NONE" in ast.unparse(node.value):
                    return True
        return False

    def _is_unsafe_yaml(self, call: ast.Call, path: str) -> bool:
        if path in ("yaml.unsafe_load", "yaml.unsafe_load_all"):
            return True
        if path not in ("yaml.load", "yaml.load_all"):
            return False
        loader = keyword(call, "Loader") or (call.args[1] if len(call.args) > 1 else None)
        return loader is None or not _SAFE_YAML.search(self.names.path(loader))

    def _is_plain_http(self, call: ast.Call) -> bool:
        return any(_HTTP.match(self._text(a)) for a in _arguments(call))

    # -- what came from elsewhere ----------------------------------------------------------

    def _note_download(self, call: ast.Call, path: str, last: str) -> None:
        if _DOWNLOADS.search(path):
            given = [*call.args[1:2], *(k.value for k in call.keywords if k.arg in _TARGETS)]
            self.paths.update(text for a in given if (text := self._text(a)))
            self.foreign.update(a.id for a in given if isinstance(a, ast.Name))
        elif last in ("write", "write_bytes", "write_text") and call.args:
            owner = call.func.value if isinstance(call.func, ast.Attribute) else None
            if owner is not None and self._is_foreign(call.args[0]):
                if isinstance(owner, ast.Name):
                    self.foreign.add(owner.id)
                    self.paths.update({self.opened.get(owner.id, "")} - {""})
                self.paths.update(_texts_in(owner))
        elif last == "copyfileobj" and len(call.args) > 1 and self._is_foreign(call.args[0]):
            target = call.args[1]
            if isinstance(target, ast.Name):
                self.paths.update({self.opened.get(target.id, "")} - {""})

    def _assign(self, node: ast.Assign | ast.AnnAssign | ast.NamedExpr) -> None:
        if node.value is None:
            return
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
        self._bind(names, node.value)

    def _with(self, item: ast.withitem) -> None:
        if isinstance(item.optional_vars, ast.Name):
            self._bind({item.optional_vars.id}, item.context_expr)

    def _bind(self, names: set[str], value: ast.expr) -> None:
        text, path = self._text(value), self._opened(value)
        for name in names:
            _put(self.texts, name, text)
            _put(self.opened, name, path)
        (self.foreign.update if self._is_foreign(value) else self.foreign.difference_update)(names)
        (self.asked.update if self._is_asked(value) else self.asked.difference_update)(names)

    def _opened(self, value: ast.expr) -> str:
        call = value if isinstance(value, ast.Call) else None
        if call is None or not self.names.path(call.func).endswith("open"):
            return ""
        where = call.args[0] if call.args else None
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        texts = _texts_in(owner) if owner is not None else set()
        return self._text(where) if where is not None and not texts else min(texts, default="")

    def _is_foreign(self, value: ast.expr) -> bool:
        """Tell whether something in an expression came from elsewhere."""
        for node in ast.walk(value):
            if isinstance(node, ast.Call) and _DOWNLOADS.search(self.names.path(node.func)):
                return True
            if isinstance(node, ast.Name) and node.id in self.foreign:
                return True
            text = self._text(node) if isinstance(node, ast.expr) else ""
            if text and (_ADDRESS.match(text) or PurePosixPath(text) in _pure(self.paths)):
                return True
        return False

    def _is_asked(self, value: ast.expr) -> bool:
        """Tell whether something in an expression was typed in or given from outside."""
        for node in ast.walk(value):
            if isinstance(node, ast.Call) and self.names.path(node.func) in ("input", "raw_input"):
                return True
            if isinstance(node, ast.Name) and node.id in self.asked:
                return True
            given = ("sys.argv", "os.environ", "sys.stdin")
            if isinstance(node, ast.Attribute) and self.names.path(node) in given:
                return True
        return False

    def _text(self, node: ast.AST) -> str:
        """Return the text an expression is, or begins with; empty where it is none."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else ""
        if isinstance(node, ast.Name):
            return self.texts.get(node.id, "")
        if isinstance(node, ast.JoinedStr):
            return self._text(node.values[0]) if node.values else ""
        if isinstance(node, ast.FormattedValue):
            return self._text(node.value)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._text(node.left)
        if isinstance(node, ast.Call) and self.names.path(node.func).endswith("Path") and node.args:
            return self._text(node.args[0])
        return ""


def _in_shell(code: Code, paths: set[str]) -> Iterator[Risk]:
    label = code.cell.label
    for line in shell_lines(code.cell.source):
        if _PIPED.search(line):
            yield Risk("shell", label, *_RUNS)
        if _NO_CHECK.search(line):
            yield Risk("verify", label, *_VERIFY)
        if _FETCHED.search(line):
            if _HTTP.search(line):
                yield Risk("http", label, *_PLAIN)
            paths.update(_fetched(line))


def _fetched(line: str) -> set[str]:
    """Return the files that a download in the shell leaves."""
    words = line.split()
    named = {w for at, w in enumerate(words) if at and words[at - 1] in ("-O", "-o", "--output")}
    named -= {word for word in named if _ADDRESS.match(word)}
    last = {PurePosixPath(w.split("?")[0]).name for w in words if _ADDRESS.match(w.strip("'\""))}
    return {name.strip("'\"") for name in named or last} - {""}


def _in_order(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes in the order of the text: what is inside a call comes before it."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Assign | ast.Call | ast.NamedExpr | ast.AnnAssign):
            yield from _in_order(child)
            yield child
        else:
            yield child
            yield from _in_order(child)


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(k.value for k in call.keywords)]


def _may_be_pickle(call: ast.Call) -> bool:
    return is_constant(keyword(call, "weights_only"), False)


def _texts_in(node: ast.AST) -> set[str]:
    found = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
    return {text for text in found if isinstance(text, str) and text}


def _pure(paths: set[str]) -> set[PurePosixPath]:
    return {PurePosixPath(path) for path in paths}


def _put(into: dict[str, str], name: str, text: str) -> None:
    if text:
        into[name] = text
    else:
        into.pop(name, None)


_TARGETS = ("filename", "out", "output", "dst", "path")
_VERIFY: tuple[str, str, Severity] = (
    "does not check whose server answers (`verify=False` or the like)",
    "Let certificates be checked; for a server of your own, give its certificate (`verify=PATH`).",
    "error",
)
_REMOTE: tuple[str, str, Severity] = (
    "lets a downloaded model run code of its own (`trust_remote_code=True`)",
    "Leave it out, or read that code, copy it beside the notebook and import it from there.",
    "error",
)
_ALLOW: tuple[str, str, Severity] = (
    "reads arrays with `allow_pickle=True`, so that whoever made the file can run code",
    "Save arrays of numbers or texts, which need no pickle.",
    "warning",
)
_WEIGHTS: tuple[str, str, Severity] = (
    "calls `torch.load` with `weights_only=False`, so that whoever made the file can run code",
    "Save the `state_dict()` and load it with `weights_only=True`.",
    "warning",
)
_LOADS = "loads a pickle that was downloaded (`{}`): whoever made it can run code here"
_LOADS_REMEDY = (
    "Get it in a format that holds data alone (Parquet, CSV, safetensors, ONNX), or check its "
    "hash against one that you trust before you load it."
)
_YAML: tuple[str, str, Severity] = (
    "reads YAML with a loader that can run code",
    "Call `yaml.safe_load`.",
    "warning",
)
_EVAL = "runs text from outside as code (`{}`)"
_EVAL_REMEDY = "Parse it instead: `ast.literal_eval`, `json.loads`, `int`."
_PLAIN: tuple[str, str, Severity] = (
    "downloads over plain http, where anybody on the way can change what comes",
    "Use https, or compare the file's hash with the publisher's.",
    "warning",
)
_RUNS: tuple[str, str, Severity] = (
    "runs in a shell what it has just downloaded",
    "Download it, read it, then run it.",
    "error",
)
