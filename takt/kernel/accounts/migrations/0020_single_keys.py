from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_sign_in_and_constraints")]
    operations = [
        migrations.AddField("user", "single_keys", models.BooleanField(db_default=True, default=True)),
    ]
