"""What tasks, notes and absences do when a company or person is deleted, merged or stops working here."""

from takt.kernel.accounts import hooks as accounts
from takt.kernel.lib.checks import declare_sql
from takt.sales.activities.commands import absences, following
from takt.sales.contacts import hooks

accounts.on_deactivate.append(absences.leave_deputies_place)
hooks.on_delete.append(following.bin_tasks)
hooks.on_restore.append(following.restore_tasks)
hooks.on_purge.append(following.let_go)
hooks.on_merge.append(following.move_to_survivor)
hooks.on_unmerge.append(following.give_back)

declare_sql(
    "activities.tasks_of_binned",
    "a task that belongs to nothing but a deleted company or contact lies in the recycle bin with it",
    """
    SELECT task.id AS task FROM task
    LEFT JOIN company ON company.id = task.company_id LEFT JOIN contact ON contact.id = task.contact_id
    WHERE task.deleted_at IS NULL AND task.deal_id IS NULL
      AND coalesce(company.id, contact.id) IS NOT NULL
      AND (company.id IS NULL OR company.deleted_at IS NOT NULL)
      AND (contact.id IS NULL OR contact.deleted_at IS NOT NULL)
    """,
)

declare_sql(
    "activities.deputies",
    "who stands in for somebody knows until when",
    """
    SELECT "user".id AS person FROM "user"
    WHERE "user".stands_in_until IS DISTINCT FROM
      (SELECT max(ends_at) FROM absence WHERE deputy_id = "user".id AND cancelled_at IS NULL)
    """,
)
