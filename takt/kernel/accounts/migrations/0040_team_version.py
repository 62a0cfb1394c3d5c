from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_user_has_grants")]

    operations = [
        migrations.AddField("team", "version", models.PositiveIntegerField(default=1, db_default=1)),
    ]
