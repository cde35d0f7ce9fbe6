"""Phone numbers: international, in the usual national forms, or told by the words before them."""

from __future__ import annotations

import re

from notewright.governance.checks.identifiers.checksums import digits_of
from notewright.governance.checks.identifiers.pattern import Pattern

#: Calling codes that are in use, by their first digits (ITU-T E.164).
_COUNTRIES = re.compile(
    r"1|7|2[07]|21[1-8]|22\d|23\d|24\d|25[0-8]|26\d|29[0178]|3[0-469]|35\d|37\d|38[0-35-79]"
    r"|4[013-9]|42[013]|5[1-8]|50\d|59\d|6[0-6]|67[02-9]|68\d|69[0-2]|8[1246]|80[08]|85[02356]"
    r"|87[08]|88[0126-8]|9[0-58]|96[0-8]|97[0-79]|99[2-68]"
)
_DATE = re.compile(r"\d{1,2}([ /-])\d{1,2}\1(?:19|20)\d\d|\d\d([/-])\d\d\2\d\d(?!\d)")
_GROUPS = r"[ ./-]?(?:\(?\d{1,5}\)?[ ./-]{0,2}){1,5}\d{2,5}"
_EXTENSION = r"(?:[ ]?x\d{1,5})?(?![\w-])"

WORDS = re.compile(
    r"(?i)\b(?:tele?(?:ph?on|f[oó]n|foon)\w*|t[eé]l[eé](?:phone|fono)\w*|tel|t[eé]l|tlf|tfn?o"
    r"|phone|smartphone|mobil\w*|mobiel\w*|m[oó]vil\w*|portable|cell(?= ?(?:no|number|phone|:))"
    r"|cellulare|cellphone|cellular"
    r"|celular|telem[oó]vel|handy\w*|kom[oó]rk\w*|whatsapp|fax|call(?:ed|s|ing|back)?(?!\()|dial"
    r"|r[uü]ck?ruf\w*|rufen?|anruf\w*|angerufen|appel\w*|joindre|ll[aá]m\w*|chiam\w*|bel|bellen"
    r"|gebeld|zadzwo\w*|dzwo\w*|lig(?:ue|ar|ou)|ringa? (?:me|us|mig|oss)|conta[ck]t\w*|kontakt\w*"
    r"|contat\w*|reach (?:me|us|him|her)|फ़?ोन)\b"
)


def _international(text: str) -> bool:
    digits = digits_of(text.partition("x")[0])
    digits = digits[2:] if digits.startswith("00") else digits
    return 8 <= len(digits) <= 15 and len(set(digits)) > 2 and bool(_COUNTRIES.match(digits))


def _national(text: str) -> bool:
    digits = digits_of(text.partition("x")[0])
    year = re.match(r"\((?:19|20)\d\d\)", text)
    return 8 <= len(digits) <= 12 and len(set(digits)) > 2 and not year and not _DATE.match(text)


def _told(text: str) -> bool:
    digits = digits_of(text.partition("x")[0])
    return 7 <= len(digits) <= 13 and len(set(digits)) > 2 and not _DATE.match(text)


PHONES = tuple(
    Pattern("phone number", re.compile(expression), valid, context, alone, numeric=True)
    for expression, valid, context, alone in (
        (
            r"(?<![\w.+-])\+[1-9]\d{0,2}" + _GROUPS + _EXTENSION,
            _international,
            None,
            True,
        ),
        (
            r"(?<![\w.+-])00[1-9]\d{0,2}(?=[ ./(-])" + _GROUPS + _EXTENSION,
            _international,
            WORDS,
            True,
        ),
        (
            r"(?<![\w.+-])\(\d{2,5}\)[ ]?\d{2,5}(?:[ -]?\d{2,5}){1,3}" + _EXTENSION,
            _national,
            None,
            True,
        ),
        (
            r"(?<![\w.+-])(?:1[-.])?[2-9]\d{2}([-.])\d{3}\1\d{4}" + _EXTENSION,
            _national,
            None,
            True,
        ),
        (
            r"(?<![\w.,+/:-])0[1-9]\d{0,3}(?:[ /-]\d{2,8}(?:[ -]\d{2,5}){0,3}|(?:\.\d\d){4})"
            + _EXTENSION,
            _national,
            WORDS,
            True,
        ),
        (r"(?<![\w.+-])\(?\d{2,5}\)?(?:[ ./-]?\d{2,5}){1,6}" + _EXTENSION, _told, WORDS, False),
    )
)
