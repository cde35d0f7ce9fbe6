"""Keys, tokens and passwords by their form or by the name they are given; and mail addresses."""

from __future__ import annotations

import math
import re

from notewright.governance.checks.identifiers.pattern import Pattern

MAIL = (
    Pattern(
        "mail address",
        re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[A-Za-z]{2,24}(?![\w-])"),
        # documentation and tests use these on purpose
        lambda text: not re.search(r"@example\.|@(?:.+\.)?(?:example|test|invalid)$", text),
        needs="@",
    ),
)

#: Of machines, told by their form.
TOKENS = (
    Pattern(
        "private key",
        re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY(?: BLOCK)?-----"),
        needs="PRIVATE KEY",
    ),
    Pattern("AWS access key", re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")),
    Pattern(
        "GitHub token",
        re.compile(r"(?<!\w)gh[pousr]_\w{36,255}"),
        needs="gh",
    ),
    Pattern("GitHub token", re.compile(r"(?<!\w)github_pat_\w{22,255}"), needs="github_pat_"),
    Pattern("Slack token", re.compile(r"(?<!\w)xox[abeoprs]-[\w-]{10,}"), needs="xox"),
    Pattern(
        "Slack address that takes messages",
        re.compile(r"hooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{16,}"),
        needs="hooks.slack",
    ),
    Pattern("Google API key", re.compile(r"(?<!\w)AIza[\w-]{35}(?![\w-])"), needs="AIza"),
    Pattern("Stripe key", re.compile(r"(?<!\w)(?:[sr]k_live_|whsec_)\w{20,}"), needs="_"),
    Pattern(
        "JSON web token",
        re.compile(r"(?<!\w)eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"),
        needs="eyJ",
    ),
    Pattern("GitLab token", re.compile(r"(?<!\w)glpat-[\w-]{20,}"), needs="glpat-"),
    Pattern("Hugging Face token", re.compile(r"(?<!\w)hf_[A-Za-z0-9]{30,}(?!\w)"), needs="hf_"),
    Pattern("PyPI token", re.compile(r"(?<!\w)pypi-[\w-]{50,}"), needs="pypi-"),
    Pattern("npm token", re.compile(r"(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)"), needs="npm_"),
    Pattern(
        "SendGrid key", re.compile(r"(?<!\w)SG\.[\w-]{16,32}\.[\w-]{32,64}(?!\w)"), needs="SG."
    ),
    Pattern("Azure storage key", re.compile(r"(?i)AccountKey=[\w+/]{60,}={0,2}"), needs="ccount"),
    Pattern("API key", re.compile(r"(?<![\w-])sk-(?=[\w-]*\d)[\w-]{20,}"), needs="sk-"),
)

_PLACEHOLDER = re.compile(
    r"(?i)[<\[{$%*]|\.\.\.|…|xxx|your|example|placeholder|redacted|dummy|change.?me|not.?set"
)
#: A value is as varied as a key from so many bits a character.
_VARIED = 3.0


def is_placeholder(value: str) -> bool:
    """Tell whether a value stands for a secret that is elsewhere.

    Examples
    --------
    >>> is_placeholder("<your key>"), is_placeholder("${DB_PASSWORD}"), is_placeholder("tea4two")
    (True, True, False)
    """
    return len(set(value)) < 3 or bool(_PLACEHOLDER.search(value[:200]))


def entropy(value: str) -> float:
    """Return the bits a character of a text: Shannon's entropy of how often each is there.

    Examples
    --------
    >>> entropy("aaaa"), entropy("abcd")
    (0.0, 2.0)
    """
    shares = [value.count(c) / len(value) for c in set(value)]
    return -math.fsum(p * math.log2(p) for p in shares) + 0.0


def _value(text: str) -> str:
    """Return what is assigned."""
    return re.split(r"[=:]\s*", text, maxsplit=1)[1].strip("'\"; ")


def _password(text: str) -> bool:
    return not is_placeholder(_value(text))


def _key(text: str) -> bool:
    value = _value(text)
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return mixed and not is_placeholder(value) and entropy(value) >= _VARIED


def _login(text: str) -> bool:
    password = text.rpartition("@")[0].rpartition(":")[2]
    return not is_placeholder(password) or re.fullmatch(r"\w+", password) is not None


_NAMED = r"\w*(?:passwo?r?d|passwd|passphrase|pwd|secret|api_?key|auth_?token|access_?token)"
#: Of machines, in sources.
SECRETS = (
    *TOKENS,
    Pattern(
        "password in an address",
        re.compile(r"\b[a-z][a-z0-9+]{0,30}://[^\s/:@'\"]{0,100}:[^\s/@'\"]{1,200}@"),
        _login,
        needs="://",
    ),
    Pattern(
        "password in a connection string",
        re.compile(r"(?i)(?<=[;\s'\"])(?:password|pwd)=[^;\s'\"{}]{4,}(?=[;\s'\"]|$)"),
        _password,
        needs="=",
    ),
    Pattern(
        "secret assigned to a name",
        re.compile(
            rf"(?i)\b{_NAMED}\w*['\"]?\s*(?:\]\s*)?[=:]\s*"
            r"['\"](?!\s*['\"])[^'\"\s{}]{8,}['\"]"
        ),
        _password,
    ),
    Pattern(
        "secret assigned to a name",
        re.compile(rf"(?im)^[ \t]*(?:export[ ])?{_NAMED}\w*=(?=\S*\d)[^\s'\"(){{}}\[\],]{{8,}}$"),
        _password,
        needs="=",
    ),
    Pattern(
        "secret assigned to a name",
        re.compile(
            r"(?i)\b\w*(?:key|token|credentials?|bearer)['\"]?\s*(?:\]\s*)?[=:]\s*"
            r"['\"][\w+/=.-]{20,}['\"]"
        ),
        _key,
    ),
    Pattern(
        "token in a header",
        re.compile(r"(?i)\b(?:bearer|basic)[ ](?=[\w+/=.-]*\d)[\w+/=.-]{16,}"),
        lambda text: entropy(text) >= _VARIED,
    ),
)
