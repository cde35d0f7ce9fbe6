"""A tree drawn with plain characters, one line a node, as `git log --graph` does."""

from __future__ import annotations

from collections.abc import Iterator

from notewright.state.tree import Place

#: Lanes further to the right are left out.
_LANES = 12


def drawn(place: Place) -> Iterator[tuple[str, bool]]:
    """Yield the lines of one node, and whether the node is on it.

    Examples
    --------
    >>> for line, _ in drawn(Place(lane=0, through=(1,), joins=(2,), goes_on=True)):
    ...     print(line)
    |_|/
    * |
    """
    active = {*place.through, *place.joins, place.lane}
    if place.joins:
        yield _joining(place, active), False
    # A round one is the first of its tree, or of what is listed of it.
    marks = dict.fromkeys(place.through, "|") | {place.lane: "*" if place.goes_on else "o"}
    yield " ".join(marks.get(at, " ") for at in _lanes(place)).rstrip(), True


def _joining(place: Place, active: set[int]) -> str:
    """Return the line on which lanes from above lead to the lane of the node."""
    last = min(max(place.joins), _LANES)
    characters = [" "] * (2 * max(_lanes(place), default=0) + 1)
    for at in _lanes(place):
        if at in active and at not in place.joins:
            characters[2 * at] = "|"
    for between in range(2 * place.lane + 1, 2 * last - 1):
        if characters[between] == " ":
            characters[between] = "_"
    for at in place.joins:
        if at < _LANES:
            characters[2 * at - 1] = "/"
    return "".join(characters).rstrip()


def _lanes(place: Place) -> range:
    return range(min(_LANES, max([place.lane, *place.through, *place.joins]) + 1))
