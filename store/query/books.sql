-- The books as officers look at them: payments/ledger_view. Places are (time, agency, chain, number).

-- name: books_down
SELECT j.agency_id, j.slot, j.n, j.kind, j.source, j.order_id, j.day, j.at_ms, j.total_vnd,
    j.hash, j.prev_hash, j.corrects
FROM journal j
WHERE (CAST($1 AS TEXT) = '' OR j.agency_id = $1) AND j.at_ms >= $2 AND j.at_ms < $3
    AND (CAST($4 AS TEXT) = '' OR j.kind = $4) AND (j.at_ms, j.agency_id, j.slot, j.n) < ($5, $6, $7, $8)
ORDER BY j.at_ms DESC, j.agency_id DESC, j.slot DESC, j.n DESC LIMIT $9;

-- name: books_up
SELECT j.agency_id, j.slot, j.n, j.kind, j.source, j.order_id, j.day, j.at_ms, j.total_vnd,
    j.hash, j.prev_hash, j.corrects
FROM journal j
WHERE (CAST($1 AS TEXT) = '' OR j.agency_id = $1) AND j.at_ms >= $2 AND j.at_ms < $3
    AND (CAST($4 AS TEXT) = '' OR j.kind = $4) AND (j.at_ms, j.agency_id, j.slot, j.n) > ($5, $6, $7, $8)
ORDER BY j.at_ms, j.agency_id, j.slot, j.n LIMIT $9;

-- name: books_sums
SELECT COUNT(*), CAST(COALESCE(SUM(j.total_vnd), 0) AS BIGINT)
FROM journal j WHERE (CAST($1 AS TEXT) = '' OR j.agency_id = $1) AND j.at_ms >= $2 AND j.at_ms < $3
    AND (CAST($4 AS TEXT) = '' OR j.kind = $4);

-- name: books_one
SELECT j.agency_id, j.slot, j.n, j.kind, j.source, j.order_id, j.day, j.at_ms, j.total_vnd,
    j.hash, j.prev_hash, j.corrects
FROM journal j WHERE j.agency_id = $1 AND j.slot = $2 AND j.n = $3;

-- name: books_postings
SELECT line, account, side, amount_vnd, fee FROM posting
WHERE agency_id = $1 AND slot = $2 AND journal_n = $3 ORDER BY line;

-- name: books_of_order
SELECT j.agency_id, j.slot, j.n, j.kind, j.source, j.order_id, j.day, j.at_ms, j.total_vnd,
    j.hash, j.prev_hash, j.corrects
FROM journal j WHERE j.agency_id = $1 AND j.order_id = $2
ORDER BY j.at_ms, j.slot, j.n LIMIT $3;

-- name: books_account_down
SELECT j.agency_id, j.slot, j.n, j.kind, j.source, j.order_id, j.day, j.at_ms, j.total_vnd,
    j.hash, j.prev_hash, j.corrects, p.line, p.side, p.amount_vnd, p.fee
FROM journal j JOIN posting p
    ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
WHERE p.account = $10 AND (CAST($1 AS TEXT) = '' OR j.agency_id = $1) AND j.at_ms >= $2 AND j.at_ms < $3
    AND (CAST($4 AS TEXT) = '' OR j.kind = $4) AND (j.at_ms, j.agency_id, j.slot, j.n, p.line) < ($5, $6, $7, $8, $11)
ORDER BY j.at_ms DESC, j.agency_id DESC, j.slot DESC, j.n DESC, p.line DESC LIMIT $9;

-- name: books_account_sums
SELECT COUNT(*),
    CAST(COALESCE(SUM(CASE WHEN p.side = 0 THEN p.amount_vnd ELSE 0 END), 0) AS BIGINT),
    CAST(COALESCE(SUM(CASE WHEN p.side = 1 THEN p.amount_vnd ELSE 0 END), 0) AS BIGINT)
FROM journal j JOIN posting p
    ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
WHERE p.account = $5 AND (CAST($1 AS TEXT) = '' OR j.agency_id = $1) AND j.at_ms >= $2 AND j.at_ms < $3
    AND (CAST($4 AS TEXT) = '' OR j.kind = $4);
