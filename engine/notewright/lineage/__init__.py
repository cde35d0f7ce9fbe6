"""Which execution made which variable from which inputs; slices."""
