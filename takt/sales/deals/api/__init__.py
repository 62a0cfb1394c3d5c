"""The deals' part of the API."""

from ninja import Router

from takt.sales.deals.api import tasks

router = Router()
router.add_router("", tasks.router)
