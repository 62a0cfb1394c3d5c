from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_sign_in_and_constraints")]

    operations = [
        migrations.AddField("team", "version", models.PositiveIntegerField(default=1, db_default=1)),
    ]
