"""What makes two customers the same, a number callable and a card complete. No database."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import phonenumbers
from django.utils.translation import gettext_lazy as _

from takt.kernel.lib.addresses import (
    normal_email,
    normal_phone,
    normal_website,
    readable_phone,
    region_of,
)
from takt.kernel.lib.names import fold, sounding
from takt.kernel.lib.refusals import Text

__all__ = ["normal_email", "normal_phone", "normal_website", "readable_phone", "region_of"]


SIMILAR_FROM = 0.85  # domain spec 5.4
DIFFERENCE_FROM = 0.7

# Legal forms as they stand before or after a name, folded, without dots.
_FORMS = frozenset(
    """
    ооо оао зао ао пао нао ип тоо чп фгуп гуп муп нко ано
    общество с ограниченной ответственностью акционерное публичное закрытое открытое
    gmbh ag kg kgaa ug ohg gbr eg mbh co ltd limited llc llp lp inc incorporated corp corporation company plc
    sa sas sarl sasu srl spa snc sapa sl slu bv nv vof ab hb oy oyj as asa aps ks spzoo zoo sp kft zrt nyrt
    doo dd ad eood ood sro pty pte pvt bhd sdn kk jsc pjsc ojsc cjsc ojs and und
    """.split()  # noqa: SIM905
)
_CHINESE_FORMS = re.compile(r"(集团)?(股份)?(有限)?(责任)?(公司|厂)$|集团$")
_DOTTED = re.compile(r"(?<=\w)\.(?=\w|\s|,|$)")
_NOT_WORDS = re.compile(r"[^\w\s]|_")


def national_digits(number: str) -> str:
    """The digits one dials inside the country, so that a number is found however it was written."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ""
    text = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return "".join(c for c in text if c.isdigit())


def company_words(
    name: str, tax_id: str, phones: Sequence[str], emails: Sequence[str], region: str, website: str
) -> list[str]:
    """What a company is found by."""
    return [name, tax_id, *phones, *map(national_digits, phones), *emails, region, website]


def contact_words(name: str, position: str, phones: Sequence[str], emails: Sequence[str]) -> list[str]:
    """What a person is found by; not his company: who may not see it must not find out by searching."""
    return [name, position, *phones, *map(national_digits, phones), *emails]


def normal_tax_id(text: str) -> str:
    """Letters and digits only: the same number is written with and without spaces and dashes."""
    return "".join(c for c in fold(text) if c.isalnum()).upper()


def bare_name(name: str) -> str:
    """The name without its legal form, quotes and punctuation: `ООО «Ромашка»` and `Ромашка` are one."""
    text = _DOTTED.sub("", fold(name))
    words = _NOT_WORDS.sub(" ", text).split()
    kept = [w for w in words if w not in _FORMS] or words
    joined = " ".join(kept)
    shorter = _CHINESE_FORMS.sub("", joined)
    return shorter.strip() or joined


def twin_key(name: str) -> str:
    """By what the duplicates of a customer are found: its bare name as it sounds, in any of the alphabets."""
    return sounding(bare_name(name))[:200]


def similarity(one: str, other: str) -> float:
    """How alike two names are without their legal forms, 0 to 1; the order of words doesn't count.

    Names in different alphabets are compared as they sound. Numbers in a name tell apart.
    """
    as_written = _alike(bare_name(one), bare_name(other))
    if as_written == 1.0:
        return as_written
    a, b = twin_key(one), twin_key(other)
    # Pinyin is written apart and together: 王小明 is Wang Xiaoming.
    return 1.0 if a and a.replace(" ", "") == b.replace(" ", "") else max(as_written, _alike(a, b))


def _alike(a: str, b: str) -> float:
    if not a or not b or digits_of(a) != digits_of(b):
        return 0.0
    if a == b:
        return 1.0
    mine, its = set(a.split()) - set(b.split()), set(b.split()) - set(a.split())
    # Words that many firms have in common say nothing: what differs must be alike for itself.
    if mine and its and _ratio(mine, its) < DIFFERENCE_FROM:
        return 0.0
    return _ratio(a.split(), b.split())


def _ratio(some: Iterable[str], others: Iterable[str]) -> float:
    a, b = " ".join(sorted(some)), " ".join(sorted(others))
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= DIFFERENCE_FROM else matcher.quick_ratio()


def digits_of(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def is_similar(one: str, other: str, *, region: str = "", other_region: str = "") -> bool:
    """Whether two names may mean one customer; two known regions must agree (domain spec 5.4)."""
    if region and other_region and fold(region) != fold(other_region):
        return False
    return similarity(one, other) >= SIMILAR_FROM


@dataclass(frozen=True)
class Completeness:
    """How much of a card is filled in, 0 to 100, and what is missing."""

    percent: int
    missing: list[tuple[str, Text]]


# What a card should have: its field, label and default weight; the organisation may weigh otherwise.
PARTS: dict[str, tuple[tuple[str, Text, int], ...]] = {
    "company": (
        ("phones", _("Phone"), 20),
        ("emails", _("E-mail"), 15),
        ("industry", _("Industry"), 15),
        ("region", _("Region"), 10),
        ("website", _("Website"), 10),
        ("tax_id", _("Tax number"), 10),
        ("address", _("Address"), 10),
        ("source", _("Source"), 10),
    ),
    "contact": (
        ("phones", _("Phone"), 30),
        ("emails", _("E-mail"), 25),
        ("company", _("Company"), 20),
        ("position", _("Job title"), 15),
        ("source", _("Source"), 10),
    ),
}
type Weights = Mapping[str, int]


def default_weights(kind: str) -> dict[str, int]:
    return {name: weight for name, _label, weight in PARTS[kind]}


def completeness(kind: str, filled: Mapping[str, object], weights: Weights | None = None) -> Completeness:
    """The weight of what is filled in against the weight of all; what weighs nothing isn't missed."""
    weighed = weights or default_weights(kind)
    parts = [(name, label, weighed.get(name, 0)) for name, label, _default in PARTS[kind]]
    missing = [(name, label) for name, label, weight in parts if weight and not filled.get(name)]
    whole = sum(weight for _name, _label, weight in parts)
    reached = sum(weight for name, _label, weight in parts if filled.get(name))
    return Completeness(100 * reached // whole if whole else 100, missing)


# How the fields of a company and of a person are called where they are chosen one by one.
LABELS: dict[str, Text] = {
    "name": _("Name"),
    "owner": _("Owner"),
    "tax_id": _("Tax number"),
    "industry": _("Industry"),
    "region": _("Region"),
    "address": _("Address"),
    "website": _("Website"),
    "employees": _("Employees"),
    "founded_year": _("Founded"),
    "annual_revenue": _("Annual revenue"),
    "parent": _("Belongs to"),
    "company": _("Company"),
    "position": _("Job title"),
    "language": _("Language"),
    "time_zone": _("Time zone"),
    "source": _("Source"),
    "about": _("About"),
    "next_contact_on": _("Next contact"),
}
