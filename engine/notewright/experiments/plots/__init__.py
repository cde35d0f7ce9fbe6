"""Charts of runs and comparisons; matplotlib is imported when one is drawn."""
