from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0030_latest")]

    operations = [
        migrations.AddField(
            "contact", "language", models.CharField(blank=True, db_default="", default="", max_length=10)
        ),
        migrations.AddField(
            "contact", "time_zone", models.CharField(blank=True, db_default="", default="", max_length=60)
        ),
    ]
