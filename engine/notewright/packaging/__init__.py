"""Notebook to package: slice, stages, settings, the feature function, and the proof."""
