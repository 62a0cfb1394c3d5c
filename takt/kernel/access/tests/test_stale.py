"""A stale change is refused with who changed what."""

from typing import Any

import pytest


@pytest.fixture
def deal(anna: Any, pipeline: Any, api_of: Any) -> Any:
    """A deal of Anna's, as she has read it."""
    return api_of(anna).post("/deals", {"name": "Racking", "quick": True}).json()


def changed(api_of: Any, user: Any, deal: Any, **changes: Any) -> Any:
    return api_of(user).patch(f"/deals/{deal['id']}", changes).json()


def test_the_refusal_tells_who_changed_what(anna: Any, boris: Any, deal: Any, api_of: Any) -> None:
    changed(api_of, boris, deal, name="Racking, two halls", amount="900")
    program, path = api_of(anna), f"/deals/{deal['id']}"
    answer = program.patch(path, {"name": "Mine", "version": deal["version"]})
    found = answer.json()
    assert (answer.status_code, found["code"]) == (409, "stale")
    assert "Boris" in found["detail"] and "changed the deal" in found["detail"]
    assert {(e["field"], e["code"]) for e in found["errors"]} == {
        ("name", "deal.edited"),
        ("amount", "deal.edited"),
    }
    by_tag = program.patch(path, {"name": "Mine"}, If_Match=f'"{deal["version"]}"')
    assert (by_tag.status_code, by_tag.json()["detail"]) == (412, found["detail"])


def test_only_what_came_after_is_told(anna: Any, boris: Any, dora: Any, deal: Any, api_of: Any) -> None:
    read = changed(api_of, boris, deal, about="x")
    changed(api_of, dora, deal, name="Y")
    answer = api_of(anna).patch(f"/deals/{deal['id']}", {"name": "Z", "version": read["version"]})
    assert "Dora" in answer.json()["detail"] and "Boris" not in answer.json()["detail"]


def test_a_version_that_never_was(anna: Any, deal: Any, api_of: Any) -> None:
    answer = api_of(anna).patch(f"/deals/{deal['id']}", {"name": "Z"}, If_Match='"77"')
    assert (answer.status_code, answer.json()["errors"]) == (412, [])


def test_a_page_tells_it_once(anna: Any, boris: Any, deal: Any, api_of: Any, client_of: Any) -> None:
    changed(api_of, boris, deal, name="Racking, two halls")
    typed = {"version": deal["version"], "name": "Mine"}
    page = client_of(anna).post(f"/deals/{deal['id']}/edit", typed).content.decode()
    assert page.count("Boris, ") == 1 and "(Name)" in page
