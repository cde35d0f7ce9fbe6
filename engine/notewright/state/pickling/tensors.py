"""torch: tensors that share storage, with each other and with NumPy, and their gradients."""

from __future__ import annotations

import ctypes
import importlib
import pickle
import sys
import warnings
from typing import Any

import numpy as np

from notewright.state.pickling.filling import buffer_of, filled, own


def _torch() -> Any:
    """Import torch: what was saved with it needs it."""
    return importlib.import_module("torch")


def is_tensor(kind: type) -> bool:
    """Tell whether a type is a tensor's, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and issubclass(kind, torch.Tensor)


def is_storage(kind: type) -> bool:
    """Tell whether a type is a storage's."""
    torch = sys.modules.get("torch")
    return torch is not None and kind in (torch.UntypedStorage, torch.storage.TypedStorage)


def reduce_tensor(tensor: Any, pickler: Any) -> Any:
    """Reduce a tensor as torch does, with its gradient; its storage is reduced apart."""
    if tensor.grad_fn is not None:
        raise pickle.PicklingError(
            "torch can still differentiate it, and the graph cannot be saved; keep its detach()"
        )
    if tensor._backward_hooks:
        raise pickle.PicklingError("it is a tensor with hooks")
    reduced = tensor.__reduce_ex__(5)
    make, arguments, *rest = reduced
    own = rest[0] if rest else None
    state = (own, tensor.grad if tensor.is_leaf else None)
    return make, arguments, state, None, None, _fill_tensor


def _fill_tensor(tensor: Any, state: Any) -> None:
    own, gradient = state
    if own is not None:
        if hasattr(tensor, "__setstate__"):
            tensor.__setstate__(own)
        else:
            tensor.__dict__.update(own)
    if gradient is not None:
        tensor.grad = gradient


def reduce_storage(storage: Any, pickler: Any) -> Any:
    """Reduce a storage with its bytes, or as a view of the array whose memory it is."""
    torch = _torch()

    if isinstance(storage, torch.storage.TypedStorage):
        return _typed, (storage._untyped_storage, storage.dtype)
    size = storage.nbytes()
    device = str(storage.device)
    if device == "meta" or not size:
        return _make_storage, (b"", size, device)
    if device != "cpu":
        pickler.memory.owner(storage, _device_address(storage), size)
        return _make_storage, (
            buffer_of(bytes_of_storage(storage.cpu())),
            size,
            device,
        )
    # What torch may not resize, it did not allocate: it was made from an array.
    find = pickler.memory.owner if storage.resizable() else pickler.memory.borrowed
    owner, offset = find(storage, storage.data_ptr(), size)
    if owner is storage:
        buffer = own(bytes_of_storage(storage), pickler)
        return _make_storage, (buffer, size, device)
    return _show_storage, (owner, offset, size)


def _device_address(storage: Any) -> int:
    # Devices have addresses of their own: keep them apart from the CPU's and each other's.
    return int(storage.data_ptr()) + ((storage.device.index or 0) + 1 << 64)


def bytes_of_storage(storage: Any) -> np.ndarray[Any, Any]:
    """Return an array that shows a storage's memory.

    Not by ``Tensor.numpy()``: it would forbid the user to resize the tensor.
    """
    size = storage.nbytes()
    memory = (ctypes.c_ubyte * size).from_address(storage.data_ptr())
    memory.owner = storage  # alive as long as the array is
    return np.frombuffer(memory, np.uint8)


def array_of_storage(storage: Any) -> np.ndarray[Any, Any]:
    """Return an array that shares a storage with its tensors, as ``Tensor.numpy()`` does."""
    torch = _torch()
    flat = torch.empty(0, dtype=torch.uint8)
    flat.set_(storage)
    array: np.ndarray[Any, Any] = flat.numpy()
    return array


def _typed(untyped: Any, dtype: Any) -> Any:
    torch = _torch()

    return torch.storage.TypedStorage(wrap_storage=untyped, dtype=dtype, _internal=True)


def _make_storage(data: Any, size: int, device: str) -> Any:
    torch = _torch()

    if device == "meta":
        return torch.UntypedStorage(size, device="meta")
    storage = torch.UntypedStorage(size)
    if size:
        filled(bytes_of_storage(storage), data)
    return storage if device == "cpu" else storage.to(device=torch.device(device))


def _show_storage(owner: Any, offset: int, size: int) -> Any:
    torch = _torch()

    if isinstance(owner, torch.UntypedStorage):
        owner = array_of_storage(owner)
    shown: np.ndarray[Any, Any] = np.ndarray((size,), np.uint8, owner, offset)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says so when the array is read-only; it was before
        return torch.from_numpy(shown).untyped_storage()
