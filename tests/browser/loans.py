"""Cells that make a file of loans, and a table of it with a column computed from two others."""

LOANS_MADE = (
    "import numpy as np\n"
    "import pandas as pd\n"
    "rng = np.random.default_rng(0)\n"
    "amount = rng.integers(100, 5000, 300)\n"
    "months = rng.integers(6, 48, 300)\n"
    "bad = (amount / months > 120).astype(int)\n"
    "made = pd.DataFrame({'amount': amount, 'months': months, 'bad': bad})\n"
    "made.to_csv('loans.csv', index=False)",
    "loans = pd.read_csv('loans.csv')\nloans['rate'] = loans['amount'] / loans['months']",
)
