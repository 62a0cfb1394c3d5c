"""The shell around every page."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from takt.kernel.ui import views
from takt.kernel.ui.toasts import toast


def test_gallery(client_of: Callable[..., Client], anna: Any) -> None:
    answer = client_of(anna).get("/settings/gallery")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert 'lang="en"' in page and 'id="dialog"' in page and 'id="toasts"' in page
    assert page.count("<h1") == 1
    assert 'href="#main"' in page


def test_the_shell_sends_the_token_with_every_request(client_of: Callable[..., Client], anna: Any) -> None:
    page = client_of(anna).get("/settings/gallery").content.decode()
    assert "hx-headers:inherited=" in page and "X-CSRFToken" in page
    assert '"includeIndicatorCSS": false' in page and '"mode": "same-origin"' in page


def test_the_way_to_the_import_is_shown_to_those_who_may(
    client_of: Callable[..., Client], anna: Any, dora: Any
) -> None:
    assert 'href="/import"' not in client_of(anna).get("/settings/gallery").content.decode()
    assert 'href="/import"' in client_of(dora).get("/settings/gallery").content.decode()


@pytest.mark.parametrize("language", ["ru", "zh-hans"])
def test_the_page_says_its_language(
    client_of: Callable[..., Client], person: Callable[..., Any], language: str
) -> None:
    page = client_of(person("eva", language=language)).get("/settings/gallery").content.decode()
    assert f'lang="{language}"' in page


def test_no_such_page(client_of: Callable[..., Client], anna: Any) -> None:
    answer = client_of(anna).get("/no/such/page")
    assert answer.status_code == 404
    assert "Go to Today" in answer.content.decode()


def test_a_fault_has_a_page_without_the_database(rf: RequestFactory) -> None:
    answer = views.broken(rf.get("/"))
    assert answer.status_code == 500
    assert b"Nothing was saved" in answer.content


def test_manifest(client: Client) -> None:
    assert json.loads(client.get("/manifest.webmanifest").content)["start_url"] == "/today"


def test_a_toast_travels_in_ascii_and_leaves_other_events_alone() -> None:
    answer = HttpResponse(headers={"HX-Trigger": '{"close-dialog": {}}'})
    toast(answer, "Сделка выиграна", "/undo/7")
    header = answer.headers["HX-Trigger"]
    assert header.isascii()
    told = json.loads(header)
    assert told["toast"] == {"text": "Сделка выиграна", "undo": "/undo/7", "level": "good"}
    assert "close-dialog" in told
