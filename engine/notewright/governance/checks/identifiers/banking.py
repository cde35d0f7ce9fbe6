"""Numbers of payment cards and bank accounts."""

from __future__ import annotations

import re

from notewright.governance.checks.identifiers.checksums import digits_of, iban, luhn
from notewright.governance.checks.identifiers.pattern import Pattern


def _account(text: str) -> bool:
    bare = text.replace(" ", "")
    return 15 <= len(bare) <= 34 and iban(bare)


#: Of the networks: how numbers begin, and how long they are (ISO/IEC 7812).
_ISSUED = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}|3[47]\d{13}"
    r"|(?:6011|65\d\d|64[4-9]\d)\d{12,15}|62\d{14,17}|35(?:2[89]|[3-8]\d)\d{12,15}"
    r"|(?:1800|2131)\d{11}|3(?:0[0-5]|09|[689]\d)\d{11}"
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{9,15}"
)


def _card(text: str) -> bool:
    digits = digits_of(text)
    return bool(_ISSUED.fullmatch(digits)) and len(set(digits)) > 1 and luhn(digits)


ACCOUNTS = (
    Pattern(
        "IBAN",
        re.compile(
            r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}"
            r"(?:[ ]?[A-Z0-9]{1,3})?(?![A-Z0-9])"
        ),
        _account,
        chance=1 / 97,
    ),
)

CARDS = (
    Pattern(
        "card number",
        re.compile(
            r"(?<![\w.+-])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5})"
            r"(?![\w-]|\.\d)"
        ),
        _card,
        numeric=True,
        chance=0.1,
    ),
)
