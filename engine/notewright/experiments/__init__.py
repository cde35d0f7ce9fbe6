"""Runs that log themselves, comparisons with uncertainty, model versions and aliases."""

from __future__ import annotations

from notewright.experiments.run import ModelRef, Run

__all__ = ["ModelRef", "Run"]
