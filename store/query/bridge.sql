-- From our books to the provider's closing figure: see finance/bridge.h.

-- What moved on 1110 in days from..to, as it was known at the cut, by kind of journal: of attempts by
-- their channel, of what two persons gave to an order by its provider, of others by their source.
-- All; of captures, those that happen there later; those of days up to $4; what was assigned.
-- name: bridge_books_day
SELECT CASE WHEN j.kind = 'J11' AND SUBSTR(j.source, 1, 7) = 'payout_' THEN 'J3R' ELSE j.kind END,
    CAST(SUM((1 - 2 * p.side) * p.amount_vnd) AS BIGINT),
    CAST(SUM(CASE WHEN a.portal_day > j.day THEN (1 - 2 * p.side) * p.amount_vnd ELSE 0 END)
        AS BIGINT),
    CAST(SUM(CASE WHEN a.portal_day <= $4 AND a.channel <> 'assigned'
        THEN (1 - 2 * p.side) * p.amount_vnd ELSE 0 END) AS BIGINT),
    CAST(SUM(CASE WHEN a.channel = 'assigned' THEN (1 - 2 * p.side) * p.amount_vnd ELSE 0 END)
        AS BIGINT)
FROM journal j
    JOIN posting p ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
    LEFT JOIN attempt a ON a.agency_id = j.agency_id AND a.order_id = j.order_id
        AND a.n = j.attempt_n
WHERE j.day >= $1 AND j.day <= $2 AND j.at_ms <= $3 AND p.account = 1110
    AND (a.channel IN ($5, $6, $7, $8) OR (a.channel = 'assigned' AND a.bank = $9)
        OR (j.attempt_n = 0 AND (REPLACE(j.source, ':' || $9 || ':', '') <> j.source
            OR REPLACE(j.source, ':' || $10 || '|', '') <> j.source)))
GROUP BY 1 ORDER BY 1;

-- The fees that were kept back when days were paid over.
-- name: bridge_books_fees
SELECT CAST(COALESCE(SUM((1 - 2 * p.side) * p.amount_vnd), 0) AS BIGINT)
FROM journal j
    JOIN posting p ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
WHERE j.day = $1 AND j.at_ms <= $2 AND j.kind = 'J3' AND p.account = 6110
    AND REPLACE(j.source, ':' || $3 || ':', '') <> j.source;

-- All of 1110 up to a day, where no run was before.
-- name: bridge_books_before
SELECT CAST(COALESCE(SUM((1 - 2 * p.side) * p.amount_vnd), 0) AS BIGINT)
FROM journal j
    JOIN posting p ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
    LEFT JOIN attempt a ON a.agency_id = j.agency_id AND a.order_id = j.order_id
        AND a.n = j.attempt_n
WHERE j.day < $1 AND j.at_ms <= $2 AND p.account = 1110
    AND (a.channel IN ($3, $4, $5, $6) OR (a.channel = 'assigned' AND a.bank = $7)
        OR (j.attempt_n = 0 AND (REPLACE(j.source, ':' || $7 || ':', '') <> j.source
            OR REPLACE(j.source, ':' || $8 || '|', '') <> j.source)));

-- Captured there up to the day, posted here after it, and known at the cut; of these, of the day.
-- name: bridge_in_time
SELECT COUNT(*), CAST(COALESCE(SUM((1 - 2 * p.side) * p.amount_vnd), 0) AS BIGINT),
    CAST(COALESCE(SUM(CASE WHEN a.portal_day = $1 THEN (1 - 2 * p.side) * p.amount_vnd ELSE 0 END), 0)
        AS BIGINT)
FROM journal j
    JOIN posting p ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
    JOIN attempt a ON a.agency_id = j.agency_id AND a.order_id = j.order_id AND a.n = j.attempt_n
WHERE j.day > $1 AND j.day <= $2 AND j.at_ms <= $3 AND p.account = 1110
    AND j.kind IN ('J2', 'J2b', 'J2c') AND a.channel IN ($4, $5, $6, $7) AND a.portal_day <= $1;

-- Of earlier days and not done with by the end of this one, as the runs said at the cut.
-- name: bridge_carried
SELECT c.day, c.class, COUNT(*), CAST(SUM(c.vnd) AS BIGINT)
FROM (
    SELECT x.day AS day,
        COALESCE((SELECT g.class FROM exception_figure g
            WHERE g.exception_id = x.id AND g.until_ms > $5 ORDER BY g.until_ms LIMIT 1),
            x.class) AS class,
        COALESCE((SELECT g.difference_vnd FROM exception_figure g
            WHERE g.exception_id = x.id AND g.until_ms > $5 ORDER BY g.until_ms LIMIT 1),
            CASE WHEN x.state = 'resolved' THEN 0 ELSE x.difference_vnd END) AS vnd
    FROM reconcile_exception x
    WHERE x.provider = $1 AND x.account = $2 AND x.day < $3 AND x.source = 'settlement'
        AND x.first_seen_ms <= $5 AND (x.class <> 'OK_W' OR x.events > 0)
        AND COALESCE((SELECT v.to_stage FROM exception_event v WHERE v.exception_id = x.id
            AND v.at_ms < $4 AND v.at_ms <= $5 ORDER BY v.seq DESC LIMIT 1), 'open')
            NOT IN ('closed', 'auto_resolved')
) c
WHERE c.vnd <> 0 AND c.class <> 'OK_W'
GROUP BY c.day, c.class ORDER BY c.day, c.class;

-- name: bridge_paid_out
SELECT COUNT(*), CAST(COALESCE(SUM(gross_vnd - returned_vnd), 0) AS BIGINT) FROM payout
WHERE provider = $1 AND account = $2 AND day <= $3 AND posted_ms < $4 AND posted_ms <= $5
    AND (reversed_ms = 0 OR reversed_ms >= $4 OR reversed_ms > $5);

-- The last run of the nearest day before, by the cut: its bridge is in its outcome.
-- name: bridge_run_before
SELECT day, manifest FROM reconcile_run
WHERE provider = $1 AND account = $2 AND day < $3 AND run_ms <= $4
ORDER BY day DESC, run_n DESC LIMIT 1;

-- What the run under way has found.
-- name: bridge_found
SELECT class, COUNT(*), CAST(SUM(difference_vnd) AS BIGINT) FROM reconcile_found
WHERE run_n = $1 AND difference_vnd <> 0 GROUP BY class ORDER BY class;
