from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("deals", "0060_ends_and_offers")]

    operations = [
        migrations.AddField("dealtype", "version", models.PositiveIntegerField(default=1, db_default=1)),
        migrations.AddField("lossreason", "version", models.PositiveIntegerField(default=1, db_default=1)),
    ]
