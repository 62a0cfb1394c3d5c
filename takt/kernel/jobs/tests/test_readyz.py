import datetime as dt
from typing import Any

from django.test import Client

from takt.kernel.jobs.commands import beat


def test_healthz_asks_nobody(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"


def test_readyz_says_what_is_missing(client: Client, takt: Any, db: Any) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "worker_not_started")
    assert answer["Content-Type"] == "application/problem+json"
    now = dt.datetime.now(dt.UTC)
    beat(by=takt, at=now - dt.timedelta(minutes=4))
    assert client.get("/readyz").json()["code"] == "worker_silent"
    beat(by=takt, at=now)
    assert client.get("/readyz").status_code == 200
