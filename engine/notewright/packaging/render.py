"""Changed statements as text that keeps the author's formatting and comments."""

from __future__ import annotations

import ast
import copy
from typing import Any

from notewright.packaging.source import Statement

_BLOCKS = (ast.For, ast.While, ast.If, ast.With, ast.ClassDef)


def render(statement: Statement, node: ast.stmt) -> str:
    """Return `node` as text: the author's own, patched only where it differs.

    Parameters
    ----------
    statement : Statement
        What the author wrote.
    node : ast.stmt
        A form of it; nodes that did not change are the author's own objects.
    """
    return _render(statement.cell.code, statement.node, node, statement.text)


def _render(code: str, old: ast.stmt, new: ast.stmt, text: str) -> str:
    if new is old:
        return text
    if type(new) is not type(old) or getattr(new, "lineno", None) != old.lineno:
        return unparse(new)
    if isinstance(new, _BLOCKS) and _body_differs(old, new):
        return _block(code, old, new)
    patches: list[tuple[int, int, str]] = []
    starts = _line_starts(code)
    if not _collect(old, new, starts, patches):
        return unparse(new)
    begin, end = _span(old, starts)
    whole = code.encode()
    for first, last, words in sorted(patches, reverse=True):
        whole = whole[:first] + words.encode() + whole[last:]
        end += len(words.encode()) - (last - first)
    comment = _trailing_comment(text, ast.unparse(old))
    return whole[begin:end].decode() + (f"  {comment}" if comment else "")


def _trailing_comment(text: str, plain: str) -> str:
    import io
    import tokenize

    last = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and token.end[0] == text.count("\n") + 1:
                last = token.string
    except (tokenize.TokenError, IndentationError):
        return ""
    return last


def _body_differs(old: Any, new: Any) -> bool:
    return any(
        len(getattr(old, part, [])) != len(getattr(new, part, []))
        or any(
            a is not b for a, b in zip(getattr(old, part, []), getattr(new, part, []), strict=True)
        )
        for part in ("body", "orelse")
    )


def _block(code: str, old: Any, new: Any) -> str:
    """Render a loop or branch child by child, each with the comments above it."""
    header = type(new)(
        **{
            name: ([ast.Pass()] if name == "body" else [] if name == "orelse" else value)
            for name, value in ast.iter_fields(new)
        }
    )
    lines = [unparse(header).rsplit("\n", 1)[0]]
    lines += _children(code, old.body, new.body)
    if getattr(new, "orelse", None):
        lines.append("else:")
        lines += _children(code, old.orelse, new.orelse)
    return "\n".join(lines)


def _children(code: str, old: list[ast.stmt], new: list[ast.stmt]) -> list[str]:
    lines: list[str] = []
    source = code.splitlines()
    by_place = {(n.lineno, n.col_offset): n for n in old}
    previous = {id(n): (old[i - 1].end_lineno if i else n.lineno - 1) for i, n in enumerate(old)}
    for child in new:
        origin = by_place.get((getattr(child, "lineno", -1), getattr(child, "col_offset", -1)))
        if origin is None:
            text = unparse(child)
        else:
            above = source[(previous[id(origin)] or 0) : origin.lineno - 1]
            lines += [f"    {c.strip()}" for c in above if c.strip().startswith("#")]
            segment = ast.get_source_segment(code, origin) or ast.unparse(origin)
            text = _render(code, origin, child, _dedent(segment, origin.col_offset))
        lines += [f"    {line}" for line in _dedent(text, 0).splitlines()]
    return lines


def _dedent(text: str, by: int) -> str:
    first, *rest = text.splitlines()
    pad = " " * by
    return "\n".join([first, *(line.removeprefix(pad) for line in rest)])


def _collect(old: Any, new: Any, starts: list[int], patches: list[tuple[int, int, str]]) -> bool:
    """Gather the smallest spans that differ; False if only a whole unparse will do."""
    if new is old:
        return True
    if isinstance(old, ast.JoinedStr):  # Python 3.11 does not say where its parts stand
        if ast.dump(old) == ast.dump(new):
            return True
    elif type(old) is type(new) and not isinstance(old, ast.Constant | ast.Name):
        mark = len(patches)
        if _collect_fields(old, new, starts, patches):
            return True
        del patches[mark:]
    if not isinstance(old, ast.expr) or not isinstance(new, ast.expr):
        return False
    first, last = _span(old, starts)
    patches.append((first, last, _unparse(new)))
    return True


def _collect_fields(
    old: Any, new: Any, starts: list[int], patches: list[tuple[int, int, str]]
) -> bool:
    for name, before in ast.iter_fields(old):
        after = getattr(new, name, None)
        if after is before:
            continue
        if isinstance(before, list) and isinstance(after, list):
            if len(before) != len(after):
                return False
            for a, b in zip(before, after, strict=True):
                if a is not b and not (
                    isinstance(a, ast.AST)
                    and isinstance(b, ast.AST)
                    and _collect(a, b, starts, patches)
                ):
                    return False
        elif isinstance(before, ast.AST) and isinstance(after, ast.AST):
            if isinstance(before, ast.expr_context):
                continue
            if not _collect(before, after, starts, patches):
                return False
        elif before != after:
            return False
    return True


def unparse(node: ast.AST) -> str:
    """Return the node as text; nodes that we made have no positions, and keep none."""
    return ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))


def _unparse(node: ast.expr) -> str:
    text = unparse(node)
    compound = isinstance(node, ast.BinOp | ast.Compare | ast.BoolOp | ast.IfExp | ast.UnaryOp)
    return f"({text})" if compound else text


def _line_starts(code: str) -> list[int]:
    starts = [0]
    for line in code.encode().split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _span(node: Any, starts: list[int]) -> tuple[int, int]:
    return (
        starts[node.lineno - 1] + node.col_offset,
        starts[node.end_lineno - 1] + node.end_col_offset,
    )


def indented(code: str) -> str:
    """Indent a function's body, but not what is inside a text of several lines."""
    if not code.strip():
        return ""
    inside: set[int] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant | ast.JoinedStr) and (node.end_lineno or 0) > node.lineno:
            text = not isinstance(node, ast.Constant) or isinstance(node.value, str | bytes)
            if text:
                inside |= set(range(node.lineno + 1, (node.end_lineno or 0) + 1))
    lines = code.splitlines()
    return "\n".join(
        line if number in inside or not line.strip() else f"    {line}"
        for number, line in enumerate(lines, 1)
    )
