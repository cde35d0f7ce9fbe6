"""The files that lie beside the corpus's notebooks, made with seeds."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
CREDIT = HERE.parents[1] / "demo_notebooks" / "data" / "german_credit.csv"


def make_project(root: Path) -> Path:
    """Fill a project folder with every table and module that a notebook of the corpus uses."""
    data = root / "data"
    data.mkdir(parents=True)
    shutil.copyfile(CREDIT, data / "german_credit.csv")
    for module in (HERE / "corpus" / "beside").glob("*.py"):
        shutil.copyfile(module, root / module.name)
    for name, make in _TABLES.items():
        make(np.random.default_rng(len(name))).to_csv(data / f"{name}.csv", index=False)
    _database(data / "bank.sqlite")
    return root


def passengers(random: np.random.Generator, rows: int = 500) -> pd.DataFrame:
    """A ship's passengers, with names that hold titles and ages that are missing."""
    sex = random.choice(["male", "female"], rows, p=[0.6, 0.4])
    pclass = random.choice([1, 2, 3], rows, p=[0.25, 0.2, 0.55])
    age = random.normal(30, 13, rows).clip(0.5, 80).round(1)
    title = np.where(
        sex == "male",
        np.where(age < 14, "Master", "Mr"),
        random.choice(["Mrs", "Miss"], rows),
    )
    title[random.random(rows) < 0.03] = "Dr"
    chance = 0.25 + 0.45 * (sex == "female") - 0.1 * (pclass == 3) + 0.2 * (age < 14)
    table = pd.DataFrame(
        {
            "PassengerId": np.arange(1, rows + 1),
            "Survived": (random.random(rows) < chance).astype(int),
            "Pclass": pclass,
            "Name": [f"Doe, {t}. Number {n}" for n, t in enumerate(title)],
            "Sex": sex,
            "Age": np.where(random.random(rows) < 0.2, np.nan, age),
            "SibSp": random.poisson(0.5, rows),
            "Parch": random.poisson(0.4, rows),
            "Fare": random.gamma(2, 18, rows).round(4),
            "Cabin": [
                f"C{n % 97}" if r < 0.25 else None for n, r in enumerate(random.random(rows))
            ],
            "Embarked": random.choice(["S", "C", "Q"], rows, p=[0.7, 0.2, 0.1]),
        }
    )
    table.loc[[3, 77], "Embarked"] = None
    return table


def houses(random: np.random.Generator, rows: int = 400) -> pd.DataFrame:
    """Houses and their prices."""
    area = random.normal(120, 40, rows).clip(30).round(0)
    year = random.integers(1900, 2020, rows)
    quality = random.choice(["Po", "Fa", "TA", "Gd", "Ex"], rows, p=[0.05, 0.15, 0.5, 0.2, 0.1])
    worth = pd.Series(quality).map({"Po": 0.6, "Fa": 0.8, "TA": 1.0, "Gd": 1.2, "Ex": 1.5})
    price = (area * 1500 + (year - 1900) * 400) * worth * random.normal(1, 0.1, rows)
    return pd.DataFrame(
        {
            "Id": np.arange(rows),
            "LivArea": area,
            "YearBuilt": year,
            "Neighborhood": random.choice(["North", "South", "Lake", "Hill"], rows),
            "ExterQual": quality,
            "LotFrontage": np.where(random.random(rows) < 0.2, np.nan, random.normal(20, 5, rows)),
            "GarageType": random.choice(["Attchd", "Detchd", None], rows, p=[0.6, 0.3, 0.1]),
            "SalePrice": price.round(-2),
        }
    )


def reviews(random: np.random.Generator, rows: int = 300) -> pd.DataFrame:
    """Short texts with a mood."""
    good = ["great", "lovely", "excellent", "works", "perfect", "happy", "recommend", "fast"]
    bad = ["broken", "awful", "late", "refund", "poor", "noisy", "useless", "slow"]
    both = ["the", "product", "delivery", "box", "colour", "price", "arrived", "it", "was", "very"]
    texts, moods = [], []
    for mood in random.integers(0, 2, rows):
        words = [*random.choice(good if mood else bad, 4), *random.choice(both, 7)]
        random.shuffle(words)
        texts.append(" ".join(words).capitalize() + random.choice([".", "!", ""]))
        moods.append("positive" if (random.random() < 0.9) == mood else "negative")
    return pd.DataFrame({"review": texts, "stars": random.integers(1, 6, rows), "sentiment": moods})


def sales(random: np.random.Generator, days: int = 150) -> pd.DataFrame:
    """Daily sales of some stores."""
    parts = []
    for store in ("A", "B", "C"):
        date = pd.date_range("2023-01-01", periods=days)
        level = {"A": 100, "B": 60, "C": 140}[store]
        amount = level + 20 * (date.day_of_week >= 5) + random.normal(0, 8, days)
        parts.append(
            pd.DataFrame(
                {
                    "date": date.strftime("%Y-%m-%d"),
                    "store": store,
                    "promo": random.integers(0, 2, days),
                    "price": random.normal(9, 1, days).round(2),
                    "sales": amount.round(1),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def customers(random: np.random.Generator, rows: int = 300) -> pd.DataFrame:
    """A shop's customers and whether they left."""
    tenure = random.integers(1, 72, rows)
    return pd.DataFrame(
        {
            "customer_id": np.arange(1000, 1000 + rows),
            "tenure": tenure,
            "plan": random.choice(["basic", "plus", "pro"], rows),
            "region_id": random.integers(1, 5, rows),
            "monthly_charges": random.normal(60, 20, rows).clip(15).round(2),
            "churn": np.where(random.random(rows) < 0.55 - tenure / 150, "Yes", "No"),
        }
    )


def regions(random: np.random.Generator) -> pd.DataFrame:
    """The regions that customers live in."""
    return pd.DataFrame(
        {
            "region_id": [1, 2, 3, 4],
            "region": ["north", "south", "east", "west"],
            "income": random.integers(20, 60, 4) * 1000,
        }
    )


def orders(random: np.random.Generator, rows: int = 1500) -> pd.DataFrame:
    """What the customers ordered."""
    return pd.DataFrame(
        {
            "order_id": np.arange(rows),
            "customer_id": random.integers(1000, 1300, rows),
            "amount": random.gamma(2, 20, rows).round(2),
            "returned": random.integers(0, 2, rows),
        }
    )


_TABLES = {
    "passengers": passengers,
    "houses": houses,
    "reviews": reviews,
    "sales": sales,
    "customers": customers,
    "regions": regions,
    "orders": orders,
}


def _database(file: Path) -> None:
    connection = sqlite3.connect(file)
    try:
        pd.read_csv(CREDIT).to_sql("loans", connection, index=False)
        connection.commit()
    finally:
        connection.close()
