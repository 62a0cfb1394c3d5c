"""Where customers come from: the list an organisation starts with, and that the first source is kept."""

import datetime as dt

from django.utils.translation import gettext as _

from takt.kernel.access.reach import may
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Refused
from takt.sales.contacts.events import SourcesInstalled
from takt.sales.contacts.models import Source

SOURCES = {
    "en": [
        "Event registration",
        "Business card",
        "Site trial",
        "Inquiry",
        "Bought list",
        "Trade fair",
        "Referral",
    ],
    "ru": [
        "Регистрация на мероприятие",
        "Визитка",
        "Пробная версия на сайте",
        "Обращение",
        "Купленная база",
        "Выставка",
        "Рекомендация",
    ],
    "zh-hans": ["活动报名", "名片", "官网试用", "主动咨询", "购买名单", "展会", "转介绍"],
}


@command
def install_sources(language: str, *, by: Actor, at: dt.datetime) -> None:
    """The sources that every organisation starts with, in its language; what exists stays."""
    names = SOURCES.get(language, SOURCES["en"])
    Source.objects.bulk_create(
        [Source(name=name, position=i) for i, name in enumerate(names)], ignore_conflicts=True
    )
    record(SourcesInstalled(language=language), about=[], by=by, at=at)


def demand_source_change(old: Source | None, new: Source | None, *, by: Actor) -> None:
    """The first source counts for ever; an administrator may correct it, nobody may drop it."""
    if old is None or old == new:
        return
    if new is None or not may(by, "administer"):
        sentence = _("The first source is kept. An administrator can correct it.")
        raise Refused(sentence, code="source_is_fixed")
