from django.db import migrations

from takt.kernel.lib.names import grams, search_text


def spell(apps, schema_editor):
    """Names in Chinese are found by their pinyin from now on."""
    model = apps.get_model("deals", "Deal")
    rows = []
    for row in model.objects.exclude(search_grams=[]).only("search", "search_grams").iterator(2000):
        row.search = search_text(row.search)
        row.search_grams = grams(row.search)
        rows.append(row)
    model.objects.bulk_update(rows, ["search", "search_grams"], batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("deals", "0040_choice_versions")]
    operations = [migrations.RunPython(spell, migrations.RunPython.noop)]
