"""Why a model says what it says: attributions of its answers to the columns."""
