"""Texts and tables in which it is known what is personal: made by Faker, in several locales."""

from __future__ import annotations

import hashlib
import random
import string
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from tests.governance.labelled.numbers import key, national
from tests.governance.labelled.sentences import CALLED, KEYED, TEMPLATES

LOCALES = (
    "en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "pt_BR", "sv_SE",
    "en_IN",
)  # fmt: skip
#: Kinds that have a form, as the engine calls them; the others are guessed from words.
GUESSED = ("name of a person", "postal address")


@dataclass(frozen=True)
class Labelled:
    """A text, and what in it is personal or secret: (kind, value)."""

    text: str
    labels: tuple[tuple[str, str], ...]


class People:
    """Makes labelled texts and tables of one locale, the same for the same seed."""

    def __init__(self, locale: str, seed: int = 0) -> None:
        from faker import Faker

        self.locale = locale
        self.fake = Faker(locale)
        self.fake.seed_instance(seed)
        self.rng = random.Random(seed)

    def mail(self) -> str:
        # Faker's domains for mail are those set aside for examples
        return f"{self.fake.ascii_email().partition('@')[0]}@{self.fake.domain_name()}"

    def value(self, slot: str) -> tuple[str | None, str]:
        """Return the kind of a slot's value (None for a decoy) and the value."""
        fake = self.fake
        personal: dict[str, tuple[str, Callable[[], str]]] = {
            "mail": ("mail address", self.mail),
            "phone": ("phone number", fake.phone_number),
            "card": ("card number", self.card),
            "iban": ("IBAN", fake.iban),
            "name": ("name of a person", lambda: f"{fake.first_name()} {fake.last_name()}"),
            "address": ("postal address", lambda: fake.street_address().replace("\n", ", ")),
        }
        if slot in personal:
            kind, make = personal[slot]
            return kind, make()
        return None, self.decoy(slot)

    def card(self) -> str:
        number = str(self.fake.credit_card_number(self.rng.choice(["visa", "mastercard", "amex"])))
        if len(number) == 16 and self.rng.random() < 0.4:
            gap = self.rng.choice(" -")
            return gap.join(number[at : at + 4] for at in range(0, 16, 4))
        return number

    def decoy(self, slot: str) -> str:
        rng = self.rng
        when = datetime(2019, 1, 1) + timedelta(seconds=rng.randrange(200_000_000))
        digits = "".join(
            rng.choice("0123456789") for _ in range(rng.choice([8, 9, 10, 11, 12, 16]))
        )
        made: dict[str, Callable[[], str]] = {
            "order": lambda: rng.choice(
                [digits, f"#{digits[:9]}", f"{digits[:4]}-{digits[:6]}", f"ORD-{digits}"]
            ),
            "invoice": lambda: f"INV-{when.year}-{rng.randrange(10**6):06d}",
            "uuid": lambda: str(uuid.UUID(int=rng.getrandbits(128))),
            "hash": lambda: hashlib.sha1(digits.encode()).hexdigest()[: rng.choice([7, 12, 40])],
            "version": lambda: ".".join(str(rng.randrange(30)) for _ in range(rng.choice([3, 4]))),
            "price": lambda: rng.choice(
                [f"{rng.uniform(1, 9000):,.2f} EUR", f"${rng.uniform(1, 99):.2f}"]
            ),
            "date": lambda: when.strftime(
                rng.choice(["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y"])
            ),
            "stamp": lambda: rng.choice(
                [
                    when.isoformat(sep=" "),
                    str(int(when.timestamp())),
                    str(int(when.timestamp() * 1000)),
                    when.strftime("%Y%m%dT%H%M%SZ"),
                    when.strftime("%d/%b/%Y:%H:%M:%S +0200"),
                ]
            ),
        }
        return made[slot]()

    def texts(self, count: int) -> Iterator[Labelled]:
        """Yield labelled sentences; every fifth has a key or a password."""
        for number in range(count):
            secret = number % 5 == 4
            template = self.rng.choice(KEYED if secret else TEMPLATES[self.locale])
            labels: list[tuple[str, str]] = []
            values: dict[str, str] = {}
            number_kind, number_value = national(self.fake, self.locale, self.rng)
            for _, slot, _, _ in string.Formatter().parse(template):
                if slot is None:
                    continue
                if slot == "called":
                    values[slot] = self.rng.choice(CALLED[number_kind])
                    continue
                kind: str | None
                if slot == "national":
                    kind, values[slot] = number_kind, number_value
                elif slot == "key":
                    kind, values[slot] = key(self.rng)
                    if "=" in values[slot] and not template.startswith("Server"):
                        kind, values[slot] = (
                            "AWS access key",
                            "AKIA"
                            + "".join(self.rng.choice(string.ascii_uppercase) for _ in range(16)),
                        )
                else:
                    kind, values[slot] = self.value(slot)
                if kind is not None:
                    labels.append((kind, values[slot]))
            yield Labelled(template.format(**values), tuple(labels))

    def table(self, rows: int) -> tuple[pd.DataFrame, dict[str, str]]:
        """Return a table, and the kind of what is in each personal column; decoys have none."""
        kinds = {"customer_mail": "mail address", "phone": "phone number", "card_no": "card number"}
        kinds |= {"f7": "IBAN", "pan": "card number", "contact": "mail address"}
        frame = pd.DataFrame(
            {
                "customer_mail": [self.mail() for _ in range(rows)],
                "contact": [self.mail() if n % 9 == 0 else "none" for n in range(rows)],
                "phone": [self.fake.phone_number() for _ in range(rows)],
                "card_no": [self.card() for _ in range(rows)],
                "pan": [int(self.card().replace(" ", "").replace("-", "")) for _ in range(rows)],
                "f7": [self.fake.iban() for _ in range(rows)],
            }
        )
        made = [national(self.fake, self.locale, self.rng) for _ in range(rows)]
        for kind in dict.fromkeys(kind for kind, _ in made):
            column = CALLED[kind][0].replace(" ", "_").lower()
            values = [value if k == kind else None for k, value in made]
            frame[column] = values
            kinds[column] = kind
        return pd.concat([frame, self.decoys(rows)], axis=1), kinds

    def decoys(self, rows: int) -> pd.DataFrame:
        """Return columns that hold nothing personal."""
        rng = np.random.default_rng(self.rng.randrange(2**32))

        def numbers(digits: int) -> np.ndarray:
            return rng.integers(10 ** (digits - 1), 10**digits, rows)

        frame = {f"order_{n}": numbers(n) for n in (8, 9, 10, 11, 12, 14, 16)}
        frame |= {f"ref_{n}": numbers(n).astype(str) for n in (9, 10, 11, 13, 15)}
        start = int(numbers(12)[0]) * 1000
        frame["running_number"] = np.arange(start, start + rows)
        letters = rng.choice(list("ABCDEFGHJKLMNPQRSTVWXYZ"), rows)
        frame["article"] = [f"{n}{c}" for n, c in zip(numbers(8), letters, strict=True)]
        for slot in ("uuid", "hash", "version", "price", "date", "stamp", "invoice", "order"):
            frame[slot] = [self.decoy(slot) for _ in range(rows)]
        frame["epoch"] = rng.integers(1_500_000_000, 1_800_000_000, rows)
        frame["epoch_ms"] = frame["epoch"] * 1000 + 7
        frame["amount"] = rng.lognormal(8, 2, rows).round(2)
        frame["ratio"] = rng.random(rows)
        return pd.DataFrame(frame)
