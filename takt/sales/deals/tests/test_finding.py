"""One box over everything: what is found, in what order, and that what is hidden is not."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from takt.kernel.lib.actor import Actor
from takt.kernel.lists.commands import gather_words, save_view
from takt.kernel.lists.search import Answer, search
from takt.sales.catalog.commands import create_product
from takt.sales.contacts.commands import create_company, create_contact
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold(pipeline: Any, at: dt.datetime) -> Callable[..., Deal]:
    def sell(name: str, owner: Any, **more: Any) -> Deal:
        task = NewTask(type="call", title=f"Call about {name}", due_at=at + dt.timedelta(days=1))
        return commands.create_deal(name=name, first_task=task, by=Actor(owner), at=at, **more)

    return sell


def titles(answer: Answer, kind: str = "deal") -> list[str]:
    return [hit.title for found in answer.found if found.kind == kind for hit in found.hits]


def test_exact_before_beginning_before_part(sold: Any, anna: Any) -> None:
    for name in ("Big shuttle", "Shuttle system", "Shuttle", "Microshuttle"):
        sold(name, anna)
    assert titles(search(anna, "shuttle", 9)) == ["Shuttle", "Shuttle system", "Big shuttle", "Microshuttle"]


def test_open_before_closed(sold: Any, anna: Any, at: dt.datetime) -> None:
    won = sold("Shuttle one", anna)
    sold("Shuttle two", anna)
    commands.lose_deal(won, reason="price", by=Actor(anna), at=at + dt.timedelta(hours=1))
    assert titles(search(anna, "shuttle", 9)) == ["Shuttle two", "Shuttle one"]


@pytest.mark.parametrize("typed", ["Шатт", "шаттл", "ШАТТЛ", "ифек", "ттл"])
def test_cyrillic(sold: Any, anna: Any, typed: str) -> None:
    sold("Шаттл ифектив", anna)
    assert titles(search(anna, typed, 9)) == ["Шаттл ифектив"]


@pytest.mark.parametrize("typed", ["华", "华为", "科技", "huawei", "hwkj", "HuaWei"])
def test_chinese_by_one_character_and_by_pinyin(sold: Any, anna: Any, typed: str) -> None:
    sold("华为科技", anna)
    assert titles(search(anna, typed, 9)) == ["华为科技"]


@pytest.mark.parametrize("typed", ["ghbdtn", "приевт", "привт", "прывет"])
def test_mistyped_and_on_the_other_keyboard(sold: Any, anna: Any, at: dt.datetime, typed: str) -> None:
    sold("Привет завод", anna)
    gather_words(by=Actor(via="timer"), at=at)
    answer = search(anna, typed, 9)
    assert titles(answer) == ["Привет завод"]
    assert answer.instead == "привет"


@pytest.mark.parametrize("typed", ["siemnes", "simens", "seimens", "sjemenz", "сименс", "ышуьуты"])
def test_a_letter_or_two_wrong(sold: Any, anna: Any, at: dt.datetime, typed: str) -> None:
    sold("Line", anna, new_company="Siemens AG")
    gather_words(by=Actor(via="timer"), at=at)
    assert titles(search(anna, typed, 9), "company") == ["Siemens AG"]


def test_a_word_of_no_record_is_forgotten(sold: Any, anna: Any, at: dt.datetime) -> None:
    from takt.kernel.lists.models import SearchWord

    deal = sold("Xylophone", anna)
    gather_words(by=Actor(via="timer"), at=at)
    assert SearchWord.objects.filter(word="xylophone").exists()
    Deal.objects.filter(pk=deal.pk).update(search="other")
    gather_words(by=Actor(via="timer"), at=at)
    assert not SearchWord.objects.filter(word="xylophone").exists()


@pytest.mark.parametrize(
    "typed", ["+49 (30) 555-01-23", "030 555 01", "0123", "55501", "5550123", "30 555", "004930555"]
)
def test_part_of_a_telephone_number(anna: Any, at: dt.datetime, typed: str) -> None:
    create_contact(name="Jane Roe", phones=["+493055501 23"], by=Actor(anna), at=at)
    answer = search(anna, typed, 9)
    assert titles(answer, "contact") == ["Jane Roe"]
    assert answer.found[0].hits[0].aside == "+49305550123"


def test_number_of_a_deal_and_tax_number(sold: Any, anna: Any, at: dt.datetime) -> None:
    deal = sold("Racking", anna)
    assert titles(search(anna, str(deal.pk), 9)) == ["Racking"]
    assert titles(search(anna, f"#{deal.pk}", 9)) == ["Racking"]
    create_company(name="Acme", tax_id="DE 123456789", by=Actor(anna), at=at)
    assert titles(search(anna, "345678", 9), "company") == ["Acme"]


def test_words_of_the_deal_and_of_its_customer_together(sold: Any, anna: Any) -> None:
    sold("Racking", anna, new_company="Acme GmbH")
    sold("Docks", anna, new_company="Acme Wien")
    assert titles(search(anna, "acme rack", 9)) == ["Racking"]


def test_what_is_hidden_is_not_found(sold: Any, anna: Any, carla: Any, dora: Any) -> None:
    deal = sold("Racking", carla, new_company="Secretcorp")
    for words in ("racking", "secretcorp", str(deal.pk), "rackign", "кфслштп"):
        assert search(anna, words, 9).found == []
    assert titles(search(dora, "secretcorp", 9)) == ["Racking"]


def test_a_deal_is_not_found_by_a_hidden_customer(
    sold: Any, anna: Any, carla: Any, dora: Any, at: dt.datetime, client_of: Any
) -> None:
    company = create_company(name="Secretcorp", by=Actor(carla), at=at)
    deal = sold("Racking", carla, company=company.pk)
    commands.assign_deal(deal, anna, by=Actor(dora), at=at)
    gather_words(by=Actor(via="timer"), at=at)
    for words in ("secretcorp", "secretc", "secretcrop", "racking secret"):
        assert search(anna, words, 9).found == [], words
        assert "Racking" not in client_of(anna).get("/deals", {"q": words}).content.decode()
    answer = search(anna, "racking", 9)
    assert titles(answer) == ["Racking"]
    assert "Secretcorp" not in str(answer)
    assert titles(search(dora, "racking secret", 9)) == ["Racking"]


def test_deleted_is_gone_at_once(sold: Any, anna: Any, admin: Any, at: dt.datetime) -> None:
    deal = sold("Racking", anna)
    commands.delete_deal(deal, by=Actor(admin), at=at)
    assert titles(search(admin, "racking", 9)) == []


def test_the_palette_offers_commands_pages_people_and_views(
    sold: Any, anna: Any, admin: Any, at: dt.datetime, client_of: Any
) -> None:
    create_contact(name="Jane Roe", by=Actor(anna), at=at)
    create_product(name="Jane's rack", price="10", currency="EUR", by=Actor(admin), at=at)
    save_view("deals", "Jane's deals", "status=open", by=Actor(anna), at=at)

    def lines(q: str, who: Any = anna, **more: str) -> str:
        return str(client_of(who).get("/search/palette", {"q": q, **more}).content.decode())

    assert 'data-dialog="/deals/new"' in lines("> new d") and 'data-dialog="/deals/new"' in lines(">тщ")[
        :0
    ] + lines("new deal")
    assert "/settings/users" not in lines(">users") and "/settings/users" in lines(">users", admin)
    assert "/products/" in lines("jane") and "/products/" not in lines("@jane")
    assert "/contacts/" in lines("@jane")
    assert "/deals?status=open" in lines("#jane") and "/contacts/" not in lines("#jane")
    deal = sold("Racking", anna)
    assert "Racking" in lines("", opened=f"deal:{deal.pk},company:7")
    hidden = lines("", admin, opened="deal:999999,river:1,deal:x")
    assert "option" in hidden and "Opened lately" not in hidden
    for odd in ("\x00", "%", "_", "\\", "'", '"', "@", "#", ">", "x" * 500, "1" * 300, "#" + "9" * 30):
        assert client_of(anna).get("/search/palette", {"q": odd}).status_code == 200


def test_what_a_percent_sign_means(sold: Any, anna: Any) -> None:
    sold("Discount 5% off", anna)
    sold("Discount 50 off", anna)
    assert titles(search(anna, "5%", 9)) == ["Discount 5% off"]


def colleagues(user: Any, q: str) -> list[tuple[str, str, str]]:
    found = search(user, q, 9, people_only=True).found
    return [(h.title, h.url, h.chip) for f in found if f.kind == "user" for h in f.hits]


def test_colleagues_under_the_at_sign(anna: Any, boris: Any, carla: Any, admin: Any, client_of: Any) -> None:
    known = colleagues(admin, carla.name[:4].lower())
    assert known == [(carla.name, f"/deals?owner={carla.pk}&status=open", "")]
    assert colleagues(admin, carla.email.split("@")[0])[0][0] == carla.name
    assert colleagues(anna, anna.name)[0][0] == anna.name
    assert colleagues(anna, carla.name) == [] and colleagues(boris, carla.name) == []  # of another team
    assert not [f for f in search(admin, carla.name, 9).found if f.kind == "user"]
    text = client_of(admin).get("/search/palette", {"q": f"@{carla.name}"}).content.decode()
    assert f"/deals?owner={carla.pk}&amp;status=open" in text and "Colleagues" in text
    assert client_of(admin).get(f"/deals?owner={carla.pk}&status=open").status_code == 200


def test_a_colleague_who_has_left_says_so_and_comes_last(carla: Any, anna: Any, admin: Any) -> None:
    type(anna).objects.filter(pk=carla.pk).update(is_active=False, name=anna.name)
    assert [chip for _n, _u, chip in colleagues(admin, anna.name)] == ["", "no longer here"]
