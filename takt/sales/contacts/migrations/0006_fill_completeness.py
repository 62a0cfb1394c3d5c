"""How complete the cards that stand already are, by the default weights."""

from django.db import migrations

COMPANY = """
UPDATE company c SET completeness =
    CASE WHEN EXISTS (SELECT 1 FROM phone p WHERE p.company_id = c.id) THEN 20 ELSE 0 END
    + CASE WHEN EXISTS (SELECT 1 FROM email e WHERE e.company_id = c.id) THEN 15 ELSE 0 END
    + CASE WHEN industry <> '' THEN 15 ELSE 0 END + CASE WHEN region <> '' THEN 10 ELSE 0 END
    + CASE WHEN website <> '' THEN 10 ELSE 0 END + CASE WHEN tax_id <> '' THEN 10 ELSE 0 END
    + CASE WHEN address <> '' THEN 10 ELSE 0 END + CASE WHEN source_id IS NOT NULL THEN 10 ELSE 0 END
"""
CONTACT = """
UPDATE contact c SET completeness =
    CASE WHEN EXISTS (SELECT 1 FROM phone p WHERE p.contact_id = c.id) THEN 30 ELSE 0 END
    + CASE WHEN EXISTS (SELECT 1 FROM email e WHERE e.contact_id = c.id) THEN 25 ELSE 0 END
    + CASE WHEN company_id IS NOT NULL THEN 20 ELSE 0 END + CASE WHEN position <> '' THEN 15 ELSE 0 END
    + CASE WHEN source_id IS NOT NULL THEN 10 ELSE 0 END
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0005_customers_whole")]
    operations = [
        migrations.RunSQL(COMPANY, migrations.RunSQL.noop),
        migrations.RunSQL(CONTACT, migrations.RunSQL.noop),
    ]
