"""What a reference given by a person or a program means; hidden and missing are the same answer."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from takt.kernel.access.reach import owners_within
from takt.kernel.accounts.models import User
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid
from takt.sales.contacts.models import Company, Contact, Source
from takt.sales.deals.models import DealType, LossReason, Pipeline, Stage


def _number(given: Any) -> int | None:
    text = str(given)
    return int(text) if text.isdigit() and 0 < int(text) < 2**63 else None


def _one(model: type[Model], field: str, given: Any, sentence: str, **filters: Any) -> Any:
    if isinstance(given, model):
        return given
    number = _number(given)
    found = model._default_manager.filter(pk=number, **filters).first() if number else None
    if found is None:
        raise Invalid.field(field, sentence, "unknown")
    return found


def pipeline_of(given: Any) -> Pipeline:
    if given is None or given == "":
        found = Pipeline.objects.filter(is_active=True).order_by("position", "id").first()
        if found is None:
            raise Invalid.field(
                "pipeline", _("There is no pipeline yet. Create one in the settings."), "missing"
            )
        return found
    pipeline: Pipeline = _one(Pipeline, "pipeline", given, _("There is no such pipeline."))
    return pipeline


def stage_of(given: Any, pipeline: Pipeline | None = None) -> Stage:
    """A stage by id, of any pipeline unless one is given; None means that pipeline's first."""
    if pipeline is not None:
        return stage_among({s.pk: s for s in pipeline.stages.all()}, given)
    stage: Stage = _one(Stage, "stage", given, _("There is no such stage."))
    return stage


def stage_among(stages: Mapping[int, Stage], given: Any) -> Stage:
    """One of a pipeline's stages by id; None means the first."""
    if given is None or given == "":
        if stages:
            return min(stages.values(), key=lambda s: s.position)
        raise Invalid.field("stage", _("This pipeline has no stages."), "missing")
    number = given.pk if isinstance(given, Stage) else _number(given)
    if number is not None and number in stages:
        return stages[number]
    if number is not None and Stage.objects.filter(pk=number).exists():
        raise Invalid.field("stage", _("This stage belongs to another pipeline."), "other_pipeline")
    raise Invalid.field("stage", _("There is no such stage."), "unknown")


def owner_of(given: Any, *, by: Actor) -> User:
    """An active user by id or e-mail; one whose deals the giver may not see can't be given any."""
    if given is None or given == "":
        if by.user is None:
            raise Invalid.field("owner", _("Say who is responsible."), "required")
        return by.user  # type: ignore[no-any-return]
    if isinstance(given, str) and "@" in given:
        found = User.objects.filter(email__iexact=given.strip()).first()
    else:
        found = given if isinstance(given, User) else User.objects.filter(pk=_number(given) or 0).first()
    if found is None or not (found.is_active or by.is_historic):
        raise Invalid.field("owner", _("Choose an active user."), "unknown")
    return found


def demand_within(owner: User, *, by: Actor) -> None:
    """A rep keeps his own deals; handing on needs the right over the colleague's deals as well."""
    owners = owners_within(by.user, "deal", "edit")
    if owners is not None and owner.pk not in owners:
        raise Forbidden


def company_of(given: Any, *, by: Actor) -> Company | None:
    if given is None or given == "":
        return None
    if isinstance(given, Company):
        return given
    found = Company.objects.visible_to(by.user).filter(pk=_number(given) or 0).first()
    if found is None:
        raise Invalid.field("company", _("There is no such company."), "unknown")
    return found


def contact_of(given: Any, *, by: Actor) -> Contact:
    if isinstance(given, Contact):
        return given
    found = Contact.objects.visible_to(by.user).filter(pk=_number(given) or 0).first()
    if found is None:
        raise Invalid.field("contacts", _("There is no such contact."), "unknown")
    return found


def type_of(given: Any) -> DealType | None:
    if given is None or given == "":
        return None
    if isinstance(given, str) and not given.isdigit():
        found = DealType.objects.filter(name__iexact=given.strip()).first()
        if found is None:
            raise Invalid.field("type", _("There is no such type of deal."), "unknown")
        return found
    row: DealType = _one(DealType, "type", given, _("There is no such type of deal."))
    return row


def source_of(given: Any) -> Source | None:
    if given is None or given == "":
        return None
    if isinstance(given, str) and not given.isdigit():
        found = Source.objects.filter(name__iexact=given.strip()).first()
        if found is None:
            raise Invalid.field("source", _("There is no such source."), "unknown")
        return found
    row: Source = _one(Source, "source", given, _("There is no such source."))
    return row


def reason_of(given: Any, *, by: Actor) -> LossReason:
    """A reason for losing; the system's own reasons can't be chosen."""
    sentence = _("Choose why the deal was lost.")
    if given is None or given == "":
        raise Invalid.field("reason", sentence, "required")
    if isinstance(given, LossReason):
        found: LossReason | None = given
    elif (number := _number(given)) is not None:
        found = LossReason.objects.filter(pk=number).first()
    else:
        found = LossReason.objects.filter(slug=str(given)[:40]).first()
    if found is None or not found.is_active or (found.is_system and not by.is_historic):
        raise Invalid.field("reason", sentence, "unknown")
    return found
