"""The state of the user's own modules is seen, saved and restored like variables."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from notewright.errors import CannotImport
from notewright.state.modules import OwnModules, bound_by_source, is_code

SETTINGS = """
import threading
from math import sqrt, pi
from random import randint
from typing import Optional

rate = 3
cache = {}
lock = threading.Lock()


def configure(value):
    global rate
    rate = value


def price(x):
    return x * rate


class Config:
    limit = 1
    names = []

    def method(self):
        return self.limit

    @property
    def twice(self):
        return 2 * self.limit

    class Inner:
        depth = 1
"""


@pytest.fixture
def project(project):
    project(settings=SETTINGS)
    return project


CHANGES = {
    "through the attribute": ("import settings", "settings.rate = 5", {"settings.rate"}),
    "through a function": (
        "from settings import configure",
        "configure(5)",
        {"settings.rate"},
    ),
    "through a class": ("import settings", "settings.Config.limit = 5", {"settings.Config.limit"}),
    "through a class in a class": (
        "from settings import Config",
        "Config.Inner.depth = 5",
        {"settings.Config.Inner.depth"},
    ),
    "through a method of the value": (
        "import settings",
        "settings.cache.update(a=1)",
        {"settings.cache"},
    ),
    "through a variable that is the value": (
        "import settings; x = settings.cache",
        "x['a'] = 1",
        {"settings.cache", "x"},
    ),
    "by a new attribute": ("import settings", "settings.more = [1]", {"settings.more"}),
    "by a new attribute of a class": (
        "import settings",
        "settings.Config.more = 1",
        {"settings.Config.more"},
    ),
    "by a function of the notebook": (
        "import settings",
        "settings.hook = lambda: 0",
        {"settings.hook"},
    ),
    "in a module that another one imports": (
        "import outer",
        "outer.change()",
        {"inner.state"},
    ),
}


@pytest.mark.parametrize("forks", ["1", "0", ""])
@pytest.mark.parametrize("how", CHANGES)
def test_a_change_is_seen_and_undone(
    notebook, project, how: str, forks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTEWRIGHT_FORK", forks)
    project(inner="state = [1]", outer="import inner\ndef change(): inner.state.append(2)")
    before, change, expected = CHANGES[how]
    notebook.run(before)
    taken = notebook.recorder.take()
    modules = {name: id(module) for name, module in notebook.namespace.modules.found().items()}
    state = repr({n: v for n, v in notebook.namespace.state().items() if n in expected})
    kept = {n: id(v) for n, v in notebook.namespace.state().items() if n not in expected}
    assert modules
    assert set(notebook.run(change).changed) == expected
    restored = notebook.recorder.restore(taken.id)
    assert {*restored.rebound, *restored.removed} == expected
    now = notebook.namespace.state()
    assert repr({n: v for n, v in now.items() if n in expected}) == state
    assert {n: id(v) for n, v in now.items() if n not in expected} == kept
    found = notebook.namespace.modules.found().items()
    assert {name: id(module) for name, module in found} == modules


def test_a_value_stays_one_object_with_a_variable(notebook, project) -> None:
    notebook.run("import settings; x = {'inside': settings.cache}")
    taken = notebook.recorder.take()
    notebook.run("settings.cache = {'other': 1}; x['inside']['a'] = 1")
    notebook.recorder.restore(taken.id)
    notebook.run("assert x['inside'] is settings.cache and not settings.cache")
    assert notebook.workspace.history.line(notebook.recorder.execution())[-1].status == "ok"


def test_one_attribute_can_be_asked_for(notebook, project) -> None:
    notebook.run("import settings; y = 1")
    taken = notebook.recorder.take()
    notebook.run("settings.rate = 5; settings.Config.limit = 6; y = 2")
    restored = notebook.recorder.restore(taken.id, only=["settings.rate"])
    assert restored.rebound == ("settings.rate",)
    settings = sys.modules["settings"]
    assert (settings.rate, settings.Config.limit, notebook["y"]) == (3, 6, 2)


def test_code_and_what_is_imported_do_not_count_and_what_cannot_be_saved_is_named(
    notebook, project
) -> None:
    notebook.run("import settings")
    taken = notebook.recorder.take()
    assert {v.name for v in taken.variables} == {
        "settings",
        "settings.rate",
        "settings.cache",
        "settings.pi",
        "settings.Config.limit",
        "settings.Config.names",
        "settings.Config.Inner.depth",
    }
    ((name, reason),) = [(u.name, u.reason) for u in taken.unsaved]
    assert name == "settings.lock"
    assert "lock" in reason
    assert "import settings" in taken.unsaved[0].cell
    lock = sys.modules["settings"].lock
    restored = notebook.recorder.restore(taken.id)
    assert sys.modules["settings"].lock is lock
    assert not restored.rebound
    assert not restored.unsaved
    assert not restored.refused


def test_a_module_first_imported_after_the_snapshot_is_left_alone(notebook, project) -> None:
    taken = notebook.recorder.take()
    notebook.run("import settings; settings.rate = 5")
    restored = notebook.recorder.restore(taken.id)
    assert restored.removed == ("settings",)
    assert sys.modules["settings"].price(1) == 5


def test_what_an_edited_module_defines_now_stays(notebook, project) -> None:
    notebook.run("import settings, importlib")
    taken = notebook.recorder.take()
    added = (
        "\ndiscount = 2\nclass More:\n    kind = 'x'\ndef price(x): return x * rate - discount\n"
    )
    project(settings=SETTINGS + added)
    notebook.run("importlib.reload(settings); settings.rate = 5; settings.by_hand = 1")
    restored = notebook.recorder.restore(taken.id)
    assert set(restored.removed) == {"settings.by_hand"}
    assert sys.modules["settings"].price(1) == 1
    assert sys.modules["settings"].More.kind == "x"


@pytest.mark.parametrize("change", ["settings.price = lambda x: 0", "settings.price = None"])
def test_what_took_the_place_of_a_modules_function_is_named(notebook, project, change) -> None:
    notebook.run("import settings")
    taken = notebook.recorder.take()
    assert notebook.run(change).changed == ("settings.price",)
    restored = notebook.recorder.restore(taken.id)
    (words,) = restored.refused
    assert "settings.price" in words
    assert "importlib.reload(settings)" in words


def test_a_lazy_module_is_not_loaded_by_a_look(notebook, project, tmp_path) -> None:
    (tmp_path / "heavy.py").write_text("size = 1\nran = open('ran', 'w').close()")
    notebook.run(
        "import importlib.util, sys\n"
        "spec = importlib.util.find_spec('heavy')\n"
        "spec.loader = importlib.util.LazyLoader(spec.loader)\n"
        "heavy = sys.modules['heavy'] = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(heavy)\ndel spec"
    )
    taken = notebook.recorder.take()
    assert not (tmp_path / "ran").exists()
    assert set(notebook.run("heavy.size").changed) == {"heavy.size", "heavy.ran"}
    restored = notebook.recorder.restore(taken.id)
    assert not restored.refused
    assert not restored.removed


IN_A_FRESH_PROCESS = """
import json, sys
from pathlib import Path
from notewright.state.namespace import Namespace
from notewright.lineage.recorder import Recorder
from notewright.workspace import Workspace
root, id = Path(sys.argv[1]), sys.argv[2]
sys.path.insert(0, str(root))
workspace = Workspace(root)
variables = {"__name__": "__main__", "__builtins__": __builtins__}
namespace = Namespace(variables, folders=[root])
recorder = Recorder(workspace.history, workspace.snapshots, namespace, root)
restored = recorder.restore(id)
settings = sys.modules.get("settings")
said = {"refused": restored.refused, "x": variables["x"], "rebound": restored.rebound}
if settings is not None:
    said["price"] = settings.price(2)
    said["shared"] = variables["x"] is settings.cache
    said["limit"] = settings.Config.limit
    said["more"] = settings.more
print(json.dumps(said))
recorder.close()
"""


def _restored_elsewhere(root: Path, id_: str) -> dict:
    words = [sys.executable, "-c", IN_A_FRESH_PROCESS, str(root), id_]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=root)
    return json.loads(done.stdout)


def test_a_fresh_process_imports_the_module_and_sets_what_differs(
    notebook, project, tmp_path
) -> None:
    notebook.run("import settings; settings.configure(5); x = settings.cache; x['a'] = 1")
    notebook.run("settings.Config.limit = 7; settings.more = [1]")
    taken = notebook.recorder.take()
    said = _restored_elsewhere(tmp_path, taken.id)
    assert said["x"] == {"a": 1}
    assert said["shared"]
    assert (said["price"], said["limit"], said["more"]) == (10, 7, [1])
    assert set(said["rebound"]) == {
        "settings",
        "x",
        "settings.rate",
        "settings.cache",
        "settings.more",
        "settings.Config.limit",
    }
    assert said["refused"] == []


def test_a_module_that_is_gone_is_named_and_the_rest_comes_back(
    notebook, project, tmp_path
) -> None:
    notebook.run("from settings import configure, cache as x; configure(5); del configure")
    taken = notebook.recorder.take()
    (tmp_path / "settings.py").unlink()
    said = _restored_elsewhere(tmp_path, taken.id)
    assert said["x"] == {}
    (words,) = said["refused"]
    assert "settings.cache" in words
    assert "import settings" in words


def test_a_module_that_raises_is_named_before_anything_else_is_touched(notebook, project) -> None:
    notebook.run("import settings; y = 1")
    taken = notebook.recorder.take()
    project(settings="raise SystemExit('not today')")
    notebook.run("import sys; del sys.modules['settings'], sys, settings; y = 2")
    with pytest.raises(CannotImport, match="not today"):
        notebook.recorder.restore(taken.id, only=["settings.rate", "y"])
    assert notebook["y"] == 2


def test_a_module_of_that_name_from_elsewhere_is_not_run(
    notebook, project, tmp_path_factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook.run("import settings; y = 1")
    taken = notebook.recorder.take()
    notebook.run("del settings; y = 2")
    del sys.modules["settings"]
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "settings.py").write_text(f"open({str(elsewhere / 'ran')!r}, 'w')")
    monkeypatch.syspath_prepend(str(elsewhere))
    with pytest.raises(CannotImport, match="in the project"):
        notebook.recorder.restore(taken.id, only=["settings.rate"])
    restored = notebook.recorder.restore(taken.id, only=["y"])
    assert restored.rebound == ("y",)
    assert not (elsewhere / "ran").exists()


HOSTILE = """
import enum, sys, types


class Raises:
    def __reduce_ex__(self, protocol):
        raise RuntimeError("not me")

    def __getattribute__(self, name):
        raise RuntimeError("no attributes")


class Meta(type):
    def __setattr__(cls, name, value):
        raise RuntimeError("not settable")

    def __getattribute__(cls, name):
        raise RuntimeError("not readable")


class Fixed(type):
    limit = property(lambda cls: 1)

    @limit.setter
    def limit(cls, value):
        raise RuntimeError("fixed")


class Tight(metaclass=Fixed):
    limits = locals()["limit"] = [1]


class Strange(metaclass=Meta):
    level = 1


class Module(types.ModuleType):
    def __getattribute__(self, name):
        if name in ("good", "bad", "__dict__", "__file__", "__class__"):
            raise RuntimeError("lazy")
        return super().__getattribute__(name)

    def __setattr__(self, name, value):
        raise RuntimeError("frozen")


class Color(enum.Enum):
    RED = [1]


def __getattr__(name):
    raise AttributeError(name) if name.startswith("__") else RuntimeError("no such thing")


bad = Raises()
strange = Strange()
good = 1
globals()["not a name"] = 1
globals()[7] = 1


def change():
    global good
    good = 2
    type.__setattr__(Strange, "level", 2)
    vars(Tight)["limit"].append(2)


sys.modules[__name__].__class__ = Module
"""


def test_hostile_modules_break_neither_a_look_nor_a_restore(
    notebook, project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(hostile=HOSTILE)
    odd = ModuleType("odd")
    odd.__file__ = 5
    monkeypatch.setitem(sys.modules, "odd", odd)
    monkeypatch.setitem(sys.modules, "odd_too", object())
    monkeypatch.setitem(sys.modules, "odd_thirdly", None)
    odd.__spec__ = ModuleSpec("odd", None)
    assert notebook.run("from hostile import change; good = 0").error is None
    taken = notebook.recorder.take()
    assert not notebook.recorder.problems
    assert [u.name for u in taken.unsaved] == ["hostile.bad", "hostile.strange"]
    names = {v.name for v in taken.variables if v.name.startswith("hostile.")}
    assert names == {
        "hostile.good",
        "hostile.Strange.level",
        "hostile.Tight.limit",
        "hostile.Tight.limits",
    }
    ran = notebook.run("change()")
    assert ran.error is None
    tight = {"hostile.Tight.limit", "hostile.Tight.limits"}
    assert set(ran.changed) == {"hostile.good", "hostile.Strange.level"} | tight
    assert not notebook.recorder.problems
    restored = notebook.recorder.restore(taken.id)
    names = {"hostile.good", "hostile.Strange.level", "hostile.Tight.limits"}
    assert set(restored.rebound) == names
    (words,) = restored.refused
    assert "hostile.Tight.limit" in words
    assert "fixed" in words
    found = [notebook.namespace.get(name) for name in sorted(names)]
    assert found == [1, [1], 1]


def test_a_class_that_is_gone_is_named(notebook, project) -> None:
    notebook.run("import settings")
    taken = notebook.recorder.take()
    notebook.run("settings.Config = None; settings.rate = 5")
    restored = notebook.recorder.restore(taken.id)
    assert "settings.Config.limit" in " ".join(restored.refused)
    assert sys.modules["settings"].rate == 3


def test_a_variable_with_a_dotted_name_is_a_variable(notebook, project) -> None:
    notebook.run("import settings; globals()['settings.rate'] = 1; globals()['a.b'] = 1")
    taken = notebook.recorder.take()
    notebook.run("globals()['settings.rate'] = 2; globals()['a.b'] = 2")
    notebook.recorder.restore(taken.id)
    assert (notebook["settings.rate"], notebook["a.b"]) == (1, 1)
    assert sys.modules["settings"].rate == 3


def test_which_modules_are_the_users_own(tmp_path: Path) -> None:
    own = OwnModules([tmp_path])
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    found = {
        "mine.py": True,
        "pkg/sub.py": True,
        "env/lib/dep.py": False,
        ".cache/x.py": False,
        "lib/site-packages/dep.py": False,
        "fast.so": False,
    }
    assert {file: own._is_file(str(tmp_path / file)) for file in found} == found
    assert not own._is_file(json.__file__)
    assert not OwnModules(["/"])._is_file(json.__file__)
    assert not own._is_file(None)


def test_modules_are_followed_as_they_come_and_go(tmp_path: Path, project) -> None:
    project(mine="a = 1", other="b = 1")
    own = OwnModules([tmp_path])
    assert own.found() == {}
    import mine

    assert own.found() == {"mine": mine}
    first = mine
    del sys.modules["mine"]
    import mine

    assert own.found() == {"mine": mine}
    assert mine is not first
    del sys.modules["mine"]
    import other

    assert own.found() == {"other": other}
    assert dict(own.attributes()) == {"other.b": 1}


def test_without_own_modules_nothing_is_looked_through_again(tmp_path: Path, monkeypatch) -> None:
    own = OwnModules([tmp_path])
    assert own.found() == {}
    monkeypatch.setattr(OwnModules, "_judge", lambda self, modules: pytest.fail("looked again"))
    assert own.found() == {}
    assert not list(own.attributes())


def test_what_a_modules_text_binds(tmp_path: Path, project) -> None:
    project(
        text="import os.path as p\nfor i in []: k = 1\nif 1: (a, b) = c, d = 1, 2\n"
        "def f(): inner = 1\nclass C:\n    x = 1\n    def g(self): self.y = 1\n",
        star="from os import *",
    )
    import star
    import text

    assert bound_by_source(text) == {*"pikabcdf", "C", "C.x", "C.g"}
    assert bound_by_source(star) is None
    assert is_code(text.f)
    assert is_code(text.C)
    assert not is_code(text.p.sep)


def test_a_diff_names_what_differs(notebook, project) -> None:
    notebook.run("import settings")
    old = notebook.recorder.take()
    notebook.run("settings.cache['a'] = 1")
    new = notebook.recorder.take()
    found = notebook.workspace.diff(old.id, new.id)
    assert [change.name for change in found.variables] == ["settings.cache"]


def test_packages_and_modules_in_them_are_told_apart(notebook, project, tmp_path) -> None:
    files = {
        "shop/__init__": "rate = 1\nfrom .prices import Price, table",
        "shop/prices": "table = {}\nrate = 2\nclass Price:\n    unit = 'x'",
        "loose/deep": "rate = 3",
    }
    project(**files)
    notebook.run("import shop.prices, loose.deep; from shop import *")
    taken = notebook.recorder.take()
    names = {v.name for v in taken.variables if "." in v.name}
    assert names == {
        "shop.rate",
        "shop.table",
        "shop.prices.table",
        "shop.prices.rate",
        "shop.prices.Price.unit",
        "loose.deep.rate",
    }
    ran = notebook.run("shop.rate = 5; shop.prices.rate = 6; loose.deep.rate = 7; table['a'] = 1")
    same_table = {"table", "shop.table", "shop.prices.table"}
    rates = {"shop.rate", "shop.prices.rate", "loose.deep.rate"}
    assert set(ran.changed) == same_table | rates
    notebook.recorder.restore(taken.id)
    found = eval("shop.rate, shop.prices.rate, loose.deep.rate, table", notebook.variables)
    assert found == (1, 2, 3, {})
    assert eval("table is shop.table is shop.prices.table", notebook.variables)
