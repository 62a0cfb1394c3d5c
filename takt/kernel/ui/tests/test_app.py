"""Takt as an installed app: manifest, icons, worker, and what it shows without a network."""

import json
import re
import struct
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from takt.kernel.ui import app_icons


def test_the_manifest_can_be_installed(client: Client, client_of: Any, anna: Any) -> None:
    for browser in (client, client_of(anna)):
        answer = browser.get("/manifest.webmanifest")
        body = json.loads(answer.content)
        assert (body["name"], body["start_url"], body["scope"], body["display"]) == (
            "Takt",
            "/today",
            "/",
            "standalone",
        )
        assert {(i["sizes"], i.get("purpose")) for i in body["icons"]} >= {
            ("192x192", "any"), ("512x512", "any"), ("192x192", "maskable"), ("512x512", "maskable"),
        }  # fmt: skip
        for icon in body["icons"]:
            assert finders.find(icon["src"].removeprefix("/static/"))


@pytest.mark.parametrize("is_maskable", [False, True])
def test_the_icons_are_drawn_from_the_logo(is_maskable: bool) -> None:
    name = f"icon-192{'-maskable' if is_maskable else ''}.png"
    kept = (app_icons.STATIC / name).read_bytes()
    assert kept == app_icons.drawn(192, is_maskable=is_maskable)
    assert struct.unpack(">II", kept[16:24]) == (192, 192)


def test_the_worker_keeps_nothing_private(client: Client, client_of: Any, anna: Any) -> None:
    for browser in (client, client_of(anna)):
        answer = browser.get("/service-worker.js")
        text = answer.content.decode()
        assert answer.status_code == 200 and "javascript" in answer["Content-Type"]
        assert "no-store" in answer["Cache-Control"] or "no-cache" in answer["Cache-Control"]
        assert answer["Service-Worker-Allowed"] == "/"
        shell = json.loads(re.search(r"SHELL = (\[.*?\]);", text).group(1))  # type: ignore[union-attr]
        assert all(path.startswith(("/static/", "/offline")) for path in shell)
        assert "cache.put" not in text and ".put(" not in text
        for path in shell:
            if path.startswith("/static/"):
                assert finders.find(path.removeprefix("/static/"))


def test_a_new_version_of_a_file_is_a_new_worker(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from takt.kernel.ui import views

    before = client.get("/service-worker.js").content
    assert client.get("/service-worker.js").content == before
    monkeypatch.setattr(views, "_stamps", lambda: ["another"])
    assert client.get("/service-worker.js").content != before


@pytest.mark.parametrize(("language", "words"), [("en", "There is no connection"), ("ru", 'lang="ru"')])
def test_the_offline_page_knows_nobody(client: Client, language: str, words: str) -> None:
    answer = client.get("/offline", {"lang": language})
    text = answer.content.decode()
    assert answer.status_code == 200 and words in text
    assert "csrf" not in text and "sessionid" not in answer.cookies
    assert "worker-src 'self'" in answer["Content-Security-Policy"]
