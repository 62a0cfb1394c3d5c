import pytest
from hypothesis import given
from hypothesis import strategies as st

from takt.sales.contacts import rules

REGIONS = st.sampled_from(["RU", "CN", "US"])
NUMBERISH = st.text(alphabet="+0123456789 ()-.", max_size=25) | st.text(max_size=40)


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("8 (495) 123-45-67", "RU", "+74951234567"),
        ("+7 495 123 45 67", "US", "+74951234567"),
        ("138 0013 8000", "CN", "+8613800138000"),
        ("(212) 555-0142", "US", "+12125550142"),
        ("+31 10 555 0142", "RU", "+31105550142"),
        ("tel:+31105550142", "RU", "+31105550142"),
        ("call me", "US", None),
        ("12", "US", None),
        ("", "US", None),
    ],
)
def test_phone(text: str, region: str, number: str | None) -> None:
    assert rules.normal_phone(text, region) == number


@given(NUMBERISH, REGIONS)
def test_a_normal_phone_stays_as_it_is(text: str, region: str) -> None:
    number = rules.normal_phone(text, region)
    if number is not None:
        assert len(number) <= 20
        assert all(rules.normal_phone(number, other) == number for other in ("RU", "CN", "US"))


@given(st.emails() | st.text(max_size=60))
def test_a_normal_email_stays_as_it_is(text: str) -> None:
    address = rules.normal_email(text)
    if address is not None:
        assert address == address.lower()
        assert rules.normal_email(address) == address


@given(st.text(max_size=200))
def test_a_bare_name_stays_bare_or_shrinks(name: str) -> None:
    assert len(rules.bare_name(name)) <= len(name) * 20 + 1
    if rules.bare_name(name):
        assert rules.similarity(name, name) == 1.0


@given(st.text(max_size=60), st.text(max_size=60))
def test_similarity_is_the_same_from_both_sides_of_the_border(one: str, other: str) -> None:
    assert 0 <= rules.similarity(one, other) <= 1


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("ООО «Ромашка»", "Ромашка", True),
        ('ЗАО "Вектор"', "Вектор, АО", True),
        ("Acme GmbH & Co. KG", "ACME", True),
        ("Acme, Inc.", "Acme Ltd", True),
        ("Rossi S.p.A.", "Rossi", True),
        ("深圳市华为技术有限公司", "深圳市华为技术", True),
        ("Brauerei Hellmann", "Brauerei Helmann", True),
        ("Ёлка", "Елка", True),
        ("Anna Keller", "Keller Anna", True),
        ("Acme", "Apex", False),
        ("ООО", "АО", False),
        ("", "", False),
    ],
)
def test_names_across_legal_forms(one: str, other: str, is_same: bool) -> None:
    assert rules.is_similar(one, other) is is_same


def test_another_region_is_another_customer() -> None:
    assert not rules.is_similar("Acme", "Acme", region="Berlin", other_region="Wien")
    assert rules.is_similar("Acme", "Acme", region="Berlin", other_region="")


@pytest.mark.parametrize(
    ("text", "website"),
    [
        ("example.com", "https://example.com"),
        ("http://example.com/a?b=1", "http://example.com/a?b=1"),
        ("javascript:alert(1)", None),
        ("JAVASCRIPT://example.com/%0aalert(1)", None),
        ("data:text/html,x", None),
        ("not a site", None),
    ],
)
def test_website(text: str, website: str | None) -> None:
    assert rules.normal_website(text) == website


def test_completeness_names_what_is_missing() -> None:
    empty = rules.completeness("contact", {})
    assert empty.percent == 0
    assert len(empty.missing) == 5
    full = rules.completeness("contact", dict.fromkeys(rules.default_weights("contact"), 1))
    assert (full.percent, full.missing) == (100, [])
    assert all(sum(rules.default_weights(kind).values()) == 100 for kind in rules.PARTS)


def test_what_weighs_nothing_is_not_missed() -> None:
    weights = {"phones": 1, "emails": 1, "company": 0, "position": 0, "source": 0}
    half = rules.completeness("contact", {"phones": ["+31"]}, weights)
    assert (half.percent, [name for name, _label in half.missing]) == (50, ["emails"])
