from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("job.retried", _("took the job %(task)s up again"))
class JobRetried(Fact):
    task: str


@fact("delivery.retried", _("took the delivery to %(subscriber)s up again"))
class DeliveryRetried(Fact):
    subscriber: str
