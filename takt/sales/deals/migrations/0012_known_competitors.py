"""Those to whom deals were lost, so far only a text, stand on the list and with the deals."""

from typing import Any

from django.db import migrations

from takt.kernel.lib.names import fold, sort_key


def fill(apps: Any, editor: Any) -> None:
    Deal, Competitor, Link = (apps.get_model("deals", name) for name in ("Deal", "Competitor", "DealCompetitor"))
    texts = Deal.objects.exclude(competitor="").order_by("competitor")
    names = {t: t.strip() for t in texts.values_list("competitor", flat=True).distinct() if t.strip()}
    by_key: dict[str, str] = {}
    for name in names.values():
        by_key.setdefault(fold(name)[:200], name[:120])
    rows = [Competitor(name=n, key=key, sort_key=sort_key(n)) for key, n in by_key.items()]
    Competitor.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    ids = dict(Competitor.objects.values_list("key", "pk"))
    for text, name in names.items():
        deals = Deal.objects.filter(competitor=text).values_list("pk", flat=True)
        links = [Link(deal_id=pk, competitor_id=ids[fold(name)[:200]]) for pk in deals]
        Link.objects.bulk_create(links, batch_size=1000, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("deals", "0011_discount_in_money")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
