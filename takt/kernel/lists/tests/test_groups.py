"""Groups of filters within groups: what rows meet, what an address holds, what is refused, how forms change them."""

import itertools
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from takt.kernel.lib.refusals import Invalid
from takt.kernel.lists import commands, filters
from takt.kernel.lists.filter_forms import filter_form
from takt.kernel.lists.groups import put
from takt.kernel.lists.tests.test_asking import AT, GOODS, ask, goods
from takt.sales.catalog.models import Product

type Tree = tuple[list[tuple[str, str]], list[Any]]

ONE = st.one_of(
    st.tuples(st.just("price__gte"), st.sampled_from(["10", "20", "30"])),
    st.tuples(st.just("price__lt"), st.sampled_from(["15", "25"])),
    st.tuples(st.just("price__empty"), st.sampled_from(["true", "false"])),
    st.tuples(st.just("unit"), st.sampled_from(["pcs", "h", "pcs,h"])),
    st.tuples(st.just("unit__ne"), st.sampled_from(["pcs", "h"])),
    st.tuples(st.just("code__contains"), st.sampled_from(["A", "b"])),
    st.tuples(st.just("is_active"), st.sampled_from(["true", "false"])),
)
SOME = st.lists(ONE, max_size=2, unique_by=lambda pair: pair[0])
SOME_AT_LEAST = st.lists(ONE, min_size=1, max_size=2, unique_by=lambda pair: pair[0])
LEAVES = SOME_AT_LEAST.map(lambda pairs: (pairs, []))
GROUPS = st.one_of(LEAVES, st.tuples(SOME, st.lists(LEAVES, min_size=1, max_size=3)))
QUESTIONS = st.tuples(SOME, st.lists(GROUPS, max_size=3))


def written(tree: Tree) -> str:
    pairs, groups = tree
    return urlencode([*pairs, *(("or", written(g)) for g in groups)])


def meets(row: Product, tree: Tree) -> bool:
    pairs, groups = tree
    return all(holds(row, *pair) for pair in pairs) and (not groups or any(meets(row, g) for g in groups))


def holds(row: Product, key: str, text: str) -> bool:
    match key:
        case "price__gte":
            return row.price is not None and row.price >= Decimal(text)
        case "price__lt":
            return row.price is not None and row.price < Decimal(text)
        case "price__empty":
            return (row.price is None) == (text == "true")
        case "unit":
            return row.unit in text.split(",")
        case "unit__ne":
            return row.unit != text
        case "code__contains":
            return text.lower() in row.code.lower()
    return row.is_active == (text == "true")


@pytest.mark.django_db
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(tree=QUESTIONS)
def test_the_rows_are_those_that_each_row_asked_by_itself_gives(stock: list[Product], tree: Tree) -> None:
    found = set(ask(written(tree)).apply(Product.objects.all()).values_list("pk", flat=True))
    assert found == {row.pk for row in stock if meets(row, tree)}
    again = ask(ask(written(tree)).query())
    assert set(again.apply(Product.objects.all()).values_list("pk", flat=True)) == found


@pytest.fixture
def stock(db: Any) -> list[Product]:
    kinds = list(itertools.product([None, 10, 20, 30], ["pcs", "h", ""], ["Ab", "xA"], [True, False]))
    rows = goods(*(price for price, *_rest in kinds))
    for row, (_price, unit, code, is_active) in zip(rows, kinds, strict=True):
        row.unit, row.code, row.is_active = unit, f"{code}{row.pk}", is_active
    Product.objects.bulk_update(rows, ["unit", "code", "is_active"])
    return list(Product.objects.all())


def nested(*levels: str) -> str:
    text = ""
    for level in reversed(levels):
        text = level + (f"&{urlencode({'or': text})}" if text else "")
    return text


def test_two_levels_are_read_and_the_third_is_refused_in_a_sentence() -> None:
    assert ask(nested("unit=h", "price__gte=1", "code=A")).groups[0].groups[0].filters[0].key == "code"
    with pytest.raises(Invalid) as refused:
        ask(nested("unit=h", "price__gte=1", "code=A", "code=B"))
    (problem,) = refused.value.errors
    assert problem.code == "too_deep" and str(problem.message).startswith(
        "A group of filters can hold groups"
    )


@pytest.mark.parametrize(
    "query",
    [
        urlencode([("or", urlencode([("or", "code=A")] * 6))] * 3),  # 21 groups
        urlencode([("or", urlencode([("code__contains", "A")] * 31))] * 2),
    ],
)
def test_too_many_are_refused(query: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask(query)
    assert {e.code for e in refused.value.errors} == {"too_many"}


def test_what_is_wrong_inside_a_group_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        ask(nested("unit=h", "price__gte=1", "nothing=1&price__gte=x"))
    assert {e.field for e in refused.value.errors} == {"nothing", "price__gte"}


def test_one_question_costs_one_query(stock: list[Product], django_assert_num_queries: Any) -> None:
    wanted = ask(nested("unit=h", "price__gte=1", "code__contains=A"))
    with django_assert_num_queries(1):
        wanted.page(wanted.apply(Product.objects.all()), ("name",))


def test_a_group_is_put_into_its_place_and_taken_out_again() -> None:
    both = "or=unit%3Dh&or=price__gte%3D1&q=a"
    inside = put(both, (1, 0), "code=A")
    assert ask(inside).groups[1].text == "price__gte=1&or=code%3DA"
    more = ask(put(inside, (1, 1), "code=B"))
    assert [g.text for g in more.groups[1].groups] == ["code=A", "code=B"] and more.q == "a"
    assert put(put(both, (1, 0), "code=A"), (1, 0), "") == both
    assert put(both, (1,), "") == "unit=h&q=a"  # a single alternative is none
    whole = more.whole.without((1, 0))
    assert whole.groups[1].text == "price__gte=1&code=B"
    assert more.whole.without((0,)).text == "price__gte=1&or=code%3DA&or=code%3DB"


def test_chips_say_what_is_inside_and_lead_on_without_it() -> None:
    wanted = ask(put(put("or=unit%3Dh&or=price__gte%3D1", (1, 0), "code=A"), (1, 1), "code=B"))
    _first, second = filters.groups(wanted, "/goods")
    assert [(g.place, g.chips[0].value) for g in second.inside] == [("1-0", "A"), ("1-1", "B")]
    assert second.inside[0].url == "/goods?or=unit%3Dh&or=price__gte%3D1%26code%3DB"


@pytest.mark.django_db
def test_the_form_of_a_group_offers_groups_inside_and_that_of_one_inside_none(
    anna: Any, client_of: Any
) -> None:
    wanted = ask("or=unit%3Dh&or=" + "price__gte%3D1%26or%3Dcode%253DA&sort=name")

    def form(place: str) -> str:
        request = RequestFactory().get("/goods", headers={"HX-Target": f"or-{place}-ls-form-body"})
        request.user = anna
        answer = filter_form(request, wanted, "/goods")
        assert answer is not None
        return answer.content.decode()  # type: ignore[attr-defined]

    outer, inner, new = form("1"), form("1-0"), form("1-1")
    assert 'id="or-1-0-ls-form-body"' in outer and 'id="or-1-1-ls-form-body"' in outer
    assert "ls-inside" not in inner and 'name="_place" value="1-0"' in inner and 'value="A"' in inner
    assert 'name="_place" value="1-1"' in new and 'value="A"' not in new.split("<fieldset")[1]
    assert "ls-inside" not in form("2")  # a group that is not there yet
    answer = client_of(anna).get(
        "/lists/filtered", {"_to": "/goods", "_query": wanted.query(), "_place": "1-1", "code__contains": "B"}
    )
    assert [g.text for g in ask(answer["Location"].partition("?")[2]).groups[1].groups] == [
        "code=A",
        "code__contains=B",
    ]


@pytest.mark.django_db
def test_a_view_keeps_groups_within_groups(anna: Any) -> None:
    from takt.kernel.lib.actor import Actor

    query = ask(nested("unit=h", "price__gte=1", "code=A")).query()
    assert GOODS.resource == "test_goods"
    view = commands.save_view("test_goods", "Nested", query, by=Actor(anna), at=AT)
    assert ask(view.query).whole == ask(query).whole
