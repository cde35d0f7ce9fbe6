"""Runs and model versions to and from MLflow, which is imported only where it is used."""
