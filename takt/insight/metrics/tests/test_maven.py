import datetime as dt
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from takt.insight.metrics.reports import figures
from takt.insight.metrics.reports.asking import scope_of
from takt.insight.metrics.tests.maven import SKIPPED, compare, wanted

DATA = Path(__file__).resolve().parents[5] / "shared" / "data"
FILES = ("sales_teams", "accounts", "products", "sales_pipeline")
NOW = dt.datetime(2018, 1, 15, 12, tzinfo=dt.UTC)


@pytest.mark.django_db
def test_the_maven_data_set(settings: Any) -> None:
    truth_file = DATA / "maven_ground_truth.json"
    if not truth_file.exists():
        pytest.skip("The Maven data set is not beside the project.")
    settings.TAKT_CURRENCY = "USD"
    paths = [str(DATA / "maven" / f"{name}.csv") for name in FILES]
    said = StringIO()
    call_command("import", "deals", *paths, preset="maven", json=True, stdout=said)
    assert json.loads(said.getvalue())["refused"] == 0
    truth = json.loads(truth_file.read_text("utf-8"))
    reports = {key: figures(name, scope_of(None, asked, at=NOW)) for key, (name, asked) in wanted().items()}
    found = compare(reports, truth)
    assert found == [], "\n".join(found)
    assert all(key.split(".")[0] in truth for key in SKIPPED)
