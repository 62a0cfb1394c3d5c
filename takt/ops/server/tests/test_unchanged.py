"""A start is shortened only when nothing it would prepare has changed."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from takt.config.env import env
from takt.ops.server import unchanged


@pytest.fixture
def url(transactional_db: Any) -> str:
    """The test's own database, as another program would name it."""
    from django.db import connection

    own = connection.settings_dict["NAME"]
    return urlsplit(env.database_url)._replace(path=f"/{own}").geturl()


def test_only_the_same_code_and_migrations_are_unchanged(
    url: str, admin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = tmp_path / "static-stamp"
    monkeypatch.setattr(unchanged, "STATIC_STAMP", stamp)
    unchanged.remember(tmp_path, url)
    assert not unchanged.is_unchanged(tmp_path, url), "static files were never collected"
    stamp.write_text("collected")
    unchanged.remember(tmp_path, url)
    assert unchanged.is_unchanged(tmp_path, url)
    os.utime(stamp, (1, 1))
    assert not unchanged.is_unchanged(tmp_path, url)
    unchanged.remember(tmp_path, url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("insert into django_migrations (app, name, applied) values ('x', 'y', now())")
        assert not unchanged.is_unchanged(tmp_path, url)
        connection.execute("delete from django_migrations where app = 'x'")
    assert unchanged.is_unchanged(tmp_path, url)


def test_an_empty_database_is_always_prepared(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = tmp_path / "static-stamp"
    stamp.write_text("collected")
    monkeypatch.setattr(unchanged, "STATIC_STAMP", stamp)
    unchanged.remember(tmp_path, url)
    assert not unchanged.is_unchanged(tmp_path, url)
