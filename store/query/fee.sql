-- name: fee_quota_used
SELECT asset FROM fee_quota
WHERE citizen = $1 AND year = $2 AND state <> 'released' AND order_id <> $3 ORDER BY asset;

-- name: fee_quota_drop
DELETE FROM fee_quota WHERE agency_id = $1 AND order_id = $2 AND state <> 'consumed';

-- name: fee_quota_reserve
INSERT INTO fee_quota (agency_id, order_id, asset, citizen, year, state, at_ms)
VALUES ($1, $2, $3, $4, $5, 'reserved', $6) ON CONFLICT DO NOTHING;

-- name: fee_quota_holder
SELECT order_id FROM fee_quota
WHERE citizen = $1 AND asset = $2 AND year = $3 AND state <> 'released';

-- name: fee_quota_release
UPDATE fee_quota SET state = 'released', at_ms = $3
WHERE agency_id = $1 AND order_id = $2 AND state <> 'released';

-- name: fee_quota_consume
UPDATE fee_quota SET state = 'consumed', at_ms = $3
WHERE agency_id = $1 AND order_id = $2 AND state <> 'consumed'
    AND NOT EXISTS (SELECT 1 FROM fee_quota other
        WHERE other.citizen = fee_quota.citizen AND other.asset = fee_quota.asset
            AND other.year = fee_quota.year AND other.state <> 'released'
            AND other.order_id <> fee_quota.order_id);

-- name: fee_quota_of_order
SELECT asset, state FROM fee_quota WHERE agency_id = $1 AND order_id = $2 ORDER BY asset;

-- name: fee_version_active
SELECT n FROM fee_version WHERE state = 'active' ORDER BY n DESC LIMIT 1;

-- name: fee_version_load
SELECT n, sha256, tables_json, state, made_by, made_ms, decided_by, decided_ms
FROM fee_version WHERE n = $1;

-- name: fee_version_last
SELECT n FROM fee_version ORDER BY n DESC LIMIT 1;

-- name: fee_version_list
SELECT n, sha256, '', state, made_by, made_ms, decided_by, decided_ms
FROM fee_version ORDER BY n DESC LIMIT $1;

-- name: fee_version_insert
INSERT INTO fee_version (n, sha256, tables_json, state, made_by, made_ms, decided_by, decided_ms)
VALUES ($1, $2, $3, 'open', $4, $5, '', 0);

-- name: fee_version_decide
UPDATE fee_version SET state = $2, decided_by = $3, decided_ms = $4
WHERE n = $1 AND state = 'open';

-- name: fee_quote_insert
INSERT INTO fee_quote (agency_id, id, client_id, subject, level, case_json, total_vnd, bill_hash,
    created_ms, expires_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: fee_quote_load
SELECT agency_id, subject, level, case_json, total_vnd, bill_hash, expires_ms
FROM fee_quote WHERE id = $1 AND client_id = $2;

-- name: fee_quote_purge
DELETE FROM fee_quote WHERE id IN (SELECT id FROM fee_quote WHERE expires_ms < $1
    ORDER BY expires_ms LIMIT $2);

-- name: fee_case_insert
INSERT INTO order_case (agency_id, order_id, case_json) VALUES ($1, $2, $3);

-- name: fee_case_load
SELECT case_json FROM order_case WHERE agency_id = $1 AND order_id = $2;
