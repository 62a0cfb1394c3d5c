"""The deals' part of the API."""

from ninja import Router

from takt.sales.deals.api import deals, ends, gates, people, pipelines, special, tasks

router = Router()
router.add_router("", deals.router)
router.add_router("", ends.router)
router.add_router("", people.router)
router.add_router("", pipelines.router)
router.add_router("", gates.router)
router.add_router("", special.router)
router.add_router("", tasks.router)
