"""Checksums of numbers that are given to people and accounts."""

from __future__ import annotations

import re


def digits_of(text: str) -> str:
    """Return the digits of a text."""
    return re.sub(r"\D", "", text)


def luhn(digits: str) -> bool:
    """Tell whether the digits pass the Luhn check of payment cards (ISO/IEC 7812-1).

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
    """Tell whether the text passes the mod 97 check of IBANs (ISO 13616, ISO 7064).

    Examples
    --------
    >>> iban("DE89370400440532013000"), iban("DE88370400440532013000")
    (True, False)
    """
    moved = text[4:] + text[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    """Return the sum of the digits, each times its weight."""
    return sum(int(d) * w for d, w in zip(digits, weights, strict=True))


def nhs(digits: str) -> bool:
    """Tell whether ten digits are an NHS number (mod 11, NHS Data Dictionary).

    Examples
    --------
    >>> nhs("9434765919"), nhs("9434765918")
    (True, False)
    """
    return (11 - weighted(digits[:9], (10, 9, 8, 7, 6, 5, 4, 3, 2))) % 11 == int(digits[9])


def steuer_id(digits: str) -> bool:
    """Tell whether eleven digits are a German tax identification number.

    ISO 7064 mod 11,10; of the first ten digits exactly one is there twice or three times.

    Examples
    --------
    >>> steuer_id("86095742719"), steuer_id("86095742718"), steuer_id("12345678903")
    (True, False, False)
    """
    counts = sorted((digits[:10].count(d) for d in set(digits[:10])), reverse=True)
    if digits[0] == "0" or counts[0] not in (2, 3) or counts[1:2] != [1]:
        return False
    product = 10
    for digit in digits[:10]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def rvnr(text: str) -> bool:
    """Tell whether a text is a German pension insurance number (VKVV, section 4).

    Examples
    --------
    >>> rvnr("65170839J003"), rvnr("65170839J008")
    (True, False)
    """
    digits = text[:8] + f"{ord(text[8]) - 64:02d}" + text[9:]
    total = 0
    for digit, weight in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=False):
        total += sum(divmod(int(digit) * weight, 10))
    return total % 10 == int(digits[-1])


def nir(text: str) -> bool:
    """Tell whether a text is a French social security number (mod 97; Corsica has letters).

    Examples
    --------
    >>> nir("255081416802538"), nir("255081416802539"), nir("253012A07300443")
    (True, False, False)
    """
    number = text[:13].replace("2A", "19").replace("2B", "18")
    return number.isdigit() and 97 - int(number) % 97 == int(text[13:])


def dni(text: str) -> bool:
    """Tell whether a text is a Spanish DNI or NIE, whose letter is its number mod 23.

    Examples
    --------
    >>> dni("12345678Z"), dni("12345678A"), dni("X1234567L")
    (True, False, True)
    """
    number = int(text[:-1].translate(str.maketrans("XYZ", "012")))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] == text[-1]


_ODD_DIGITS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_ODD_LETTERS = (*_ODD_DIGITS, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", (*_ODD_DIGITS, *_ODD_LETTERS), strict=True))


def codice_fiscale(text: str) -> bool:
    """Tell whether the last letter of an Italian codice fiscale is right (D.M. 12.3.1974).

    Examples
    --------
    >>> codice_fiscale("RSSMRA85T10A562S"), codice_fiscale("RSSMRA85T10A562T")
    (True, False)
    """
    total = 0
    for place, character in enumerate(text[:15]):
        even = int(character) if character.isdigit() else ord(character) - 65
        total += even if place % 2 else _ODD[character]
    return chr(65 + total % 26) == text[15]


def bsn(digits: str) -> bool:
    """Tell whether eight or nine digits are a Dutch BSN (11-test).

    Examples
    --------
    >>> bsn("111222333"), bsn("111222334")
    (True, False)
    """
    return int(digits) > 0 and weighted(digits.zfill(9), (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def pesel(digits: str) -> bool:
    """Tell whether eleven digits are a Polish PESEL: a date of birth and a checksum.

    Examples
    --------
    >>> pesel("44051401359"), pesel("44051401358"), pesel("44991401359")
    (True, False, False)
    """
    month, day = int(digits[2:4]) % 20, int(digits[4:6])
    total = weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1))
    return 1 <= month <= 12 and 1 <= day <= 31 and total % 10 == 0


def cpf(digits: str) -> bool:
    """Tell whether eleven digits are a Brazilian CPF (two check digits, mod 11).

    Examples
    --------
    >>> cpf("11144477735"), cpf("11144477734"), cpf("11111111111")
    (True, False, False)
    """
    if len(set(digits)) == 1:
        return False
    return all(
        weighted(digits[:n], tuple(range(n + 1, 1, -1))) * 10 % 11 % 10 == int(digits[n])
        for n in (9, 10)
    )


def cnpj(text: str) -> bool:
    """Tell whether 14 characters are a Brazilian CNPJ, of digits or with letters (from 2026).

    Examples
    --------
    >>> cnpj("11444777000161"), cnpj("11444777000162"), cnpj("12ABC34501DE35")
    (True, False, True)
    """
    values = [ord(c) - 48 for c in text]
    if len(set(text)) == 1:
        return False
    for n, weights in ((12, "543298765432"), (13, "6543298765432")):
        rest = sum(v * int(w) for v, w in zip(values, weights, strict=False)) % 11
        if values[n] != (0 if rest < 2 else 11 - rest):
            return False
    return True


_TIMES = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_TURNS = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def verhoeff(digits: str) -> bool:
    """Tell whether the digits pass the Verhoeff check of Aadhaar numbers (Verhoeff 1969).

    Examples
    --------
    >>> verhoeff("2363"), verhoeff("2364")
    (True, False)
    """
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_TIMES[check][int(_TURNS[place % 8][int(digit)])])
    return check == 0


def personnummer(digits: str) -> bool:
    """Tell whether ten or twelve digits are a Swedish personnummer: a date, and Luhn.

    Numbers of coordination have 60 added to the day.

    Examples
    --------
    >>> personnummer("8112189876"), personnummer("198112189875"), personnummer("8113189876")
    (True, False, False)
    """
    last = digits[-10:]
    month, day = int(last[2:4]), int(last[4:6])
    return 1 <= month <= 12 and (1 <= day <= 31 or 61 <= day <= 91) and luhn(last)
