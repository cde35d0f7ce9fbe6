"""A loop whose last turn stands behind it does what the loop did."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notewright.packaging.source import CellSource
from notewright.packaging.turns import last_turn_apart
from notewright.packaging.turns_of import turns_of

HEAD = """
class Model:
    def __init__(self, *given):
        self.seen = list(given)
    def fit(self, *given):
        self.seen.append(given)
        return self
    def __eq__(self, other):
        return self.seen == other.seen
a, b, c = Model(1), Model(2), Model(3)
pairs = [("a", a), ("b", b), ("made", Model(4))]
named = dict(a=a, b=Model(5))
written = {"x": c, "y": Model(6)}
numbers = [3, 1, 2]
numbers.append(7)
X = y = 0
model = a
"""
OVER = {
    "m": ["(a, b)", "[c, a, b]", "named.values()", "(a,)", "iter([b, c])", "[Model(8), Model(9)]"],
    "name, m": ["pairs", "named.items()", "written.items()", 'zip("ab", [b, a])'],
    "n, (name, m)": ["enumerate(pairs)", "enumerate(written.items())"],
    "n": ["range(3)", "range(1, 3)", "numbers", "sorted(numbers)"],
    "(n, m)": ["[(1, a), (-2, b)]", "((0, c), (1, c))"],
}
BODIES = [
    "model = Model({v}).fit(X, y)",
    "X = X + 1\n# what is fitted\nmodel.fit(X, y)",
    'model = Model("""two\n  lines""")\nmodel.fit(X)\ny += 2',
    "for k in range(2):\n    X += k\n    model.fit(X, k)\ny -= 1",
    "while X < 3:\n    X += 1\n    if X == 2:\n        break\nmodel.fit(X)",
    "def half(z):\n    for each in (1, 2):\n        if each:\n            break\n    return z\n"
    "model.fit(half(X))",
    "a, b = b, a\nmodel = a\nmodel.fit(X)",
]


def loops() -> st.SearchStrategy[str]:
    def write(target: str, over: str, body: str) -> str:
        inner = body.replace("{v}", "n" if "n" in target.replace("name", "") else "m")
        return f"for {target} in {over}:\n" + "\n".join("    " + x for x in inner.split("\n"))

    return st.sampled_from(list(OVER)).flatmap(
        lambda target: st.builds(
            write, st.just(target), st.sampled_from(OVER[target]), st.sampled_from(BODIES)
        )
    )


def run(*codes: str) -> dict[str, object]:
    space: dict[str, object] = {}
    for code in codes:
        exec(code, space)
    wanted = ("a", "b", "c", "model", "X", "y", "n", "m", "name", "k", "pairs", "named", "written")
    return {name: space.get(name) for name in wanted}


def kind(value: object) -> object:
    """What a variable holds, without the identity of its class, which each run defines anew."""
    if isinstance(value, dict):
        return {k: kind(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [kind(v) for v in value]
    return ("model", value.seen) if hasattr(value, "seen") else value


@given(st.lists(loops(), min_size=1, max_size=2))
def test_every_variable_is_what_the_loop_leaves(codes: list[str]) -> None:
    cells = [CellSource(code, f"cell {n}") for n, code in enumerate([HEAD, *codes], 1)]
    apart = last_turn_apart(cells, "model")
    assert apart is not None
    assert kind(run(*(c.code for c in apart))) == kind(run(HEAD, *codes))


@pytest.mark.parametrize(
    "code",
    [
        "model.fit(X)",
        "for n in (1, 2):\n    model.fit(X)\n    if n:\n        break",
        "for n in (1, 2):\n    if n:\n        continue\n    model.fit(X)",
        "for n in (1, 2):\n    model.fit(X)\nelse:\n    y = 1",
        "for n in (1, 2): model.fit(X)",
        "for n in (1, 2):\n    other.fit(X)",
        "while X < 3:\n    X += 1\n    model.fit(X)",
        "def train():\n    for n in (1, 2):\n        model.fit(X)",
    ],
)
def test_what_cannot_be_taken_apart_is_left(code: str) -> None:
    assert last_turn_apart([CellSource(code, "cell 1")], "model") is None


def test_every_line_still_knows_where_it_was_written() -> None:
    code = "X = 1\nfor n in (1, 2):\n    # twice\n    model.fit(X)"
    (cell,) = last_turn_apart([CellSource(code, "cell 1")], "model") or []
    lines = cell.code.splitlines()
    assert [cell.place(n) for n, line in enumerate(lines, 1) if "fit" in line] == [
        "cell 1, line 4",
        "cell 1, line 4",
    ]
    assert lines.count("# twice") == lines.count("    # twice") == 1


@pytest.mark.parametrize(
    ("code", "loop"),
    [
        ("m = [Model()]\nm.append(1)", "m"),
        ("m = [Model()]\nm[0] = 1", "m"),
        ("m = [Model()]\nm += [1]", "m"),
        ("m = [Model()]\nm = []", "m"),
        ("m = [*others]", "m"),
        ("m = {**others}", "m.items()"),
        ("m = dict(others)", "m.items()"),
        ("m = []", "m"),
        ("", "[Model()]"),
        ("", "range(100_000)"),
        ("", "zip(m, n)"),
    ],
)
def test_what_the_code_does_not_say_is_not_guessed(code: str, loop: str) -> None:
    node = ast.parse(f"for x in {loop}:\n    model.fit(x)").body[0]
    assert isinstance(node, ast.For)
    assert turns_of(node, [CellSource(code, "cell 1")]) is None
