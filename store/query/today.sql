-- Figures of a span of time for the first page of officers: finance/today.

-- name: today_captured
SELECT COUNT(*), CAST(COALESCE(SUM(captured_vnd), 0) AS BIGINT)
FROM attempt WHERE captured_ms > 0 AND captured_ms >= $1 AND captured_ms < $2;

-- name: today_refunded
SELECT COUNT(*), CAST(COALESCE(SUM(amount_vnd), 0) AS BIGINT)
FROM refund WHERE state = 'succeeded' AND updated_ms >= $1 AND updated_ms < $2;

-- Charges of the providers, less what was taken back.
-- name: today_fees
SELECT COUNT(*),
    CAST(COALESCE(SUM(CASE WHEN p.side = 0 THEN p.amount_vnd ELSE -p.amount_vnd END), 0) AS BIGINT)
FROM journal j JOIN posting p
    ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
WHERE p.account = 6110 AND j.at_ms >= $1 AND j.at_ms < $2;
