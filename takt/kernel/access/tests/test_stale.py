"""A stale change is refused with who changed what."""

import datetime as dt
from typing import Any


def test_the_refusal_tells_who_changed_what(
    anna: Any, boris: Any, pipeline: Any, acting_as: Any, api_of: Any, at: dt.datetime
) -> None:
    from takt.sales.deals import commands

    deal = commands.create_deal(name="Racking", is_quick=True, by=acting_as(anna), at=at)
    read = deal.version
    commands.edit_deal(deal, {"name": "Racking, two halls", "amount": "900"}, by=acting_as(boris), at=at)
    program = api_of(anna)
    answer = program.patch(f"/deals/{deal.pk}", {"name": "Mine", "version": read})
    found = answer.json()
    assert (answer.status_code, found["code"]) == (409, "stale")
    assert "Boris" in found["detail"] and "changed the deal" in found["detail"]
    assert {(e["field"], e["code"]) for e in found["errors"]} == {
        ("name", "deal.edited"),
        ("amount", "deal.edited"),
    }
    by_tag = program.patch(f"/deals/{deal.pk}", {"name": "Mine"}, If_Match=f'"{read}"')
    assert (by_tag.status_code, by_tag.json()["detail"]) == (412, found["detail"])


def test_only_what_came_after_is_told(
    anna: Any, boris: Any, dora: Any, pipeline: Any, acting_as: Any, api_of: Any, at: dt.datetime
) -> None:
    from takt.sales.deals import commands

    deal = commands.create_deal(name="Racking", is_quick=True, by=acting_as(anna), at=at)
    deal = commands.edit_deal(deal, {"about": "x"}, by=acting_as(boris), at=at)
    commands.edit_deal(deal, {"name": "Y"}, by=acting_as(dora), at=at)
    found = api_of(anna).patch(f"/deals/{deal.pk}", {"name": "Z", "version": deal.version}).json()
    assert "Dora" in found["detail"] and "Boris" not in found["detail"]


def test_a_version_that_never_was(
    anna: Any, pipeline: Any, acting_as: Any, api_of: Any, at: dt.datetime
) -> None:
    from takt.sales.deals import commands

    deal = commands.create_deal(name="Racking", is_quick=True, by=acting_as(anna), at=at)
    answer = api_of(anna).patch(f"/deals/{deal.pk}", {"name": "Z"}, If_Match='"77"')
    assert (answer.status_code, answer.json()["errors"]) == (412, [])


def test_a_page_tells_it_once(
    anna: Any, boris: Any, pipeline: Any, acting_as: Any, client_of: Any, at: dt.datetime
) -> None:
    from takt.sales.deals import commands

    deal = commands.create_deal(name="Racking", is_quick=True, by=acting_as(anna), at=at)
    commands.edit_deal(deal, {"name": "Racking, two halls"}, by=acting_as(boris), at=at)
    typed = {"version": deal.version, "name": "Mine"}
    page = client_of(anna).post(f"/deals/{deal.pk}/edit", typed).content.decode()
    assert page.count("Boris, ") == 1 and "(Name)" in page
