"""What comes from libraries: their objects, imports, and what is changed in them."""

from __future__ import annotations

from notewright.packaging.dependence.refitting import Refitting
from notewright.packaging.dependence.regions import SETTINGS, Ref, Region, Value
from notewright.packaging.known import leaves_arguments


class Imported(Refitting):
    """Follows what is imported."""

    def from_library(self, path: str) -> Value:
        """Return a library's object by its dotted path."""
        self.need_imports(path)
        if path == "__main__":
            return Value(frozenset({Ref(self.namespace)}))
        if path not in self.library:
            self.library[path] = Region("library", path)
        found = Value(frozenset({Ref(self.library[path])}), None, path)
        self.look_at_top(found)
        top = path.partition(".")[0]
        if top != path and not leaves_arguments(path) and top in self.library:
            self.look_at_top(Value(frozenset({Ref(self.library[top])}), None, top))
        return found | self.parts(found)

    #: (statement, module): what was imported so far.
    imported: list[tuple[int, str]]

    def need_imports(self, path: str) -> None:
        """Need the latest import of each module that `path` leads through."""
        latest: dict[str, int] = {}
        for by, module in self.imported:
            if by <= self.limit and "." in module and f"{path}.".startswith(f"{module}."):
                latest[module] = by
        for module, by in latest.items():
            self.need(by, "imports", module)

    def change_library(self, path: str, value: Value) -> None:
        """Note that something of a library was replaced: whoever uses libraries may see it."""
        self.change_shared(SETTINGS)
        self.hold(self.shared[SETTINGS], value)
