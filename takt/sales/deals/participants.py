"""What the deals room answers to the rooms below: set-up, search, renamed customers, invariants for `doctor`."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from takt.kernel.accounts.hooks import on_first_setup
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import declare_sql
from takt.kernel.lists.search import Searched, searches
from takt.kernel.lists.timeline import field_labels
from takt.kernel.recycling.registry import Binned, bins
from takt.sales.contacts.hooks import on_merge, on_purge, on_rename, on_unmerge
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals.commands import (
    following,
    purge_deals,
    purge_notes,
    purge_tasks,
    restore_deals,
    restore_notes,
    restore_tasks,
)
from takt.sales.deals.commands.contacts import rewrite_search
from takt.sales.deals.commands.installing import install_template
from takt.sales.deals.hooks import GateFacts, gate_facts
from takt.sales.deals.lists import BINNED_DEALS, binned_deals
from takt.sales.deals.queries import qualification
from takt.sales.deals.queries.finding import find_deals, find_tasks, known_deals, known_tasks
from takt.sales.deals.rules_qualification import BANT, MEDDIC
from takt.sales.deals.task_lists import BINNED_NOTES, BINNED_TASKS, binned_notes, binned_tasks


def install_on_first_setup(template: str, language: str, *, by: Actor, at: dt.datetime) -> None:
    """A new organisation starts with the pipeline it chose, in its language."""
    install_template(template, language, by=by, at=at)


def follow_rename(record: Company | Contact, *, by: Actor, at: dt.datetime) -> None:
    """Deals are found by the new name of their company or contact."""
    rewrite_search(record, by=by, at=at)


on_first_setup.append(install_on_first_setup)
on_rename.append(follow_rename)
on_purge.append(following.let_go)
on_merge.append(following.move_to_survivor)
on_unmerge.append(following.give_back)
bins.append(
    Binned(
        kind="deal",
        label=_("Deals"),
        spec=BINNED_DEALS,
        rows=binned_deals,
        restore=restore_deals,
        purge=purge_deals,
        position=10,
    )
)
bins.append(
    Binned(
        kind="task",
        label=_("Tasks"),
        spec=BINNED_TASKS,
        rows=binned_tasks,
        restore=restore_tasks,
        purge=purge_tasks,
        position=60,
    )
)
bins.append(
    Binned(
        kind="note",
        label=_("Notes"),
        spec=BINNED_NOTES,
        rows=binned_notes,
        restore=restore_notes,
        purge=purge_notes,
        position=70,
    )
)
gate_facts.append(GateFacts(qualification.FACTS, qualification.facts_of))
field_labels.setdefault("deal", {}).update(
    {question: name for question, (name, _asks) in (BANT | MEDDIC).items()}
    | {f"evidence.{q}": name for q, (name, _asks) in MEDDIC.items()}
    | {
        "about": _("About"),
        "need_text": _("The need"),
        "budget_from": _("Budget from"),
        "budget_to": _("Budget to"),
        "timeframe": _("When they decide"),
        "criteria_text": _("By what they decide"),
    }
)
searches.append(Searched("deal", _("Deals"), "briefcase", find_deals, position=10, known=known_deals))
searches.append(Searched("task", _("Tasks"), "checkbox", find_tasks, position=50, known=known_tasks))

declare_sql(
    "deals.stage_total",
    "the totals per stage equal the sum over all open deals",
    """
    SELECT * FROM (
        SELECT stage_id, owner_id, currency, count(*) AS deals, coalesce(sum(amount), 0) AS amount,
               coalesce(sum(amount) FILTER (WHERE probability IS NOT NULL), 0) AS overridden,
               coalesce(sum(amount * probability / 100) FILTER (WHERE probability IS NOT NULL), 0) AS weighted
        FROM deal WHERE status = 'open' AND deleted_at IS NULL GROUP BY 1, 2, 3
    ) truth FULL JOIN (
        SELECT stage_id, owner_id, currency, deals AS kept_deals, amount AS kept_amount,
               overridden AS kept_overridden, overridden_weighted AS kept_weighted
        FROM stage_total WHERE deals <> 0 OR amount <> 0 OR overridden <> 0 OR overridden_weighted <> 0
    ) kept USING (stage_id, owner_id, currency)
    WHERE deals IS DISTINCT FROM kept_deals OR amount IS DISTINCT FROM kept_amount
       OR overridden IS DISTINCT FROM kept_overridden OR weighted IS DISTINCT FROM kept_weighted
    """,
)
declare_sql(
    "deals.closed_total",
    "the totals of closed deals equal the sum over all of them",
    """
    SELECT * FROM (
        SELECT pipeline_id, owner_id, status, currency, count(*) AS deals, coalesce(sum(amount), 0) AS amount,
               coalesce(sum(amount_base), 0) AS base, coalesce(sum(amount) FILTER (WHERE rate IS NULL), 0) AS unrated
        FROM deal WHERE status <> 'open' AND deleted_at IS NULL GROUP BY 1, 2, 3, 4
    ) truth FULL JOIN (
        SELECT pipeline_id, owner_id, status, currency, deals AS kept_deals, amount AS kept_amount,
               base AS kept_base, unrated AS kept_unrated
        FROM closed_total WHERE deals <> 0 OR amount <> 0 OR base <> 0 OR unrated <> 0
    ) kept USING (pipeline_id, owner_id, status, currency)
    WHERE deals IS DISTINCT FROM kept_deals OR amount IS DISTINCT FROM kept_amount
       OR base IS DISTINCT FROM kept_base OR unrated IS DISTINCT FROM kept_unrated
    """,
)
declare_sql(
    "deals.next_step",
    "the next step of an open deal is its earliest open task; a closed deal has none",
    """
    SELECT deal.id AS deal, deal.next_task_id AS kept, task.id AS truth
    FROM deal LEFT JOIN LATERAL (
        SELECT id, due_at FROM task
        WHERE deal_id = deal.id AND status = 'open' AND deleted_at IS NULL ORDER BY due_at, id LIMIT 1
    ) task ON deal.status = 'open'
    WHERE deal.deleted_at IS NULL
      AND (deal.next_task_id IS DISTINCT FROM task.id OR deal.next_due_at IS DISTINCT FROM task.due_at)
    """,
)
declare_sql(
    "deals.task_owner",
    "a task knows whose its deal is",
    """
    SELECT task.id AS task, task.deal_owner_id AS kept, deal.owner_id AS truth
    FROM task LEFT JOIN deal ON deal.id = task.deal_id WHERE task.deal_owner_id IS DISTINCT FROM deal.owner_id
    """,
)
declare_sql(
    "deals.passage",
    "an open deal stands in exactly one passage, that of its stage; a closed one in none",
    """
    SELECT deal.id AS deal, deal.status, deal.stage_id AS stage, passage.stage_id AS passage_stage
    FROM deal LEFT JOIN stage_passage passage ON passage.deal_id = deal.id AND passage.left_at IS NULL
    WHERE (deal.status = 'open' AND passage.stage_id IS DISTINCT FROM deal.stage_id)
       OR (deal.status <> 'open' AND passage.id IS NOT NULL)
    """,
)
declare_sql(
    "deals.pipeline",
    "a deal's stage belongs to its pipeline",
    "SELECT deal.id AS deal FROM deal JOIN stage ON stage.id = deal.stage_id WHERE stage.pipeline_id <> deal.pipeline_id",
)
declare_sql(
    "deals.owner_history",
    "the current owner period of a deal is its owner's",
    """
    SELECT deal.id AS deal FROM deal
    LEFT JOIN owner_period period ON period.deal_id = deal.id AND period.until_at IS NULL
    WHERE period.owner_id IS DISTINCT FROM deal.owner_id
    """,
)
declare_sql(
    "deals.open_tasks_of_closed",
    "a closed deal has no open task",
    """
    SELECT task.id AS task, deal.id AS deal FROM task JOIN deal ON deal.id = task.deal_id
    WHERE deal.status <> 'open' AND task.status = 'open' AND task.deleted_at IS NULL AND deal.deleted_at IS NULL
    """,
)
declare_sql(
    "deals.created_event",
    "every deal has the event of its creation",
    """
    SELECT deal.id AS deal FROM deal WHERE NOT EXISTS (
        SELECT 1 FROM event_subject JOIN event ON event.id = event_subject.event_id
        WHERE event_subject.kind = 'deal' AND event_subject.object_id = deal.id AND event.kind = 'deal.created'
    )
    """,
)
declare_sql(
    "deals.tasks_of_binned",
    "a deleted deal has no task outside of the recycle bin",
    """
    SELECT task.id AS task, deal.id AS deal FROM task JOIN deal ON deal.id = task.deal_id
    WHERE deal.deleted_at IS NOT NULL AND task.deleted_at IS NULL
    """,
)
