"""How two values differ, by kind of object: `difference` gives a few `Detail`."""
