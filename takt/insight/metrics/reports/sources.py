"""What the first source of a customer has brought."""

from dataclasses import replace

from django.utils.translation import gettext_lazy

from takt.insight.metrics.reports.parts import Part, Report, Table
from takt.insight.metrics.reports.scope import Scope
from takt.insight.metrics.reports.slices import slices


def sources(scope: Scope) -> Part:
    """Open, won and lost deals by the source of the first contact; a follow-up deal keeps that of the first."""
    found = slices(replace(scope, by="source")).tables[0]
    return Part({}, [Table("sources", found.title, found.columns, found.rows)])


REPORT = Report(
    "sources",
    gettext_lazy("Sources"),
    gettext_lazy(
        "Deals by the source of the first contact, which goes with the whole chain of deals. Won and lost ones count "
        "by their closing day."
    ),
    {"sources": sources},
    {"sources": gettext_lazy("By source")},
    sums={"sources": ("open", "won")},
)
