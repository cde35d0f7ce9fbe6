"""What regulators ask of a model version, and the evidence that answers it."""
