"""Refusals as people and programs see them."""

from typing import Any

from django.test import Client


def test_a_fragment_gets_a_toast_instead_of_a_page(anna: Any, client_of: Any) -> None:
    answer = client_of(anna).get("/settings/users", headers={"HX-Request": "true"})
    assert answer.status_code == 403
    assert answer["HX-Reswap"] == "none" and "toast" in answer["HX-Trigger"]


def test_a_program_gets_a_problem_document(anna: Any, client_of: Any) -> None:
    answer = client_of(anna).get("/settings/users", headers={"Accept": "application/json"})
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "forbidden"


def test_a_strangers_fragment_leads_to_the_door(client: Client, db: Any) -> None:
    answer = client.get("/settings/users", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/sign-in")


def test_signed_in_pages_are_never_stored(anna: Any, client_of: Any) -> None:
    answer = client_of(anna).get("/settings/profile")
    assert answer["Cache-Control"] == "no-store"
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy


def test_a_token_opens_the_api_only(anna: Any, api_of: Any) -> None:
    program = api_of(anna)
    assert program.client.get("/settings/profile").status_code == 302


def test_a_page_session_at_the_api_needs_the_csrf_token(admin: Any) -> None:
    page = Client(enforce_csrf_checks=True)
    page.force_login(admin)
    answer = page.post("/api/v1/teams", {"name": "West"}, content_type="application/json")
    assert answer.status_code == 403


def test_languages_and_zone_are_the_persons_own(person: Any, client_of: Any) -> None:
    olga = person("olga", language="ru", time_zone="Asia/Tokyo")
    assert client_of(olga).get("/settings/profile")["Content-Language"] == "ru"


def test_another_host_is_refused(client: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["crm.example.com"]
    assert client.get("/sign-in", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/sign-in", headers={"host": "crm.example.com"}).status_code == 200


def test_a_number_is_no_time_and_no_yes_or_no(admin: Any, pipeline: Any, api_of: Any) -> None:
    program = api_of(admin)
    task = {"type": "call", "title": "Call", "due_at": "2026-03-03T09:00:00Z"}
    assert program.post("/tasks", task).status_code == 201
    for wrong in ({"due_at": 0}, {"is_all_day": 1}, {"minutes": True}, {"title": True}, {"title": 1}):
        answer = program.post("/tasks", task | wrong)
        assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (422, list(wrong)), (
            wrong
        )
    deal = program.post("/deals", {"name": "X", "quick": True, "amount": 10, "probability": 50})
    assert deal.status_code == 201


def test_an_unknown_address_of_the_api_is_a_problem_document(admin: Any, api_of: Any) -> None:
    program = api_of(admin)
    unknown, missing = program.get("/nowhere"), program.get("/deals/999999")
    assert (unknown.status_code, unknown["Content-Type"]) == (404, "application/problem+json")
    assert unknown.json() == missing.json()
