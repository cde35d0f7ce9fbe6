"""What would make a model fairer, and what it would cost."""
