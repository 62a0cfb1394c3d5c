from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0040_team_version")]
    operations = [
        migrations.AddField("user", "single_keys", models.BooleanField(db_default=True, default=True)),
    ]
