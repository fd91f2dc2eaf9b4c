"""Personal data: what is found, what is left alone, and that a masked text is clean."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.imports.domain.personal import KINDS, mask

FOUND = [
    ("email", "Write to jane.doe+news@corp-mail.co.uk, please", "Write to [email], please"),
    ("email", "mailto:jane@example.org", "mailto:[email]"),
    ("phone", "Call +49 30 1234567.", "Call [phone]."),
    ("phone", "from (212) 456-7890 today", "from [phone] today"),
    ("phone", "415-867-5309", "[phone]"),
    ("phone", "01 23 45 67 89", "[phone]"),
    ("phone", "07700 900 123", "[phone]"),
    ("phone", "my phone number is 555 123 4567", "my phone number is [phone]"),
    ("phone", "call ٥٥٥-٢٣٤-٥٦٧٨ now", "call [phone] now"),
    ("iban", "DE89 3704 0044 0532 0130 00 is mine", "[iban] is mine"),
    ("iban", "GB82WEST12345698765432", "[iban]"),
    ("card", "4111 1111 1111 1111", "[card]"),
    ("card", "378282246310005, exp 12/30", "[card], exp 12/30"),
    ("card", "5555-5555-5555-4444", "[card]"),
    ("ip", "from 81.2.69.142:", "from [ip]:"),
    ("ip", "2a02:8070:a1::1", "[ip]"),
    ("national_id", "SSN 536-90-4399", "SSN [national_id]"),
    ("national_id", "CPF 529.982.247-25", "CPF [national_id]"),
    ("national_id", "CPF ५२९.९८२.२४७-२५", "CPF [national_id]"),
    ("national_id", "RSSMRA٨٥T١٠A٥٦٢S", "[national_id]"),
    ("national_id", "DNI 54362315K", "DNI [national_id]"),
    ("national_id", "NIE X1234567L", "NIE [national_id]"),
    ("national_id", "RSSMRA85T10A562S", "[national_id]"),
    ("national_id", "2 55 08 14 168 025 38", "[national_id]"),
    ("national_id", "11010519491231002X", "[national_id]"),
    ("credentials", "postgres://bob:hunter22@db.corp.com/x", "postgres://[credentials]@db.corp.com/x"),
    ("api_key", "key AKIAQ7XMPL2ZBNW4TRUE.", "key [api_key]."),
    ("api_key", "ghp_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5", "[api_key]"),
    ("api_key", "sk-proj-Ab12Cd34Ef56Gh78Ij90", "[api_key]"),
    ("api_key", "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA" * 4 + "\n-----END RSA PRIVATE KEY-----", "[api_key]"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "masked"), FOUND)
def test_found(kind, text, masked):
    found = mask(text)
    assert found.text == masked
    assert found.found == {kind: 1}


@pytest.mark.parametrize(
    "text",
    [
        "In 2019 about 1,234,567,890 people; pi is 3.14159265358979.",
        "4111 1111 1111 1112 fails its check digit; so does DE89 3704 0044 0532 0130 01.",
        "000-12-3456, 666-12-3456, 912-12-3456, 123-00-4567 and 123-45-0000 are no social security numbers.",
        "Ping 10.0.0.1, 192.168.1.20, 127.0.0.1 or 255.255.255.0; section 1.2.3.4; version 12.21.33.44; v1.22.333.4.",
        "git clone git@github.com:owner/repo.git && pip install package@1.2.3; @decorator; a @ b",
        "std::vector<int> a::b; 12:30:45; 2026-11-21T11:30:00; 0x1F600; sha256:9f86d081884c7d659a2feaa0c55ad015",
        "https://host:8080/path@2x.png and https://${USER}:${PASSWORD}@host/",
        "٣٣٣.٣٣٣.٣٣٣-٣٣, RSSMRA٨٥T١٠A٥٦٢T, ١١١-١١١-١١١١",
        "ISBN 978-3-16-148410-0, order 12345678, 529.982.247-26, 54362315A",
        "sk-short, hf_abc, xxxxxxxxxxxxxxxxxxxx, task-abcdefghijklmnopqrstuvwxyzabcdefghijk",
        "x + 12345678 = y; 1 - 800; (555) 12-34; 100-200-300",
    ],
)
def test_left_alone(text):
    assert mask(text).text == text
    assert not mask(text).found


pieces = (
    st.sampled_from([text for _, text, _ in FOUND])
    | st.text(max_size=30)
    | st.from_regex(r"[\d .()/+-]{1,25}", fullmatch=True)
)


@given(st.lists(pieces, max_size=6).map(" ".join))
def test_a_masked_text_is_clean_and_equal_texts_stay_equal(text):
    masked = mask(text)
    assert mask(masked.text).text == masked.text
    assert mask(text) == masked
    assert set(masked.found) <= set(KINDS)
    assert bool(masked.found) == (masked.text != text)


def test_numbers_side_by_side_are_all_found():
    masked = mask("Call 01 23 45 67 89 01 23 45 67 89")
    assert (masked.text, masked.found) == ("Call [phone] [phone]", {"phone": 2})


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1",
        "1 ",
        "a.",
        "a@",
        "a@a.",
        "://a:",
        "eyJa.",
        "A1",
        "+1(",
        "sk-a",
        "phone is ",
        "12.3.",
        "-----BEGIN PRIVATE KEY-----",
    ],
)
def test_no_text_takes_long(piece):
    """A hostile text of the longest length allowed, in time that grows with it and not with its square."""
    text = (piece * 200_000)[:200_000]
    began = time.process_time()
    mask(text)
    assert time.process_time() - began < 5
