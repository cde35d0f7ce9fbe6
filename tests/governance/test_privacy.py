"""Personal data in columns are found by kind and rows, and business tables raise no alarm."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.governance.checking import clean_tables, made_table
from tests.governance.checking import failed as failed_in_table
from tests.governance.labelled.numbers import aadhaar, nhs, nino, steuer_id
from tests.governance.labelled.people import LOCALES, People

CREDIT = Path(__file__).parents[2] / "demo_notebooks" / "data" / "german_credit.csv"


# -- columns ------------------------------------------------------------------------------


def repeated(value: str) -> list[str]:
    return ["nothing to say"] * 199 + [f"the note says {value} here"]


def many(make: Any, locale: str = "de_DE") -> list[Any]:
    people = People(locale, 11)
    return [make(people) for _ in range(200)]


COLUMNS = {
    "a mail address in a comment": ("comment", repeated("ann.lee@corp-mail.org"), "mail address"),
    "a card in a comment": ("comment", repeated("4111 1111 1111 1111"), "card number"),
    "an IBAN in a comment": ("comment", repeated("DE89 3704 0044 0532 0130 00"), "IBAN"),
    "a phone in a comment": ("comment", repeated("+351 912 345 678"), "phone number"),
    "a SSN in a comment": ("comment", repeated("219-09-9999"), "US social security number"),
    "a BSN in words": ("comment", repeated("BSN 111222333"), "Dutch BSN"),
    "a NHS number in words": ("comment", repeated("NHS number 943 476 5919"), "NHS number"),
    "a codice fiscale": ("comment", repeated("RSSMRA85T10A562S"), "Italian codice fiscale"),
    "cards as numbers": ("x", many(lambda p: int(p.card().replace(" ", "").replace("-", ""))),
                         "card number"),
    "cards with gaps as floats": (
        "x", [*many(lambda p: float(p.fake.credit_card_number("visa16")))[:-1], np.nan],
        "card number"),
    "BSNs under a telling name": ("klant_bsn", many(lambda p: p.fake.ssn(), "nl_NL"), "Dutch BSN"),
    "BSNs under no name": ("x7", many(lambda p: p.fake.ssn(), "nl_NL"), "Dutch BSN"),
    "PESELs as numbers": ("x7", many(lambda p: p.fake.pesel(), "pl_PL"), "Polish PESEL"),
    "NIRs": ("x", many(lambda p: p.fake.ssn(), "fr_FR"), "French social security number"),
    "CPFs without points": ("x", many(lambda p: p.fake.ssn(), "pt_BR"), "Brazilian CPF"),
    "CNPJs": ("x", many(lambda p: p.fake.cnpj(), "pt_BR"), "Brazilian CNPJ"),
    "DNIs": ("x", many(lambda p: p.fake.nif(), "es_ES"), "Spanish DNI or NIE"),
    "personnummer": ("x", many(lambda p: p.fake.ssn(), "sv_SE"), "Swedish personnummer"),
    "Steuer-IDs": ("x", many(lambda p: steuer_id(p.rng)), "German tax number"),
    "Aadhaar numbers": ("x", many(lambda p: aadhaar(p.rng)), "Indian Aadhaar number"),
    "NHS numbers": ("x", many(lambda p: nhs(p.rng)), "NHS number"),
    "NI numbers": ("x", many(lambda p: nino(p.rng)), "UK national insurance number"),
    "phones by name": ("mobile", many(lambda p: p.fake.numerify("8#########"), "en_IN"),
                       "phone number"),
    "surnames": ("Surname", many(lambda p: p.fake.last_name()), "name of a person"),
    "customers' names": ("customerName", many(lambda p: p.fake.name()), "name of a person"),
    "names under no name": (
        "x", many(lambda p: f"{p.fake.first_name()} {p.fake.last_name()}", "en_US"),
        "name of a person"),
    "addresses": ("x", many(lambda p: p.fake.street_address(), "it_IT"), "postal address"),
    "mail addresses as categories": (
        "x", pd.Categorical(["a.b@corp-mail.org", "c.d@corp-mail.org"] * 100), "mail address"),
}  # fmt: skip


@pytest.mark.parametrize("fault", COLUMNS)
def test_what_is_personal_in_a_column_is_found_and_not_repeated(fault):
    name, values, kind = COLUMNS[fault]
    frame = made_table(3, rows=200)
    frame[name] = values
    found = failed_in_table("privacy.personal_columns", frame)
    assert {(f.subject, f.details["kind"]) for f in found} == {(name, kind)}
    guessed = kind in ("name of a person", "postal address")
    assert found[0].severity == ("warning" if guessed else "error")
    said = json.dumps([f.sentence + f.remedy + str(f.details) for f in found])
    assert not any(len(str(v)) > 6 and str(v) in said for v in frame[name].astype(object))


def business_tables() -> dict[str, pd.DataFrame]:
    """Return tables as businesses have them, with codes of many makes and nothing personal."""
    tables = {f"{locale} {seed}": People(locale, 40 + seed).decoys(400)
              for locale in LOCALES[:6] for seed in range(2)}  # fmt: skip
    rng = np.random.default_rng(5)
    words = np.array(["red", "blue", "chair", "table", "oak", "steel", "Lamp", "Desk", "Sofa"])
    products = [" ".join(w).title() for w in words[rng.integers(0, 9, (400, 2))]]
    firms = rng.choice(["Ltd", "GmbH", "Inc", "SA"], 400)
    letters = rng.choice(list("ABCDEFGH"), 400)
    tables["shop"] = pd.DataFrame(
        {
            "product_name": products,
            "company": [f"{a} {b}" for a, b in zip(products, firms, strict=True)],
            "city": rng.choice(["New York", "San Jose", "Los Angeles", "Rio Verde"], 400),
            "job": rng.choice(["Sales Manager", "Data Engineer", "Nurse Practitioner"], 400),
            "sku": [f"{n:08d}-{c}" for n, c in zip(numbers(rng, 8), letters, strict=True)],
            "ean": rng.integers(4 * 10**12, 5 * 10**12, 400),
            "ip": [".".join(map(str, part)) for part in rng.integers(0, 256, (400, 4))],
            "coordinates": [f"{a:.6f}, {b:.6f}" for a, b in rng.uniform(-90, 90, (400, 2))],
            "hours": rng.choice(["09:00-17:00", "10:30-18:30"], 400),
            "file": [f"/data/2024/05/part-{n:05d}.parquet" for n in range(400)],
            "url": [f"https://shop.example.net/item/{n}" for n in numbers(rng, 9)],
        }
    )
    return tables


def numbers(rng: np.random.Generator, digits: int) -> np.ndarray:
    return rng.integers(10 ** (digits - 1), 10**digits, 400)


def test_tables_without_anything_personal_raise_no_alarm():
    tables = {**clean_tables(), **business_tables(), "credit": pd.read_csv(CREDIT)}
    loud = {}
    for name, frame in tables.items():
        said = [f.sentence for f in failed_in_table("privacy.personal_columns", frame)]
        if said:
            loud[name] = said
    assert len(tables) >= 35
    assert len(loud) <= 0.05 * len(tables), loud


def test_fifty_thousand_rows_take_about_a_second():
    rng = np.random.default_rng(0)
    rows = 50_000
    words = np.array(["the", "red", "fox", "went", "over", "a", "hill", "to", "see", "birds"])
    frame = made_table(0, rows).drop(columns="target")
    frame["uuid"] = pd.util.hash_array(np.arange(rows)).astype(str)
    frame["comment"] = [" ".join(w) for w in words[rng.integers(0, len(words), (rows, 8))]]
    frame["order"] = rng.integers(10**11, 10**12, rows)
    assert frame.shape == (rows, 15)
    failed_in_table("privacy.personal_columns", frame.iloc[:100])  # imports
    began = time.process_time()
    assert failed_in_table("privacy.personal_columns", frame) == []
    assert time.process_time() - began < 3  # about 0.8 s on an idle machine
