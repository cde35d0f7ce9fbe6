"""Which cells run again to rebuild what a snapshot could not hold, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from notewright.lineage.replaying import Plan, Replayed, Step
from notewright.state.restoring import Restored
from notewright.views.base import Code, Message, Page, Table, View
from notewright.views.state import restored_view


def plan_view(plan: Plan) -> View:
    """Show what would run."""
    parts: list[View] = []
    if plan.steps:
        words = f"To rebuild {', '.join(plan.names)} these cells would run, in this order:"
        parts += [Message(words), Code(_code(plan.steps))]
    parts += [*_not(plan.impossible), *_notes(plan.notes)]
    return Page(
        parts or [_nothing()],
        {
            "names": list(plan.names),
            "cells": [_cell(step) for step in plan.steps],
            "failed": plan.impossible,
            "notes": list(plan.notes),
        },
    )


def replayed_view(restored: Restored, replayed: Replayed) -> View:
    """Show what a restore did, what ran after it, and what came of that."""
    back = restored_view(restored, replays=True)
    parts: list[View] = [back]
    if replayed.ran:
        rows = [
            (r.step.execution.words, ", ".join(r.step.makes), r.error or "ran")
            for r in replayed.ran
        ]
        parts += [
            Table(["cells run again", "for", "how it ended"], rows),
            Code(_code([r.step for r in replayed.ran])),
        ]
    if replayed.rebuilt:
        parts.append(Message(f"Rebuilt {', '.join(replayed.rebuilt)}."))
    parts += _not(replayed.failed)
    if replayed.put_back:
        names = ", ".join(replayed.put_back)
        parts.append(Message(f"The cells changed {names} this time, which was put back."))
    parts += _notes(replayed.plan.notes)
    if not (replayed.rebuilt or replayed.failed):
        parts.append(_nothing())
    record = {
        **back.data(),
        "replay": {
            "rebuilt": list(replayed.rebuilt),
            "failed": replayed.failed,
            "cells": [{**_cell(r.step), "error": r.error} for r in replayed.ran],
            "put_back": list(replayed.put_back),
            "notes": list(replayed.plan.notes),
        },
    }
    return Page(parts, record)


def _nothing() -> View:
    return Message("Nothing to rebuild: every variable is in the snapshot.")


def _not(failed: Mapping[str, str]) -> list[View]:
    rows = list(failed.items())
    return [Table(["not rebuilt", "why"], rows)] if rows else []


def _notes(notes: Iterable[str]) -> list[View]:
    return [Message(" ".join(notes))] if notes else []


def _code(steps: Iterable[Step]) -> str:
    return "\n\n".join(f"# {_words(step)}\n{step.execution.code}".rstrip() for step in steps)


def _words(step: Step) -> str:
    number = step.execution.number or step.execution.ordinal
    if step.loads:
        return f"[{number}] {step.execution.source}"
    given = f", given {', '.join(step.seeds)}" if step.seeds else ""
    return f"[{number}] for {', '.join(step.makes)}{given}"


def _cell(step: Step) -> dict[str, Any]:
    execution = step.execution
    return {
        "id": execution.id,
        "number": execution.number or execution.ordinal,
        "code": execution.code,
        "for": list(step.makes),
        "given": list(step.seeds),
    }
