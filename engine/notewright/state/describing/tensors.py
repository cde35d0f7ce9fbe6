"""How torch's tensors, modules and optimisers differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notewright.state.describing import arrays, objects
from notewright.state.describing.details import Detail
from notewright.state.describing.parts import compare_common

if TYPE_CHECKING:
    from notewright.state.describing.walk import Walk


def tensors(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two tensors differ."""
    for name in ("dtype", "device", "requires_grad", "layout"):
        was, now = str(getattr(old, name)), str(getattr(new, name))
        if was != now:
            kind = "dtype" if name == "dtype" else "attribute"
            walk.add(Detail(kind, where, "" if name == "dtype" else name, was, now))
    before, after = _values(old), _values(new)
    if before.dtype == after.dtype:
        arrays.arrays(walk, before, after, where)
    elif before.shape == after.shape:
        walk.add(*arrays.elements(walk, before, after, where))
    else:
        walk.add(Detail("shape", where, "", str(before.shape), str(after.shape)))
    walk.compare(
        old.grad if old.is_leaf else None, new.grad if new.is_leaf else None, where + ".grad"
    )


def modules(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two networks differ: what they are made of, parameters, other attributes."""
    own = ("_parameters", "_buffers", "_modules")
    before, after = objects.attributes_of(old), objects.attributes_of(new)
    for part in own:
        # Parameters of the network itself are found at `.weight`, those of its layers below.
        was, now = before.pop(part, {}), after.pop(part, {})
        if list(was) != list(now):
            walk.compare(sorted(was), sorted(now), f"{where}.{part}")
        compare_common(walk, was, now, where)
    hooks = {name for name in (*before, *after) if name.endswith("_hooks")}
    for name in (n for n in before if n in after and n not in hooks):
        walk.compare(before[name], after[name], f"{where}.{name}")


def optimizers(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two optimisers differ: their settings, and what they keep of each parameter."""
    walk.compare(walk.keep(old.state_dict()), walk.keep(new.state_dict()), where)


def _values(tensor: Any) -> Any:
    plain = tensor.detach()
    if plain.layout.__str__() != "torch.strided":
        plain = plain.to_dense()
    plain = plain.cpu().resolve_conj().resolve_neg()
    try:
        return plain.numpy()
    except TypeError:  # a type that NumPy has not, such as bfloat16
        return plain.float().numpy()
