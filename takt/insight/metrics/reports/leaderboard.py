"""Who and what sells."""

from collections.abc import Callable
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from takt.insight.metrics.reports.groups import grouped
from takt.insight.metrics.reports.parts import Column, Part, Report, Table, money
from takt.insight.metrics.reports.rules import fine, ratio
from takt.insight.metrics.reports.scope import GROUPS, Scope
from takt.kernel.access.reach import owners_within, teams_below
from takt.kernel.accounts.models import Role, User

TOP = 10


def owners(scope: Scope) -> Part:
    """The table of owners, with what was won in all."""
    row = scope.row(
        """SELECT count(*) AS won, coalesce(sum(amount_base), 0) AS value, avg(amount_base) AS mean,
        (percentile_disc(0.5) WITHIN GROUP (ORDER BY amount_base)
            + percentile_disc(0.5) WITHIN GROUP (ORDER BY amount_base DESC)) / 2 AS median
        FROM d WHERE status = 'won'"""
    )
    totals = {
        "won": row["won"],
        "won_value": money(row["value"]),
        "avg_won_value": fine(row["mean"]),
        "median_won_value": None if row["median"] is None else money(row["median"]),
    }
    return Part(totals, [grouped(scope, "owner")])


def without_deals(scope: Scope) -> Part:
    """Sales reps who have no deal at all."""
    reps = User.objects.filter(role=Role.REP, is_active=True)
    if (reach := owners_within(scope.user, "deal")) is not None:
        reps = reps.filter(pk__in=reach)
    if scope.owner:
        reps = reps.filter(pk=scope.owner)
    if scope.team:
        reps = reps.filter(team_id__in=teams_below(scope.team))
    having = {row["owner_id"] for row in scope.rows("SELECT DISTINCT owner_id FROM d", period=False)}
    rows = [
        {"id": pk, "name": name, "team": team or ""}
        for pk, name, team in reps.order_by("sort_key", "pk").values_list("pk", "name", "team__name")
        if pk not in having
    ]
    columns = [Column("name", _("Name"), "text"), Column("team", _("Team"), "text")]
    return Part({}, [Table("without_deals", _("Reps without deals"), columns, rows)])


def prices(scope: Scope) -> Part:
    """Won amounts against list prices: the mean of amount divided by list value, deal by deal."""
    row = scope.row(
        """SELECT count(*) AS count, avg(amount / list) AS ratio FROM (
            SELECT d.id, d.amount, sum(l.quantity * p.price * CASE WHEN l.price_includes_tax THEN 1
                ELSE 1 + coalesce(l.tax_rate, 0) / 100 END) AS list
            FROM d JOIN deal_line l ON l.deal_id = d.id JOIN product p ON p.id = l.product_id
            WHERE d.status = 'won' AND d.amount IS NOT NULL
            GROUP BY d.id, d.amount, d.currency
            HAVING bool_and(p.price IS NOT NULL AND p.currency = d.currency) AND sum(l.quantity * p.price) > 0
        ) v"""
    )
    share = None if row["ratio"] is None else ratio(row["ratio"], 1)
    found = {"count": row["count"], "to_list_price": share}
    columns = [
        Column("count", _("Won deals with list prices")),
        Column("to_list_price", _("Won amount to list price, mean"), "rate"),
    ]
    return Part({"to_list_price": share}, [Table("prices", _("Won amount to list price"), columns, [found])])


def divided(by: str, scope: Scope) -> Part:
    return Part({}, [grouped(scope, by)])


def top_companies(scope: Scope) -> Part:
    table = grouped(scope, "company", only=("won", "won_value"), limit=TOP)
    return Part({}, [Table("top_companies", _("Best customers"), table.columns, table.rows)])


PARTS: dict[str, Callable[[Scope], Part]] = {
    "owner": owners,
    **{by: partial(divided, by) for by in GROUPS if by != "owner"},
    "top_companies": top_companies,
    "prices": prices,
    "without_deals": without_deals,
}

REPORT = Report(
    "leaderboard",
    gettext_lazy("Leaderboard"),
    gettext_lazy(
        "Deals closed in the period, and those open now, by owner, team, product and customer. "
        "The owner is the one of the moment that is told; a deal of several products counts in each of them, with its own lines."
    ),
    PARTS,
    {
        "owner": gettext_lazy("By owner"),
        "team": gettext_lazy("By team"),
        "parent_team": gettext_lazy("By the team above"),
        "product": gettext_lazy("By product"),
        "series": gettext_lazy("By series"),
        "industry": gettext_lazy("By industry"),
        "company": gettext_lazy("By company"),
        "region": gettext_lazy("By region"),
        "pipeline": gettext_lazy("By pipeline"),
        "type": gettext_lazy("By type"),
        "source": gettext_lazy("By source"),
        "first_source": gettext_lazy("By first source"),
        "top_companies": gettext_lazy("Best customers"),
        "prices": gettext_lazy("Won amount to list price"),
        "without_deals": gettext_lazy("Reps without deals"),
    },
    sums={part: ("won",) for part in PARTS if part not in {"prices", "without_deals"}},
)
