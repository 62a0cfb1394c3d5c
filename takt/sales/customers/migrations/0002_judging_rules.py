"""What a won or lost deal says of its customer, until an administrator decides otherwise."""

from typing import Any

from django.db import migrations

RULES = (
    ("won", "", "last_result", "good"),
    ("won", "", "last_result_reason", ""),
    ("won", "", "refusal_reason", ""),
    ("lost", "", "last_result", "bad"),
    ("lost", "", "last_result_reason", "other"),
    ("lost", "", "refusal_reason", "other"),
    ("lost", "price", "last_result_reason", "price"),
    ("lost", "price", "refusal_reason", "price"),
    ("lost", "competitor", "refusal_reason", "competitor"),
    ("lost", "no_budget", "refusal_reason", "no_budget"),
    ("lost", "timing", "refusal_reason", "timing"),
)


def install(apps: Any, _editor: Any) -> None:
    rule = apps.get_model("customers", "JudgingRule")
    rule.objects.bulk_create(
        rule(trigger=trigger, reason=reason, classifier=classifier, value=value)
        for trigger, reason, classifier, value in RULES
    )


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
