"""Identifiers are found by pattern and checksum; ordinary numbers and words are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notewright.governance.checks.identifiers.checksums import nir, steuer_id
from notewright.governance.checks.identifiers.known import (
    GUESSES,
    PERSONAL,
    SECRETS,
    find,
    iban,
    luhn,
)

FOUND = [
    ("mail address", "write to ann@firm.co.uk."),
    ("mail address", "<x.y+z@a-b.org>"),
    ("IBAN", "GB82 WEST 1234 5698 7654 32"),
    ("IBAN", "FR1420041010050500013M02606"),
    ("IBAN", "PT50000201231234567890154"),
    ("card number", "5555-5555-5555-4444"),
    ("card number", "378282246310005"),
    ("phone number", "+49 30 1234567"),
    ("phone number", "0049 (30) 123 45 67"),
    ("phone number", "(212) 555-0147"),
    ("phone number", "415-555-0132"),
]

NOT_FOUND = [
    "4111111111111112", "1234567890123456", "0000000000000000", "DE00370400440532013000",
    "2024-05-01 12:00:00", "192.168.100.200", "3.14159265358979", "1e-10", "@decorator",
    "user@localhost", "someone@example.org", "0x1234567890abcdef", "1,234,567", "12345678",
    "male : divorced/separated", "0 <= ... < 200 DM", "A12-34-56", "v1.2.3-4", "+1", "10 + 20 + 30",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), FOUND)
def test_what_is_one_is_found(kind, text):
    assert [found for found, _ in find(text, PERSONAL)] == [kind]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_is_none_is_left(text):
    assert list(find(text, PERSONAL)) == []


SECRET_LINES = [
    ("private key", "-----BEGIN OPENSSH PRIVATE KEY-----"),
    ("AWS access key", "aws = AKIAABCDEFGHIJKLMNOP"),
    ("GitHub token", "ghp_" + "a1B2" * 9),
    ("Slack token", "xoxb-123456789012-abcdef"),
    ("JSON web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijkl"),
    ("GitLab token", "glpat-" + "a1B2-" * 4),
    ("Hugging Face token", "hf_" + "a1B2" * 9),
    ("API key", "sk-proj-" + "a1B2" * 9),
    ("password in an address", "postgresql://ann:s3cret@db/credit"),
    ("secret assigned to a name", "DB_PASSWORD = 'hunter2hunter2'"),
    ("secret assigned to a name", 'api_key="0123456789"'),
]


@pytest.mark.parametrize(("kind", "text"), SECRET_LINES)
def test_secrets_are_found(kind, text):
    assert [found for found, _ in find(text, SECRETS)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "password = getpass()", "api_key = os.environ['KEY']", "token = ''", "secret = 'short'",
        "https://host/path", "password = f'{prefix}abcdefgh'", "tokenizer = 'bert-base-uncased'",
        "pip install sk-learn-contrib-of-many-words", "name = 'task-0123456789-0123456789'",
    ],
)  # fmt: skip
def test_code_that_reads_a_secret_from_elsewhere_is_none(text):
    assert list(find(text, SECRETS)) == []


@given(st.integers(10**14, 10**16 - 1))
def test_luhn_finds_every_single_wrong_digit(number):
    body = str(number)
    check = next(str(d) for d in range(10) if luhn(body + str(d)))
    whole = body + check
    for place in range(len(whole)):
        wrong = whole[:place] + str((int(whole[place]) + 1) % 10) + whole[place + 1 :]
        assert not luhn(wrong)


@given(st.sampled_from(["DE", "FR", "PT", "GB"]), st.integers(10**17, 10**18 - 1))
def test_iban_finds_every_single_wrong_digit(country, account):
    whole = next(
        f"{country}{check:02d}{account}"
        for check in range(2, 99)
        if iban(f"{country}{check:02d}{account}")
    )
    for place in range(4, len(whole)):
        wrong = whole[:place] + str((int(whole[place]) + 1) % 10) + whole[place + 1 :]
        assert not iban(wrong)


OFFICIAL = [
    *((steuer_id, number) for number in
      ("86095742719", "47036892816", "65929970489", "57549285017", "25768131411")),
    (nir, "255081416802538"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "number"), OFFICIAL)
def test_numbers_that_their_issuers_publish_as_examples_pass(check, number):
    assert check(number)
    for place in range(len(number)):
        wrong = str((int(number[place]) + 1) % 10)
        assert not check(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        "order 111222333", "parcel 943 476 5919", "ticket 86095742719", "ref 44051401359",
        "batch 11144477735", "id 363636363636", "invoice 219099999", "lot 8866848339",
    ],
)  # fmt: skip
def test_numbers_of_a_common_form_need_words_that_say_what_they_are(text):
    assert list(find(text, PERSONAL)) == []


@pytest.mark.parametrize(
    "text",
    [
        "call(1234567890)", "cell [3] 1234567890", "np.random.seed(20240501)", "5 Data Points",
        "10 Random Forest", "The 3 Best Ways", "New York Yankees 12 Home Run", "Weg 7",
        "Via 3 steps",
        "contact: telephone 261 1 -1 0 unknown", "Dear customer,", "LogisticRegression()",
        "in 2024 Paris Agreement", "Mr. and so on", "3 rue", "Row 10", "Ring Size 12",
    ],
)  # fmt: skip
def test_words_that_only_look_so_are_no_name_address_or_number(text):
    assert list(find(text, SECRETS + PERSONAL + GUESSES)) == []


def test_a_number_under_a_telling_name_in_code_is_found():
    (found,) = find("phone_number = '5551234567'", PERSONAL)
    assert found[0] == "phone number"


def test_the_words_before_another_number_do_not_reach_the_next():
    text = "BSN 111222333, order 123456782; phone 0151 23456789, parcel 86684833"
    assert [kind for kind, _ in find(text, PERSONAL)] == ["Dutch BSN", "phone number"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    [
        "1" * 20_000, "a@" * 10_000, "+1 " * 7_000, "A" * 20_000, "- " * 9000, "12 " * 7000,
        "phone 12 " * 2500, "password=" * 2500, "Rua Aa " * 3000, "1 Aa Bb " * 2500,
        "a://b:" * 3500, "Dr. Aa " * 3000, "bearer " * 3000, "token='" * 3000, "eyJ." * 5000,
        "1234-" * 4000, "Aa-" * 7000,
    ],
)  # fmt: skip
def test_long_hostile_text_takes_no_long_time(text):
    list(find(text, PERSONAL + SECRETS + GUESSES))
