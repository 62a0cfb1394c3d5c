"""What this room answers to `doctor`: histories end where things stand now."""

from takt.kernel.lib.checks import declare_sql

declare_sql(
    "customers.segment_history",
    "a company stands in the segment into which it last moved",
    """
    SELECT s.company_id, s.segment, m.new FROM customer_standing s
    LEFT JOIN LATERAL (
        SELECT new FROM segment_move m WHERE m.company_id = s.company_id ORDER BY "on" DESC, id DESC LIMIT 1
    ) m ON true WHERE s.segment <> coalesce(m.new, '')
    """,
)
declare_sql(
    "customers.ladder_history",
    "a company stands on the rung that its history ends with",
    """
    SELECT s.company_id, s.ladder, m.ladder AS told FROM customer_standing s
    LEFT JOIN LATERAL (
        SELECT ladder FROM ladder_move m WHERE m.company_id = s.company_id ORDER BY "on" DESC LIMIT 1
    ) m ON true WHERE s.ladder IS DISTINCT FROM m.ladder
    """,
)
