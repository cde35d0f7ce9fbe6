"""Numbers that states give to people, in the forms they are written in."""

from __future__ import annotations

import re
from collections.abc import Callable

from notewright.governance.checks.identifiers.checksums import (
    bsn,
    cnpj,
    codice_fiscale,
    cpf,
    digits_of,
    dni,
    nhs,
    nir,
    personnummer,
    pesel,
    rvnr,
    steuer_id,
    verhoeff,
)
from notewright.governance.checks.identifiers.pattern import Pattern

_LEFT, _RIGHT = r"(?<![\w.+-])", r"(?![\w-])(?!\.\d)"
_SSN = r"(?!000|666|9\d\d){}(?!00){}(?!0000){}"


def _written(check: Callable[[str], bool]) -> Callable[[str], bool]:
    """Return the check, for a text with blanks and the like between the characters."""
    return lambda text: check(re.sub(r"[ ./-]", "", text).upper())


def _numbers(check: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: len(set(digits_of(text))) > 1 and check(digits_of(text))


def _pattern(
    kind: str,
    expression: str,
    check: Callable[[str], bool] | None,
    words: str = "",
    chance: float = 0.0,
    numeric: bool = True,
) -> Pattern:
    return Pattern(
        kind,
        re.compile(_LEFT + expression + _RIGHT),
        check,
        re.compile(rf"(?i)\b(?:{words})\b") if words else None,
        alone=not words,
        numeric=numeric,
        chance=chance,
    )


_US = r"ssn|ssns|social security|social|soc sec"
_DE = r"steuer\w*|idnr|id-nr|tin|tax\w*|iden?tifikationsnummer"
_NL = r"bsn|burgerservice\w*|sofi\w*|citizen service"
_SE = r"person(?:nummer|nr|numret)|pnr|samordningsnummer|personal identity"
_IN = r"aadh?aa?r|uidai|uid|आधार"

NATIONAL = (
    _pattern(
        "Brazilian CNPJ",
        r"[\dA-Z]{2}\.[\dA-Z]{3}\.[\dA-Z]{3}/[\dA-Z]{4}-\d{2}",
        _written(cnpj),
        chance=0.02,
        numeric=False,
    ),
    _pattern("Brazilian CNPJ", r"\d{14}", _numbers(cnpj), "cnpjs?", 0.02),
    _pattern("Brazilian CPF", r"\d{3}\.\d{3}\.\d{3}-\d{2}", _numbers(cpf), chance=0.02),
    _pattern("Brazilian CPF", r"\d{9}-?\d{2}", _numbers(cpf), "cpfs?", 0.02),
    _pattern(
        "French social security number",
        r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}",
        _written(nir),
        chance=0.02,
    ),
    _pattern(
        "Italian codice fiscale",
        r"(?i:[A-Z]{6}[\dLMNP-V]{2}[A-EHLMPRST][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z])",
        _written(codice_fiscale),
        chance=0.05,
        numeric=False,
    ),
    _pattern(
        "German pension insurance number",
        r"\d{2} ?(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2} ?[A-Z] ?\d{2} ?\d",
        _written(rvnr),
        chance=0.1,
    ),
    _pattern(
        "Spanish DNI or NIE",
        r"(?:\d{8}|\d{2}\.\d{3}\.\d{3}|[XYZ][ -]?\d{7})[ -]?[A-HJ-NP-TV-Z]",
        _written(dni),
        chance=0.05,
    ),
    _pattern(
        "UK national insurance number",
        r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]",
        None,
        numeric=False,
    ),
    _pattern(
        "Swedish personnummer",
        r"(?:19)?\d{2}[01]\d[0-9]\d[-+]\d{4}",
        _numbers(personnummer),
        chance=0.1,
    ),
    _pattern(
        "Swedish personnummer",
        r"(?:(?:19|20)?\d{6}[-+ ]?\d{4})",
        _numbers(personnummer),
        _SE,
        0.1,
    ),
    _pattern("US social security number", _SSN.format(r"\d{3}-", r"\d{2}-", r"\d{4}"), None),
    _pattern(
        "US social security number",
        _SSN.format(r"\d{3}[ -]?", r"\d{2}[ -]?", r"\d{4}"),
        None,
        _US,
        1.0,
    ),
    _pattern(
        "Indian Aadhaar number",
        r"(?<!\d[ -])[2-9]\d{3} \d{4} \d{4}(?! \d)",
        _numbers(verhoeff),
        chance=0.1,
    ),
    _pattern(
        "Indian Aadhaar number",
        r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}",
        _numbers(verhoeff),
        _IN,
        0.1,
    ),
    _pattern("NHS number", r"\d{3}[ -]?\d{3}[ -]?\d{4}", _numbers(nhs), "nhs|nhsn\\w*", 0.1),
    _pattern("Dutch BSN", r"\d{4}[. ]\d{2}[. ]\d{3}", _numbers(bsn), _NL, 0.1),
    _pattern("Dutch BSN", r"\d{8,9}", _numbers(bsn), _NL, 0.1),
    _pattern("Polish PESEL", r"\d{11}", _numbers(pesel), "pesel\\w*", 0.1),
    _pattern(
        "German tax number",
        r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}",
        _numbers(steuer_id),
        _DE,
        0.1,
    ),
)
