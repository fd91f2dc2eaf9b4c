"""The checks that make a number sure: digits that must agree with others, ranges that belong to nobody."""

import ipaddress
import re

# Length of an IBAN by country (SWIFT IBAN registry).
IBAN_LENGTH = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24,
    "XK": 20,
}  # fmt: skip
# Brand by first digits, with the lengths it issues.
_CARDS = (
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"6011|64[4-9]|65"), (16, 19)),
    (re.compile(r"35(2[89]|[3-8])"), (16,)),
    (re.compile(r"30[0-5]|36|38"), (14,)),
)
_NOBODYS = tuple(map(ipaddress.ip_network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3",
)))  # fmt: skip
_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_FISCALE_ODD = dict(
    zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10,
         22, 25, 24, 23), strict=True)
)  # fmt: skip


def digits(text: str) -> str:
    return "".join(character for character in text if "0" <= character <= "9")


def luhn(number: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812)."""
    doubled = (int(digit) * 2 for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(value - 9 * (value > 9) for value in doubled)) % 10 == 0


def is_card(text: str) -> bool:
    number = digits(text)
    issued = any(brand.match(number) and len(number) in lengths for brand, lengths in _CARDS)
    return issued and len(set(number)) > 1 and luhn(number)


def is_iban(text: str) -> bool:
    compact = text.replace(" ", "").upper()
    if IBAN_LENGTH.get(compact[:2]) != len(compact):
        return False
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


def is_address(text: str) -> bool:
    """An IP address somebody may sit behind: no private or reserved range, no version number."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.version == 4 and all(len(part) == 1 for part in text.split(".")):
        return False  # 1.2.3.4: a section or a version
    return not any(address in network for network in _NOBODYS if network.version == address.version)


def is_phone_of_north_america(text: str) -> bool:
    """Area code and exchange begin with 2 to 9 and are no service like 911."""
    number = digits(text)[-10:]
    return all(code[0] not in "01" and code[1:] != "11" for code in (number[:3], number[3:6])) and len(set(number)) > 2


def is_international_phone(text: str) -> bool:
    return 9 <= len(digits(text)) <= 15 and len(set(digits(text))) > 2


def is_some_phone(text: str) -> bool:
    """A number right after a word like "phone"."""
    return 7 <= len(digits(text)) <= 15 and len(set(digits(text))) > 2


def is_ssn(text: str) -> bool:
    """United States: no area 000, 666 or 900 and above, no group 00, no serial 0000."""
    area, group, serial = re.split(r"\D", text)
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def is_cpf(text: str) -> bool:
    """Brazil: two check digits, modulo 11."""
    number = [int(digit) for digit in digits(text)]
    if len(set(number)) == 1:
        return False
    for end in (9, 10):
        total = sum(digit * weight for digit, weight in zip(number[:end], range(end + 1, 1, -1), strict=True))
        if total * 10 % 11 % 10 != number[end]:
            return False
    return True


def is_dni(text: str) -> bool:
    """Spain: the letter is the number modulo 23; X, Y, Z stand for 0, 1, 2 (NIE)."""
    compact = text.replace("-", "").upper()
    number = compact[:-1].translate(str.maketrans("XYZ", "012"))
    return len(set(number)) > 2 and _DNI[int(number) % 23] == compact[-1]


def is_codice_fiscale(text: str) -> bool:
    """Italy: the last letter checks the fifteen before."""
    compact = text.upper()
    total = sum(
        _FISCALE_ODD[character] if place % 2 == 0 else int(character, 36) - 10 * character.isalpha()
        for place, character in enumerate(compact[:15])
    )
    return chr(ord("A") + total % 26) == compact[15]


def is_nir(text: str) -> bool:
    """France: 97 less the number modulo 97; Corsica's A and B count as zeros less a million or two."""
    compact = re.sub(r"\s", "", text).upper()
    body, key = compact[:13], int(compact[13:])
    number = int(body.replace("2A", "19", 1) if "A" in body else body.replace("2B", "18", 1) if "B" in body else body)
    return 97 - number % 97 == key


def is_resident_id(text: str) -> bool:
    """China: ISO 7064 modulo 11-2 over seventeen digits, of which eight are a date of birth."""
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17].upper()
