"""The tables as they stood at a past moment, under their own names, for the same queries to be asked of them.

Stages come from passages, owners from owner periods; what an edit changed since then, from the old values
that its event keeps. Work that was undone has left no passage and counts as never done.
"""

import datetime as dt

FIELDS = (
    "currency",
    "contractor_cost",
    "probability",
    "expected_close_date",
    "expected_close_on",
    "cycle_start_at",
    "is_estimated",
)


def literal(moment: dt.datetime) -> str:
    """The moment as SQL; a constant, not a parameter, so that the planner sees how far back it lies."""
    return f"TIMESTAMPTZ '{moment.astimezone(dt.UTC).isoformat()}'"


def tables(moment: dt.datetime) -> str:
    """Stages with the probabilities of that moment, and the passages as they were then."""
    at = literal(moment)
    return f"""stage AS (
        SELECT s.id, s.pipeline_id, s.name, s.position, coalesce(c.probability, s.probability) AS probability
        FROM stage s LEFT JOIN (
            SELECT DISTINCT ON (about.object_id) about.object_id AS stage_id, (c->>'old')::int AS probability
            FROM event e JOIN event_subject about ON about.event_id = e.id AND about.kind = 'stage'
            CROSS JOIN jsonb_array_elements(e.payload->'changes') c
            WHERE e.kind = 'stage.edited' AND e.at > {at} AND c->>'field' = 'probability'
            ORDER BY about.object_id, e.at, e.id) c ON c.stage_id = s.id),
    stage_passage AS (
        SELECT id, deal_id, pipeline_id, stage_id, entered_at, CASE WHEN left_at <= {at} THEN left_at END AS left_at,
            CASE WHEN left_at <= {at} THEN exit ELSE '' END AS exit
        FROM stage_passage WHERE entered_at <= {at})"""


def deals(moment: dt.datetime) -> str:
    """Every deal that existed then, with its state, stage, owner and amount of that moment.

    `is_assumed`: its amount was set from product lines before and after, by events of the time when they didn't keep
    the amount, and may have been typed in between.
    Two values are asked for: the organisation's currency and its time zone.
    """
    at, fields = literal(moment), ", ".join(f"'{field}'" for field in FIELDS)
    about = "JOIN event_subject about ON about.event_id = e.id AND about.kind = 'deal'"
    # An event that tells or sets the amount. Lines that came with a new deal don't set it.
    sets = """(e.kind = 'deal.edited' AND e.payload->'changes' @> '[{"field": "amount"}]'
        OR e.kind = 'deal.lines_set' AND (e.payload->'lines' <> '[]'::jsonb OR e.payload ? 'old_amount'))"""
    # Lines that keep the amount before and after tell it as surely as an edit does.
    kind = """CASE WHEN e.kind = 'deal.lines_set' AND e.payload ? 'old_amount' THEN 'lines_told' ELSE e.kind END"""
    changed = "(SELECT c->>'{}' FROM jsonb_array_elements(e.payload->'changes') c WHERE c->>'field' = 'amount' LIMIT 1)"
    told = "nullif(e.payload->>'amount', 'None')"
    return f"""
    WITH binned AS MATERIALIZED (
        SELECT DISTINCT ON (about.object_id) about.object_id AS deal_id, e.kind = 'deal.restored' AS was_deleted
        FROM event e {about} WHERE e.kind IN ('deal.deleted', 'deal.restored') AND e.at > {at}
        ORDER BY about.object_id, e.at, e.id),
    handed AS MATERIALIZED (
        SELECT DISTINCT ON (deal_id) deal_id, owner_id FROM owner_period WHERE until_at > {at}
        ORDER BY deal_id, until_at, id),
    stay AS MATERIALIZED (
        SELECT deal.id AS deal_id, q.stage_id, q.pipeline_id, q.left_at, q.exit
        FROM deal CROSS JOIN LATERAL (
            SELECT * FROM (
                (SELECT 1 AS place, stage_id, pipeline_id, left_at, exit FROM stage_passage q
                WHERE q.deal_id = deal.id AND q.entered_at <= {at} AND q.exit <> 'skipped_over'
                ORDER BY q.entered_at DESC, q.id DESC LIMIT 1)
                UNION ALL
                (SELECT 2, stage_id, pipeline_id, NULL, '' FROM stage_passage q
                WHERE q.deal_id = deal.id AND deal.created_at <= {at} ORDER BY q.entered_at, q.id LIMIT 1)
            ) known ORDER BY place LIMIT 1) q
        WHERE deal.stage_entered_at > {at} AND (deal.closed_at IS NULL OR deal.closed_at > {at})),
    edited AS MATERIALIZED (
        SELECT deal_id, jsonb_object_agg(field, old) AS old FROM (
            SELECT DISTINCT ON (about.object_id, 2) about.object_id AS deal_id,
                CASE c->>'field' WHEN 'expected_close_date' THEN 'expected_close_on' ELSE c->>'field' END AS field,
                c->>'old' AS old
            FROM event e {about} CROSS JOIN jsonb_array_elements(e.payload->'changes') c
            WHERE e.kind = 'deal.edited' AND e.at > {at} AND c->>'field' IN ({fields})
            ORDER BY about.object_id, 2, e.at, e.id) first GROUP BY deal_id),
    money AS MATERIALIZED (
        SELECT DISTINCT ON (about.object_id) about.object_id AS deal_id, {kind} AS kind,
            (CASE {kind} WHEN 'deal.edited' THEN {changed.format("old")}
                WHEN 'lines_told' THEN e.payload->>'old_amount' ELSE {told} END)::numeric AS amount
        FROM event e {about}
        WHERE e.kind IN ('deal.won', 'deal.lost', 'deal.edited', 'deal.lines_set') AND e.at > {at}
            AND (e.kind IN ('deal.won', 'deal.lost') OR {sets})
        ORDER BY about.object_id, e.at, e.id),
    lines AS MATERIALIZED (
        SELECT money.deal_id, p.kind, p.amount FROM money JOIN deal ON deal.id = money.deal_id
        LEFT JOIN LATERAL (
            SELECT {kind} AS kind, (CASE {kind} WHEN 'deal.edited' THEN {changed.format("new")}
                WHEN 'lines_told' THEN e.payload->>'new_amount' WHEN 'deal.lines_set' THEN e.payload->>'total' ELSE {told} END)::numeric AS amount
            FROM event_subject about JOIN event e ON e.id = about.event_id
            WHERE about.kind = 'deal' AND about.object_id = deal.id AND about.at <= {at}
                AND (e.kind IN ('deal.created', 'deal.won', 'deal.lost')
                    OR {sets} AND (e.kind <> 'deal.lines_set' OR e.at > deal.created_at))
            ORDER BY about.at DESC, e.id DESC LIMIT 1) p ON TRUE
        WHERE money.kind = 'deal.lines_set'),
    found AS (
        SELECT deal.id, deal.name, deal.company_id, known.is_final, known.is_over,
            CASE WHEN known.is_final THEN deal.status WHEN known.is_over THEN s.exit ELSE 'open' END AS status,
            coalesce(s.stage_id, deal.stage_id) AS stage_id,
            coalesce(s.pipeline_id, deal.pipeline_id) AS pipeline_id,
            coalesce(h.owner_id, deal.owner_id) AS owner_id,
            CASE WHEN known.is_final OR m.deal_id IS NULL THEN deal.amount
                WHEN m.kind <> 'deal.lines_set' THEN m.amount
                WHEN l.kind IS NULL THEN deal.amount ELSE l.amount END AS amount,
            NOT known.is_final AND m.kind IS NOT DISTINCT FROM 'deal.lines_set'
                AND (l.kind IS NULL OR l.kind = 'deal.lines_set') AS is_assumed,
            CASE WHEN b.old ? 'is_estimated' THEN (b.old->>'is_estimated')::boolean
                ELSE deal.amount_is_estimated END AS amount_is_estimated,
            CASE WHEN b.old ? 'currency' THEN b.old->>'currency' ELSE deal.currency END AS currency,
            CASE WHEN b.old ? 'contractor_cost' THEN (b.old->>'contractor_cost')::numeric
                ELSE deal.contractor_cost END AS contractor_cost,
            CASE WHEN b.old ? 'probability' THEN (b.old->>'probability')::int ELSE deal.probability END
                AS probability,
            CASE WHEN b.old ? 'expected_close_on' THEN (b.old->>'expected_close_on')::date
                ELSE deal.expected_close_on END AS expected_close_on,
            CASE WHEN b.old ? 'cycle_start_at' THEN (b.old->>'cycle_start_at')::timestamptz
                ELSE deal.cycle_start_at END AS cycle_start_at,
            CASE WHEN known.is_final THEN deal.closed_at WHEN known.is_over THEN s.left_at END AS closed_at,
            CASE WHEN known.is_final THEN deal.rate END AS rate,
            CASE WHEN known.is_final THEN deal.amount_base END AS amount_base,
            CASE WHEN known.is_final THEN deal.loss_reason_id END AS loss_reason_id,
            deal.source_id, deal.deleted_at, deal.owner_id AS owner_now
        FROM deal LEFT JOIN binned ON binned.deal_id = deal.id LEFT JOIN stay s ON s.deal_id = deal.id
        LEFT JOIN handed h ON h.deal_id = deal.id LEFT JOIN edited b ON b.deal_id = deal.id
        LEFT JOIN money m ON m.deal_id = deal.id LEFT JOIN lines l ON l.deal_id = deal.id
        CROSS JOIN LATERAL (SELECT coalesce(deal.closed_at <= {at}, FALSE) AS is_final,
            coalesce(s.left_at <= {at} AND s.exit IN ('won', 'lost'), FALSE) AS is_over) known
        WHERE NOT coalesce(binned.was_deleted, deal.deleted_at <= {at}, FALSE)
            AND (known.is_final OR deal.stage_entered_at <= {at} OR s.deal_id IS NOT NULL))
    -- A deal that was closed then and has been returned to work since lost its rate and its reason.
    SELECT t.id, t.name, t.company_id, t.status, t.stage_id, t.pipeline_id, t.owner_id, t.amount, t.is_assumed,
        t.amount_is_estimated, t.currency, t.probability, t.expected_close_on, t.cycle_start_at, t.closed_at,
        t.deleted_at, t.owner_now, t.contractor_cost, t.source_id, coalesce(t.rate, r.rate) AS rate,
        coalesce(t.amount_base, round(t.amount * r.rate, 2)) AS amount_base,
        coalesce(t.loss_reason_id, why.reason) AS loss_reason_id
    FROM found t LEFT JOIN LATERAL (
        SELECT CASE WHEN t.currency = %s THEN 1 ELSE (
            SELECT x.rate FROM exchange_rate x WHERE x.currency = t.currency
                AND x."on" <= (t.closed_at AT TIME ZONE %s)::date ORDER BY x."on" DESC LIMIT 1) END AS rate
        WHERE t.is_over AND NOT t.is_final) r ON TRUE
    LEFT JOIN LATERAL (
        SELECT (e.payload->>'reason')::bigint AS reason
        FROM event_subject about JOIN event e ON e.id = about.event_id
        WHERE t.is_over AND NOT t.is_final AND t.status = 'lost' AND about.kind = 'deal'
            AND about.object_id = t.id AND about.at <= {at} AND e.kind = 'deal.lost'
        ORDER BY about.at DESC, e.id DESC LIMIT 1) why ON TRUE"""
