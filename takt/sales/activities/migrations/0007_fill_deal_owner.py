from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("activities", "0006_deal_owner")]
    operations = [
        # In one statement: a million tasks take about a minute.
        migrations.RunSQL(
            "UPDATE task SET deal_owner_id = deal.owner_id FROM deal WHERE deal.id = task.deal_id",
            migrations.RunSQL.noop,
        ),
    ]
