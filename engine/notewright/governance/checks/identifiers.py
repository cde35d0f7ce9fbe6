"""Patterns of personal identifiers and secrets, with their checksums."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass


def luhn(digits: str) -> bool:
    """Tell whether the digits pass the Luhn check of payment cards.

    Examples
    --------
    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def iban(text: str) -> bool:
    """Tell whether the text passes the mod 97 check of ISO 13616.

    Examples
    --------
    >>> iban("DE89370400440532013000"), iban("DE88370400440532013000")
    (True, False)
    """
    moved = text[4:] + text[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


@dataclass(frozen=True)
class Pattern:
    """One kind of identifier.

    Parameters
    ----------
    kind : str
        What it is, in words.
    expression : re.Pattern
        What it looks like.
    valid : callable, optional
        A check of what matched, after spaces and hyphens are taken out.
    """

    kind: str
    expression: re.Pattern[str]
    valid: Callable[[str], bool] | None = None


def _card(text: str) -> bool:
    issuer = re.match(r"4|5[1-5]|2[2-7]|3[4-7]|6(?:011|4|5)|35|30[0-5]|3[689]", text)
    return issuer is not None and len(set(text)) > 1 and luhn(text)


def _phone(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return 8 <= len(digits) <= 15 and len(set(digits)) > 2


#: Of people, in columns and sources.
PERSONAL = (
    Pattern(
        "mail address",
        re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[A-Za-z]{2,24}(?![\w-])"),
        # documentation and tests use these on purpose
        lambda text: not re.search(r"@example\.|@(?:.+\.)?(?:example|test|invalid)$", text),
    ),
    Pattern(
        "IBAN",
        re.compile(
            r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}"
            r"(?:[ ]?[A-Z0-9]{1,3})?(?![A-Z0-9])"
        ),
        lambda text: 15 <= len(text) <= 34 and iban(text),
    ),
    Pattern("card number", re.compile(r"(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d.-])"), _card),
    Pattern(
        "phone number",
        re.compile(
            r"(?<![\w.+-])(?:\+|00)[1-9]\d{0,2}[ ./-]?(?:\(?\d{1,5}\)?[ ./-]?){1,5}\d{2,5}(?![\w-])"
            r"|(?<![\w.+-])\(\d{2,5}\)[ ]?\d{3,4}[ -]?\d{3,5}(?![\w-])"
            r"|(?<![\w.+-])[2-9]\d{2}-\d{3}-\d{4}(?![\w-])"
        ),
        _phone,
    ),
)

#: Of machines, told by their form.
TOKENS = (
    Pattern("private key", re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")),
    Pattern("AWS access key", re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")),
    Pattern("GitHub token", re.compile(r"(?<!\w)(?:gh[pousr]_\w{36,255}|github_pat_\w{22,255})")),
    Pattern("Slack token", re.compile(r"(?<!\w)xox[abprs]-[\w-]{10,}")),
    Pattern("Google API key", re.compile(r"(?<!\w)AIza[\w-]{35}(?!\w)")),
    Pattern("Stripe key", re.compile(r"(?<!\w)[sr]k_live_\w{20,}")),
    Pattern("JSON web token", re.compile(r"(?<!\w)eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")),
    Pattern("GitLab token", re.compile(r"(?<!\w)glpat-[\w-]{20,}")),
    Pattern("Hugging Face token", re.compile(r"(?<!\w)hf_[A-Za-z0-9]{30,}(?!\w)")),
    Pattern("API key", re.compile(r"(?<![\w-])sk-(?=[\w-]*\d)[\w-]{20,}")),
)

#: Of machines, in sources.
SECRETS = (
    *TOKENS,
    Pattern("password in an address", re.compile(r"\b[a-z][a-z0-9+]*://[^\s/:@'\"]+:[^\s/@'\"]+@")),
    Pattern(
        "secret assigned to a name",
        re.compile(
            r"(?i)\b\w*(?:passwo?r?d|secret|api_?key|auth_?token|access_?token)\w*\s*=\s*"
            r"['\"](?!\s*['\"])[^'\"\s{}]{8,}['\"]"
        ),
    ),
)


def find(text: str, patterns: tuple[Pattern, ...]) -> Iterator[tuple[str, str]]:
    """Yield ``(kind, what matched)`` for everything in `text`; a stretch counts once."""
    taken: list[tuple[int, int]] = []
    for pattern in patterns:
        for match in pattern.expression.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            found = match.group()
            bare = re.sub(r"[ -]", "", found) if pattern.kind != "mail address" else found
            if pattern.valid is None or pattern.valid(bare):
                taken.append(match.span())
                yield pattern.kind, found
