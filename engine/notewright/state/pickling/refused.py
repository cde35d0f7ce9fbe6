"""What would come back as something else, and is therefore refused with the reason."""

from __future__ import annotations

import pickle
import sys
import weakref
from typing import Any

from notewright.state.modules import module_contents

#: Qualified type name -> why it cannot be saved.
_REASONS = {
    "weakref.WeakSet": "it holds weak references",
    "_weakrefset.WeakSet": "it holds weak references",
    "weakref.WeakValueDictionary": "it holds weak references",
    "weakref.WeakKeyDictionary": "it holds weak references",
    "weakref.WeakMethod": "it is a weak reference",
    "weakref.finalize": "it is a finalizer of a live object",
    "tempfile.TemporaryDirectory": "it is a folder that goes away with the kernel",
    "ctypes.CDLL": "it is a library loaded into this process",
    "ctypes.PyDLL": "it is a library loaded into this process",
    "subprocess.Popen": "it is a running process",
    "types.FrameType": "it is a running frame",
    "threading.local": "it differs from thread to thread",
    "_thread._local": "it differs from thread to thread",
}


def is_refused(kind: type) -> bool:
    """Tell whether objects of a type are refused."""
    return _reason(kind) is not None


def refuse(obj: Any, pickler: Any) -> Any:
    """Raise PicklingError with the reason."""
    raise pickle.PicklingError(_reason(type(obj)) or "it cannot be saved")


def _reason(kind: type) -> str | None:
    if kind in weakref.ProxyTypes or issubclass(kind, weakref.ref):
        return "it is a weak reference"
    if kind.__module__ == "itertools" and sys.version_info >= (3, 12):
        return f"it is an iterator ({kind.__name__}), which Python no longer saves"
    for base in kind.__mro__:
        if reason := _REASONS.get(f"{base.__module__}.{base.__qualname__}"):
            return reason
    return None


def reduce_module(module: Any, pickler: Any) -> Any:
    """Reduce a module by its name, if it has been imported under it."""
    name = module_contents(module)["__name__"]  # asking a lazy module would load it
    if sys.modules.get(name) is not module:
        raise pickle.PicklingError(f"it is a module that cannot be imported ({name})")
    pickler.by_name.add(id(module))
    return find_module, (name if name != "__main__" else True,)


def find_module(name: str | bool) -> Any:
    """Import a module and return it."""
    word = "__main__" if name is True else str(name)
    __import__(word)
    return sys.modules[word]
