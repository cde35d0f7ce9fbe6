"""Which statement depends on which: the notebook's code followed without running it."""
