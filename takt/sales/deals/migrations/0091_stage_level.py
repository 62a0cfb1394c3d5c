from django.db import migrations, models

# Stages that are there get the level that a template would give them by their probability.
FILL = """
UPDATE stage SET level = CASE WHEN probability >= 80 THEN 'signing' WHEN probability >= 40 THEN 'competition'
    ELSE 'first_contact' END
"""


class Migration(migrations.Migration):

    dependencies = [('deals', '0090_special_opportunities')]

    operations = [
        migrations.AddField(
            model_name='stage',
            name='level',
            field=models.CharField(blank=True, choices=[('first_contact', 'First contact'), ('competition', 'Competition'), ('signing', 'Signing')], db_default='', default='', max_length=20),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
