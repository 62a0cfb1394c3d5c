from django.db import migrations, models

from takt.kernel.lib.names import grams, search_text


def spell(apps, schema_editor):
    """Names in Chinese are found by their pinyin from now on."""
    for name in ("Company", "Contact"):
        model = apps.get_model("contacts", name)
        rows = []
        for row in model.objects.exclude(search_grams=[]).only("search", "search_grams").iterator(2000):
            row.search = search_text(row.search)
            row.search_grams = grams(row.search)
            rows.append(row)
        model.objects.bulk_update(rows, ["search", "search_grams"], batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("contacts", "0006_fill_completeness")]
    operations = [
        migrations.AddIndex(
            model_name=name,
            index=models.Index(
                fields=["-updated_at", "-id"], name=f"{name}_latest", condition=models.Q(("deleted_at", None))
            ),
        )
        for name in ("company", "contact")
    ] + [migrations.RunPython(spell, migrations.RunPython.noop)]
