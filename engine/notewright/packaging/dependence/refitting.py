"""Estimators that are fitted again: what one was fitted on before is then of no matter.

scikit-learn's contract for estimators (*Developing scikit-learn estimators*, "Fitting"): what
was learned by an earlier ``fit`` is overwritten by the next, unless ``warm_start`` says so;
and an estimator that is given others trains clones of them, but for pipelines (*Glossary*,
"meta-estimator"). Only one that nothing but ``fit`` has changed since it was made is taken to
be so.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from notewright.packaging.dependence.given import Given
from notewright.packaging.dependence.memory import Memory
from notewright.packaging.dependence.regions import SETTINGS, Region, Value
from notewright.packaging.known import TRAINS_ITS_PARTS

_FITS = frozenset(["fit", "fit_predict", "fit_transform"])
#: Kinds of what an estimator may be given: nothing that has a state besides.
_STATELESS = frozenset(["dict", "library", "list", "tuple", "value"])
#: Expressions that may leave out a part of theirs.
_CHOOSING = ast.BoolOp | ast.Compare | ast.IfExp


class Refitting(Memory):
    """Knows which fits are overwritten by a later one."""

    def __init__(self) -> None:
        super().__init__()
        #: Whether all of the present expression is evaluated, once.
        self.straight = False

    def is_straight(self, node: ast.expr) -> bool:
        """Tell whether a statement's expression runs once and wholly."""
        outside = self.depth == 0 and self.frame is None
        return outside and not any(isinstance(n, _CHOOSING) for n in ast.walk(node))

    def note_estimator(self, region: Region, path: str, given: Given) -> None:
        """Note of a new object whether fitting it twice is as fitting it the second time."""
        region.traits.add("estimator")
        reached = [ref.region for value in given.all for ref in self.reach(value)]
        if not all(r.kind in _STATELESS and _is_plain(r) for r in reached):
            return
        if path.rpartition(".")[2] not in TRAINS_ITS_PARTS or "memory" in given.named:
            region.traits.add("clones")
        elif all(self._is_definite(value) for value in given.all):
            region.traits.add("trains")
        # Elsewhere one region stands for all that a loop or a function makes.
        alone = self.straight and self.frame is None
        if alone and given.spread is None and "warm_start" not in given.named:
            region.traits.add("refits")

    def _is_definite(self, value: Value) -> bool:
        """Tell whether it is known what a value is, and what is in it if it is a list."""
        if len(value.refs) > 1:
            return False
        for region in value.regions:
            keys = [key for by, key, _ in region.parts if by <= self.limit]
            if region.kind in ("list", "tuple"):
                if None in keys or len(set(keys)) < len(keys) or region.changes:
                    return False
                if not all(self._is_definite(self.parts(value, key)) for key in keys):
                    return False
        return True

    def forget_fits(self, receiver: Value, name: str) -> None:
        """Let nothing from here on need the earlier fits of what is fitted now."""
        surely = self.straight and self.depth == 0 and self.frame is None
        if not surely or name not in _FITS or any(r.key is not None for r in receiver.refs):
            return
        if self.shared[SETTINGS].parts:
            return  # some function of a library was replaced
        for region in self._trained(receiver):
            if region.traits & {"refits", "changed"} == {"refits"}:
                for by in region.fits:
                    if by < self.now:
                        region.overwritten.setdefault(by, self.now)

    def _trained(self, value: Value) -> Iterator[Region]:
        """Yield the estimators that fitting one surely trains."""
        for region in value.regions:
            if region.kind == "value":
                yield region
            if region.kind in ("list", "tuple") or region.traits & {"trains", "changed"} == {
                "trains"
            }:
                yield from self._trained(Value(frozenset(r for _, _, r in region.parts)))


def _is_plain(region: Region) -> bool:
    return not region.traits & {"generates", "unknown", "makes"}
