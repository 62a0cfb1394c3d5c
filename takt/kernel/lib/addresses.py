"""Phones, e-mail and web addresses in the one form in which they are stored. No database."""

import re

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email

_REGIONS = {"ru": "RU", "zh": "CN", "en": "US"}
_is_url = URLValidator(schemes=["http", "https"])


def region_of(language: str) -> str:
    """The country whose local numbers are meant where no country code is given."""
    return _REGIONS.get(language.split("-")[0].lower(), "US")


def normal_phone(text: str, region: str) -> str | None:
    """The number as E.164 (`+31105550142`), or None where it can't be one. An extension isn't kept."""
    number = _e164(text, region)
    return number if number is not None and _e164(number, region) == number else None


def _e164(text: str, region: str) -> str | None:
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def readable_phone(number: str) -> str:
    """An E.164 number with the spaces of its country."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def normal_email(text: str) -> str | None:
    """The address in lower case, or None where it can't be one."""
    address = text.strip().lower()
    if len(address) > 254:
        return None
    try:
        validate_email(address)
    except ValidationError:
        return None
    return address


def normal_website(text: str) -> str | None:
    """A web address with its scheme; None where it isn't one (`javascript:` never is)."""
    if re.match(r"[a-z][a-z0-9+.-]*://", text, re.IGNORECASE) is None:
        text = f"https://{text}"
    try:
        _is_url(text)
    except (ValidationError, ValueError):
        return None
    return text
