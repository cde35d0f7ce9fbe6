"""Checks of a model version against the policy: one module a family."""
