-- From our books to the provider's closing figure: see finance/bridge.h.

-- What moved on 1110 on a day, by kind of journal; one agency's postings by its attempt's channel.
-- name: bridge_books_day
SELECT j.kind, CAST(SUM((1 - 2 * p.side) * p.amount_vnd) AS BIGINT),
    CAST(SUM(CASE WHEN a.portal_day > j.day THEN (1 - 2 * p.side) * p.amount_vnd ELSE 0 END)
        AS BIGINT)
FROM journal j
    JOIN posting p ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
    LEFT JOIN attempt a ON a.agency_id = j.agency_id AND a.order_id = j.order_id
        AND a.n = j.attempt_n
WHERE j.day >= $1 AND j.day <= $2 AND p.account = 1110
    AND (j.attempt_n = 0 OR a.channel = 'portal')
GROUP BY j.kind ORDER BY j.kind;

-- The fees that were kept back when a day was paid over.
-- name: bridge_books_fees
SELECT CAST(COALESCE(SUM((1 - 2 * p.side) * p.amount_vnd), 0) AS BIGINT)
FROM journal j
    JOIN posting p ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
WHERE j.day = $1 AND j.kind = 'J3' AND p.account = 6110;

-- All of 1110 up to a day, where no run was before.
-- name: bridge_books_before
SELECT CAST(COALESCE(SUM((1 - 2 * p.side) * p.amount_vnd), 0) AS BIGINT)
FROM journal j
    JOIN posting p ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
    LEFT JOIN attempt a ON a.agency_id = j.agency_id AND a.order_id = j.order_id
        AND a.n = j.attempt_n
WHERE j.day < $1 AND p.account = 1110 AND (j.attempt_n = 0 OR a.channel = 'portal');

-- Captured there up to the day, posted here after it, and known at the cut.
-- name: bridge_in_time
SELECT COUNT(*), CAST(COALESCE(SUM((1 - 2 * p.side) * p.amount_vnd), 0) AS BIGINT)
FROM journal j
    JOIN posting p ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
    JOIN attempt a ON a.agency_id = j.agency_id AND a.order_id = j.order_id AND a.n = j.attempt_n
WHERE j.day > $1 AND j.day <= $2 AND j.at_ms <= $3 AND p.account = 1110
    AND j.kind IN ('J2', 'J2b', 'J2c') AND a.channel = 'portal' AND a.portal_day <= $1;

-- Of earlier days and not done with by the end of this one.
-- name: bridge_carried
SELECT x.day, x.class, COUNT(*), CAST(SUM(x.difference_vnd) AS BIGINT)
FROM reconcile_exception x
WHERE x.provider = $1 AND x.account = $2 AND x.day < $3 AND x.state <> 'resolved'
    AND x.difference_vnd <> 0
    AND NOT EXISTS (SELECT 1 FROM exception_event v WHERE v.exception_id = x.id
        AND v.to_stage IN ('executed', 'closed', 'auto_resolved') AND v.at_ms < $4)
GROUP BY x.day, x.class ORDER BY x.day, x.class;

-- name: bridge_paid_out
SELECT COUNT(*), CAST(COALESCE(SUM(gross_vnd - returned_vnd), 0) AS BIGINT) FROM payout
WHERE provider = $1 AND account = $2 AND day <= $3 AND posted_ms < $4
    AND (reversed_ms = 0 OR reversed_ms >= $4);

-- What the files say the provider kept: opening and movements less closing.
-- name: bridge_fees
SELECT COUNT(*), CAST(COALESCE(SUM(opening_vnd + moved_vnd - closing_vnd), 0) AS BIGINT)
FROM settlement_file
WHERE provider = $1 AND account = $2 AND day <= $3 AND state = 'accepted' AND has_chain = 1;

-- The last run of the nearest day before: its bridge is in its outcome.
-- name: bridge_run_before
SELECT day, manifest FROM reconcile_run
WHERE provider = $1 AND account = $2 AND day < $3 ORDER BY day DESC, run_n DESC LIMIT 1;

-- What the run under way has found.
-- name: bridge_found
SELECT class, COUNT(*), CAST(SUM(difference_vnd) AS BIGINT) FROM reconcile_found
WHERE run_n = $1 AND difference_vnd <> 0 GROUP BY class ORDER BY class;
