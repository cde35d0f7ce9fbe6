"""Patterns of personal identifiers and secrets, with their checksums."""

from __future__ import annotations

from notewright.governance.checks.identifiers.addresses import ADDRESSES
from notewright.governance.checks.identifiers.banking import ACCOUNTS, CARDS
from notewright.governance.checks.identifiers.checksums import iban, luhn
from notewright.governance.checks.identifiers.names import TITLED_NAMES
from notewright.governance.checks.identifiers.national import NATIONAL
from notewright.governance.checks.identifiers.pattern import Pattern, find
from notewright.governance.checks.identifiers.phones import PHONES
from notewright.governance.checks.identifiers.secrets import MAIL, SECRETS, TOKENS

__all__ = ["GUESSES", "PERSONAL", "SECRETS", "TOKENS", "Pattern", "find", "iban", "luhn"]

#: Of people, by form and checksum. An earlier pattern takes the stretch.
PERSONAL = (*MAIL, *ACCOUNTS, *NATIONAL, *CARDS, *PHONES)

#: Of people, by words: they miss much, and are now and then wrong.
GUESSES = (*TITLED_NAMES, *ADDRESSES)
