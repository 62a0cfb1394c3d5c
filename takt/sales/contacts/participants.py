"""What this room answers to the rooms below: search over everything, and its invariants for `doctor`."""

from django.utils.translation import gettext_lazy as _

from takt.kernel.lib.checks import declare_sql
from takt.kernel.lists.search import Searched, searches
from takt.kernel.lists.subjects import also_known_as
from takt.kernel.recycling.registry import Binned, bins
from takt.sales.contacts import commands, queries
from takt.sales.contacts.finding import find_companies, find_contacts, known_companies, known_contacts
from takt.sales.contacts.lists import (
    BINNED_COMPANIES,
    BINNED_CONTACTS,
    binned_companies,
    binned_contacts,
)

searches.append(
    Searched("company", _("Companies"), "building", find_companies, position=20, known=known_companies)
)
searches.append(
    Searched(
        "contact", _("Contacts"), "user", find_contacts, position=30, known=known_contacts, is_person=True
    )
)
also_known_as.append(queries.merged_into)
bins.append(
    Binned(
        kind="company",
        label=_("Companies"),
        spec=BINNED_COMPANIES,
        rows=binned_companies,
        restore=commands.restore_companies,
        purge=commands.purge_companies,
        position=20,
    )
)
bins.append(
    Binned(
        kind="contact",
        label=_("Contacts"),
        spec=BINNED_CONTACTS,
        rows=binned_contacts,
        restore=commands.restore_contacts,
        purge=commands.purge_contacts,
        position=30,
    )
)

for _kind in ("company", "contact"):
    declare_sql(
        f"contacts.{_kind}_created_event",
        f"every {_kind} has the event of its creation",
        f"""
        SELECT c.id FROM {_kind} c WHERE NOT EXISTS (
            SELECT 1 FROM event_subject s JOIN event e ON e.id = s.event_id
            WHERE s.kind = '{_kind}' AND s.object_id = c.id AND e.kind = '{_kind}.created'
        )
        """,
    )
declare_sql(
    "contacts.phone_form",
    "every phone number is kept as E.164",
    r"SELECT id, number FROM phone WHERE number !~ '^\+[1-9][0-9]{4,18}$'",
)
declare_sql(
    "contacts.email_form",
    "every e-mail address is kept in lower case",
    "SELECT id FROM email WHERE address <> lower(address)",
)
declare_sql(
    "contacts.parent",
    "no company stands above itself",
    "SELECT id FROM company WHERE parent_id = id",
)
for _kind in ("company", "contact"):
    declare_sql(
        f"contacts.{_kind}_merged",
        f"a merged {_kind} is the loser of one merge that stands, into the record it leads to",
        f"""
        SELECT c.id, c.merged_into_id, m.survivor FROM {_kind} c
        FULL JOIN (SELECT * FROM customer_merge WHERE kind = '{_kind}' AND undone_at IS NULL) m ON m.loser = c.id
        WHERE (c.merged_into_id IS NOT NULL OR m.id IS NOT NULL) AND c.merged_into_id IS DISTINCT FROM m.survivor
        """,
    )
declare_sql(
    "contacts.of_merged",
    "nothing refers to a merged company but what it owned itself",
    """
    SELECT p.id AS contact, c.id AS company FROM contact p JOIN company c ON c.id = p.company_id
    WHERE c.merged_into_id IS NOT NULL AND p.merged_into_id IS NULL
    """,
)
