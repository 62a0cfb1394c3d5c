"""An answer to a web form becomes a deal with its customer and its first task, or nothing at all."""

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from takt.gateways.intake import events, rules
from takt.gateways.intake.models import Submission, WebForm
from takt.kernel.access.reach import demand
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.addresses import normal_email, normal_phone, region_of
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import NotFound, Refused
from takt.sales.contacts.commands import create_company, create_contact
from takt.sales.contacts.models import Company, Contact, Source
from takt.sales.deals.commands import NewTask, create_deal, edit_deal


class TooMany(Refused):
    """More answers than a person sends."""

    status = 429
    code = "too_many"


class Tried(Exception):
    """A try has come to its end; that it is raised takes everything back."""

    def __init__(self, submission: Submission) -> None:
        super().__init__()
        deal = submission.deal
        assert deal is not None
        task = deal.next_task
        self.deal, self.pipeline, self.stage = deal.name, deal.pipeline.name, deal.stage.name
        self.owner, self.source = deal.owner.name, deal.source.name if deal.source else ""
        self.task = task.title if task else ""
        self.due_at: dt.datetime | None = task.due_at if task else None
        self.is_known_customer = submission.is_known_customer


@command
def try_web_form(form: int, given: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> None:
    """Carry out what an answer would become, and keep nothing: it always ends in `Tried`, or in what is wrong."""
    demand(by, "administer")
    raise Tried(receive(form, given, nonce="try", address="try", by=by, at=at))


@command
def receive(
    form: int,
    given: Mapping[str, Any],
    *,
    nonce: str,
    address: str,
    by: Actor,
    at: dt.datetime,
    is_robot: bool = False,
) -> Submission:
    """Take one answer: a deal in the form's stage, its customer found by phone, e-mail or tax number or made.

    The same nonce again answers what it became the first time. A robot's answer is noted and becomes nothing.
    """
    row = WebForm.objects.select_for_update().filter(pk=form, is_active=True).first()
    if row is None:
        raise NotFound
    if (known := row.submissions.filter(nonce=nonce, outcome="deal").first()) is not None:
        return known
    digest = _digest(address)
    _refuse_flood(row, digest, at)
    if is_robot:
        return Submission.objects.create(
            form=row, nonce=nonce, at=at, address=digest, outcome=Submission.Outcome.ROBOT
        )
    typed, own = _read(row, given)
    by = Actor(user=None, via=f"form:{row.pk}", cause=by.cause, depth=by.depth)
    campaign = rules.campaign_in(given)
    owner = _owner(row)
    source = _source(row, campaign)
    company, contact = _customer(typed)
    is_known = bool(company or contact)
    if contact is not None and company is None:
        company = contact.company
    # The source of the first contact stays with the customer's whole chain of deals.
    first = next((c.source for c in (contact, company) if c is not None and c.source is not None), source)
    if company is None and (typed["company"] or typed["tax_id"]):
        company = create_company(
            name=typed["company"] or typed["tax_id"],
            tax_id=typed["tax_id"],
            owner=owner,
            source=first,
            by=by,
            at=at,
        )
    if contact is None:
        contact = create_contact(
            name=typed["name"],
            company=company,
            owner=owner,
            source=first,
            phones=[typed["phone"]] if typed["phone"] else [],
            emails=[typed["email"]] if typed["email"] else [],
            by=by,
            at=at,
        )
    title = row.task_title or _("Answer the web form “%(form)s”") % {"form": row.name}
    deal = create_deal(
        name=f"{row.name}: {company.name if company else typed['name']}"[:200],
        pipeline=row.pipeline,
        stage=row.stage,
        owner=owner,
        type=row.type,
        source=first,
        company=company,
        contacts=[contact],
        about=typed["message"],
        first_task=NewTask(
            type=row.task_type,
            title=title[:200],
            due_at=at + dt.timedelta(minutes=row.task_minutes),
            assignee=owner,
            contact=contact,
        ),
        force=True,
        # In a later stage what the gates before it ask for is missing: listed as passed all the same, with this.
        reason=_("Came by the web form “%(form)s”") % {"form": row.name},
        by=by,
        at=at,
    )
    if own:
        edit_deal(deal, {"custom": own}, by=by, at=at)
    fact = events.WebFormSubmitted(
        form=row.name, web_form=row.pk, campaign=campaign, is_known_customer=is_known
    )
    record(fact, about=[deal, company, contact], by=by, at=at)
    return Submission.objects.create(
        form=row,
        nonce=nonce,
        at=at,
        address=digest,
        outcome=Submission.Outcome.DEAL,
        deal=deal,
        is_known_customer=is_known,
        campaign=campaign,
        consent=row.consent,
        consented_at=at if row.consent else None,
    )


@command
def note_refused(
    form: int, reason: str, *, nonce: str, address: str, by: Actor, at: dt.datetime
) -> Submission | None:
    """Keep that an answer was filled in wrongly, by the names of the fields alone."""
    row = WebForm.objects.select_for_update().filter(pk=form).first()
    if row is None:
        return None
    return Submission.objects.create(
        form=row, nonce=nonce, at=at, address=_digest(address), outcome="invalid", reason=reason[:200]
    )


def _digest(address: str) -> str:
    return hmac.new(
        settings.SECRET_KEY.encode(), address.encode("utf-8", "replace"), hashlib.sha256
    ).hexdigest()


def _refuse_flood(row: WebForm, digest: str, at: dt.datetime) -> None:
    since = at - dt.timedelta(minutes=rules.ADDRESS_MINUTES)
    mine = Submission.objects.filter(address=digest, at__gt=since)[: rules.PER_ADDRESS].count()
    since = at - dt.timedelta(minutes=rules.FORM_MINUTES)
    all_ = row.submissions.filter(at__gt=since)[: rules.PER_FORM].count()
    if mine >= rules.PER_ADDRESS or all_ >= rules.PER_FORM:
        raise TooMany(_("Too many answers came at once. Try again later."))


def _read(row: WebForm, given: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    checks = Checks()
    typed, own = dict.fromkeys(rules.FIELDS, ""), {}
    for item in row.fields:
        name = item["name"]
        most = rules.LONGEST.get(name, 5000)
        text = checks.text(name, given.get(name, ""), most=most, required=item["is_required"])
        if name in typed:
            typed[name] = text
        elif text:
            own[name.removeprefix("custom.")] = text
    if typed["phone"]:
        number = normal_phone(typed["phone"], region_of(row.language))
        if number is None:
            sentence = _("Enter a phone number with its country code, such as +49 30 123456.")
            checks.wrong("phone", sentence, "no_phone")
        typed["phone"] = number or ""
    if typed["email"]:
        email = normal_email(typed["email"])
        if email is None:
            checks.wrong("email", _("Enter an e-mail address, such as name@example.com."), "no_email")
        typed["email"] = email or ""
    if row.consent and given.get("consent") not in ("on", True, "true", "1"):
        checks.wrong("consent", _("Please agree first."), "required")
    checks.finish()
    return typed, own


def _owner(row: WebForm) -> Any:
    """Who is next in turn among those still active; otherwise the pipeline's default owner."""
    active = {u.pk: u for u in User.objects.filter(pk__in=row.owners, is_active=True)}
    people = [active[pk] for pk in row.owners if pk in active]
    if not people:
        return row.pipeline.default_owner
    chosen = people[row.turn % len(people)]
    row.turn = (row.turn + 1) % 1_000_000
    row.save(update_fields=["turn"])
    return chosen


def _source(row: WebForm, campaign: Mapping[str, str]) -> Source | None:
    named = campaign.get("utm_source", "")
    found = Source.objects.filter(name__iexact=named, is_active=True).first() if named else None
    return found or row.source


def _customer(typed: Mapping[str, str]) -> tuple[Company | None, Contact | None]:
    """Who is meant, by exact phone, e-mail or tax number; the customer known longest where several are."""
    contact = company = None
    for channel, path in (("email", "emails__address"), ("phone", "phones__number")):
        if typed[channel]:
            contact = contact or _first(Contact, **{path: typed[channel]})
    if typed["tax_id"]:
        company = _first(Company, tax_id=typed["tax_id"])
    return company, contact


def _first(model: Any, **wanted: str) -> Any:
    return model.objects.alive().filter(**wanted).select_related("source").order_by("pk").first()
