"""Tests and intervals for differences between models on the same rows."""
