"""Own fields at every edge: forms, cards, lists, filters, order, files, API."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from takt.kernel.fields import commands
from takt.kernel.fields.models import FieldDefinition, FieldKind
from takt.kernel.lib.actor import Actor
from takt.sales.catalog.commands import create_product
from takt.sales.catalog.models import Product
from takt.sales.contacts.commands import create_company, create_contact
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}
OPTIONS = ["North", "South"]


@pytest.fixture
def every_kind(a_field: Any) -> dict[str, FieldDefinition]:
    """One field of each kind, called by it."""
    return {
        str(kind): a_field(f"The {kind}", kind, slug=str(kind), options=OPTIONS if "choice" in kind else ())
        for kind in FieldKind.values
    }


def values_of_every_kind(anna: Any, company: Any, contact: Any) -> dict[str, Any]:
    return {
        "text": "Short", "long_text": "Two\nlines", "number": "12.5",
        "money": {"amount": "1250.50", "currency": "EUR"}, "date": "2026-04-01",
        "datetime": "2026-04-01T10:30:00Z", "choice": "north", "choices": ["north", "south"], "yes_no": True,
        "user": anna.pk, "company": company.pk, "contact": contact.pk, "url": "https://example.com/a",
        "phone": "+31105550142", "email": "ilse@example.com",
    }  # fmt: skip


@pytest.fixture
def customer(anna: Any, at: Any) -> tuple[Company, Contact]:
    company = create_company(name="Frisia", by=Actor(anna), at=at)
    return company, create_contact(name="Ilse", company=company, by=Actor(anna), at=at)


def test_the_api_takes_and_gives_every_kind(
    every_kind: Any, a_deal: Any, anna: Any, customer: Any, api_of: Any
) -> None:
    api, deal = api_of(anna), a_deal(anna)
    values = values_of_every_kind(anna, *customer)
    answer = api.patch(f"/deals/{deal.pk}", {"custom": values})
    assert answer.status_code == 200, answer.content
    assert answer.json()["custom"] == values
    assert api.get(f"/deals/{deal.pk}").json()["custom"] == values
    assert api.get("/deals").json()["items"][0]["custom"] == values
    del values["number"]
    answer = api.patch(f"/deals/{deal.pk}", {"custom": {"text": "Other", "number": None}})
    assert answer.json()["custom"] == values | {"text": "Other"}
    wrong = api.patch(f"/deals/{deal.pk}", {"custom": {"date": "soon", "nothing": 1, "email": "x"}})
    assert wrong.status_code == 422
    assert {e["field"] for e in wrong.json()["errors"]} == {"custom.date", "custom.nothing", "custom.email"}


def test_the_api_of_the_fields_themselves(api_of: Any, anna: Any, dora: Any, a_deal: Any) -> None:
    api = api_of(dora)
    made = api.post("/fields", {"entity": "deal", "name": "Region", "kind": "choice", "options": OPTIONS})
    assert made.status_code == 201, made.content
    path = made["Location"].removeprefix("/api/v1")
    assert made.json()["slug"] == "region"
    assert [o["key"] for o in made.json()["options"]] == ["north", "south"]
    assert api.patch(path, {"name": "Area", "is_required": True}).json()["name"] == "Area"
    assert api.patch(path, {"kind": "text"}).status_code == 422
    assert api.patch(path, {"name": "Stale"}, If_Match='"99"').status_code == 412
    required = api.post(
        "/deals",
        {"name": "New", "first_task": {"type": "call", "title": "Call", "due_at": "2026-04-01T10:00:00Z"}},
    )
    assert {e["field"] for e in required.json()["errors"]} == {"custom.region"}
    assert api.post("/deals", {"name": "Quick", "quick": True}).status_code == 201
    assert api.post(f"{path}/retire").json()["retired_at"] is not None
    assert api.get("/fields", {"retired_at__empty": "true"}).json()["items"] == []
    assert api.post(f"{path}/restore").json()["retired_at"] is None
    assert api.post(f"{path}/move", {"place": 3}).json()["position"] == 0
    reader = api_of(anna)
    assert len(reader.get("/fields", {"entity": "deal"}).json()["items"]) == 1
    assert reader.patch(path, {"name": "Mine"}).status_code == 403
    deal = a_deal(dora)
    alone = api.post("/fields", {"entity": "deal", "name": "Code", "kind": "text", "only_record": deal.pk})
    assert alone.status_code == 201
    assert reader.get(alone["Location"].removeprefix("/api/v1")).status_code == 404


@pytest.mark.parametrize("entity", ["company", "contact", "product"])
def test_companies_contacts_and_products_have_fields_too(
    entity: str, a_field: Any, admin: Any, api_of: Any, client_of: Any
) -> None:
    a_field("Rating", "number", entity=entity)
    a_field("Since", "date", entity=entity)
    api, browser = api_of(admin), client_of(admin)
    path = {"company": "/companies", "contact": "/contacts", "product": "/products"}[entity]
    made = api.post(path, {"name": "One", "custom": {"rating": 4, "since": "2020-01-01"}})
    assert made.status_code == 201, made.content
    assert made.json()["custom"] == {"rating": "4", "since": "2020-01-01"}
    pk = made.json()["id"]
    assert api.patch(f"{path}/{pk}", {"custom": {"rating": 5}}).json()["custom"]["rating"] == "5"
    for page in (
        f"{path}/new",
        f"{path}/{pk}",
        path,
        f"{path}?columns=name,cf_rating&cf_rating__gte=3&sort=-cf_since",
    ):
        answer = browser.get(page)
        assert answer.status_code == 200, page
        assert "Rating" in answer.content.decode(), page
    form = {"name": "Two", "cf_rating": "3.5", "cf_since": "2021-05-06"}
    assert browser.post(f"{path}/new", form).status_code == 302
    model = {"company": Company, "contact": Contact, "product": Product}[entity]
    assert model.objects.get(name="Two").custom == {"rating": "3.5", "since": "2021-05-06"}
    edit = f"{path}/{pk}" if entity == "product" else f"{path}/{pk}/edit"
    answer = browser.post(edit, {"name": "One", "cf_rating": "lots", "cf_since": ""})
    assert answer.status_code == 422
    assert "Enter a number, such as 12.5." in answer.content.decode()
    assert browser.post(edit, {"name": "One", "cf_rating": "", "cf_since": "2022-01-01"}).status_code == 302
    assert model.objects.get(pk=pk).custom == {"since": "2022-01-01"}
    assert "2022" in browser.get(f"{path}/{pk}").content.decode()


def test_the_form_of_a_deal_keeps_what_was_typed(
    every_kind: Any, a_deal: Any, anna: Any, customer: Any, client_of: Any
) -> None:
    browser, deal = client_of(anna), a_deal(anna)
    company, contact = customer
    form = {
        "name": "Racking", "currency": "EUR", "cf_text": "Short", "cf_long_text": "Two\nlines", "cf_number": "12.5",
        "cf_money": "1 250,50", "cf_money__currency": "EUR", "cf_date": "2026-04-01",
        "cf_datetime": "2026-04-01T10:30", "cf_choice": "north", "cf_choices": ["north"], "cf_choices__many": "1",
        "cf_yes_no": "false", "cf_user": str(anna.pk), "cf_company": str(company.pk), "cf_contact": str(contact.pk),
        "cf_url": "example.com", "cf_phone": "+31 10 555 0142", "cf_email": "Ilse@Example.com",
    }  # fmt: skip
    wrong = browser.post(f"/deals/{deal.pk}/edit", form | {"cf_email": "not one"}, headers=HX)
    assert wrong.status_code == 422
    page = wrong.content.decode()
    assert "Enter an e-mail address" in page and "not one" in page and "Frisia" in page
    assert browser.post(f"/deals/{deal.pk}/edit", form).status_code == 303
    stored = Deal.objects.get(pk=deal.pk).custom
    assert stored["money"] == {"amount": "1250.50", "currency": "EUR"}
    assert (
        stored["choices"] == ["north"]
        and stored["yes_no"] is False
        and stored["url"] == "https://example.com"
    )
    card = browser.get(f"/deals/{deal.pk}").content.decode()
    for text in ("The long_text", "example.com", "Frisia", "Ilse", "North", "12.5", "+31 10 555 0142"):
        assert text in card, text
    page = browser.get(f"/deals/{deal.pk}/edit").content.decode()
    assert 'value="1250.50"' in page and 'value="2026-04-01T10:30"' in page
    emptied = form | {"cf_choices": [], "cf_yes_no": "", "cf_company": "", "cf_money": ""}
    browser.post(f"/deals/{deal.pk}/edit", emptied)
    assert not {"choices", "yes_no", "company", "money"} & set(Deal.objects.get(pk=deal.pk).custom)


def test_a_new_deal_is_asked_for_its_fields(a_field: Any, pipeline: Any, anna: Any, client_of: Any) -> None:
    a_field("Region", "choice", options=OPTIONS, is_required=True)
    browser = client_of(anna)
    assert "Region" in browser.get("/deals/new").content.decode()
    form = {
        "name": "Shuttle",
        "currency": "EUR",
        "step_type": "call",
        "step_title": "Call",
        "step_due": "2026-03-04T10:00",
    }
    refused = browser.post("/deals/new", form | {"cf_region": ""})
    assert refused.status_code == 422
    assert refused.content.decode().count("This can&#39;t be empty.") == 1
    assert browser.post("/deals/new", form | {"cf_region": "south"}).status_code == 303
    assert Deal.objects.get(name="Shuttle").custom == {"region": "south"}


@pytest.fixture
def three(every_kind: Any, a_deal: Any, anna: Any, customer: Any) -> list[Deal]:
    company, contact = customer
    return [
        a_deal(
            anna, "One", text="Äpfel", number="9", money={"amount": "900", "currency": "EUR"}, date="2026-01-15",
            datetime="2026-01-15T10:00:00Z", choice="north", choices=["north"], yes_no=True, user=anna.pk,
            company=company.pk, contact=contact.pk, url="one.example", phone="+31105550142", email="one@example.com",
            long_text="a long story",
        ),
        a_deal(
            anna, "Two", text="birnen", number="10.25", money={"amount": "1000", "currency": "EUR"},
            date="2025-12-31", datetime="2025-12-31T23:59:59Z", choice="south", choices=["north", "south"],
            yes_no=False, email="two@example.com",
        ),
        a_deal(anna, "Three"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("cf_text=birnen", {"Two"}), ("cf_text=BIRNEN", {"Two"}), ("cf_text__contains=irn", {"Two"}),
        ("cf_text__ne=birnen", {"One", "Three"}), ("cf_text__empty=true", {"Three"}),
        ("cf_long_text__contains=Story", {"One"}), ("cf_number=9", {"One"}), ("cf_number__gte=9.5", {"Two"}),
        ("cf_number__lt=10", {"One"}), ("cf_number__ne=9", {"Two", "Three"}), ("cf_number__empty=false", {"One", "Two"}),
        ("cf_money__gte=950", {"Two"}), ("cf_money=900", {"One"}), ("cf_date=2026-01-15", {"One"}),
        ("cf_date__lt=2026-01-01", {"Two"}), ("cf_date__gte=2026-01-01", {"One"}), ("cf_date__empty=true", {"Three"}),
        ("cf_datetime=2025-12-31", {"Two"}), ("cf_datetime__gt=2025-12-31", {"One"}), ("cf_choice=north", {"One"}),
        ("cf_choice=north,south", {"One", "Two"}), ("cf_choice__ne=north", {"Two", "Three"}),
        ("cf_choices=south", {"Two"}), ("cf_choices=north", {"One", "Two"}), ("cf_choices__ne=south", {"One", "Three"}),
        ("cf_choices__empty=true", {"Three"}), ("cf_yes_no=true", {"One"}), ("cf_yes_no=false", {"Two"}),
        ("cf_yes_no__ne=true", {"Two", "Three"}), ("cf_yes_no__empty=true", {"Three"}), ("cf_user=me", {"One"}),
        ("cf_user=anna@takt.example", {"One"}), ("cf_user__empty=true", {"Two", "Three"}),
        ("cf_email=two@example.com", {"Two"}), ("cf_url__contains=one", {"One"}), ("cf_phone__contains=5550", {"One"}),
        ("cf_text__contains=%25", set()),
    ],
)  # fmt: skip
def test_a_list_is_filtered_by_a_field(
    query: str, names: set[str], three: Any, anna: Any, api_of: Any
) -> None:
    found = api_of(anna).get(f"/deals?{query}&count=true").json()
    assert {i["name"] for i in found["items"]} == names
    assert found["total"] == len(names)


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("cf_number", ["One", "Two", "Three"]), ("-cf_number", ["Two", "One", "Three"]),
        ("cf_money", ["One", "Two", "Three"]), ("cf_date", ["Two", "One", "Three"]),
        ("-cf_datetime", ["One", "Two", "Three"]), ("-cf_email", ["Two", "One", "Three"]),
    ],
)  # fmt: skip
def test_a_list_is_ordered_by_a_field_and_paged(
    sort: str, names: list[str], three: Any, anna: Any, api_of: Any
) -> None:
    api, found, cursor = api_of(anna), [], ""
    while True:
        page = api.get(
            f"/deals?sort={sort}&limit=1&cursor={cursor}" if cursor else f"/deals?sort={sort}&limit=1"
        ).json()
        found += [i["name"] for i in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert found == names


@pytest.mark.parametrize(
    "query",
    [
        "cf_nothing=1",
        "cf_number=abc",
        "cf_choice=west",
        "cf_text__gte=a",
        "sort=cf_choices",
        "sort=cf_long_text",
        "columns=cf_x",
    ],
)
def test_what_a_list_cannot_be_asked_is_refused(query: str, three: Any, anna: Any, api_of: Any) -> None:
    assert api_of(anna).get(f"/deals?{query}").status_code == 422


def test_a_list_shows_and_exports_chosen_fields(
    three: Any, every_kind: Any, dora: Any, client_of: Any
) -> None:
    browser = client_of(dora)
    columns = ["name", *(f.column for f in every_kind.values())]
    browser.post("/lists/deals/columns", {"columns": columns})
    page = browser.get("/deals?sort=cf_number").content.decode()
    for text in ("The money", "Frisia", "Ilse", "North, South", "birnen", "mailto:one@example.com"):
        assert text in page, text
    answer = browser.get("/deals?sort=cf_number&export=csv&columns=" + ",".join(columns))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    first = rows[0]
    assert first["The number"] == "9" and first["The company"] == "Frisia" and first["The yes_no"] == "true"
    assert Decimal(first["The money"].split()[0]) == 900
    assert rows[1]["The choices"] == "North, South" and rows[2]["The text"] == ""
    assert browser.get("/deals?export=xlsx&columns=" + ",".join(columns)).status_code == 200
    form = browser.get(
        "/deals?cf_choice=north", headers={"HX-Request": "true", "HX-Target": "ls-form-body"}
    ).content.decode()
    assert 'name="cf_choice"' in form and 'name="cf_number__gte"' in form and 'name="cf_date__lte"' in form


def test_a_view_keeps_a_field_and_survives_its_retirement(
    three: Any, every_kind: Any, dora: Any, at: Any, client_of: Any
) -> None:
    browser = client_of(dora)
    saved = browser.post(
        "/lists/deals/views", {"name": "Northern", "query": "cf_choice=north&columns=name,cf_choice"}
    )
    assert saved.status_code in {204, 302, 303}
    browser.post("/lists/deals/columns", {"columns": ["name", "cf_choice"]})
    assert "Northern" in browser.get("/deals").content.decode()
    commands.retire_field(every_kind["choice"], by=Actor(dora), at=at)
    assert browser.get("/deals").status_code == 200
    assert browser.get("/deals?cf_choice=north").status_code == 422


def test_the_board_may_be_filtered_and_ordered_by_a_field(three: Any, anna: Any, client_of: Any) -> None:
    page = client_of(anna).get("/deals/board?cf_choice=north&sort=-cf_number").content.decode()
    assert "One" in page and ">Two<" not in page


def test_pages_ask_as_often_for_ten_fields_as_for_one(
    a_field: Any, a_deal: Any, anna: Any, customer: Any, client_of: Any
) -> None:
    browser = client_of(anna)
    company, _contact = customer
    counts = []
    for number in range(2):
        for i in range(5):
            a_field(f"Company {number} {i}", "company")
            a_field(f"User {number} {i}", "user")
        slugs = list(FieldDefinition.objects.values_list("slug", "kind"))
        deal = a_deal(anna, **{s: company.pk if k == "company" else anna.pk for s, k in slugs})
        columns = ",".join(f"cf_{s}" for s, _k in slugs)
        asked = []
        for path in (
            f"/deals/{deal.pk}",
            f"/deals/{deal.pk}/edit",
            f"/deals?columns=name,{columns}",
            "/deals/new",
        ):
            browser.get(path)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert browser.get(path).status_code == 200
            asked.append(len(queries))
        counts.append(asked)
    assert counts[0] == counts[1]


def test_the_settings_of_fields(anna: Any, dora: Any, client_of: Any) -> None:
    assert client_of(anna).get("/settings/fields").status_code == 403
    browser = client_of(dora)
    assert "/settings/fields" in browser.get("/settings").content.decode()
    for entity in ("deal", "company", "contact", "product"):
        assert browser.get(f"/settings/fields/{entity}").status_code == 200
    assert browser.get("/settings/fields/task").status_code == 404
    refused = browser.post("/settings/fields/company", {"name": "", "kind": "choice"})
    assert refused.status_code == 422 and "This can&#39;t be empty." in refused.content.decode()
    form = {
        "name": "Size",
        "kind": "choice",
        "options": "Small\r\nLarge\r\n",
        "hint": "By people",
        "is_required": "on",
    }
    assert browser.post("/settings/fields/company", form).status_code == 303
    row = FieldDefinition.objects.get()
    assert (row.entity, row.is_required, [o["label"] for o in row.options]) == (
        "company",
        True,
        ["Small", "Large"],
    )
    page = browser.get(f"/settings/fields/{row.pk}/edit").content.decode()
    assert "Large" in page
    change = {
        "name": "Size of it",
        "label_small": "Tiny",
        "offered_small": "on",
        "label_large": "Large",
        "options": "Huge",
    }
    assert (
        browser.post(f"/settings/fields/{row.pk}/edit", change | {"version": row.version}).status_code == 303
    )
    row.refresh_from_db()
    assert [(o["label"], o["is_active"]) for o in row.options] == [
        ("Tiny", True),
        ("Large", False),
        ("Huge", True),
    ]
    assert not row.is_required
    assert browser.post(f"/settings/fields/{row.pk}/edit", change | {"version": "1"}).status_code == 409
    assert browser.post(f"/settings/fields/{row.pk}/place", {"place": "0"}, headers=HX).status_code == 200
    assert browser.post(f"/settings/fields/{row.pk}/retire").status_code == 303
    assert "Bring back" in browser.get("/settings/fields/company").content.decode()
    assert browser.post(f"/settings/fields/{row.pk}/restore").status_code == 303
    row.refresh_from_db()
    assert row.is_active


def test_a_field_of_one_deal_is_added_on_its_page(a_deal: Any, anna: Any, carla: Any, client_of: Any) -> None:
    deal = a_deal(anna)
    browser = client_of(anna)
    assert f"/fields/deal/{deal.pk}" in browser.get(f"/deals/{deal.pk}").content.decode()
    assert client_of(carla).get(f"/fields/deal/{deal.pk}").status_code == 404
    assert browser.get(f"/fields/deal/{deal.pk}", headers=HX).status_code == 200
    answer = browser.post(f"/fields/deal/{deal.pk}", {"name": "Gate", "kind": "text"}, headers=HX)
    assert answer.headers["HX-Redirect"] == f"/deals/{deal.pk}/edit"
    assert "Gate" in browser.get(f"/deals/{deal.pk}/edit").content.decode()
    assert "Gate" not in browser.get("/deals/new").content.decode()
    row = FieldDefinition.objects.get()
    assert browser.post(f"/settings/fields/{row.pk}/retire", headers=HX).status_code == 204
    assert "Bring back" in browser.get(f"/fields/deal/{deal.pk}").content.decode()


@pytest.mark.parametrize(
    "text", ['"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "%(name)s %s", "深圳市华为", "‮evil"]
)
def test_hostile_names_and_values_are_only_words(
    text: str, a_field: Any, a_deal: Any, anna: Any, dora: Any, client_of: Any
) -> None:
    row = a_field(text, "choice", options=[text])
    deal = a_deal(anna, **{row.slug: row.options[0]["key"]})
    for user, path in (
        (anna, f"/deals/{deal.pk}"), (anna, f"/deals/{deal.pk}/edit"), (anna, f"/deals?columns=name,{row.column}"),
        (dora, "/settings/fields"), (dora, f"/settings/fields/{row.pk}/edit"),
    ):  # fmt: skip
        answer = client_of(user).get(path)
        assert answer.status_code == 200, path
        assert "<img src=x" not in answer.content.decode()


def test_the_index_is_made_and_dropped(transactional_db: Any, a_field: Any, dora: Any, at: Any) -> None:
    from takt.kernel.fields.indexing import bring_into_line

    def indexes() -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'cf\\_%%'")
            return {name for (name,) in cursor.fetchall()}

    rows = [
        a_field(f"F {kind}", kind, options=OPTIONS if "choice" in kind else ()) for kind in FieldKind.values
    ]
    for row in rows:
        bring_into_line(row.pk)
        bring_into_line(row.pk)
    assert {f"cf_{r.pk}" for r in rows if r.kind != "long_text"} <= indexes()
    for row in rows:
        commands.retire_field(row, by=Actor(dora), at=at)
        bring_into_line(row.pk)
    assert not indexes()
    bring_into_line(10**9)


def test_a_product_with_values_is_seen_by_who_may_not_change_it(
    a_field: Any, dora: Any, anna: Any, at: Any, client_of: Any
) -> None:
    a_field("Weight", "number", entity="product")
    product = create_product(name="Shelf", custom={"weight": 12}, by=Actor(dora), at=at)
    page = client_of(anna).get(f"/products/{product.pk}").content.decode()
    assert "Weight" in page and "12" in page
    assert json.loads(json.dumps(product.custom)) == {"weight": "12"}
