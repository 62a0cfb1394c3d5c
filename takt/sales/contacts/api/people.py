"""People of customers for programs."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.problems import PROBLEMS
from takt.kernel.lists.answers import api_list, check_if_match
from takt.sales.contacts import commands
from takt.sales.contacts.api import acts
from takt.sales.contacts.api.acts import contact_json
from takt.sales.contacts.api.shapes import (
    Contact,
    ContactChange,
    ContactCreated,
    ContactMerged,
    Contacts,
    ContactUnmerged,
    MergeOtherIn,
    NewContact,
    NewPlaceIn,
    Places,
)
from takt.sales.contacts.kinds import CONTACT
from takt.sales.contacts.queries import places_of

router = Router(tags=["companies and contacts"])


@router.get("/contacts", response={200: Contacts, **PROBLEMS}, exclude_unset=True)
def list_contacts(request: HttpRequest) -> Any:
    """People that the token's user may see; filters, `q`, `sort`, `limit`, `cursor`, `count`."""
    return api_list(request, CONTACT.spec, CONTACT.rows(request.user), contact_json)  # type: ignore[arg-type]


@router.post("/contacts", response={201: ContactCreated, **PROBLEMS})
def create_contact(request: HttpRequest, payload: NewContact, response: HttpResponse) -> Any:
    """Add a person. Who looks like the same is named in `warnings`; he is added all the same."""
    return acts.create(request, CONTACT, payload, response)


@router.get("/contacts/{int:pk}", response={200: Contact, **PROBLEMS})
def get_contact(request: HttpRequest, pk: int, response: HttpResponse) -> Any:
    """One record; the number of a merged one leads to what it became (307)."""
    return acts.get(request, CONTACT, pk, response)


@router.patch("/contacts/{int:pk}", response={200: Contact, **PROBLEMS})
def edit_contact(request: HttpRequest, pk: int, payload: ContactChange, response: HttpResponse) -> Any:
    return acts.edit(request, CONTACT, pk, payload, response)


@router.delete("/contacts/{int:pk}", response={204: None, **PROBLEMS})
def delete_contact(request: HttpRequest, pk: int) -> Any:
    """Move a person to the recycle bin; administrators only."""
    return acts.delete(request, CONTACT, pk)


@router.post("/contacts/{int:pk}/restore", response={200: Contact, **PROBLEMS})
def restore_contact(request: HttpRequest, pk: int) -> Any:
    return acts.restore(request, CONTACT, pk)


@router.post("/contacts/{int:pk}/merge", response={200: ContactMerged, **PROBLEMS})
def merge_contacts(request: HttpRequest, pk: int, payload: MergeOtherIn) -> Any:
    """Make two people one. It needs the right to change both and to delete the other."""
    return acts.merge(request, CONTACT, pk, payload)


@router.post("/contacts/merges/{int:merge}/undo", response={200: ContactUnmerged, **PROBLEMS})
def unmerge_contacts(request: HttpRequest, merge: int) -> Any:
    """Make a merged record one of its own again; answers it, with how much stays where it is."""
    return acts.unmerge(request, CONTACT, merge)


@router.post("/contacts/{int:pk}/move", response={200: Contact, **PROBLEMS})
def move_contact(request: HttpRequest, pk: int, payload: NewPlaceIn, response: HttpResponse) -> Any:
    """The person leaves for another company; where he was stays in his history. Deals keep him."""
    check_if_match(request, acts.row_of(request, CONTACT, pk))
    given = payload.model_dump(exclude={"version"})
    version = payload.version if payload.version is not None else version_in(request)
    commands.move_contact(pk, given.pop("company"), **given, version=version, **acting(request))
    return acts.answer(request, CONTACT, pk, response)


@router.get("/contacts/{int:pk}/places", response={200: Places, **PROBLEMS})
def list_places(request: HttpRequest, pk: int) -> Any:
    """Where a person works and worked, the present place first."""
    return {"items": [vars(p) for p in places_of(acts.row_of(request, CONTACT, pk), request.user)]}
