"""Own fields of records that are merged, taken apart again, or removed for good."""

from typing import Any

import pytest

from takt.kernel.fields import commands
from takt.kernel.lib.actor import Actor
from takt.sales.contacts import commands as customers
from takt.sales.contacts.models import Company
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(a_field: Any, admin: Any, at: Any) -> tuple[Company, Company]:
    for name, kind in (("Rating", "number"), ("Colour", "text"), ("Site", "text"), ("Partner", "company")):
        a_field(name, kind, entity="company")
    by = Actor(admin)
    one = customers.create_company(name="One", custom={"rating": 1, "colour": "red"}, by=by, at=at)
    other = customers.create_company(
        name="Two", custom={"rating": 2, "colour": "blue", "site": "x"}, by=by, at=at
    )
    return one, other


def test_a_merge_loses_no_value_and_is_taken_back(
    two: Any, a_field: Any, a_deal: Any, admin: Any, at: Any, client_of: Any
) -> None:
    one, other = two
    a_field("Supplier", "company")
    deal = a_deal(admin, supplier=other.pk)
    third = customers.create_company(name="Three", custom={"partner": other.pk}, by=Actor(admin), at=at)
    browser = client_of(admin)
    page = browser.get(f"/companies/{one.pk}/merge?with={other.pk}").content.decode()
    assert 'name="cf_colour"' in page and "blue" in page
    form = {"with": other.pk, "cf_colour": "other", "cf_rating": "mine"}
    assert browser.post(f"/companies/{one.pk}/merge", form).status_code == 303
    assert Company.objects.get(pk=one.pk).custom == {"rating": "1", "colour": "blue", "site": "x"}
    assert Deal.objects.get(pk=deal.pk).custom == {"supplier": one.pk}
    assert Company.objects.get(pk=third.pk).custom == {"partner": one.pk}
    from takt.sales.contacts.models import Merge

    customers.unmerge_companies(Merge.objects.get().pk, by=Actor(admin), at=at)
    assert Company.objects.get(pk=one.pk).custom == {"rating": "1", "colour": "red"}
    assert Company.objects.get(pk=other.pk).custom == {"rating": "2", "colour": "blue", "site": "x"}
    assert Deal.objects.get(pk=deal.pk).custom == {"supplier": other.pk}
    assert Company.objects.get(pk=third.pk).custom == {"partner": other.pk}


def test_nothing_names_what_is_gone_for_good(
    two: Any, a_field: Any, a_deal: Any, admin: Any, at: Any
) -> None:
    _one, other = two
    a_field("Supplier", "company")
    a_field("Note", "text")
    deal = a_deal(admin, supplier=other.pk, note="stays")
    commands.let_go("company", [other.pk], by=Actor(admin), at=at)
    assert Deal.objects.get(pk=deal.pk).custom == {"note": "stays"}
