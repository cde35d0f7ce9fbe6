"""Small helpers that the credit notebooks share."""

import numpy as np

NUMBERS = ["duration_in_month", "credit_amount", "age_in_years"]


def add_ratios(df):
    """Monthly payment and its share."""
    df = df.copy()
    df["monthly"] = df["credit_amount"] / df["duration_in_month"]
    df["log_amount"] = np.log1p(df["credit_amount"])
    return df


def is_bad(column):
    return (column == "bad").astype(int)
