"""The person of each deal of a batch, found or made."""

from collections.abc import Sequence
from dataclasses import replace

from takt.gateways.transfer.kinds.base import Read
from takt.gateways.transfer.kinds.deals.row import RowOfFile
from takt.gateways.transfer.kinds.people import People, Person
from takt.gateways.transfer.kinds.world import World
from takt.kernel.lib.names import sort_key
from takt.sales.contacts.commands.importing import ContactRow, import_contacts


def set_contacts(read: Sequence[Read[RowOfFile]], world: World) -> None:
    """The person of each row, found by e-mail, phone or name, else made within the row's company."""
    rows = [
        (line, row, replace(row.person, company=row.company))
        for line, _values, row in read
        if row.person is not None
    ]
    if not rows:
        return
    people = People(world, [p for _l, _r, p in rows])
    new: dict[object, tuple[int, ContactRow]] = {}
    waiting: list[tuple[RowOfFile, object, str]] = []
    for line, row, person in rows:
        found = people.find(person)
        if found is None and (person.emails or person.phones):
            found = people.find(Person(person.name, person.company))
        if found is not None:
            row.contacts, row.contact_names = [found], [person.name]
            continue
        key: object = person.emails[0] if person.emails else (sort_key(person.name), person.company)
        made = ContactRow(
            name=person.name,
            company=person.company,
            owner=row.owner,
            phones=list(person.phones),
            emails=list(person.emails),
        )
        new.setdefault(key, (line, made))
        waiting.append((row, key, person.name))
    if world.is_dry:
        return
    ids = import_contacts([r for _l, r in new.values()], by=world.by, at=world.at, batch=world.batch)
    by_key = dict(zip(new, ids, strict=True))
    world.made.extend((line, "contact", by_key[key]) for key, (line, _r) in new.items())
    for row, key, name in waiting:
        row.contacts, row.contact_names = [by_key[key]], [name]
