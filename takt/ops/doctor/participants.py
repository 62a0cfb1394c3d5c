"""Invariants that span the rooms."""

from takt.kernel.lib.checks import declare_sql

declare_sql(
    "events.subjects",
    "every subject row belongs to an event and has its time",
    """
    SELECT event_subject.id AS subject FROM event_subject LEFT JOIN event ON event.id = event_subject.event_id
    WHERE event.id IS NULL OR event.at <> event_subject.at
    """,
)
declare_sql(
    "events.append_only",
    "the event table refuses change",
    """
    SELECT 'trigger ' || wanted.name AS missing FROM (VALUES ('event_append_only'), ('event_no_truncate'),
        ('event_subject_append_only'), ('event_subject_no_truncate')) wanted(name)
    WHERE NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = wanted.name AND tgenabled = 'O')
    """,
)
declare_sql(
    "accounts.team_tree",
    "no team stands above itself",
    """
    WITH RECURSIVE above AS (
        SELECT id, parent_id, ARRAY[id] AS path FROM team
        UNION ALL
        SELECT above.id, team.parent_id, path || team.id FROM above JOIN team ON team.id = above.parent_id
        WHERE NOT team.id = ANY(path[2:])
    )
    SELECT id AS team FROM above WHERE parent_id = id GROUP BY id
    """,
)
