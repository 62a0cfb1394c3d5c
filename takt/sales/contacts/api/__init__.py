"""The customers' part of the API."""

from ninja import Router

from takt.sales.contacts.api import companies, duplicates, people, source_costs

router = Router()
router.add_router("", companies.router)
router.add_router("", people.router)
router.add_router("", duplicates.router)
router.add_router("", source_costs.router)
