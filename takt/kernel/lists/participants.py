"""What this room itself answers to the search: the people of the firm."""

from django.utils.translation import gettext_lazy as _

from takt.kernel.lists.colleagues import find_colleagues
from takt.kernel.lists.search import Searched, searches

searches.append(
    Searched(
        "user", _("Colleagues"), "users", find_colleagues, position=35, is_person=True, is_asked_for=True
    )
)
