"""A deal's card as plain values: everything is computed here, so that the template only writes it down."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from takt.kernel.access.reach import granted, owners_within
from takt.kernel.accounts.models import User
from takt.kernel.ui import formats
from takt.sales.deals.models import Stage
from takt.sales.deals.queries.board import Sum_
from takt.sales.deals.queries.card_fields import Extra
from takt.sales.deals.queries.sight import sight_of


@dataclass(frozen=True, slots=True)
class Card:
    id: int
    version: int
    name: str
    company: str
    amount: str
    dwell: str
    over: int
    icon: str
    step: str
    when: str
    state: str  # late, today, none or planned (empty)
    initials: str
    owner: str
    is_mine: bool
    may_edit: bool
    offer: str  # until when the customer has an offer
    extra: tuple[tuple[str, str], ...] = ()  # what the person chose to see beside the rest: label and text


@dataclass(frozen=True, slots=True)
class Head:
    """What stands over a column: short where space is scarce, exact in the title."""

    id: int
    name: str
    deals: str
    amount: str
    chance: int
    weighted: str
    title: str
    not_converted: str
    not_converted_title: str
    color: str = ""
    hint: str = ""
    asks: tuple[str, ...] = ()  # what it asks for before a deal goes on


class Reader:
    """Who reads the cards, when, and what repeats from card to card."""

    def __init__(self, user: User, at: dt.datetime, currency: str, extras: Sequence[Extra] = ()) -> None:
        self.user, self.at, self.currency, self.extras = user, at, currency, extras
        self.sight = sight_of(user)
        self.today = timezone.localdate(at)
        self.zone = timezone.get_current_timezone()
        self.editors = owners_within(user, "deal", "edit")
        self.shared = granted(user, "deal", "edit")
        self._dwells: dict[tuple[int, int], str] = {}
        self._days: dict[dt.date, str] = {}
        self._initials: dict[int, str] = {}

    def cards(self, rows: Iterable[Any], stage: Stage) -> list[Card]:
        norm = stage.limit_days
        return [self.card(row, norm) for row in rows]

    def card(self, row: Any, norm: int | None) -> Card:
        days = max((self.today - row.stage_entered_at.astimezone(self.zone).date()).days, 0)
        over = max(days - norm, 0) if norm else 0
        icon, step, when, state = self._step(row)
        return Card(
            id=row.id,
            version=row.version,
            name=row.name,
            company=self._company(row),
            amount="" if row.amount is None else formats.money(row.amount, row.currency),
            dwell=self._dwell(days, over),
            over=over,
            icon=icon,
            step=step,
            when=when,
            state=state,
            initials=self._initials_of(row),
            owner=row.owner__name,
            is_mine=row.owner_id == self.user.pk,
            may_edit=self.editors is None or row.owner_id in self.editors or row.id in self.shared,
            offer=self._offer(row.offer_until) if row.offer_until else "",
            extra=tuple((e.label, text) for e in self.extras if (text := e.text(row, self.today)))
            if self.extras
            else (),
        )

    def _offer(self, until: dt.date) -> str:
        if until < self.today:
            return _("Offer ended %(day)s") % {"day": formats.date_short(until)}
        return _("Offer until %(day)s") % {"day": formats.date_short(until)}

    def _dwell(self, days: int, over: int) -> str:
        text = self._dwells.get((days, over))
        if text is None:
            text = (_("%(days)d d · +%(over)d") if over else _("%(days)d d")) % {"days": days, "over": over}
            self._dwells[days, over] = text
        return text

    def _company(self, row: Any) -> str:
        """The customer's name where the reader may see it."""
        if row.company__name and self.sight.company(row.company__owner_id, row.company__deleted_at):
            return str(row.company__name)
        return ""

    def _step(self, row: Any) -> tuple[str, str, str, str]:
        due_at = row.next_due_at
        if due_at is None:
            return "circle-dashed", "", "", "none"
        icon, title = row.next_task__type__icon, row.next_task__title
        if due_at < self.at:
            return icon, title, formats.due(due_at, self.at), "late"
        local = due_at.astimezone(self.zone)
        if local.date() == self.today:
            return icon, title, local.strftime("%H:%M"), "today"
        return icon, title, self._day(local.date()), ""

    def _day(self, day: dt.date) -> str:
        text = self._days.get(day)
        if text is None:
            text = self._days[day] = formats.date_short(day, self.today)
        return text

    def _initials_of(self, row: Any) -> str:
        text = self._initials.get(row.owner_id)
        if text is None:
            words = row.owner__name.split()
            both = words[:1] + words[-1:] if len(words) > 1 else words
            text = self._initials[row.owner_id] = "".join(w[0] for w in both).upper()[:2]
        return text

    def head(self, stage: Stage, total: Sum_, asks: Iterable[str] = ()) -> Head:
        left = ""
        if total.not_converted:
            left = ngettext("%(num)d not converted", "%(num)d not converted", total.left_out) % {
                "num": total.left_out
            }
        return Head(
            id=stage.pk,
            name=stage.name,
            deals=formats.number(total.deals),
            amount=formats.money_short(total.amount, self.currency),
            chance=stage.probability,
            weighted=formats.money_short(total.weighted, self.currency),
            title=_("Sum %(amount)s, weighted by probability %(weighted)s")
            % {
                "amount": formats.money(total.amount, self.currency),
                "weighted": formats.money(total.weighted, self.currency),
            },
            not_converted=left,
            not_converted_title=_(
                "No exchange rate is known for %(currencies)s, so these deals are not in the sum."
            )
            % {"currencies": ", ".join(c for c, _n in total.not_converted)},
            color=stage.color,
            hint=stage.hint,
            asks=tuple(asks),
        )
