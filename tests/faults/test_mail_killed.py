"""A worker killed while it carries the post: no message goes twice, and none that hasn't gone is lost unnoticed."""

import datetime as dt
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from takt.kernel.lib.actor import Actor
from takt.office.notifications.commands import notify, retry_mail
from takt.office.notifications.models import Mail
from takt.office.notifications.posting import carry_post
from tests.faults.conftest import PYTHON

pytestmark = pytest.mark.django_db(transaction=True)
TIMER = Actor(via="timer")

CARRY = """
import django
django.setup()
from takt.kernel.lib.actor import Actor
from takt.office.notifications.posting import carry_post
carry_post(Actor(via="timer"))
"""


@pytest.mark.parametrize(
    ("point", "state", "gone", "in_the_end", "sent"),
    [
        # Before it is handed over it surely hasn't gone: the next worker sends it.
        ("mail.before_handing:1", "waiting", 0, "sent", 1),
        # From there on nobody knows: it isn't sent twice, an administrator is shown it.
        ("mail.handed:1", "handed", 0, "unsure", 0),
        ("mail.sent:1", "handed", 1, "unsure", 1),
    ],
)
def test_killed(
    point: str, state: str, gone: int, in_the_end: str, sent: int, child: Callable[..., Any], anna: Any, admin: Any,
    monkeypatch: Any, tmp_path: Path, settings: Any,
) -> None:  # fmt: skip
    now = dt.datetime.now(dt.UTC)
    settings.TAKT_SENDS_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    monkeypatch.setenv("TAKT_EMAIL_URL", f"file:{tmp_path}")
    notify(
        anna.pk,
        kind="note.mention",
        event=1,
        params={"actor": "Boris", "record": "X"},
        url="/",
        by=TIMER,
        at=now,
    )

    def messages() -> int:
        return sum(path.read_text().count("Message-ID") for path in tmp_path.iterdir())

    child([PYTHON, "-c", CARRY], failpoint=point)
    assert (Mail.objects.get().state, messages()) == (state, gone)
    for minutes in (1, 11, 12, 60):
        carry_post(TIMER, lambda minutes=minutes: now + dt.timedelta(minutes=minutes))
    row = Mail.objects.get()
    assert (row.state, messages()) == (in_the_end, sent)
    if in_the_end == "unsure":
        retry_mail(row.pk, by=Actor(admin), at=now)
        carry_post(TIMER)
        assert (Mail.objects.get().state, messages()) == ("sent", sent + 1)


def test_several_workers_at_once(
    child: Callable[..., Any], person: Callable[..., Any], monkeypatch: Any, tmp_path: Path, settings: Any
) -> None:
    """Three start together on the mail of ten people: each message goes once."""
    settings.TAKT_SENDS_MAIL = True
    monkeypatch.setenv("TAKT_EMAIL_URL", f"file:{tmp_path}")
    now = dt.datetime.now(dt.UTC)
    for number in range(10):
        params = {"actor": "Boris", "record": "X"}
        notify(
            person(f"p{number}").pk, kind="note.mention", event=1, params=params, url="/", by=TIMER, at=now
        )
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _n: child([PYTHON, "-c", CARRY]), range(3)))
    text = "".join(path.read_text() for path in tmp_path.iterdir())
    receivers = re.findall(r"^To: (.+)$", text, re.M)
    assert sorted(receivers) == sorted(f"p{n}@takt.example" for n in range(10))
    assert set(Mail.objects.values_list("state", flat=True)) == {"sent"}
