"""The customers' part of the API."""

from ninja import Router

from takt.sales.contacts.api import companies, duplicates, people

router = Router()
router.add_router("", companies.router)
router.add_router("", people.router)
router.add_router("", duplicates.router)
