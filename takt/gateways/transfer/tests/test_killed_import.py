"""A killed import goes on where it was: every row once, none lost."""

import datetime as dt
import os
import subprocess
import sys

import pytest
from django.db import connection

from takt.gateways.transfer import commands
from takt.gateways.transfer.jobs import enqueue, rescue
from takt.gateways.transfer.models import Import, ImportRow
from takt.gateways.transfer.running import carry_out
from takt.kernel.lib.actor import Actor
from takt.sales.contacts.models import Company

ROWS = 3500
RUN = """
import django, sys
django.setup()
from takt.gateways.transfer.running import carry_out
carry_out(int(sys.argv[1]))
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("point", "written"),
    [
        ("import.in_batch:1", 0),
        ("import.in_batch:2", 1000),
        ("import.after_batch:2", 2000),
        ("import.after_batch:4", 3500),
    ],
)
def test_each_row_exactly_once(bring, table, settings, point, written):
    path = table(["ID", "Name"], *([f"k{n}", f"Company {n}"] for n in range(ROWS)))
    job = bring("companies", path, write=False)
    commands.begin_import(job, by=Actor(), at=dt.datetime.now(dt.UTC))
    given = connection.settings_dict
    url = f"postgresql://{given['USER']}:{given['PASSWORD']}@/{given['NAME']}?host={given['HOST'] or 'localhost'}"
    if given["PORT"]:
        url += f"&port={given['PORT']}"
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "TAKT_FAILPOINT": point,
        "TAKT_DATA_DIR": str(settings.TAKT_DATA_DIR),
    }
    killed = subprocess.run(
        [sys.executable, "-c", RUN, str(job.pk)], env=environment, cwd=os.getcwd(), check=False
    )
    assert killed.returncode == -9
    job.refresh_from_db()
    assert (job.state, job.row, Company.objects.count()) == (Import.State.RUNNING, written, written)
    job = carry_out(job.pk)
    assert job.state == Import.State.DONE
    assert [job.count(n) for n in ("read", "created", "skipped", "refused")] == [ROWS, ROWS, 0, 0]
    assert Company.objects.values("import_key").distinct().count() == Company.objects.count() == ROWS
    assert ImportRow.objects.filter(job=job, outcome="created").count() == ROWS


@pytest.mark.django_db(transaction=True)
def test_the_job_of_a_killed_worker_does_not_stand_in_the_way(bring, table):
    job = bring("companies", table(["Name"], ["Acme"]), write=False)
    commands.begin_import(job, by=Actor(), at=dt.datetime.now(dt.UTC))
    enqueue(job)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name = 'takt.import'")
        rescue(0)
        cursor.execute("SELECT count(*) FROM procrastinate_fetch_job_v2(ARRAY['imports'], NULL) WHERE id > 0")
        assert cursor.fetchone() == (1,)
        rescue(0)
        rescue(0)
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'takt.import'")
        assert cursor.fetchone() == (3,)  # one at a time waits
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'todo' WHERE status = 'doing'"
        )  # run once more
