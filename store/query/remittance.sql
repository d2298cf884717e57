-- Paying into the state budget: see finance/remittance.h.

-- Drafts are made one at a time: an order's money is claimed once.
-- name: remittance_number
UPDATE settlement_number SET n = n + 1 WHERE kind = 'remittance' RETURNING n;

-- What is left of the orders of a period and no other remittance claims; not of orders whose money
-- has not all arrived on the account.
-- name: remittance_item_claim
INSERT INTO remittance_item (agency_id, order_id, remittance_n, account, fee, vnd)
WITH period AS (
    SELECT i.order_id FROM payout p
        JOIN payout_item i ON i.payout_n = p.n AND i.agency_id = p.agency_id
    WHERE p.agency_id = $2 AND p.day >= $3 AND p.day <= $4 AND p.state <> 'reversed'
        AND i.what = ''
    UNION
    SELECT a.order_id FROM attempt a
    WHERE a.portal_day >= $3 AND a.portal_day <= $4 AND a.agency_id = $2
        AND a.channel IN ('vietqr', 'counter') AND a.state = 'captured'
    UNION
    SELECT j.order_id FROM journal j
    WHERE j.day >= $3 AND j.day <= $4 AND j.agency_id = $2 AND j.kind = 'J9'
), settled AS (
    SELECT c.order_id FROM period c WHERE NOT EXISTS (
        SELECT 1 FROM attempt u WHERE u.agency_id = $2 AND u.order_id = c.order_id
            AND u.state = 'captured' AND u.channel <> 'vietqr'
            AND NOT EXISTS (SELECT 1 FROM payout_item i WHERE i.agency_id = u.agency_id
                AND i.order_id = u.order_id AND i.attempt_n = u.n AND i.what = '')
            AND NOT EXISTS (SELECT 1 FROM counter_take t JOIN counter_shift s
                    ON s.agency_id = t.agency_id AND s.id = t.shift_id
                WHERE t.agency_id = u.agency_id AND t.order_id = u.order_id
                    AND t.attempt_n = u.n
                    AND (t.method = 'transfer' OR (s.state = 'closed'
                        AND s.deposited_vnd >= s.cash_vnd))))
)
SELECT CAST($2 AS TEXT), x.order_id, CAST($1 AS BIGINT), x.account, x.fee,
    CAST(SUM(x.vnd) AS BIGINT)
FROM (
    SELECT c.order_id AS order_id, p.account AS account, p.fee AS fee,
        (2 * p.side - 1) * p.amount_vnd AS vnd
    FROM settled c JOIN journal j ON j.agency_id = $2 AND j.order_id = c.order_id
        JOIN posting p
            ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
    WHERE p.account IN (2110, 2120, 2130) AND j.kind <> 'J6t'
    UNION ALL
    SELECT i.order_id, i.account, i.fee, -i.vnd
    FROM settled c JOIN remittance_item i ON i.agency_id = $2 AND i.order_id = c.order_id
) x
GROUP BY x.order_id, x.account, x.fee HAVING SUM(x.vnd) > 0;

-- name: remittance_item_sums
SELECT account, fee, COUNT(DISTINCT order_id), CAST(SUM(vnd) AS BIGINT)
FROM remittance_item WHERE remittance_n = $1 AND agency_id = $2
GROUP BY account, fee ORDER BY account, fee;

-- name: remittance_item_move
UPDATE remittance_item SET remittance_n = $3
WHERE remittance_n = $1 AND agency_id = $2 AND fee = $4;

-- name: remittance_item_leave
DELETE FROM remittance_item WHERE remittance_n = $1 AND agency_id = $2 AND fee = $3;

-- name: remittance_item_drop
DELETE FROM remittance_item WHERE remittance_n = $1 AND agency_id = $2;

-- name: remittance_item_page
SELECT order_id, account, fee, vnd FROM remittance_item
WHERE remittance_n = $1 AND agency_id = $2 AND (order_id, account, fee) > ($3, $4, $5)
ORDER BY order_id, account, fee LIMIT $6;

-- An order of which less is left than is claimed, or whose money is not on the account any more.
-- name: remittance_stale
SELECT i.order_id FROM remittance_item i
WHERE i.remittance_n = $1 AND i.agency_id = $2 AND (
    i.vnd > (SELECT COALESCE(CAST(SUM((2 * p.side - 1) * p.amount_vnd) AS BIGINT), 0)
            FROM journal j JOIN posting p
                ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
            WHERE j.agency_id = i.agency_id AND j.order_id = i.order_id
                AND p.account = i.account AND p.fee = i.fee AND j.kind <> 'J6t')
        - (SELECT COALESCE(CAST(SUM(x.vnd) AS BIGINT), 0) FROM remittance_item x
            WHERE x.agency_id = i.agency_id AND x.order_id = i.order_id
                AND x.account = i.account AND x.fee = i.fee AND x.remittance_n <> i.remittance_n)
    OR EXISTS (SELECT 1 FROM attempt u WHERE u.agency_id = i.agency_id
        AND u.order_id = i.order_id AND u.state = 'captured'
        AND u.channel NOT IN ('vietqr', 'counter')
        AND NOT EXISTS (SELECT 1 FROM payout_item y WHERE y.agency_id = u.agency_id
            AND y.order_id = u.order_id AND y.attempt_n = u.n AND y.what = '')))
LIMIT 1;

-- name: remittance_insert
INSERT INTO remittance (agency_id, n, id, number, treasury, from_day, to_day, state, total_vnd,
    retained_vnd, document, maker, proposal_id, treasury_ref, remitted_day, failure, created_ms,
    updated_ms, sent_ms, event_seq, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', '', '', '', $13, $13, 0, 0, 0);

-- name: remittance_save
UPDATE remittance SET state = $3, total_vnd = $4, retained_vnd = $5, document = $6, maker = $7,
    proposal_id = $8, treasury_ref = $9, remitted_day = $10, failure = $11, updated_ms = $12,
    sent_ms = $13
WHERE agency_id = $1 AND n = $2 AND state = $14;

-- name: remittance_event_next
UPDATE remittance SET event_seq = event_seq + 1 WHERE agency_id = $1 AND n = $2
RETURNING event_seq;

-- name: remittance_event_insert
INSERT INTO remittance_event (agency_id, remittance_n, seq, at_ms, event, from_state, to_state,
    actor, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: remittance_events
SELECT seq, at_ms, event, from_state, to_state, actor, detail FROM remittance_event
WHERE agency_id = $1 AND remittance_n = $2 ORDER BY seq;

-- name: remittance_take
UPDATE remittance SET version = version + 1 WHERE id = $1
RETURNING agency_id, n, id, number, treasury, from_day, to_day, state, total_vnd, retained_vnd,
    document, maker, proposal_id, treasury_ref, remitted_day, failure, created_ms, updated_ms,
    sent_ms;

-- name: remittance_by_id
SELECT agency_id, n, id, number, treasury, from_day, to_day, state, total_vnd, retained_vnd,
    document, maker, proposal_id, treasury_ref, remitted_day, failure, created_ms, updated_ms,
    sent_ms
FROM remittance WHERE id = $1;

-- name: remittance_ref_count
SELECT COUNT(*) FROM remittance WHERE treasury = $1 AND treasury_ref = $2 AND treasury_ref <> '';

-- name: remittance_list
SELECT agency_id, n, id, number, treasury, from_day, to_day, state, total_vnd, retained_vnd,
    document, maker, proposal_id, treasury_ref, remitted_day, failure, created_ms, updated_ms,
    sent_ms
FROM remittance
WHERE (created_ms < $1 OR (created_ms = $1 AND id < $2))
    AND (CAST($3 AS TEXT) = '' OR agency_id = $3) AND (CAST($4 AS TEXT) = '' OR state = $4)
ORDER BY created_ms DESC, id DESC LIMIT $5;

-- Slips that a file of the treasury names by their number, with what it says of them.
-- name: remittance_told
SELECT r.id, CASE WHEN l.treasury_ref <> '' THEN l.treasury_ref ELSE l.portal_txn END, l.gross_vnd,
    l.file_n, l.n
FROM settlement_file f JOIN settlement_line l ON l.file_n = f.file_n
    JOIN remittance r ON r.number = l.merchant_ref
WHERE f.provider = $1 AND f.account = $2 AND f.day = $3 AND f.state = 'accepted'
    AND l.kind = 0 AND l.success = 1 AND l.treasury_status = 'SENT_SUCCESS' AND r.state = 'sent'
ORDER BY l.n LIMIT $4;

-- Refunds that the treasury paid, by the number of their order.
-- name: remittance_refunds_told
SELECT r.id, CASE WHEN l.treasury_ref <> '' THEN l.treasury_ref ELSE l.portal_txn END
FROM settlement_file f JOIN settlement_line l ON l.file_n = f.file_n
    JOIN refund r ON r.reference = l.merchant_ref AND r.reference <> ''
WHERE f.provider = $1 AND f.account = $2 AND f.day = $3 AND f.state = 'accepted'
    AND l.kind = 1 AND l.success = 1 AND r.state = 'manual' AND r.route = 'treasury'
    AND r.amount_vnd = l.gross_vnd
ORDER BY l.n LIMIT $4;
