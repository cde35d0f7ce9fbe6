"""Names of people: after a title or a greeting, and columns that are made of them.

There is no list of names behind it. In running text a name is found only where words before
it say that one follows; in a column, where its name says so, or where the values are built as
names of people are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from notewright.governance.checks.identifiers.pattern import Pattern, words_of

_CAP = r"(?:(?:[A-ZÀ-ÖØ-ÞŁŚŻŹĆŃČŠŽĐ]|[OD]['’][A-Z])[^\W\d_]*(?:['’-][^\W\d_]+)*|[A-Z]\.)"
_SMALL = r"(?:van|von|der|den|de|del|della|di|da|dos?|das|la|le|zu|ten|ter|af|el|al|bin|'t)"
_NAME = rf"{_CAP}(?:[ ](?:{_SMALL}[ ]){{0,3}}{_CAP}){{0,3}}"
_TITLE = (
    r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Herrn?|Frau|Hr|Fr|Mme|Mlle|Monsieur|Madame"
    r"|Mademoiselle|Sr|Sra|Srta|Señora?|Don|Doña|Sig|Sig\.ra|Signora?|Dott|Dott\.ssa|Dhr|Mevr|Mevrouw|[Mm]eneer"
    r"|[Pp]an|[Pp]ani|Senhora?|Dona|Fru|Shri|Smt)\.?"
)
_SAID = (
    r"(?:[Mm]y name is|[Ii]ch heiße|[Mm]ein Name ist|[Jj]e m'appelle|[Mm]e llamo|[Mm]i nombre es"
    r"|[Mm]i chiamo|[Ii]k heet|[Nn]azywam się|[Mm]eu nome é|[Mm]e chamo|[Jj]ag heter"
    r"|Dear|Liebe|Lieber|Cher|Chère|Querid[oa]|Estimad[oa]|Car[oa]|Beste|Prezad[oa]|Szanown[ya])"
)

TITLED_NAMES = (
    Pattern("name of a person", re.compile(rf"(?<!\w){_TITLE}[ ](?:(?:Dr|Prof)\.?[ ])*{_NAME}")),
    Pattern("name of a person", re.compile(rf"(?<!\w){_SAID}[ ]{_NAME}")),
)

#: What columns are called that hold names of people,
_PERSONAL = re.compile(
    r"\b(?:(?:first|last|middle|full|given|family|maiden) ?names?|surnames?|forenames?|fore ?names?"
    r"|vornamen?|nachnamen?|familiennamen?|pr[eé]noms?|nom de famille|apellidos?|cognom[ei]"
    r"|achternaam|voornaam|imi[eę]|nazwiska?|sobrenomes?|f[oö]rnamn|efternamn)\b"
)
#: or those of anything,
_NAMED = re.compile(r"\b(?:names?|nom|nombre|nome|naam|namn)\b")
#: unless one of these says whose.
_PEOPLE = re.compile(
    r"\b(?:customers?|clients?|patients?|employees?|users?|persons?|people|holders?|students?|owners?"
    r"|members?|applicants?|borrowers?|debtors?|passengers?|contacts?|authors?|managers?|drivers?"
    r"|teachers?|doctors?|guests?|kunden?|kundin|mitarbeiter|clientes?|klant|klient|pasienten?)\b"
)
_TITLES = re.compile(rf"^(?:{_TITLE}[ ])+|(?:,?[ ](?:[A-Z][A-Za-z]?\.?){{2,4}}|[ ]Jr\.?|[ ]MD)$")
_WHOLE = re.compile(
    rf"(?:{_CAP}|(?:{_SMALL})[ ]{_CAP})(?:[ ](?:{_SMALL}[ ]){{0,3}}{_CAP}){{0,4}}"
    rf"|{_NAME},[ ]{_NAME}"
)
#: In fewer different values than this nothing can be told from how they are built.
_FEWEST = 30
#: So many values tell that most columns hold none.
_SOME = 100


def are_names(column: str, values: Sequence[str], rows: int) -> bool:
    """Tell whether the values of a column are names of people, by its name and how they are built.

    Parameters
    ----------
    column : str
        What it is called.
    values : sequence of str
        Its different values.
    rows : int
        How many values there are, repeated ones too.
    """
    words = words_of(column)
    some = values[:: max(1, len(values) // _SOME)]
    if sum(_WHOLE.fullmatch(_TITLES.sub("", v.strip())) is not None for v in some) < 0.6 * len(
        some
    ):
        return False  # most columns: the others need not be looked at
    formed = [bare for v in values if _WHOLE.fullmatch(bare := _TITLES.sub("", v.strip()))]
    if len(formed) < 0.8 * len(values) or len(values) < 2:
        return False
    if _PERSONAL.search(words):
        return True
    if _NAMED.search(words) and _PEOPLE.search(words):
        return True
    return len(values) >= max(_FEWEST, 0.5 * rows) and _built_as_names(formed)


def _built_as_names(values: Sequence[str]) -> bool:
    """Tell whether first words and last words each vary, as they do in names of people.

    Names of products, companies and places end or begin with the same few words, or are one word
    each.
    """
    parts = [value.split() for value in values]
    several = [words for words in parts if 2 <= len(words) <= 5]
    if len(several) < 0.9 * len(values):
        return False
    firsts, lasts = Counter(w[0] for w in several), Counter(w[-1] for w in several)
    often = max(0.1 * len(several), 3)
    both = sum(min(firsts[word], lasts[word]) for word in firsts if word in lasts)
    varied = min(len(firsts), len(lasts)) >= 0.1 * len(several) ** 0.9
    length = sum(len(words[-1]) for words in several) / len(several)
    return (
        max(firsts.most_common(1)[0][1], lasts.most_common(1)[0][1]) <= often
        and both <= 0.2 * len(several)
        and varied
        and 3 <= length <= 14
    )
