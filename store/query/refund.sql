-- name: refund_insert
INSERT INTO refund (agency_id, id, order_id, attempt_n, state, route, amount_vnd, excess_vnd,
    account, reason, payee_sealed, payee_shown, maker, proposal_id, channel, reference, sent_time,
    txn, failure, document, created_ms, updated_ms, next_ms, tries, event_seq)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, '', '', '', '', '', $16,
    $16, 0, 0, 0);

-- name: refund_line_insert
INSERT INTO refund_line (agency_id, refund_id, n, account, fee, amount_vnd)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: refund_save
UPDATE refund SET state = $3, reference = $4, sent_time = $5, txn = $6, failure = $7,
    document = $8, updated_ms = $9, next_ms = $10, tries = $11
WHERE agency_id = $1 AND id = $2 AND state = $12;

-- name: refund_event_next
UPDATE refund SET event_seq = event_seq + 1 WHERE agency_id = $1 AND id = $2 RETURNING event_seq;

-- name: refund_event_insert
INSERT INTO refund_event (agency_id, refund_id, seq, at_ms, event, from_state, to_state, actor,
    source, mismatch, evidence, evidence_hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: refund_events
SELECT seq, at_ms, event, from_state, to_state, actor, source, mismatch, evidence
FROM refund_event WHERE agency_id = $1 AND refund_id = $2 ORDER BY seq;

-- name: refund_by_id
SELECT agency_id, id, order_id, attempt_n, state, route, amount_vnd, excess_vnd, account, reason,
    payee_sealed, payee_shown, maker, proposal_id, channel, reference, sent_time, txn, failure,
    document, created_ms, updated_ms, next_ms, tries,
    (SELECT o.client_id FROM orders o WHERE o.agency_id = refund.agency_id
        AND o.id = refund.order_id),
    (SELECT o.reference FROM orders o WHERE o.agency_id = refund.agency_id
        AND o.id = refund.order_id)
FROM refund WHERE id = $1;

-- name: refund_by_order
SELECT agency_id, id, order_id, attempt_n, state, route, amount_vnd, excess_vnd, account, reason,
    payee_sealed, payee_shown, maker, proposal_id, channel, reference, sent_time, txn, failure,
    document, created_ms, updated_ms, next_ms, tries, '', ''
FROM refund WHERE agency_id = $1 AND order_id = $2 ORDER BY created_ms, id LIMIT $3;

-- name: refund_list
SELECT r.agency_id, r.id, r.order_id, r.attempt_n, r.state, r.route, r.amount_vnd, r.excess_vnd,
    r.account, r.reason, r.payee_sealed, r.payee_shown, r.maker, r.proposal_id, r.channel,
    r.reference, r.sent_time, r.txn, r.failure, r.document, r.created_ms, r.updated_ms, r.next_ms,
    r.tries, o.client_id, o.reference
FROM refund r JOIN orders o ON o.agency_id = r.agency_id AND o.id = r.order_id
WHERE (CAST($1 AS TEXT) = '' OR o.client_id = $1) AND (CAST($2 AS TEXT) = '' OR r.state = $2)
    AND (CAST($3 AS TEXT) = '' OR o.reference = $3)
    AND (r.created_ms < $4 OR (r.created_ms = $4 AND r.id < $5))
ORDER BY r.created_ms DESC, r.id DESC LIMIT $6;

-- name: refund_totals
SELECT state, COUNT(*), CAST(SUM(amount_vnd) AS BIGINT) FROM refund GROUP BY state;

-- name: refund_lines
SELECT account, fee, amount_vnd FROM refund_line
WHERE agency_id = $1 AND refund_id = $2 ORDER BY n;

-- name: refund_taken
SELECT COALESCE(CAST(SUM(amount_vnd) AS BIGINT), 0),
    COALESCE(CAST(SUM(CASE WHEN state <> 'succeeded' THEN 1 ELSE 0 END) AS BIGINT), 0)
FROM refund
WHERE agency_id = $1 AND order_id = $2 AND attempt_n = $3
    AND state NOT IN ('rejected', 'cancelled', 'failed');

-- name: refund_alike
SELECT COUNT(*) FROM refund
WHERE agency_id = $1 AND order_id = $2 AND attempt_n = $3 AND amount_vnd = $4 AND id <> $5
    AND route = 'channel' AND reference <> '';

-- name: refund_claim
UPDATE refund SET next_ms = $2
WHERE (agency_id, id) = (SELECT agency_id, id FROM refund
        WHERE next_ms > 0 AND next_ms <= $1 ORDER BY next_ms LIMIT 1)
    AND next_ms > 0 AND next_ms <= $1
RETURNING id;

-- A remittance that claims money of the order is approved before it is refunded, or afterwards.
-- name: refund_lock_remittances
UPDATE remittance SET version = version + 1
WHERE state IN ('draft', 'approved', 'sent') AND agency_id = $1 AND n IN (
    SELECT i.remittance_n FROM remittance_item i WHERE i.agency_id = $1 AND i.order_id = $2);

-- What of an order is on its way to the treasury, or there.
-- name: refund_remitted
SELECT COALESCE(CAST(SUM(i.vnd) AS BIGINT), 0)
FROM remittance_item i JOIN remittance r ON r.agency_id = i.agency_id AND r.n = i.remittance_n
WHERE i.agency_id = $1 AND i.order_id = $2 AND r.state IN ('approved', 'sent', 'confirmed');
