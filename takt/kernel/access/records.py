"""Records by kind and key, as events, rights and files name them, and who may see one."""

from typing import Any

from django.apps import apps
from django.db.models import Model

from takt.kernel.accounts.acts import may
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import NotFound

# By name, because these rooms stand higher.
MODELS = {
    "deal": "deals.Deal",
    "company": "contacts.Company",
    "contact": "contacts.Contact",
    "task": "activities.Task",
    "note": "activities.Note",
    "product": "catalog.Product",
    "pipeline": "deals.Pipeline",
    "stage": "deals.Stage",
}


def model_of(kind: str) -> type[Model] | None:
    """The model behind a kind of subject; None where it is none of a person's daily records."""
    name = MODELS.get(kind)
    if name is None:
        return None
    try:
        return apps.get_model(name)
    except LookupError:
        return None


def is_open_to(kind: str, number: int, user: User | None, act: str = "view") -> bool:
    """Whether the person may see (or edit) this record; an administrator also sees people and settings."""
    if not 0 < number < 2**63:
        return False
    model = model_of(kind)
    manager: Any = getattr(model, "objects", None)
    if manager is not None and hasattr(manager, "visible_to"):
        return bool(manager.visible_to(user, act).filter(pk=number).exists())
    if manager is not None:
        return bool(manager.filter(pk=number).exists())
    return user is None or may(user, "administer") or (kind == "user" and number == user.pk)


def demand_visible(kind: str, number: int, user: User | None) -> None:
    """NotFound unless the person may see this record."""
    if not is_open_to(kind, number, user):
        raise NotFound
