"""The kinds of record that files bring in, by the names that commands and addresses use."""

from takt.gateways.transfer.kinds.base import Kind
from takt.gateways.transfer.kinds.companies import Companies
from takt.gateways.transfer.kinds.contacts import Contacts
from takt.gateways.transfer.kinds.deals import Deals
from takt.gateways.transfer.kinds.products import Products
from takt.gateways.transfer.kinds.tasks import Tasks
from takt.gateways.transfer.kinds.users import Users

KINDS: dict[str, type[Kind]] = {k.name: k for k in (Companies, Contacts, Deals, Tasks, Products, Users)}

__all__ = ["Companies", "KINDS", "Kind"]
