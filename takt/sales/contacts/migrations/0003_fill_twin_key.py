from django.db import migrations

from takt.sales.contacts.rules import twin_key

BATCH = 2000


def fill(apps, schema_editor):
    """Records that were there before get the key by which their duplicates are found."""
    for name in ("Company", "Contact"):
        model, last = apps.get_model("contacts", name), 0
        while rows := list(model.objects.filter(pk__gt=last).order_by("pk").only("pk", "name")[:BATCH]):
            for row in rows:
                row.twin_key = twin_key(row.name)
            model.objects.bulk_update(rows, ["twin_key"], batch_size=500)
            last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("contacts", "0002_bin_merge_and_twins")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
