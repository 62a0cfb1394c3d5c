"""All writes of customers: companies, the people in them, their phones, owners and tags."""

from takt.sales.contacts.commands.binning import (
    delete_companies,
    delete_company,
    delete_contact,
    delete_contacts,
    purge_companies,
    purge_contacts,
    restore_companies,
    restore_company,
    restore_contact,
    restore_contacts,
)
from takt.sales.contacts.commands.cards import MINE
from takt.sales.contacts.commands.companies import create_company, edit_company
from takt.sales.contacts.commands.contacts import create_contact, edit_contact
from takt.sales.contacts.commands.judging import (
    classify_companies,
    confirm_levels,
    release_level,
    set_level,
    weigh_cards,
)
from takt.sales.contacts.commands.marking import (
    assign_companies,
    assign_contacts,
    tag_companies,
    tag_contacts,
)
from takt.sales.contacts.commands.merging import keep_apart, merge_companies, merge_contacts
from takt.sales.contacts.commands.moving import move_contact, unmove_contact
from takt.sales.contacts.commands.source_costs import MOST as MOST_COSTS
from takt.sales.contacts.commands.source_costs import set_source_costs
from takt.sales.contacts.commands.sources import SOURCES, install_sources
from takt.sales.contacts.commands.unmerging import unmerge_companies, unmerge_contacts

__all__ = [
    "MOST_COSTS",
    "unmove_contact",
    "move_contact",
    "weigh_cards",
    "set_level",
    "release_level",
    "confirm_levels",
    "classify_companies",
    "MINE",
    "SOURCES",
    "assign_companies",
    "assign_contacts",
    "create_company",
    "create_contact",
    "delete_companies",
    "delete_company",
    "delete_contact",
    "delete_contacts",
    "edit_company",
    "edit_contact",
    "install_sources",
    "set_source_costs",
    "keep_apart",
    "merge_companies",
    "merge_contacts",
    "purge_companies",
    "purge_contacts",
    "restore_companies",
    "restore_company",
    "restore_contact",
    "restore_contacts",
    "tag_companies",
    "tag_contacts",
    "unmerge_companies",
    "unmerge_contacts",
]
