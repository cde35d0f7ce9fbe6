"""Identifiers that have a form are found in eleven locales, among numbers that only look so."""

from __future__ import annotations

import pytest
from tests.governance.labelled.people import LOCALES, People
from tests.governance.labelled.scoring import score_columns, score_texts

from notewright.governance.checks.identifiers import checksums

#: Not the seed that the patterns were tried on.
SEED = 20_261


@pytest.mark.parametrize("locale", LOCALES)
def test_in_running_text_nearly_all_are_found_and_little_else(locale):
    score = score_texts(People(locale, SEED), 400)
    assert score.recall(score.patterned) >= 0.95, score.wrong
    assert score.precision(score.patterned) >= 0.90, score.wrong
    assert sum(score.right.values()) > 500  # there was something to find


@pytest.mark.parametrize("locale", LOCALES)
def test_each_kind_by_itself_is_found_in_text(locale):
    score = score_texts(People(locale, SEED + 1), 400)
    weak = {k: score.recall([k]) for k in score.patterned if score.recall([k]) < 0.9}
    assert weak == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_personal_columns_are_found_and_decoys_are_not(locale):
    right = missed = false = 0
    for seed in range(2):
        score = score_columns(People(locale, seed), 200)
        right += sum(score.right.values())
        missed += sum(score.missed.values())
        false += sum(score.false.values())
    assert right / (right + missed) >= 0.95
    assert right / (right + false) >= 0.90


@pytest.mark.parametrize("locale", LOCALES)
def test_decoys_alone_raise_no_alarm(locale):
    loud = 0
    columns = 0
    for seed in range(2):
        frame = People(locale, 100 + seed).decoys(200)
        people = People(locale, seed)
        people.table = lambda rows, frame=frame: (frame, {})
        loud += sum(score_columns(people, 300).false.values())
        columns += frame.shape[1]
    assert loud <= 0.05 * columns


#: Faker computes these by code of its own.
FAKED = [
    ("de_DE", "rvnr", checksums.rvnr), ("fr_FR", "ssn", checksums.nir),
    ("es_ES", "nif", checksums.dni), ("es_ES", "nie", checksums.dni),
    ("it_IT", "ssn", checksums.codice_fiscale), ("nl_NL", "ssn", checksums.bsn),
    ("pl_PL", "pesel", checksums.pesel), ("pt_BR", "ssn", checksums.cpf),
    ("sv_SE", "ssn", lambda text: checksums.personnummer(checksums.digits_of(text))),
    ("pt_BR", "cnpj", lambda text: checksums.cnpj(checksums.digits_of(text))),
    ("en_US", "iban", checksums.iban), ("de_DE", "iban", checksums.iban),
    ("en_US", "credit_card_number", checksums.luhn),
]  # fmt: skip


@pytest.mark.parametrize(
    ("locale", "method", "check"), FAKED, ids=[f"{f[0]} {f[1]}" for f in FAKED]
)
def test_checksums_agree_with_fakers_and_find_a_wrong_digit(locale, method, check):
    fake = People(locale, 5).fake
    missed = 0
    for _ in range(200):
        number = getattr(fake, method)()
        assert check(number)
        place = next(at for at, c in enumerate(number) if c.isdigit() and at >= len(number) // 2)
        wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        missed += check(wrong)
    assert missed <= 4  # the rest of 10 is written as 0 in CPF and the like
