-- Figures for supervision: see finance/report.h.

-- One row for each chain: few at any time.
-- name: report_behind
SELECT h.agency_id, h.slot, h.n, COALESCE(c.n, 0)
FROM ledger_head h LEFT JOIN report_cursor c ON c.agency_id = h.agency_id AND c.slot = h.slot
WHERE h.n > COALESCE(c.n, 0) ORDER BY h.agency_id, h.slot LIMIT 1;

-- name: report_gate_put
INSERT INTO report_cursor (agency_id, slot, n) VALUES ('', -1, 0) ON CONFLICT DO NOTHING;

-- name: report_gate_take
UPDATE report_cursor SET n = n + 1 WHERE agency_id = '' AND slot = -1 RETURNING n;

-- name: report_cursor_set
INSERT INTO report_cursor (agency_id, slot, n) VALUES ($1, $2, $3)
ON CONFLICT (agency_id, slot) DO UPDATE SET n = excluded.n;

-- name: report_sum_add
INSERT INTO report_sum (agency_id, day, procedure_code, channel, kind, account, debit_vnd,
    credit_vnd)
SELECT j.agency_id, j.day, COALESCE(o.procedure_code, ''), COALESCE(t.channel, ''), j.kind,
    p.account,
    CAST(SUM(CASE WHEN p.side = 0 THEN p.amount_vnd ELSE 0 END) AS BIGINT),
    CAST(SUM(CASE WHEN p.side = 1 THEN p.amount_vnd ELSE 0 END) AS BIGINT)
FROM journal j JOIN posting p
        ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
    LEFT JOIN orders o ON o.agency_id = j.agency_id AND o.id = j.order_id
    LEFT JOIN attempt t ON t.agency_id = j.agency_id AND t.order_id = j.order_id
        AND t.n = j.attempt_n
WHERE j.agency_id = $1 AND j.slot = $2 AND j.n > $3 AND j.n <= $4
GROUP BY j.agency_id, j.day, COALESCE(o.procedure_code, ''), COALESCE(t.channel, ''), j.kind,
    p.account
ON CONFLICT (agency_id, day, procedure_code, channel, kind, account) DO UPDATE
    SET debit_vnd = report_sum.debit_vnd + excluded.debit_vnd,
        credit_vnd = report_sum.credit_vnd + excluded.credit_vnd;

-- name: report_balance_add
INSERT INTO report_balance (agency_id, account, debit_vnd, credit_vnd)
SELECT p.agency_id, p.account,
    CAST(SUM(CASE WHEN p.side = 0 THEN p.amount_vnd ELSE 0 END) AS BIGINT),
    CAST(SUM(CASE WHEN p.side = 1 THEN p.amount_vnd ELSE 0 END) AS BIGINT)
FROM posting p
WHERE p.agency_id = $1 AND p.slot = $2 AND p.journal_n > $3 AND p.journal_n <= $4
GROUP BY p.agency_id, p.account
ON CONFLICT (agency_id, account) DO UPDATE
    SET debit_vnd = report_balance.debit_vnd + excluded.debit_vnd,
        credit_vnd = report_balance.credit_vnd + excluded.credit_vnd;

-- name: report_wait_add
INSERT INTO report_wait (agency_id, day, procedure_code, channel, step, n)
SELECT w.agency_id, w.day, w.procedure_code, w.channel,
    CASE WHEN w.ms <= 10000 THEN 0 WHEN w.ms <= 30000 THEN 1 WHEN w.ms <= 60000 THEN 2
        WHEN w.ms <= 300000 THEN 3 WHEN w.ms <= 900000 THEN 4 WHEN w.ms <= 3600000 THEN 5
        WHEN w.ms <= 86400000 THEN 6 ELSE 7 END,
    COUNT(*)
FROM (SELECT j.agency_id AS agency_id, j.day AS day, o.procedure_code AS procedure_code,
        t.channel AS channel, t.captured_ms - t.created_ms AS ms
    FROM journal j JOIN orders o ON o.agency_id = j.agency_id AND o.id = j.order_id
        JOIN attempt t ON t.agency_id = j.agency_id AND t.order_id = j.order_id
            AND t.n = j.attempt_n
    WHERE j.agency_id = $1 AND j.slot = $2 AND j.n > $3 AND j.n <= $4
        AND j.kind IN ('J2', 'J2b', 'J2c') AND j.source LIKE 'capture:%') w
GROUP BY w.agency_id, w.day, w.procedure_code, w.channel,
    CASE WHEN w.ms <= 10000 THEN 0 WHEN w.ms <= 30000 THEN 1 WHEN w.ms <= 60000 THEN 2
        WHEN w.ms <= 300000 THEN 3 WHEN w.ms <= 900000 THEN 4 WHEN w.ms <= 3600000 THEN 5
        WHEN w.ms <= 86400000 THEN 6 ELSE 7 END
ON CONFLICT (agency_id, day, procedure_code, channel, step) DO UPDATE
    SET n = report_wait.n + excluded.n;

-- Dossiers whose orders these journals are about, as all of their orders stand now. Money that was
-- carried to a corrected order was captured by the attempts of the one before.
-- name: report_dossier_ours
INSERT INTO report_dossier (agency_id, reference, procedure_code, received_on, started_on, synced,
    synced_ms, status, synced_fee, synced_online, synced_verified, ours, due_vnd, level)
SELECT o.agency_id, o.reference, MAX(o.procedure_code), MIN(o.received_on), MIN(o.received_on), 0,
    0, -1, -1, -1, -1,
    MAX(CASE o.state WHEN 'cancelled' THEN 1 WHEN 'superseded' THEN 1 WHEN 'exempt' THEN 2
        WHEN 'refunded' THEN 4 WHEN 'paid' THEN 5 WHEN 'overpaid' THEN 5 ELSE 3 END
        + CASE WHEN o.state IN ('paid', 'overpaid') THEN COALESCE((
            SELECT MIN(CASE t.channel WHEN 'counter' THEN 0 WHEN 'portal' THEN 2 ELSE 1 END)
            FROM orders s JOIN attempt t ON t.agency_id = s.agency_id AND t.order_id = s.id
            WHERE s.agency_id = o.agency_id AND s.reference = o.reference
                AND (s.id = o.id OR s.superseded_by = o.id) AND t.state = 'captured'), 0)
            ELSE 0 END),
    CAST(SUM(CASE WHEN o.state IN ('cancelled', 'superseded') THEN 0 ELSE o.total_vnd END)
        AS BIGINT),
    MAX(o.level)
FROM orders o
WHERE o.agency_id = $1 AND o.reference IN (
    SELECT x.reference FROM journal j JOIN orders x ON x.agency_id = j.agency_id
        AND x.id = j.order_id
    WHERE j.agency_id = $1 AND j.slot = $2 AND j.n > $3 AND j.n <= $4)
GROUP BY o.agency_id, o.reference
ON CONFLICT (agency_id, reference) DO UPDATE SET ours = excluded.ours, due_vnd = excluded.due_vnd,
    level = excluded.level,
    procedure_code = CASE WHEN report_dossier.synced = 1 THEN report_dossier.procedure_code
        ELSE excluded.procedure_code END,
    received_on = CASE WHEN report_dossier.synced = 1 THEN report_dossier.received_on
        ELSE excluded.received_on END,
    started_on = CASE WHEN report_dossier.synced = 1 THEN report_dossier.started_on
        ELSE excluded.started_on END;

-- name: report_dossier_sync
INSERT INTO report_dossier (agency_id, reference, procedure_code, received_on, started_on, synced,
    synced_ms, status, synced_fee, synced_online, synced_verified, ours, due_vnd, level)
VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10, 0, 0, 0)
ON CONFLICT (agency_id, reference) DO UPDATE SET procedure_code = excluded.procedure_code,
    received_on = excluded.received_on, started_on = excluded.started_on, synced = 1,
    synced_ms = excluded.synced_ms, status = excluded.status, synced_fee = excluded.synced_fee,
    synced_online = excluded.synced_online, synced_verified = excluded.synced_verified
WHERE report_dossier.synced_ms <= excluded.synced_ms;

-- name: report_dossier_started
SELECT agency_id, procedure_code, fee, why, verified, COUNT(*) FROM report_dossier
WHERE started_on >= $1 AND started_on <= $2 AND ($3 = '' OR agency_id = $3)
    AND ($4 = '' OR procedure_code = $4)
GROUP BY agency_id, procedure_code, fee, why, verified
ORDER BY agency_id, procedure_code, fee, why, verified;

-- name: report_dossier_received
SELECT agency_id, procedure_code, fee, why, verified, COUNT(*) FROM report_dossier
WHERE received_on >= $1 AND received_on <= $2 AND ($3 = '' OR agency_id = $3)
    AND ($4 = '' OR procedure_code = $4)
GROUP BY agency_id, procedure_code, fee, why, verified
ORDER BY agency_id, procedure_code, fee, why, verified;

-- name: report_dossier_list_started
SELECT agency_id, reference, procedure_code, received_on, started_on, fee, why, verified, synced
FROM report_dossier
WHERE started_on >= $1 AND started_on <= $2 AND ($3 = '' OR agency_id = $3)
    AND ($4 = '' OR procedure_code = $4) AND ($5 = '' OR why = $5)
    AND (started_on > $6 OR (started_on = $6 AND (agency_id > $7
        OR (agency_id = $7 AND reference > $8))))
ORDER BY started_on, agency_id, reference LIMIT $9;

-- name: report_dossier_list_received
SELECT agency_id, reference, procedure_code, received_on, started_on, fee, why, verified, synced
FROM report_dossier
WHERE received_on >= $1 AND received_on <= $2 AND ($3 = '' OR agency_id = $3)
    AND ($4 = '' OR procedure_code = $4) AND ($5 = '' OR why = $5)
    AND (received_on > $6 OR (received_on = $6 AND (agency_id > $7
        OR (agency_id = $7 AND reference > $8))))
ORDER BY received_on, agency_id, reference LIMIT $9;

-- What moved on the accounts of what was collected and paid back.
-- name: report_money_day
SELECT day, kind, account, '', CAST(SUM(credit_vnd - debit_vnd) AS BIGINT)
FROM report_sum
WHERE day >= $1 AND day <= $2 AND ($3 = '' OR agency_id = $3) AND ($4 = '' OR procedure_code = $4)
    AND account IN (2110, 2120, 2130, 2140, 2150)
GROUP BY day, kind, account ORDER BY day, kind, account;

-- name: report_money_agency
SELECT agency_id, kind, account, '', CAST(SUM(credit_vnd - debit_vnd) AS BIGINT)
FROM report_sum
WHERE day >= $1 AND day <= $2 AND ($3 = '' OR agency_id = $3) AND ($4 = '' OR procedure_code = $4)
    AND account IN (2110, 2120, 2130, 2140, 2150)
GROUP BY agency_id, kind, account ORDER BY agency_id, kind, account;

-- name: report_money_channel
SELECT channel, kind, account, '', CAST(SUM(credit_vnd - debit_vnd) AS BIGINT)
FROM report_sum
WHERE day >= $1 AND day <= $2 AND ($3 = '' OR agency_id = $3) AND ($4 = '' OR procedure_code = $4)
    AND account IN (2110, 2120, 2130, 2140, 2150)
GROUP BY channel, kind, account ORDER BY channel, kind, account;

-- name: report_money_procedure
SELECT procedure_code, kind, account, '', CAST(SUM(credit_vnd - debit_vnd) AS BIGINT)
FROM report_sum
WHERE day >= $1 AND day <= $2 AND ($3 = '' OR agency_id = $3) AND ($4 = '' OR procedure_code = $4)
    AND account IN (2110, 2120, 2130, 2140, 2150)
GROUP BY procedure_code, kind, account ORDER BY procedure_code, kind, account;

-- name: report_money_desk
SELECT agency_id, kind, account, channel, CAST(SUM(credit_vnd - debit_vnd) AS BIGINT)
FROM report_sum
WHERE day >= $1 AND day <= $2 AND ($3 = '' OR agency_id = $3) AND ($4 = '' OR procedure_code = $4)
    AND account IN (2110, 2120, 2130, 2140, 2150)
GROUP BY agency_id, kind, account, channel ORDER BY agency_id, kind, account, channel;

-- name: report_wait_steps
SELECT step, CAST(SUM(n) AS BIGINT) FROM report_wait
WHERE day >= $1 AND day <= $2 AND ($3 = '' OR agency_id = $3) AND ($4 = '' OR procedure_code = $4)
    AND channel <> 'counter'
GROUP BY step ORDER BY step;

-- name: report_wait_desks
SELECT agency_id, channel, CAST(SUM(n) AS BIGINT) FROM report_wait
WHERE day >= $1 AND day <= $2 AND ($3 = '' OR agency_id = $3) AND ($4 = '' OR procedure_code = $4)
GROUP BY agency_id, channel ORDER BY agency_id, channel;

-- name: report_kept_next
SELECT COALESCE(MAX(revision), 0) + 1 FROM report_kept WHERE kind = $1 AND from_day = $2;

-- name: report_kept_insert
INSERT INTO report_kept (kind, from_day, to_day, revision, made_ms, made_by, body, sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: report_kept_one
SELECT kind, from_day, to_day, revision, made_ms, made_by, sha256, body FROM report_kept
WHERE kind = $1 AND from_day = $2 AND (CAST($3 AS BIGINT) = 0 OR revision = $3) ORDER BY revision DESC LIMIT 1;

-- name: report_kept_list
SELECT kind, from_day, to_day, revision, made_ms, made_by, sha256, '' FROM report_kept
WHERE from_day >= $1 AND from_day <= $2 ORDER BY from_day DESC, kind, revision DESC LIMIT $3;
