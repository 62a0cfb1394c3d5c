import datetime as dt
from typing import Any

import pytest

from takt.kernel.lib.actor import Actor
from takt.sales.contacts import commands
from takt.sales.contacts.models import Company, Contact

XSS = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
HOSTILE = [XSS, "‮evil", "Ёж 🦔", "深圳市华为", "{{ 7*7 }}", "%(name)s %s", "a" * 200]


@pytest.fixture
def acme(anna: Any, at: dt.datetime) -> Company:
    return commands.create_company(
        name="Acme GmbH", phones=["+4930123456"], emails=["info@acme.example"], by=Actor(anna), at=at
    )


@pytest.fixture
def jane(anna: Any, acme: Company, at: dt.datetime) -> Contact:
    return commands.create_contact(
        name="Jane Roe", company=acme, phones=["+491715550142"], by=Actor(anna), at=at
    )


@pytest.mark.parametrize("role", ["rep", "lead", "head", "ceo", "auditor", "assistant", "support", "admin"])
def test_every_role_opens_the_pages(
    role: str, acme: Company, jane: Contact, person: Any, client_of: Any
) -> None:
    user = person(f"u{role}", role=role, team=None if role == "admin" else "north")
    client = client_of(user)
    seen = Company.objects.visible_to(user).filter(pk=acme.pk).exists()
    for path in ("/companies", "/contacts", "/companies/new", "/contacts/new"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "no such element" not in answer.content.decode(), path
    for path in (f"/companies/{acme.pk}", f"/contacts/{jane.pk}", f"/companies/{acme.pk}/card"):
        assert client.get(path).status_code == (200 if seen else 404), path


def test_the_card_shows_who_they_are(acme: Company, jane: Contact, anna: Any, client_of: Any) -> None:
    page = client_of(anna).get(f"/companies/{acme.pk}").content.decode()
    for text in (
        "Acme GmbH",
        "tel:+4930123456",
        "mailto:info@acme.example",
        "Jane Roe",
        "Industry is missing",
    ):
        assert text in page
    assert f"/deals/panel?company={acme.pk}" in page
    page = client_of(anna).get(f"/contacts/{jane.pk}").content.decode()
    assert f'href="/companies/{acme.pk}"' in page


def test_creating_warns_of_a_duplicate_and_keeps_what_was_typed(
    acme: Company, anna: Any, carla: Any, client_of: Any
) -> None:
    form = {
        "name": "ACME AG",
        "phone": ["+49 30 123456", ""],
        "phone_kind": ["mobile", "work"],
        "region": "Berlin",
        "_key": "k",
    }
    form |= {"email": [""], "tags": "a, b", "owner": str(anna.pk)}
    answer = client_of(anna).post("/companies/new", form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert f'href="/companies/{acme.pk}"' in page
    assert "Create anyway" in page
    for typed in ("ACME AG", "+49 30 123456", "Berlin", "a, b"):
        assert typed in page
    answer = client_of(anna).post("/companies/new", form | {"anyway": "1"})
    made = Company.objects.exclude(pk=acme.pk).get()
    assert answer.headers["Location"] == f"/companies/{made.pk}"
    assert (made.phones.get().kind, made.tags) == ("mobile", ["a", "b"])
    answer = client_of(carla).post("/companies/new", form | {"owner": str(carla.pk), "_key": "c"})
    assert answer.status_code == 302  # what she may not see doesn't stop her


def test_wrong_input_is_told_beside_its_field(anna: Any, client_of: Any) -> None:
    answer = client_of(anna).post(
        "/contacts/new", {"name": " ", "phone": ["12345678901234567890123"], "email": ["x@"]}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count("cp-err") == 3
    assert "12345678901234567890123" in page


def test_the_live_check_and_the_typeahead(
    acme: Company, jane: Contact, anna: Any, carla: Any, client_of: Any
) -> None:
    mine, hers = client_of(anna), client_of(carla)
    for path in (
        "/companies/duplicates?name=acme",
        "/companies/duplicates?name=x&phone=%2B4930123456&phone=",
    ):
        assert "Acme GmbH" in mine.get(path).content.decode()
        assert "Acme" not in hers.get(path).content.decode()
    assert "Acme" not in mine.get(f"/companies/duplicates?name=acme&without={acme.pk}").content.decode()
    assert mine.get("/companies/pick?q=acm").json() == [{"value": acme.pk, "text": "Acme GmbH"}]
    assert mine.get(f"/contacts/pick?q=jane&company={acme.pk}").json() == [
        {"value": jane.pk, "text": "Jane Roe · Acme GmbH"}
    ]
    assert hers.get("/companies/pick?q=acme").json() == hers.get("/contacts/pick?q=jane").json() == []
    for words in ("%00", "%F0%9F%A6%94", "a" * 500, "%", "_"):
        assert mine.get(f"/companies/pick?q={words}").status_code == 200
        assert mine.get(f"/companies/duplicates?name={words}").status_code == 200


def test_editing_in_place(acme: Company, anna: Any, client_of: Any) -> None:
    client = client_of(anna)
    url = f"/companies/{acme.pk}/edit"
    fragment = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert fragment.lstrip().startswith('<form id="card"')
    assert "<html" in client.get(url).content.decode()
    form = {"name": "Acme AG", "version": "1", "phone": ["+4930123456"], "email": [""], "parent": ""}
    answer = client.post(url, form, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"/companies/{acme.pk}")
    stale = client.post(url, form | {"name": "Later"})
    assert stale.status_code == 409
    assert "Later" in stale.content.decode()
    acme.refresh_from_db()
    assert acme.name == "Acme AG"
    assert not acme.emails.exists()


def test_a_hidden_company_stays_when_its_person_is_edited(
    acme: Company, jane: Contact, carla: Any, dora: Any, client_of: Any, at: dt.datetime
) -> None:
    commands.assign_contacts([jane], carla, by=Actor(dora), at=at)
    client = client_of(carla)
    page = client.get(f"/contacts/{jane.pk}").content.decode()
    assert "Hidden from you" in page
    assert "Acme" not in page
    assert "Acme" not in client.get("/contacts").content.decode()
    form = client.get(f"/contacts/{jane.pk}/edit").content.decode()
    assert 'name="company"' not in form
    client.post(f"/contacts/{jane.pk}/edit", {"name": "Jane Poe", "owner": str(carla.pk)})
    jane.refresh_from_db()
    assert (jane.name, jane.company) == ("Jane Poe", acme)


def test_deleting_can_be_taken_back(acme: Company, anna: Any, admin: Any, client_of: Any) -> None:
    assert client_of(anna).post(f"/companies/{acme.pk}/delete").status_code == 403
    client = client_of(admin)
    assert client.post(f"/companies/{acme.pk}/delete").status_code == 302
    page = client.get("/companies").content.decode()
    assert client.get(f"/companies/{acme.pk}").status_code == 404
    undo = page.split('data-undo-url="')[1].split('"')[0]
    client.post(undo)
    assert client.get(f"/companies/{acme.pk}").status_code == 200


def test_bulk_from_the_list(acme: Company, anna: Any, boris: Any, client_of: Any) -> None:
    client = client_of(boris)
    ask = client.get("/lists/companies/bulk/assign", {"ids": [acme.pk], "_to": "/companies?q=acme"})
    assert ask.status_code == 200
    assert "Anna" in ask.content.decode()
    done = client.post(
        "/lists/companies/bulk/assign", {"ids": [acme.pk], "_to": "/companies?q=acme", "owner": boris.pk}
    )
    assert done.headers["Location"] == "/companies?q=acme"
    assert client.post("/lists/companies/bulk/tag", {"ids": [acme.pk]}).status_code == 422
    client.post("/lists/companies/bulk/tag", {"ids": [acme.pk], "add": "vip, key", "remove": ""})
    acme.refresh_from_db()
    assert (acme.owner, acme.tags) == (boris, ["vip", "key"])


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text(text: str, anna: Any, client_of: Any, at: dt.datetime) -> None:
    short = {"industry": text[:80], "region": text[:120], "tags": [text[:40]], "about": text}
    company = commands.create_company(name=text, address=text, **short, by=Actor(anna), at=at)
    contact = commands.create_contact(
        name=text, company=company, position=text[:120], tags=[text[:40]], about=text, by=Actor(anna), at=at
    )
    client = client_of(anna)
    commands.edit_contact(contact, {"position": "x" + text[:100]}, by=Actor(anna), at=at)
    for path in (
        *("/companies", "/contacts", f"/companies/{company.pk}", f"/contacts/{contact.pk}"),
        *(
            f"/companies/{company.pk}/edit",
            f"/contacts/{contact.pk}/edit",
            "/companies/duplicates?name=" + text,
        ),
    ):
        answer = client.get(path)
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "<img src=x" not in page
        assert "<script>alert" not in page


def test_the_lists_ask_a_constant_number_of_queries(
    anna: Any, client_of: Any, at: dt.datetime, django_assert_max_num_queries: Any
) -> None:
    for i in range(30):
        company = commands.create_company(name=f"Company {i}", phones=["+4930123456"], by=Actor(anna), at=at)
        commands.create_contact(name=f"Person {i}", company=company, by=Actor(anna), at=at)
    client = client_of(anna)
    for path in ("/companies", "/contacts"):
        with django_assert_max_num_queries(14):
            client.get(path)


def test_words_of_the_palette(acme: Company, jane: Contact, anna: Any, carla: Any) -> None:
    from takt.kernel.lists.search import search

    assert {f.kind: f.hits[0].title for f in search(anna, "acme", 5).found} == {"company": "Acme GmbH"}
    assert search(anna, "jane", 5).found[0].hits[0].url == f"/contacts/{jane.pk}"
    assert search(carla, "acme", 5).found == []


def test_bulk_acts_open_in_a_dialog(acme: Company, anna: Any, client_of: Any) -> None:
    client = client_of(anna)
    for act in ("assign", "tag", "edit"):
        page = client.get(f"/lists/companies/bulk/{act}?ids={acme.pk}", headers={"HX-Request": "true"})
        text = page.content.decode()
        assert page.status_code == 200
        assert f'hx-post="/lists/companies/bulk/{act}"' in text
        assert "<html" not in text
    path, htmx = "/lists/companies/bulk/tag", {"HX-Request": "true"}
    form = {"ids": [acme.pk], "add": "x" * 60, "remove": ""}
    wrong = client.post(path, form, headers=htmx)
    assert wrong.status_code == 422
    assert "x" * 60 in wrong.content.decode()
    assert client.post(path, {"add": "x"}, headers=htmx).status_code == 422  # nothing was chosen
    done = client.post(path, form | {"add": "vip"}, headers=htmx)
    assert (done.status_code, done.headers["HX-Refresh"]) == (204, "true")
    field = client.post(
        "/lists/companies/bulk/edit", {"ids": [acme.pk], "column": "region", "ask": "1"}, headers=htmx
    )
    assert 'name="region"' in field.content.decode()
    client.post(
        "/lists/companies/bulk/edit", {"ids": [acme.pk], "column": "region", "region": "East"}, headers=htmx
    )
    acme.refresh_from_db()
    assert (acme.tags, acme.region) == (["vip"], "East")


@pytest.mark.parametrize("act", ["assign", "tag", "edit", "own", "delete"])
@pytest.mark.parametrize("resource", ["companies", "contacts"])
def test_acts_on_many_are_taken_back_exactly(
    resource: str, act: str, admin: Any, boris: Any, at: dt.datetime
) -> None:
    from takt.kernel.fields.commands import create_field
    from takt.kernel.lists.commands import start_bulk
    from takt.kernel.undo.commands import take_back
    from takt.ops.doctor.dump import canonical_lines

    by = Actor(admin)
    entity = {"companies": "company", "contacts": "contact"}[resource]
    create = commands.create_company if entity == "company" else commands.create_contact
    field = create_field(entity=entity, name="Halls", kind="number", by=by, at=at)
    rows = [
        create(name=f"R{i}", phones=["+4930123456"], custom={field.slug: i}, by=by, at=at) for i in range(3)
    ]
    before = list(canonical_lines())
    word = "region" if entity == "company" else "position"
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "assign": ("assign", {"owner": boris.pk}),
        "tag": ("tag", {"add": ["vip"], "remove": ["old"]}),
        "edit": ("edit", {"changes": {word: "East"}}),
        "own": ("edit", {"changes": {"custom": {field.slug: None}}}),
        "delete": ("delete", {}),
    }
    name, arguments = asked[act]
    run = start_bulk(resource, name, arguments, ids=[r.pk for r in rows], by=by, at=at)
    assert (run.changed, run.skipped) == (3, 0)
    assert list(canonical_lines()) != before
    if act == "edit":
        assert {r.search for r in type(rows[0]).objects.all()} != {r.search for r in rows}
    assert run.undo is not None
    take_back(run.undo, by=by, at=at)
    assert list(canonical_lines()) == before


def test_the_neighbours_are_those_of_the_list(anna: Any, carla: Any, client_of: Any, at: dt.datetime) -> None:
    def made(name: str, by: Any = anna, **fields: Any) -> int:
        return commands.create_company(name=name, by=Actor(by), at=at, **fields).pk

    a, b, c = made("A", region="East", employees=5), made("B"), made("C", region="East", employees=9)
    made("Bb", by=carla)

    def beside(pk: int, query: str = "") -> list[int | None]:
        page = client_of(anna).get(f"/companies/{pk}", {"in": query}).content.decode()
        marks = ("data-key-previous", "data-key-next")
        heads = [page.split(mark)[0].rsplit("<a ", 1)[-1] if mark in page else "" for mark in marks]
        return [int(h.split("/companies/")[1].split("?")[0].split('"')[0]) if h else None for h in heads]

    assert [beside(pk) for pk in (a, b, c)] == [[None, b], [a, c], [b, None]]
    assert beside(a, "region=East") == [None, c]
    assert beside(c, "sort=-name") == [None, b]
    assert beside(c, "sort=employees") == [a, b]  # what has no value stands last
    assert beside(b, "sort=employees") == [c, None]
    assert beside(a, "sort=password&cursor=%00") == [None, b]
    links = client_of(anna).get("/companies?region=East").content.decode()
    assert f'href="/companies/{a}?in=region%3DEast"' in links


def test_a_phone_shows_its_kind_and_can_be_taken_away(anna: Any, client_of: Any, at: dt.datetime) -> None:
    jane = commands.create_contact(name="Jane", phones=[("+49171555", "mobile")], by=Actor(anna), at=at)
    client = client_of(anna)
    assert "Mobile" in client.get(f"/contacts/{jane.pk}").content.decode()
    assert "data-drop-row" in client.get(f"/contacts/{jane.pk}/edit").content.decode()
    row = client.get("/companies/channel-row?kind=email").content.decode()
    assert 'name="email"' in row
    assert "data-drop-row" in row


def test_the_same_phone_twice_and_a_double_click_make_one(anna: Any, client_of: Any) -> None:
    client = client_of(anna)
    form = {
        "name": "Twice",
        "phone": ["+49 30 123456", "+49 (30) 12-34-56"],
        "phone_kind": ["work", "mobile"],
    }
    form |= {"email": [" Two@x.example ", "two@X.example"], "_key": "once"}
    for _ in range(2):
        assert client.post("/companies/new", form).status_code == 302
    company = Company.objects.get()
    assert (company.phones.count(), company.emails.get().address) == (1, "two@x.example")


def test_create_anyway_stays_while_a_field_is_wrong(acme: Company, anna: Any, client_of: Any) -> None:
    form = {"name": "Acme GmbH", "website": "javascript:alert(1)", "anyway": "1"}
    answer = client_of(anna).post("/companies/new", form)
    assert answer.status_code == 422
    assert 'name="anyway"' in answer.content.decode()


def test_a_stale_form_offers_to_load_it_again(acme: Company, anna: Any, client_of: Any) -> None:
    form = {"name": "Mine", "version": "7"}
    page = client_of(anna).post(f"/companies/{acme.pk}/edit", form).content.decode()
    assert "Mine" in page
    assert "Load it again" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "n" * 10_000),
        ("name", "a\x00b"),
        ("phone", "‮+49"),
        ("phone", "1; DROP TABLE phone"),
        ("phone", "٠٠٠" * 99),
        ("email", "a b@c.example"),
        ("email", "a@b.example\r\nBcc: x@y.example"),
        ("email", "\x00@x.example"),
        ("tags", "\x00"),
        ("owner", "-1"),
        ("source", "9" * 99),
        ("company", "🦔"),
    ],
)
def test_hostile_input_is_refused_and_shown_again(field: str, value: str, anna: Any, client_of: Any) -> None:
    answer = client_of(anna).post("/contacts/new", {"name": "Jane", field: value})
    assert answer.status_code == 422
    assert "cp-err" in answer.content.decode()
    assert not Contact.objects.exists()
