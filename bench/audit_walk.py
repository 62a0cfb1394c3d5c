"""How long the server takes for an audit of 100 deals: the page of each deal, and its verdicts written down.

    DATABASE_URL=… python bench/audit_walk.py [--deals 100]

Needs a migrated database; all that it makes is taken back at its end.
"""

# ruff: noqa: E402  the rooms are loaded after Django is set up
import argparse
import datetime as dt
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takt.config.settings")

import django

django.setup()

from django.db import transaction
from django.test import Client

from takt.insight.audits.commands import start_audit
from takt.kernel.accounts.commands import create_team, create_user
from takt.kernel.lib.actor import Actor
from takt.sales.contacts.commands import create_company, create_contact
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask, install_template


class TakenBack(Exception):
    """Ends the transaction without keeping anything."""


def main(deals: int) -> None:
    by, at = Actor(via="timer"), dt.datetime.now(dt.UTC)
    pipeline = install_template("b2b", "en", by=by, at=at)
    team = create_team(name="Walked", by=by, at=at)
    rep, auditor = (
        create_user(
            email=f"{role}@walk.example",
            name=role.title(),
            role=role,
            team=team,
            password="a walk of deals",
            by=by,
            at=at,
        )
        for role in ("rep", "auditor")
    )
    for n in range(deals):
        company = create_company(name=f"Walked {n}", by=Actor(rep), at=at)
        contact = create_contact(name=f"Person {n}", company=company, by=Actor(rep), at=at)
        task = NewTask(type="call", title=f"Ask for the drawings {n}", due_at=at + dt.timedelta(days=1))
        deal = commands.create_deal(
            name=f"Walked {n}", pipeline=pipeline, company=company, contacts=[contact], amount="100", currency="EUR",
            first_task=task, by=Actor(rep), at=at,
        )  # fmt: skip
        done = commands.create_task(
            NewTask(type="call", title="Called", due_at=at), deal=deal, by=Actor(rep), at=at
        )
        commands.complete_task(
            done, result="Spoke about the drawings, they come on Tuesday", by=Actor(rep), at=at
        )
    session = start_audit(person=rep, by=Actor(auditor), at=at)
    browser = Client(headers={"host": "localhost"})
    browser.force_login(auditor)
    shown, written = [], []
    for row in session.deals.order_by("position"):
        begun = time.perf_counter()
        page = browser.get(f"/audit/{session.pk}?at={row.position}")
        between = time.perf_counter()
        answer = browser.post(
            f"/audit/{session.pk}/deals/{row.deal_id}", {"A4": "fail", "comment-A4": "Nothing said"}
        )
        ended = time.perf_counter()
        assert (page.status_code, answer.status_code) == (200, 302), (page.status_code, answer.status_code)
        shown.append(between - begun)
        written.append(ended - between)
    for name, taken in (("page", shown), ("verdicts", written)):
        high = statistics.quantiles(taken, n=20)[-1]
        print(f"{name}: mean {statistics.mean(taken) * 1000:.0f} ms, 95 % within {high * 1000:.0f} ms")
    whole = sum(shown) + sum(written)
    print(f"{deals} deals: {whole:.1f} s served, {whole / deals:.3f} s a deal")


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--deals", type=int, default=100)
    try:
        with transaction.atomic():
            main(asked.parse_args().deals)
            raise TakenBack
    except TakenBack:
        pass
