"""Results as people and programs read them: plain text, HTML, JSON."""
