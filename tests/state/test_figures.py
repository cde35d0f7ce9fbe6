"""Showing a figure again is no change; whatever the user changes is one."""

from __future__ import annotations

import io
import itertools
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from notewright.state.capture.looking import digest
from notewright.state.pickling.pickler import dump, load

CHANGES = {
    "data": lambda f: f.axes[0].lines[0].set_ydata([3, 2, 1]),
    "data in place": lambda f: f.axes[1].images[0].get_array().__setitem__((0, 0), 5),
    "colour": lambda f: f.axes[0].lines[0].set_color("red"),
    "limits": lambda f: f.axes[0].set_xlim(-3, 9),
    "scale": lambda f: f.axes[0].set_yscale("log"),
    "title": lambda f: f.axes[0].set_title("other"),
    "label": lambda f: f.axes[0].set_xlabel("other"),
    "ticks": lambda f: f.axes[0].set_xticks([0, 2]),
    "visibility": lambda f: f.axes[0].lines[0].set_visible(False),
    "size": lambda f: f.set_size_inches(3, 2),
    "another line": lambda f: f.axes[0].plot([0, 1]),
    "a note": lambda f: f.text(0.1, 0.1, "note"),
    "place of an axes": lambda f: f.axes[0].set_position([0.1, 0.1, 0.3, 0.3]),
    "colour limits": lambda f: f.axes[1].images[0].set_clim(0, 9),
    "three dimensions": lambda f: f.axes[2].view_init(10, 20),
}


def figure() -> Figure:
    made = Figure(figsize=(5, 3))
    axes = made.add_subplot(131)
    axes.plot([1, 3, 2], label="a")
    axes.legend()
    axes.set_title("title")
    picture = made.add_subplot(132).imshow(np.eye(3))
    made.add_subplot(133, projection="3d").plot([0, 1], [0, 1], [0, 1])
    made.colorbar(picture)
    return made


def shown(made: Figure) -> bytes:
    buffer = io.BytesIO()
    made.savefig(buffer, format="rgba", dpi=50)
    return buffer.getvalue()


def loaded(made: Figure) -> Any:
    pickled = dump(made, {})
    return load(pickled.stream, [bytes(b.raw()) for b in pickled.buffers], {})


@pytest.mark.parametrize("draw_first", [False, True])
def test_looking_at_a_figure_never_changes_it(draw_first: bool) -> None:
    made = figure()
    if draw_first:
        shown(made)
    assert len({digest(made, {}) for _ in range(3)}) == 1


def test_showing_a_figure_again_is_no_change() -> None:
    made = figure()
    shown(made)
    before = digest(made, {})
    shown(made)
    shown(made)
    assert digest(made, {}) == before


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("draw_first", [False, True])
def test_what_the_user_changes_is_a_change(change: str, draw_first: bool) -> None:
    made = figure()
    if draw_first:
        shown(made)
    before = digest(made, {})
    CHANGES[change](made)
    assert digest(made, {}) != before


@pytest.mark.parametrize(("change", "draw_first"), list(itertools.product(CHANGES, [False, True])))
def test_a_restored_figure_follows_changes_as_the_first_one_does(
    change: str, draw_first: bool
) -> None:
    first = figure()
    if draw_first:
        shown(first)
    second = loaded(first)
    CHANGES[change](first)
    CHANGES[change](second)
    assert shown(second) == shown(first)


def test_loading_a_figure_opens_none() -> None:
    made = plt.figure()
    try:
        numbers = plt.get_fignums()
        assert loaded(made).number == made.number
        assert plt.get_fignums() == numbers
        assert plt.gcf() is made
    finally:
        plt.close(made)
