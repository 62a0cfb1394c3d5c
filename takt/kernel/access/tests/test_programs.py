"""What a program meets before any operation: methods, forms of the body, sizes; and the documentation's own page."""

from typing import Any

import pytest
from django.test import Client

PROBLEM = "application/problem+json"


def test_another_method_is_a_problem_document(admin: Any, api_of: Any) -> None:
    answer = api_of(admin).put("/deals", {})
    assert (answer.status_code, answer["Content-Type"]) == (405, PROBLEM)
    assert answer["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert answer.json()["code"] == "method_not_allowed"


def test_options_names_the_methods(admin: Any, api_of: Any) -> None:
    answer = api_of(admin).options("/deals")
    assert (answer.status_code, answer["Allow"], answer.content) == (204, "GET, HEAD, OPTIONS, POST", b"")


def test_head_is_get_without_a_body(admin: Any, api_of: Any) -> None:
    program = api_of(admin)
    head, got = program.head("/users"), program.get("/users")
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == str(len(got.content))


def test_a_stranger_is_told_how_to_sign_in(client: Client, db: Any) -> None:
    answer = client.get("/api/v1/deals")
    assert (answer.status_code, answer["WWW-Authenticate"], answer["Content-Type"]) == (
        401,
        "Bearer",
        PROBLEM,
    )


@pytest.mark.parametrize("kind", ["text/xml", "application/x-www-form-urlencoded", "text/plain"])
def test_a_body_that_is_no_json(kind: str, admin: Any, api_of: Any) -> None:
    client = api_of(admin).client
    answer = client.post("/api/v1/teams", b"name=West", content_type=kind)
    assert (answer.status_code, answer["Content-Type"]) == (415, PROBLEM)
    assert answer.json()["code"] == "unsupported_media_type"


def test_a_patch_document_is_json(admin: Any, api_of: Any, teams: Any) -> None:
    client = api_of(admin).client
    path = f"/api/v1/teams/{teams['north'].pk}"
    answer = client.patch(path, b'{"name": "West"}', content_type="application/merge-patch+json")
    assert answer.status_code == 200


@pytest.mark.parametrize("key", ["", "k1"])
def test_a_body_that_is_too_large(key: str, admin: Any, api_of: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    headers = {"Idempotency-Key": key} if key else {}
    answer = api_of(admin).post("/teams", {"name": "x" * 1000}, **headers)
    assert (answer.status_code, answer["Content-Type"]) == (413, PROBLEM)
    assert answer.json()["code"] == "too_large"


def test_a_form_that_is_too_large_is_a_page_that_says_so(anna: Any, client_of: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = client_of(anna).post("/settings/profile", {"name": "x" * 1000})
    assert answer.status_code == 413
    assert "too large" in answer.content.decode()


def test_what_is_missing_from_an_upload_is_named_as_the_program_sends_it(admin: Any, api_of: Any) -> None:
    answer = api_of(admin).client.post("/api/v1/imports", {})
    assert [e["field"] for e in answer.json()["errors"]] == ["file", "kind"]


def test_the_documentation_needs_nothing_from_elsewhere(client: Client, db: Any) -> None:
    """The content policy forbids other hosts and inline scripts, so a page with them would stay empty."""
    answer = client.get("/api/v1/docs")
    page = answer.content.decode()
    assert answer.status_code == 200 and "swagger-ui-bundle.js" in page
    assert "http://" not in page and "https://" not in page
    assert "<script>" not in page and "<style" not in page


SMALL = ["/roles", "/pipelines", "/stages"]


@pytest.mark.parametrize("path", SMALL)
def test_small_collections_are_asked_like_the_others(
    path: str, admin: Any, pipeline: Any, api_of: Any
) -> None:
    program = api_of(admin)
    whole = program.get(path).json()
    assert whole["next_cursor"] is None and "total" not in whole
    first = program.get(f"{path}?limit=1&count=true").json()
    assert (first["items"], first["total"]) == (whole["items"][:1], len(whole["items"]))
    if len(whole["items"]) > 1:
        rest = program.get(f"{path}?limit=200&cursor={first['next_cursor']}").json()
        assert (rest["items"], rest["next_cursor"]) == (whole["items"][1:], None)


@pytest.mark.parametrize("path", [*SMALL, "/events"])
@pytest.mark.parametrize("query", ["nope=1", "limit=0", "limit=x"])
def test_what_cannot_be_read_is_refused(
    path: str, query: str, admin: Any, pipeline: Any, api_of: Any
) -> None:
    answer = api_of(admin).get(f"{path}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize("query", ["count=maybe", "cursor=zzz"])
def test_small_collections_refuse_what_they_cannot_read(query: str, admin: Any, api_of: Any) -> None:
    assert api_of(admin).get(f"/roles?{query}").status_code == 422


def test_the_stream_knows_no_such_subject(admin: Any, api_of: Any) -> None:
    answer = api_of(admin).get("/events?subject=nope:1")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "subject")


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_a_form_where_json_is_taken(headers: Any, admin: Any, api_of: Any) -> None:
    answer = api_of(admin).client.post("/api/v1/teams", {"name": "West"}, headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (415, PROBLEM)


def test_the_document_tells_what_is_refused(client: Client, db: Any) -> None:
    """As far as a schema can; the refusal itself stays the command's sentence."""
    schemas = client.get("/api/v1/openapi.json").json()["components"]["schemas"]
    assert schemas["NewTeam"]["properties"]["name"]["minLength"] == 1
    assert "lead" in schemas["NewUser"]["properties"]["role"]["enum"]
    assert schemas["NextTaskIn"]["properties"]["title"]["minLength"] == 1


def test_an_empty_name_is_refused_by_the_command(admin: Any, api_of: Any) -> None:
    (error,) = api_of(admin).post("/teams", {"name": " "}).json()["errors"]
    assert (error["field"], error["message"]) == ("name", "This can't be empty.")
