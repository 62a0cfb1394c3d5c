from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("deals", "0091_stage_level")]

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
