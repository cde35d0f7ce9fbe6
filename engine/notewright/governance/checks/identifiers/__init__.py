"""Identifiers of people, and secrets: how they are known in text and in columns."""
