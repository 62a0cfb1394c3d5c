"""What a web form may ask, and how often it takes an answer."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

FIELDS = {
    "name": _("Your name"),
    "company": _("Company"),
    "tax_id": _("Tax number"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "message": _("Message"),
}
LONGEST = {"name": 200, "company": 200, "tax_id": 40, "phone": 40, "email": 254, "message": 5000}
OWN_KINDS = frozenset({"text", "long_text", "number", "date", "choice", "url", "phone", "email"})
CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
TRAP = "homepage"  # a field that only robots fill in
LEAST_SECONDS, MOST_SECONDS = 2, 24 * 3600
PER_ADDRESS, ADDRESS_MINUTES = 10, 10
PER_FORM, FORM_MINUTES = 120, 60
BODY_BYTES = 64 * 1024


def origin_of(text: str) -> str | None:
    """`https://shop.example` of a site's address; None where it is none."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    if parts.scheme not in {"https", "http"} or not re.fullmatch(r"[a-z0-9.-]{1,253}", host):
        return None
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def is_web_address(text: str) -> bool:
    return (
        origin_of(text) is not None
        and not re.search(r"[\s\x00-\x1f\\]", text)
        and "@" not in urlsplit(text).netloc
    )


def campaign_in(given: Mapping[str, Any]) -> dict[str, str]:
    """Where the visitor came from, by the hidden fields; what can't be stored is left out."""
    found = {}
    for name in CAMPAIGN:
        value = given.get(name)
        if isinstance(value, str) and (text := value.replace("\x00", "").strip()[:100]):
            found[name] = text
    return found
