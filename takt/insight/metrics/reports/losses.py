"""Why and where deals are lost."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from takt.insight.metrics.reports.parts import Column, Part, Report, Table, money, stages_of
from takt.insight.metrics.reports.rules import ratio
from takt.insight.metrics.reports.scope import Scope
from takt.sales.deals.models import LossReason


def reasons(scope: Scope) -> Part:
    """Lost deals by reason, and by reason and stage."""
    found = scope.rows(
        """SELECT loss_reason_id AS reason, stage_id AS stage, count(*) AS count,
        coalesce(sum(amount_base), 0) AS amount, coalesce(sum(days), 0) AS days, count(days) AS timed
        FROM d WHERE status = 'lost' GROUP BY 1, 2"""
    )
    odd = scope.row(
        """SELECT count(*) FILTER (WHERE status = 'lost' AND coalesce(amount, 0) <> 0) AS lost_with_value,
        count(*) FILTER (WHERE status = 'won' AND coalesce(amount, 0) = 0) AS won_with_zero_value FROM d"""
    )
    every = sum(row["count"] for row in found)
    by_reason, by_both = [], []
    stages = stages_of(scope)
    for pk, slug, name in LossReason.objects.order_by("position", "pk").values_list("pk", "slug", "name"):
        rows = {row["stage"]: row for row in found if row["reason"] == pk}
        if not rows:
            continue
        count = sum(row["count"] for row in rows.values())
        link = f"status=lost&loss_reason={pk}"
        by_reason.append(
            {
                "reason": name,
                "slug": slug,
                "count": count,
                "share": ratio(count, every),
                "amount": money(sum(row["amount"] for row in rows.values())),
                "deals": link,
            }
        )
        by_both += [
            {
                "reason": name,
                "slug": slug,
                "stage": stage.label,
                "count": rows[stage.pk]["count"],
                "amount": money(rows[stage.pk]["amount"]),
                "deals": f"{link}&stage={stage.pk}",
            }
            for stage in stages
            if stage.pk in rows
        ]
    by_reason.sort(key=lambda row: -row["count"])
    count, amount = Column("count", _("Lost deals")), Column("amount", _("Amount"), "money")
    reason = Column("reason", _("Reason"), "text")
    totals = {"lost": every, "lost_value": money(sum(row["amount"] for row in found)), **odd}
    return Part(
        totals,
        [
            Table(
                "reasons",
                _("By reason"),
                [reason, count, Column("share", _("Share"), "rate"), amount],
                by_reason,
            ),
            Table(
                "reasons_by_stage",
                _("By reason and stage"),
                [reason, Column("stage", _("Stage"), "text"), count, amount],
                by_both,
            ),
        ],
    )


def months(scope: Scope) -> Part:
    found = scope.rows(
        """SELECT to_char(closed_on, 'YYYY-MM') AS month, count(*) AS count,
        coalesce(sum(amount_base), 0) AS amount FROM d WHERE status = 'lost' GROUP BY 1 ORDER BY 1"""
    )
    rows = [row | {"amount": money(row["amount"])} for row in found]
    columns = [
        Column("month", _("Month"), "text"),
        Column("count", _("Lost deals")),
        Column("amount", _("Amount"), "money"),
    ]
    return Part({}, [Table("months", _("By month of closing"), columns, rows)])


REPORT = Report(
    "losses",
    gettext_lazy("Losses"),
    gettext_lazy(
        "Deals lost in the period by reason and by the stage in which they were lost, with what they would "
        "have brought."
    ),
    {"reasons": reasons, "months": months},
    {"reasons": gettext_lazy("By reason"), "months": gettext_lazy("By month of closing")},
    sums={"reasons": ("lost",), "months": ("lost",)},
)
