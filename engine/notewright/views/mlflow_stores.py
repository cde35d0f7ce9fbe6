"""What was taken over from MLflow, or written there, for people and programs."""

from __future__ import annotations

from dataclasses import asdict

from notewright.experiments.mlflow_store.giving import Given
from notewright.experiments.mlflow_store.taking import Taken
from notewright.views.base import Message, Page, Table, View
from notewright.words import number_of, some_of


def taken_view(taken: Taken) -> View:
    """Say what was taken over."""
    return _view(taken, "taken over", "here")


def given_view(given: Given) -> View:
    """Say what was written."""
    return _view(given, "written", "there")


def _view(done: Taken | Given, verb: str, where: str) -> View:
    lines = [f"{number_of(done.runs, 'run')} {verb}."]
    if done.known:
        lines.append(f"{number_of(done.known, 'run')} {_were(done.known)} {where} already.")
    if done.versions:
        lines.append(f"Model versions {verb}: {some_of(done.versions)}.")
    if done.aliases:
        lines.append(f"Aliases moved: {some_of(done.aliases)}.")
    parts: list[View] = [Message(" ".join(lines))]
    if done.left_out:
        rows = [(words,) for words in done.left_out]
        parts.append(Table(["left out"], rows))
    return Page(parts, asdict(done))


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
