from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("deals", "0080_contractor_cost")]

    operations = [
        migrations.AddField(
            model_name="stage",
            name="usual_days",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="stage",
            name="usual_count",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
