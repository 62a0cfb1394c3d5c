"""Lines get their totals; the competitors that lost deals name become the list, and stand with those deals."""

from typing import Any

from django.db import migrations

from takt.kernel.lib.names import sort_key

TOTALS = "UPDATE deal_line SET total = round(quantity * price, 2)"
LINK = """
INSERT INTO deal_competitor (deal_id, competitor_id)
SELECT deal.id, competitor.id FROM deal JOIN competitor ON lower(competitor.name) = lower(btrim(deal.competitor))
WHERE btrim(deal.competitor) <> ''
"""


def fill(apps: Any, editor: Any) -> None:
    Deal, Competitor = apps.get_model("deals", "Deal"), apps.get_model("deals", "Competitor")
    known: dict[str, str] = {}
    for name in Deal.objects.exclude(competitor="").values_list("competitor", flat=True).distinct().order_by("competitor"):
        if name.strip():
            known.setdefault(name.strip().lower(), name.strip())
    Competitor.objects.bulk_create(Competitor(name=n, sort_key=sort_key(n)) for n in known.values())
    editor.execute(LINK)


class Migration(migrations.Migration):
    dependencies = [("deals", "0010_deal_whole")]

    operations = [
        migrations.RunSQL(TOTALS, migrations.RunSQL.noop),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
