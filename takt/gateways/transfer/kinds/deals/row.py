"""One row of a file as a deal: where it stands, when it began and ended, what it is worth."""

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from takt.gateways.transfer.kinds.cells import CENT, Cells
from takt.gateways.transfer.kinds.deals.words import OPEN, STATUS, WON
from takt.gateways.transfer.kinds.naming import listed, responsible
from takt.gateways.transfer.kinds.people import Person
from takt.gateways.transfer.kinds.world import World
from takt.kernel.lib.clean import LARGEST_AMOUNT
from takt.kernel.lib.names import fold
from takt.sales.deals.commands.importing import DealRow, SoldLine, Stay
from takt.sales.deals.rules import billed, line_net

ZERO = Decimal(0)
THOUSANDTH = Decimal("0.001")
MOST_PIECES = 10**11
NO_CLOSE = gettext_noop("a closed deal needs the day on which it was closed.")


@dataclass
class RowOfFile(DealRow):
    """A deal with the person its row names, who is looked for when the whole batch has been read."""

    person: Person | None = None


def deal_row(cells: Cells, line: int, world: World, pipeline: int | None = None) -> RowOfFile:
    """The row as a deal; what can't be read is noted in `cells`.

    `pipeline` is the one in which the deal stands already, if there is such a deal.
    """
    values = cells.values
    row = RowOfFile(name="", pipeline=0, stage=0, owner=0, currency="", created_at=world.at)
    row.import_key = cells.text("import_key") or None
    _stand(cells, row, line, world, pipeline)
    row.owner = responsible(cells, world, "owner")
    _time(cells, row, world)
    row.currency = cells.currency()
    _price(cells, row, world)
    row.currency = row.currency or world.currency
    row.company_name = cells.text("company")
    row.person = _person(cells)
    named = cells.text("name")
    product = row.lines and world.good(values["product"])
    row.name = named or " · ".join(t for t in (product.name if product else "", row.company_name) if t)
    if not named and not row.company_name and row.import_key:
        row.name = row.import_key
    if not row.name:
        cells.lacks("name", _("this can't be empty."))
    row.name = row.name[:200]
    row.about = cells.text("about", 20_000)
    row.tags = cells.tags()
    row.probability = cells.whole("probability", 0, 100) if "probability" in values else None
    row.competitor = cells.text("competitor", 120)
    row.loss_comment = cells.text("loss_comment", 5000)
    row.type = listed(cells, "type", 60, world.deal_type, line)
    row.source = listed(cells, "source", 80, world.source, line)
    return row


def _person(cells: Cells) -> Person | None:
    emails, phones = cells.emails("contact_email"), cells.phones("contact_phone")
    name = cells.text("contact") or (emails[0][:200] if emails else "")
    return Person(name, emails=emails, phones=phones) if name else None


def _stand(cells: Cells, row: DealRow, line: int, world: World, pipeline: int | None) -> None:
    """Pipeline, stage and whether the deal is open, won or lost. A stage named "Closed won" is a status."""
    values = cells.values
    named = cells.text("stage", 80)
    pipeline = _pipeline(cells, line, world, pipeline, named)
    if pipeline is None:
        return
    row.pipeline = pipeline
    status = values.get("status")
    if status is not None:
        row.status = STATUS.get(fold(status), "")
        if not row.status:
            cells.wrong("status", _("“%(text)s” is neither open nor won nor lost.") % {"text": status[:80]})
            row.status = OPEN
    order = world.order.get(pipeline, [])
    if named:
        stage = world.stages.get((pipeline, fold(named)))
        if stage is None and fold(named) in STATUS and STATUS[fold(named)] != OPEN:
            if status is None:
                row.status = STATUS[fold(named)]
            named = ""
        elif stage is None:
            stage = world.stage(pipeline, named, line)
        if stage is None and named:
            cells.wrong("stage", _("the pipeline has no stage “%(name)s”.") % {"name": named})
            return
        row.stage = stage or 0
    if not row.stage:
        if not order:
            cells.wrong("stage", _("the pipeline has no stages."))
            return
        row.stage = order[-1] if row.status == WON else order[0]


def _pipeline(cells: Cells, line: int, world: World, standing: int | None, stage: str) -> int | None:
    """The pipeline the row names, else where the deal stands, else that of the import, else the first."""
    name = cells.text("pipeline", 80)
    if not name and standing is not None:
        return standing
    name = name or str(world.options.get("pipeline") or "")
    if not name and world.first_pipeline is None:
        cells.wrong("pipeline", _("there is no pipeline yet."))
    if not name:
        return world.first_pipeline
    stages = world.options.get("stages") or [t for t in (stage,) if t and fold(t) not in STATUS]
    found = world.pipeline(name, line, stages)
    if found is None:
        cells.wrong("pipeline", _("there is no pipeline “%(name)s”.") % {"name": name[:80]})
    return found


def _time(cells: Cells, row: DealRow, world: World) -> None:
    """When it began and ended. What the file doesn't say stays unknown and out of the cycle's figures."""
    created, created_is_day = cells.moment("created_at")
    started, started_is_day = cells.moment("started_at")
    closed, closed_is_day = cells.moment("closed_at")
    close, close_is_day = cells.moment("close_date")
    row.expected_close_on = cells.day("expected_close_date")
    if close is not None:
        if row.status == OPEN:
            row.expected_close_on = row.expected_close_on or cells.day("close_date")
        elif closed is None:
            closed, closed_is_day = close, close_is_day
    if row.status == OPEN:
        closed = None
    elif closed is None and not cells.problems:
        cells.lacks("closed_at", _(NO_CLOSE))
    began = started or created
    if closed is not None and started is not None and started > closed:
        cells.wrong("started_at", _("it can't lie after the close."))
    row.created_at = min(t for t in (created or began or world.at, began or world.at, closed) if t)
    row.cycle_start_at = started
    if started is None and created is not None and (closed is None or created <= closed):
        row.cycle_start_at = created
    row.closed_at = closed
    known_by_day = (started is not None and started_is_day) or (closed is not None and closed_is_day)
    row.precision = "day" if known_by_day or (created_is_day and started is None) else "time"
    end = row.closed_at
    entered = row.cycle_start_at or row.created_at
    row.stays = [
        Stay(row.stage, min(entered, end) if end else entered, end, "" if end is None else row.status)
    ]


def _price(cells: Cells, row: DealRow, world: World) -> None:
    """Amount and product. Without an amount what the product comes to stands in, at list price as an estimate."""
    values = cells.values
    row.amount = cells.amount("amount")
    price = cells.amount("price")
    quantity = cells.number("quantity")
    quantity = Decimal(1) if quantity is None else quantity.quantize(THOUSANDTH, ROUND_HALF_UP)
    discount, off = cells.percent("discount"), cells.amount("discount_amount")
    tax_rate = cells.percent("tax_rate")
    if not 0 < quantity < MOST_PIECES:
        cells.wrong("quantity", _("enter a number above zero."))
        return
    if discount and off:
        cells.wrong("discount_amount", _("give a discount in percent or an amount, not both."))
        return
    if "product" not in values:
        return
    good = world.good(values["product"])
    if good is None:
        cells.wrong("product", _("the catalog has no “%(name)s”.") % {"name": values["product"][:80]})
        return
    row.currency = row.currency or good.currency
    line = SoldLine(
        good.id,
        quantity,
        good.price or ZERO,
        discount or ZERO,
        off or ZERO,
        good.tax_rate if tax_rate is None else tax_rate,
        world.is_tax_included,
    )
    if price is None and row.amount and line.discount < 100:
        price = list_price(line, row.amount)
    line = line if price is None else replace(line, price=price)
    if off and off > line_net(quantity, line.price):
        cells.wrong("discount_amount", _("the discount is more than the product comes to."))
        return
    row.lines = [line]
    net = line_net(quantity, line.price, line.discount, line.discount_amount)
    total = billed([(net, line.tax_rate, line.is_tax_included)]).total
    if row.amount is None and line.price:
        row.amount = total
        row.is_estimated = "price" not in values
    if max(line.price, total, row.amount or 0) >= LARGEST_AMOUNT:
        cells.wrong("amount", _("the amount is too large."))


def list_price(line: SoldLine, total: Decimal) -> Decimal:
    """The price of one at which the line comes to the total, to the cent."""
    untaxed = total
    if line.tax_rate and not line.is_tax_included:
        untaxed = total * 100 / (100 + line.tax_rate)
    price = (untaxed + line.discount_amount) * 100 / (100 - line.discount) / line.quantity
    return price.quantize(CENT, ROUND_HALF_UP)
