"""Numbers and keys that Faker does not make, by formulas that are not those of the engine."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from typing import Any


def steuer_id(rng: random.Random) -> str:
    """German tax number: one digit twice or three times; ISO 7064 mod 11,10 by trying."""
    while True:
        digits = rng.sample("0123456789", 9)
        digits.insert(rng.randrange(10), rng.choice(digits))
        if digits[0] != "0":
            break
    for check in "0123456789":
        state = 5  # the recursion of ISO 7064, over all eleven digits: the last sum is 1
        for digit in [*digits, check]:
            state = ((state or 10) * 2 % 11 + int(digit)) % 10
        if state == 1:
            return "".join(digits) + check
    raise AssertionError


def nhs(rng: random.Random) -> str:
    """NHS number: the weighted sum of all ten digits is a multiple of 11."""
    while True:
        digits = [rng.randrange(10) for _ in range(10)]
        if sum(d * (10 - n) for n, d in enumerate(digits)) % 11 == 0:
            text = "".join(map(str, digits))
            return f"{text[:3]} {text[3:6]} {text[6:]}" if rng.random() < 0.5 else text


def nino(rng: random.Random) -> str:
    """National insurance number, by the rules of HMRC's manual NIM39110."""
    while True:
        prefix = rng.choice("ABCEGHJKLMNOPRSTWXYZ") + rng.choice("ABCEGHJKLMNPRSTWXYZ")
        if prefix not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"):
            break
    pairs = [f"{rng.randrange(100):02d}" for _ in range(3)]
    gap = rng.choice(["", " "])
    return gap.join([prefix, *pairs, rng.choice("ABCD")])


def aadhaar(rng: random.Random) -> str:
    """Aadhaar number: Verhoeff, by the group of symmetries of a pentagon itself."""

    def times(a: int, b: int) -> int:
        if a < 5:
            return (a + b) % 5 if b < 5 else (a + b) % 5 + 5
        return (a - b) % 5 + 5 if b < 5 else (a - b) % 5

    turn = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
    while True:
        digits = [rng.randrange(2, 10), *(rng.randrange(10) for _ in range(11))]
        check = 0
        for place, digit in enumerate(reversed(digits)):
            turned = digit
            for _ in range(place % 8):
                turned = turn[turned]
            check = times(check, turned)
        if check == 0:
            text = "".join(map(str, digits))
            grouped = f"{text[:4]} {text[4:8]} {text[8:]}"
            return grouped if rng.random() < 0.5 else text


def key(rng: random.Random) -> tuple[str, str]:
    """Return a kind of key or token, and one."""

    def some(n: int, letters: str = string.ascii_letters + string.digits) -> str:
        return "".join(rng.choice(letters) for _ in range(n))

    upper = string.ascii_uppercase + string.digits
    made = {
        "AWS access key": lambda: "AKIA" + some(16, upper),
        "GitHub token": lambda: "ghp_" + some(36),
        "Slack token": lambda: f"xoxb-{some(12, string.digits)}-{some(24)}",
        "Google API key": lambda: "AIza" + some(35),
        "Stripe key": lambda: "sk_" + "live_" + some(24),
        "JSON web token": lambda: f"eyJ{some(17)}.eyJ{some(40)}.{some(43)}",
        "private key": lambda: "-----BEGIN RSA PRIVATE KEY-----",
        "password in an address": lambda: f"postgresql://app:{some(10)}@",
        "secret assigned to a name": lambda: f"password = '{some(12)}'",
        "password in a connection string": lambda: f"Password={some(11)}",
    }
    kind = rng.choice(list(made))
    return kind, made[kind]()


def national(fake: Any, locale: str, rng: random.Random) -> tuple[str, str]:
    """Return the kind of a national number of the locale, and one."""
    choices: dict[str, list[tuple[str, Callable[[], str]]]] = {
        "en_US": [("US social security number", fake.ssn)],
        "en_GB": [
            ("NHS number", lambda: nhs(rng)),
            ("UK national insurance number", lambda: nino(rng)),
        ],
        "de_DE": [
            ("German tax number", lambda: steuer_id(rng)),
            ("German pension insurance number", getattr(fake, "rvnr", fake.ssn)),
        ],
        "fr_FR": [("French social security number", fake.ssn)],
        "es_ES": [
            ("Spanish DNI or NIE", getattr(fake, "nif", fake.ssn)),
            ("Spanish DNI or NIE", getattr(fake, "nie", fake.ssn)),
        ],
        "it_IT": [("Italian codice fiscale", fake.ssn)],
        "nl_NL": [("Dutch BSN", fake.ssn)],
        "pl_PL": [("Polish PESEL", getattr(fake, "pesel", fake.ssn))],
        "pt_BR": [
            ("Brazilian CPF", getattr(fake, "cpf", fake.ssn)),
            ("Brazilian CPF", fake.ssn),
            ("Brazilian CNPJ", getattr(fake, "cnpj", fake.ssn)),
        ],
        "sv_SE": [("Swedish personnummer", fake.ssn)],
        "en_IN": [("Indian Aadhaar number", lambda: aadhaar(rng))],
    }
    kind, make = rng.choice(choices[locale])
    return kind, make()
