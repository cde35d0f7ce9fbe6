"""Which of the classes and functions that a pickle names are dangerous, known, or neither."""

from __future__ import annotations

import sys
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from notewright.governance.checks.pickle_opcodes import COMPUTED, Named

#: Modules of the standard library whose functions reach the system, the network or code.
_DANGEROUS = frozenset(
    {
        "_bootlocale", "_ctypes", "_osx_support", "_pickle", "_posixsubprocess", "_socket",
        "_winapi", "aifc", "antigravity", "asyncio", "atexit", "bdb", "cPickle", "cProfile",
        "cgi", "cgitb", "code", "codeop", "commands", "concurrent", "ctypes", "dbm", "dill",
        "distutils", "doctest", "ensurepip", "faulthandler", "fcntl", "fileinput", "ftplib",
        "gc", "http", "httpx", "aiohttp", "idlelib", "imaplib", "imp", "importlib", "inspect",
        "lib2to3", "linecache", "marshal", "mmap", "msvcrt", "multiprocessing", "nntplib", "nt",
        "os", "pdb", "pickle", "pip", "pkgutil", "platform", "poplib", "popen2", "posix",
        "profile", "pty", "pydoc", "requests", "resource", "runpy", "sched", "select",
        "selectors", "setuptools", "shelve", "shutil", "signal", "site", "smtplib", "socket",
        "socketserver", "sqlite3", "ssl", "subprocess", "sys", "sysconfig", "tarfile",
        "telnetlib", "tempfile", "test", "timeit", "tkinter", "trace", "turtle", "urllib",
        "venv", "webbrowser", "winreg", "wsgiref", "xmlrpc", "zipapp", "zipfile", "zipimport",
    }
)  # fmt: skip
_BUILTINS = ("builtins", "__builtin__", "__builtins__")
_DANGEROUS_BUILTINS = frozenset(
    {
        "__build_class__", "__import__", "apply", "breakpoint", "compile", "delattr", "dir", "eval",
        "exec", "execfile", "exit", "file", "globals", "help", "input", "locals", "open", "quit",
        "reload", "setattr", "vars",
    }
)  # fmt: skip
#: Functions that run, open or load something, whatever well-known library they are in.
_DANGEROUS_LEAVES = frozenset(
    {
        "_exec_module", "call", "check_call", "check_output", "dump", "eval", "exec",
        "exec_command", "execWrapper", "execfile", "fromfile", "getoutput", "import_module",
        "lambdify", "load", "load_config", "load_inline", "load_library", "load_module",
        "load_state_dict_from_url", "loads", "myeval", "open", "parse_expr", "popen", "query",
        "read_pickle", "run", "run_path", "runsource", "runstring", "save", "savetxt", "savez",
        "savez_compressed", "spawn", "sympify", "system", "to_csv", "to_json", "to_parquet",
        "to_pickle", "tofile", "urlopen", "urlretrieve",
    }
)  # fmt: skip
#: Parts of well-known libraries that compile, download or evaluate.
_DANGEROUS_PARTS = (
    "numpy.distutils", "numpy.f2py", "numpy.testing", "pandas.core.computation", "torch._inductor",
    "torch.hub", "torch.utils.cpp_extension", "torch.utils.bottleneck",
)  # fmt: skip
_DANGEROUS_ATTRIBUTES = frozenset(
    {
        "__bases__", "__builtins__", "__class__", "__code__", "__dict__", "__getattribute__",
        "__globals__", "__import__", "__loader__", "__mro__", "__reduce__", "__spec__",
        "__subclasses__", "f_globals", "gi_frame", "func_globals",
    }
)  # fmt: skip
#: Modules of the standard library that hold data, and nothing that acts.
_PLAIN = frozenset(
    {
        "__main__", "_codecs", "_collections", "_decimal", "_io", "_operator", "_struct", "abc",
        "array", "calendar", "collections", "copy_reg", "copyreg", "dataclasses", "datetime",
        "decimal", "enum", "fractions", "ipaddress", "itertools", "math", "numbers", "pathlib",
        "random", "re", "statistics", "string", "struct", "time", "types", "typing", "uuid",
        "weakref", "zoneinfo", "_random", "_functools", "cmath",
    }
)  # fmt: skip
#: Of other modules, only these.
_PLAIN_PATHS = frozenset(
    {
        "functools.partial", "functools.lru_cache", "io.BytesIO", "io.StringIO",
        "logging.getLogger", "logging.Logger", "operator.itemgetter", "posixpath.join",
        "threading.RLock", "threading.Lock", "thread.allocate_lock", "_thread.RLock",
    }
)  # fmt: skip
#: Of modules that are plain otherwise, these are not: they reach what they are given by name.
_NOT_PLAIN = frozenset(
    {
        "_io.FileIO", "_io.open_code", "io.FileIO", "io.open_code",
        "_operator.attrgetter", "_operator.methodcaller", "dataclasses.make_dataclass",
        "dataclasses._create_fn", "operator.attrgetter", "operator.methodcaller",
        "typing.ForwardRef", "typing._eval_type", "typing.get_type_hints",
        "random.SystemRandom", "random._urandom", "random._os", "re.template",
    }
)  # fmt: skip
#: Libraries that data scientists keep models and tables of.
_LIBRARIES = frozenset(
    {
        "PIL", "boto", "cachetools", "catboost", "category_encoders", "causalml", "cvxpy",
        "dask", "dateutil", "econml", "fairlearn", "feature_engine", "formulaic",
        "gensim", "geopandas", "hdbscan", "imblearn", "interpret", "joblib", "keras",
        "lifelines", "lightgbm", "matplotlib", "mlxtend", "narwhals", "networkx",
        "ngboost", "nltk", "numba", "numpy", "optuna", "pandas", "patsy", "pmdarima",
        "polars", "prophet", "pyarrow", "pynndescent", "pytz", "river", "safetensors",
        "scikeras", "scipy", "seaborn", "shap", "shapely", "sklearn", "sklearn_pandas",
        "skops", "skopt", "sktime", "spacy", "statsmodels", "sympy", "tensorflow",
        "threadpoolctl", "tokenizers", "torch", "torchvision", "transformers", "tslearn",
        "tzlocal", "umap", "xarray", "xgboost",
    }
)  # fmt: skip
#: They rebuild functions from code that is in the pickle.
_CODE = ("cloudpickle", "notewright.state", "notewright.live")
_CODE_PATHS = frozenset({"types.CodeType", "types.FunctionType", "types.LambdaType"})


@dataclass(frozen=True)
class Sorted:
    """The names in a pickle, by what is known of them.

    Parameters
    ----------
    dangerous : tuple of str
        What loading it would run, open or import.
    unknown : tuple of str
        From modules that are not known here.
    code : tuple of str
        What rebuilds functions from code inside the pickle.
    """

    dangerous: tuple[str, ...]
    unknown: tuple[str, ...]
    code: tuple[str, ...]


def sort_names(names: Iterable[Named], own: Collection[str] = ()) -> Sorted:
    """Return which names are dangerous, which unknown, and which carry code.

    Parameters
    ----------
    names : iterable of Named
        What a pickle names.
    own : collection of str
        Top-level modules of the project's own, which count as known.

    Examples
    --------
    >>> found = sort_names([Named("posix", "system"), Named("numpy", "dtype"), Named("x", "y")])
    >>> found.dangerous, found.unknown
    (('posix.system',), ('x.y',))
    """
    dangerous, unknown, code = [], [], []
    for named in names:
        if named == COMPUTED or is_dangerous(named):
            dangerous.append(named.path.lstrip("."))
        elif named.module.startswith(_CODE) or named.path in _CODE_PATHS:
            code.append(named.path)
        elif not _is_known(named, own):
            unknown.append(named.path)
    return Sorted(tuple(dangerous), tuple(unknown), tuple(code))


def is_dangerous(named: Named) -> bool:
    """Tell whether loading a pickle with this name can run or reach something."""
    named = _as_today(named)
    module = named.module
    top = module.partition(".")[0]
    parts = named.name.split(".")
    if module in _BUILTINS:
        return parts[0] in _DANGEROUS_BUILTINS or bool(_DANGEROUS_ATTRIBUTES & set(parts))
    if top in _DANGEROUS or f"{top}.{parts[0]}" in _NOT_PLAIN:
        return True
    if named.path.startswith(_DANGEROUS_PARTS):
        return True
    # A path by itself is data; what its methods do is done to the disk.
    if top == "pathlib" and len(parts) > 1:
        return True
    # Protocol 4 reaches through attributes: `numpy.ma.core` has an attribute `os`.
    if _DANGEROUS_ATTRIBUTES & set(parts) or (_DANGEROUS | set(_BUILTINS)) & set(parts[:-1]):
        return True
    inside = top in _LIBRARIES or top in sys.stdlib_module_names or module.startswith(_CODE)
    return inside and parts[-1] in _DANGEROUS_LEAVES


def _as_today(named: Named) -> Named:
    """Return a name as it is now: old protocols write those of Python 2."""
    module, name = NAME_MAPPING.get((named.module, named.name), (named.module, named.name))
    return Named(IMPORT_MAPPING.get(module, module), name)


def _is_known(named: Named, own: Collection[str]) -> bool:
    named = _as_today(named)
    top = named.module.partition(".")[0]
    if named.module in _BUILTINS:
        return True
    if named.path in _PLAIN_PATHS:
        return True
    if top in _PLAIN or top in _LIBRARIES:
        return not (top == "copyreg" and named.name.startswith("extension"))
    return top in own and top not in sys.stdlib_module_names
