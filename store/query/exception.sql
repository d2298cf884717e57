-- Exceptions and their owners: see finance/exception.h.

-- name: exception_by_id
SELECT provider, account, day, id, class, priority, state, stage, reference, portal_txn, dossier,
    agency_id, order_id, file_n, line, ours_vnd, theirs_vnd, difference_vnd, first_seen_ms, seen_ms,
    resolved_ms, source, owner, remark, break_on, action, proposal_id, raised_ms, events
FROM reconcile_exception WHERE id = $1;

-- name: exception_lock
UPDATE reconcile_exception SET seen_ms = seen_ms WHERE id = $1
RETURNING provider, account, day, id, class, priority, state, stage, reference, portal_txn, dossier,
    agency_id, order_id, file_n, line, ours_vnd, theirs_vnd, difference_vnd, first_seen_ms, seen_ms,
    resolved_ms, source, owner, remark, break_on, action, proposal_id, raised_ms, events;

-- name: exception_of_day
SELECT provider, account, day, id, class, priority, state, stage, reference, portal_txn, dossier,
    agency_id, order_id, file_n, line, ours_vnd, theirs_vnd, difference_vnd, first_seen_ms, seen_ms,
    resolved_ms, source, owner, remark, break_on, action, proposal_id, raised_ms, events
FROM reconcile_exception
WHERE provider = $1 AND account = $2 AND day = $3 AND state <> 'resolved'
ORDER BY priority, line, id LIMIT $4;

-- Most urgent first, from after that one.
-- name: exception_list
SELECT x.provider, x.account, x.day, x.id, x.class, x.priority, x.state, x.stage, x.reference,
    x.portal_txn, x.dossier, x.agency_id, x.order_id, x.file_n, x.line, x.ours_vnd, x.theirs_vnd,
    x.difference_vnd, x.first_seen_ms, x.seen_ms, x.resolved_ms, x.source, x.owner, x.remark,
    x.break_on, x.action, x.proposal_id, x.raised_ms, x.events
FROM reconcile_exception x
LEFT JOIN orders o ON o.agency_id = x.agency_id AND o.id = x.order_id
WHERE x.stage IN ($1, $2, $3, $4, $5, $6, $7, $8)
    AND ($9 = '' OR $9 LIKE '%,' || x.class || ',%')
    AND ($10 = '' OR SUBSTR(x.dossier, 1, LENGTH($10)) = $10)
    AND ($11 = '' OR x.reference = $11 OR x.portal_txn = $11)
    AND ($12 = '' OR o.procedure_code = $12)
    AND ($13 = '' OR x.owner = $13 OR ($13 = '-' AND x.owner = ''))
    AND ($14 = '' OR x.day >= $14) AND ($15 = '' OR x.day <= $15)
    AND x.first_seen_ms > $16 AND x.first_seen_ms <= $17
    AND ABS(x.difference_vnd) >= $18 AND ABS(x.difference_vnd) <= $19
    AND (CAST($20 AS TEXT) = '' OR x.provider = $20)
    AND (CAST($21 AS TEXT) = '' OR x.account = $21)
    AND ($22 = '' OR (x.priority, x.first_seen_ms, x.id) > (SELECT y.priority, y.first_seen_ms, y.id
        FROM reconcile_exception y WHERE y.id = $22))
ORDER BY x.priority, x.first_seen_ms, x.id LIMIT $23;

-- name: exception_list_total
SELECT COUNT(*), CAST(COALESCE(SUM(x.difference_vnd), 0) AS BIGINT)
FROM reconcile_exception x
LEFT JOIN orders o ON o.agency_id = x.agency_id AND o.id = x.order_id
WHERE x.stage IN ($1, $2, $3, $4, $5, $6, $7, $8)
    AND ($9 = '' OR $9 LIKE '%,' || x.class || ',%')
    AND ($10 = '' OR SUBSTR(x.dossier, 1, LENGTH($10)) = $10)
    AND ($11 = '' OR x.reference = $11 OR x.portal_txn = $11)
    AND ($12 = '' OR o.procedure_code = $12)
    AND ($13 = '' OR x.owner = $13 OR ($13 = '-' AND x.owner = ''))
    AND ($14 = '' OR x.day >= $14) AND ($15 = '' OR x.day <= $15)
    AND x.first_seen_ms > $16 AND x.first_seen_ms <= $17
    AND ABS(x.difference_vnd) >= $18 AND ABS(x.difference_vnd) <= $19
    AND (CAST($20 AS TEXT) = '' OR x.provider = $20)
    AND (CAST($21 AS TEXT) = '' OR x.account = $21);

-- name: exception_step
UPDATE reconcile_exception SET stage = $2, owner = $3, remark = $4, break_on = $5, action = $6,
    proposal_id = $7, raised_ms = $8, events = CAST($9 AS BIGINT), resolved_ms = $10,
    closed_class = CASE WHEN $2 IN ('closed', 'auto_resolved') THEN class ELSE closed_class END,
    closed_vnd = CASE WHEN $2 IN ('closed', 'auto_resolved') THEN difference_vnd
        ELSE closed_vnd END
WHERE id = $1 AND events = CAST($9 AS BIGINT) - 1;

-- name: exception_event_insert
INSERT INTO exception_event (exception_id, seq, at_ms, event, from_stage, to_stage, actor, remark,
    proposal_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: exception_event_list
SELECT seq, at_ms, event, from_stage, to_stage, actor, remark, proposal_id FROM exception_event
WHERE exception_id = $1 ORDER BY seq LIMIT $2;

-- name: exception_movement_claim
INSERT INTO exception_movement (movement, exception_id, at_ms) VALUES ($1, $2, $3)
ON CONFLICT (movement) DO NOTHING;

-- The end of a run. Its day is taken first, so that nobody moves one of its rows meanwhile.
-- name: exception_merge_lock
UPDATE reconcile_exception SET seen_ms = seen_ms
WHERE provider = $1 AND account = $2 AND day = $3;

-- What was said of them until now, where it is something else from now on.
-- name: exception_merge_figure
INSERT INTO exception_figure (exception_id, until_ms, class, difference_vnd)
SELECT x.id, CAST($4 AS BIGINT), x.class,
    CASE WHEN x.state = 'resolved' THEN 0 ELSE x.difference_vnd END
FROM reconcile_exception x LEFT JOIN reconcile_found f ON f.run_n = $5 AND f.id = x.id
WHERE x.provider = $1 AND x.account = $2 AND x.day = $3 AND x.source = 'settlement'
    AND ((f.id IS NULL AND x.state <> 'resolved')
        OR (f.id IS NOT NULL AND (x.state = 'resolved' OR f.class <> x.class
            OR f.difference_vnd <> x.difference_vnd)))
ON CONFLICT (exception_id, until_ms) DO NOTHING;

-- What another day explained is found again by each run of its own day: that is nothing new.
-- name: exception_merge_moved
INSERT INTO exception_event (exception_id, seq, at_ms, event, from_stage, to_stage, actor, remark,
    proposal_id)
SELECT x.id, x.events + 1, CAST($4 AS BIGINT),
    CASE WHEN f.class = 'OK_W' THEN 'explain' ELSE 'reappear' END, x.stage,
    CASE WHEN f.class = 'OK_W' THEN 'auto_resolved' WHEN x.stage = 'closed' THEN 'reopened'
        ELSE 'open' END, 'system', '', ''
FROM reconcile_exception x JOIN reconcile_found f ON f.run_n = $5 AND f.id = x.id
WHERE x.provider = $1 AND x.account = $2 AND x.day = $3
    AND ((x.stage = 'auto_resolved' AND f.class <> 'OK_W' AND (x.state = 'resolved'
            OR f.class <> x.closed_class OR f.difference_vnd <> x.closed_vnd))
        OR (x.stage IN ('open', 'assigned', 'reopened') AND f.class = 'OK_W')
        OR (x.stage = 'closed' AND f.class <> 'OK_W'
            AND (f.class <> x.closed_class OR f.difference_vnd <> x.closed_vnd)));

-- name: exception_merge_explained
INSERT INTO exception_event (exception_id, seq, at_ms, event, from_stage, to_stage, actor, remark,
    proposal_id)
SELECT x.id, x.events + 1, CAST($4 AS BIGINT), 'explain', x.stage,
    CASE WHEN x.stage = 'executed' THEN 'closed' ELSE 'auto_resolved' END, 'system', '', ''
FROM reconcile_exception x
WHERE x.provider = $1 AND x.account = $2 AND x.day = $3 AND x.source = 'settlement'
    AND x.stage IN ('open', 'assigned', 'reopened', 'executed')
    AND NOT EXISTS (SELECT 1 FROM reconcile_found f WHERE f.run_n = $5 AND f.id = x.id);

-- A proposal under way keeps its stage: its checker is told.
-- name: exception_merge_resolve
UPDATE reconcile_exception SET state = 'resolved', resolved_ms = $4,
    events = events
        + CASE WHEN stage IN ('open', 'assigned', 'reopened', 'executed') THEN 1 ELSE 0 END,
    stage = CASE WHEN stage IN ('open', 'assigned', 'reopened') THEN 'auto_resolved'
        WHEN stage = 'executed' THEN 'closed' ELSE stage END,
    closed_class = CASE WHEN stage = 'executed' THEN class ELSE closed_class END,
    closed_vnd = CASE WHEN stage = 'executed' THEN difference_vnd ELSE closed_vnd END
WHERE provider = $1 AND account = $2 AND day = $3 AND source = 'settlement' AND state <> 'resolved'
    AND NOT EXISTS (SELECT 1 FROM reconcile_found f
        WHERE f.run_n = $5 AND f.id = reconcile_exception.id);

-- DATE waits for the next file by itself; what is matched with a warning needs nobody.
-- name: exception_merge_found
INSERT INTO reconcile_exception (provider, account, day, id, class, priority, state, reference,
    portal_txn, dossier, agency_id, order_id, line, ours_vnd, theirs_vnd, difference_vnd,
    first_seen_ms, seen_ms, resolved_ms, stage, source, file_n, owner, break_on)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), f.id, f.class, f.priority, 'new',
    f.reference, f.portal_txn, f.dossier, f.agency_id, f.order_id, f.line, f.ours_vnd,
    f.theirs_vnd, f.difference_vnd, CAST($4 AS BIGINT), CAST($4 AS BIGINT), 0,
    CASE WHEN f.class = 'OK_W' THEN 'auto_resolved' ELSE 'open' END, 'settlement',
    CAST($6 AS BIGINT), CASE WHEN f.class = 'DATE' THEN 'system' ELSE '' END,
    CASE WHEN f.class = 'DATE' THEN CAST($7 AS TEXT) ELSE '' END
FROM reconcile_found f WHERE f.run_n = $5
ON CONFLICT (provider, account, day, id) DO UPDATE SET class = excluded.class,
    priority = excluded.priority,
    state = CASE WHEN reconcile_exception.state = 'resolved' THEN 'new' ELSE 'persisting' END,
    reference = excluded.reference, portal_txn = excluded.portal_txn, dossier = excluded.dossier,
    agency_id = excluded.agency_id, order_id = excluded.order_id, line = excluded.line,
    file_n = excluded.file_n, ours_vnd = excluded.ours_vnd, theirs_vnd = excluded.theirs_vnd,
    difference_vnd = excluded.difference_vnd, seen_ms = excluded.seen_ms, resolved_ms = 0,
    owner = CASE WHEN reconcile_exception.owner = 'system' THEN excluded.owner
        ELSE reconcile_exception.owner END,
    break_on = CASE WHEN reconcile_exception.owner = 'system' THEN excluded.break_on
        ELSE reconcile_exception.break_on END,
    events = reconcile_exception.events + CASE
        WHEN reconcile_exception.stage = 'auto_resolved' AND excluded.class <> 'OK_W'
            AND (reconcile_exception.state = 'resolved'
                OR excluded.class <> reconcile_exception.closed_class
                OR excluded.difference_vnd <> reconcile_exception.closed_vnd) THEN 1
        WHEN reconcile_exception.stage IN ('open', 'assigned', 'reopened')
            AND excluded.class = 'OK_W' THEN 1
        WHEN reconcile_exception.stage = 'closed' AND excluded.class <> 'OK_W'
            AND (excluded.class <> reconcile_exception.closed_class
                OR excluded.difference_vnd <> reconcile_exception.closed_vnd) THEN 1
        ELSE 0 END,
    stage = CASE
        WHEN reconcile_exception.stage = 'auto_resolved' AND (reconcile_exception.state = 'resolved'
            OR excluded.class <> reconcile_exception.closed_class
            OR excluded.difference_vnd <> reconcile_exception.closed_vnd) THEN excluded.stage
        WHEN reconcile_exception.stage IN ('open', 'assigned', 'reopened')
            AND excluded.class = 'OK_W' THEN 'auto_resolved'
        WHEN reconcile_exception.stage = 'closed' AND excluded.class <> 'OK_W'
            AND (excluded.class <> reconcile_exception.closed_class
                OR excluded.difference_vnd <> reconcile_exception.closed_vnd) THEN 'reopened'
        ELSE reconcile_exception.stage END;

-- Of this day and of another, both with nobody's decision under way: the same payment, missing in
-- one and too much in the other. One of each at a time, so that no row explains two.
-- name: exception_paired
SELECT MIN(x.id), MIN(y.id) FROM reconcile_exception y
    JOIN reconcile_exception x ON x.reference = y.reference
WHERE y.provider = $1 AND y.account = $2 AND y.day = $3 AND y.reference <> ''
    AND y.source = 'settlement' AND y.state <> 'resolved' AND y.difference_vnd <> 0
    AND y.class IN ('DATE', 'MIS_THEIRS', 'MIS_OURS')
    AND y.stage IN ('open', 'assigned', 'reopened')
    AND x.provider = y.provider AND x.account = y.account AND x.day <> y.day
    AND x.source = 'settlement' AND x.state <> 'resolved'
    AND x.class IN ('DATE', 'MIS_THEIRS', 'MIS_OURS') AND x.difference_vnd = -y.difference_vnd
    AND x.stage IN ('open', 'assigned', 'reopened')
GROUP BY y.reference, y.difference_vnd ORDER BY 2 LIMIT $4;

-- Paid there and not here, and captured here since: QUERY or a late message told. One capture
-- explains one row, the first that is open; of those that it explained none.
-- name: exception_captured_since
SELECT x.id FROM reconcile_exception x JOIN attempt a ON a.reference = x.reference
WHERE x.stage IN ('open', 'assigned', 'reopened') AND x.provider = $1 AND x.account = $2
    AND x.day < $3 AND x.source = 'settlement' AND x.state <> 'resolved'
    AND x.class IN ('STA', 'MIS_OURS') AND a.state = 'captured' AND a.captured_ms > x.first_seen_ms
    AND a.captured_vnd = x.theirs_vnd
    AND NOT EXISTS (SELECT 1 FROM reconcile_exception o WHERE o.reference = x.reference
        AND o.id <> x.id AND o.source = 'settlement' AND o.class IN ('STA', 'MIS_OURS')
        AND o.theirs_vnd = x.theirs_vnd AND (o.stage = 'auto_resolved'
            OR (o.stage IN ('open', 'assigned', 'reopened') AND (o.day, o.id) < (x.day, x.id))))
ORDER BY x.id LIMIT $4;

-- The same of one, whatever its day.
-- name: exception_is_captured
SELECT COUNT(*) FROM reconcile_exception x JOIN attempt a ON a.reference = x.reference
WHERE x.id = $1 AND x.stage IN ('open', 'assigned', 'reopened') AND x.source = 'settlement'
    AND x.state <> 'resolved' AND x.class IN ('STA', 'MIS_OURS') AND a.state = 'captured'
    AND a.captured_ms > x.first_seen_ms AND a.captured_vnd = x.theirs_vnd
    AND NOT EXISTS (SELECT 1 FROM reconcile_exception o WHERE o.reference = x.reference
        AND o.id <> x.id AND o.source = 'settlement' AND o.class IN ('STA', 'MIS_OURS')
        AND o.theirs_vnd = x.theirs_vnd AND o.stage = 'auto_resolved');

-- What closing a day asks, by class.
-- name: exception_tally
SELECT class, CAST(SUM(CASE WHEN state <> 'resolved' THEN 1 ELSE 0 END) AS BIGINT),
    CAST(SUM(CASE WHEN state <> 'resolved' THEN difference_vnd ELSE 0 END) AS BIGINT),
    CAST(SUM(CASE WHEN stage IN ('open', 'assigned', 'proposed', 'approved', 'executed', 'reopened')
        THEN 1 ELSE 0 END) AS BIGINT),
    CAST(SUM(CASE WHEN stage IN ('open', 'assigned', 'proposed', 'approved', 'executed', 'reopened')
        THEN difference_vnd ELSE 0 END) AS BIGINT),
    CAST(SUM(CASE WHEN stage IN ('open', 'assigned', 'proposed', 'approved', 'executed', 'reopened')
        AND (owner = '' OR break_on <= day OR (owner <> 'system' AND remark = ''))
        THEN 1 ELSE 0 END) AS BIGINT),
    CAST(SUM(CASE WHEN stage = 'proposed' THEN 1 ELSE 0 END) AS BIGINT)
FROM reconcile_exception WHERE provider = $1 AND account = $2 AND day = $3
GROUP BY class ORDER BY class;

-- What is open or was accepted when a day is closed.
-- name: exception_stake
SELECT CAST(COALESCE(SUM(ABS(difference_vnd)), 0) AS BIGINT) FROM reconcile_exception
WHERE provider = $1 AND account = $2 AND day = $3 AND state <> 'resolved'
    AND stage <> 'auto_resolved';

-- Open value by class and age.
-- name: exception_ages
SELECT class, CASE WHEN first_seen_ms > $1 THEN 0 WHEN first_seen_ms > $2 THEN 1
        WHEN first_seen_ms > $3 THEN 2 ELSE 3 END AS age,
    COUNT(*), CAST(SUM(ABS(difference_vnd)) AS BIGINT)
FROM reconcile_exception
WHERE stage IN ('open', 'assigned', 'proposed', 'approved', 'executed', 'reopened')
GROUP BY class, age;

-- Open longer than its priority allows, and not raised yet.
-- name: exception_late
SELECT id FROM reconcile_exception
WHERE stage IN ('open', 'assigned', 'reopened', 'executed') AND raised_ms = 0
    AND first_seen_ms <= CASE priority WHEN 1 THEN CAST($1 AS BIGINT)
        WHEN 2 THEN CAST($2 AS BIGINT) WHEN 3 THEN CAST($3 AS BIGINT) ELSE CAST($4 AS BIGINT) END
ORDER BY id LIMIT $5;

-- name: exception_line
SELECT kind, portal_txn, merchant_ref, original_ref, dossier, body, account, bank, gross_vnd, fee_vnd,
    net_vnd, moved_vnd, currency, success, code, txn_at_ms
FROM settlement_line WHERE file_n = $1 AND n = $2;

-- name: exception_narrative
SELECT narrative_sealed FROM transfer WHERE account = $1 AND bank_txn = $2;

-- Credits that nothing here explains and that nobody was told of yet.
-- name: exception_stray_transfers
SELECT t.account, t.bank_txn, t.bank, t.amount_vnd, t.at_ms FROM transfer t
WHERE t.order_id = '' AND t.told = 0 AND t.currency = 'VND'
ORDER BY t.account, t.bank_txn LIMIT $1;

-- name: exception_transfer_told
UPDATE transfer SET told = 1 WHERE account = $1 AND bank_txn = $2 AND told = 0;

-- A line of a file may have told of the same credit before.
-- name: exception_transfer_insert
INSERT INTO reconcile_exception (provider, account, day, id, class, priority, state, reference,
    portal_txn, dossier, agency_id, order_id, line, ours_vnd, theirs_vnd, difference_vnd,
    first_seen_ms, seen_ms, resolved_ms, stage, source)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), 'MIS_OURS', 1, 'new',
    '', CAST($5 AS TEXT), '', '', '', 0, 0, CAST($6 AS BIGINT), -CAST($6 AS BIGINT),
    CAST($7 AS BIGINT), CAST($7 AS BIGINT), 0, 'open', 'bank_notice'
WHERE NOT EXISTS (SELECT 1 FROM reconcile_exception x WHERE x.portal_txn = $5
    AND x.account = $2 AND x.class = 'MIS_OURS')
ON CONFLICT (provider, account, day, id) DO NOTHING;

-- What a bank, the treasury or a damaged file tells, once.
-- name: exception_tell
INSERT INTO reconcile_exception (provider, account, day, id, class, priority, state, reference,
    portal_txn, dossier, agency_id, order_id, file_n, line, ours_vnd, theirs_vnd, difference_vnd,
    first_seen_ms, seen_ms, resolved_ms, stage, source)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT),
    CAST($6 AS BIGINT), 'new', CAST($7 AS TEXT), CAST($8 AS TEXT), '', CAST($9 AS TEXT), '',
    CAST($10 AS BIGINT), CAST($11 AS BIGINT), CAST($12 AS BIGINT), CAST($13 AS BIGINT),
    CAST($12 AS BIGINT) - CAST($13 AS BIGINT), CAST($14 AS BIGINT), CAST($14 AS BIGINT), 0, 'open',
    CAST($15 AS TEXT)
WHERE $15 <> 'statement' OR NOT EXISTS (SELECT 1 FROM reconcile_exception x
    WHERE x.portal_txn = $8 AND x.account = $2 AND x.class = 'MIS_OURS')
ON CONFLICT (provider, account, day, id) DO NOTHING;

-- Open ones by a number of the bank or a reference of ours.
-- name: exception_told
SELECT x.id FROM reconcile_exception x
WHERE x.portal_txn = $1 AND x.source = $2 AND x.stage IN ('open', 'assigned', 'reopened')
UNION
SELECT x.id FROM reconcile_exception x
WHERE x.reference = $1 AND x.source = $2 AND x.stage IN ('open', 'assigned', 'reopened')
ORDER BY 1 LIMIT $3;

-- Statements with credits that nobody knows yet.
-- name: exception_statements
SELECT DISTINCT x.provider, x.account, x.day FROM reconcile_exception x
WHERE x.stage IN ('open', 'assigned', 'reopened') AND x.source = 'statement'
ORDER BY x.day, x.provider, x.account LIMIT $1;

-- name: exception_narratives
SELECT t.account, t.bank_txn FROM transfer t
WHERE t.told_ms < $1 AND t.erased = 0 AND NOT EXISTS (SELECT 1 FROM reconcile_exception x
    WHERE x.portal_txn = t.bank_txn
        AND x.stage IN ('open', 'assigned', 'proposed', 'executed', 'reopened'))
ORDER BY t.told_ms LIMIT $2;

-- name: exception_narrative_erase
UPDATE transfer SET narrative_sealed = $3, erased = 1 WHERE account = $1 AND bank_txn = $2;

-- name: exception_alarming
SELECT COUNT(*), CAST(COALESCE(SUM(difference_vnd), 0) AS BIGINT) FROM reconcile_exception
WHERE provider = $1 AND account = $2 AND day = $3 AND class = 'MIS_THEIRS' AND first_seen_ms = $4;
