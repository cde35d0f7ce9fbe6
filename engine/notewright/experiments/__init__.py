"""Runs that log themselves, comparisons with uncertainty, model versions and aliases."""
