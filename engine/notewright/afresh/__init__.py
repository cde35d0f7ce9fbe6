"""Notebooks run from top to bottom in a fresh kernel of their own, and exported."""
