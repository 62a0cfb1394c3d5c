"""A discount is a share of a line or an amount off it; the line's total follows both."""

from decimal import Decimal

from django.db import migrations, models
from django.db.models import Case, ExpressionWrapper, F, Value, When
from django.db.models.functions import Greatest, Round

MONEY = models.DecimalField(max_digits=22, decimal_places=2)
NET = Greatest(
    Round(
        ExpressionWrapper(
            F("quantity") * F("price") * (Value(Decimal(100)) - F("discount")) * Value(Decimal("0.01"))
            - F("discount_amount"),
            output_field=MONEY,
        ),
        precision=2,
    ),
    Value(Decimal(0)),
    output_field=MONEY,
)
TAX = Case(
    When(
        price_includes_tax=False,
        tax_rate__isnull=False,
        then=Round(
            ExpressionWrapper(NET * F("tax_rate") * Value(Decimal("0.01")), output_field=MONEY), precision=2
        ),
    ),
    default=Value(Decimal(0)),
    output_field=MONEY,
)


class Migration(migrations.Migration):
    dependencies = [("deals", "0010_qualification_and_lines")]

    operations = [
        migrations.RemoveField(model_name="dealline", name="total"),
        migrations.AddField(
            model_name="dealline",
            name="discount_amount",
            field=models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=18),
        ),
        migrations.AddField(
            model_name="dealline",
            name="total",
            field=models.GeneratedField(
                db_persist=True,
                expression=NET + TAX,
                output_field=models.DecimalField(decimal_places=2, max_digits=22),
            ),
        ),
        migrations.AddConstraint(
            model_name="dealline",
            constraint=models.CheckConstraint(
                condition=models.Q(discount_amount=0) | models.Q(discount_amount__gt=0, discount=0),
                name="deal_line_one_discount",
            ),
        ),
    ]
