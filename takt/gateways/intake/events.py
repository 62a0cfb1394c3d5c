"""Facts about web forms. Their names are for ever."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("web_form.created", _("added the web form “%(name)s”"))
class WebFormCreated(Fact):
    name: str


@fact("web_form.edited", _("changed the web form “%(name)s”"))
class WebFormEdited(Fact):
    name: str
    changes: list[dict[str, Any]]


@fact("web_form.submitted", _("received this from the web form “%(form)s”"))
class WebFormSubmitted(Fact):
    form: str
    web_form: int
    campaign: dict[str, str]
    is_known_customer: bool


@fact("web_form.key_renewed", _("gave the web form “%(name)s” another address"))
class WebFormKeyRenewed(Fact):
    name: str
