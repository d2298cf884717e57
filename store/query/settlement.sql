-- Files of sources: see finance/intake.h.

-- name: settlement_number_take
UPDATE settlement_number SET n = n + 1 WHERE kind = $1 RETURNING n;

-- name: settlement_file_insert
INSERT INTO settlement_file (provider, account, day, sha256, file_n, name, form, state, revision,
    has_chain, seq, opening_vnd, closing_vnd, bytes, lines, gross_vnd, moved_vnd, content, previous,
    faults, crlf, actor, received_ms, source_id, signature, day_end_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'received', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
    $18, $19, $20, $21, $22, $23, $24, $25);

-- name: settlement_file_drop
DELETE FROM settlement_file
WHERE provider = $1 AND account = $2 AND day = $3 AND sha256 = $4
    AND state IN ('received', 'quarantined');

-- Still ours to fill: another process that takes the same bytes drops the row first.
-- name: settlement_file_hold
UPDATE settlement_file SET bytes = bytes WHERE file_n = $1 AND state = 'received';

-- name: settlement_file_set
UPDATE settlement_file SET state = $5, revision = $6, faults = $7, pieces = $8,
    accepted_ms = CASE WHEN $5 = 'accepted' THEN CAST($10 AS BIGINT) ELSE 0 END
WHERE provider = $1 AND account = $2 AND day = $3 AND sha256 = $4 AND file_n = $9;

-- The same bytes once more: now they are known to be the whole day.
-- name: settlement_file_confirm
UPDATE settlement_file SET received_ms = $5
WHERE provider = $1 AND account = $2 AND day = $3 AND sha256 = $4 AND state = 'accepted';

-- name: settlement_file_supersede
UPDATE settlement_file SET state = 'superseded', superseded_ms = $4
WHERE provider = $1 AND account = $2 AND day = $3 AND state = 'accepted';

-- name: settlement_file_load
SELECT sha256, name, form, state, day, revision, bytes, lines, gross_vnd, faults, crlf, actor,
    received_ms, file_n, has_chain, seq, opening_vnd, closing_vnd, content, previous, moved_vnd,
    provider, account, source_id, signature, pieces, released_by, proposal_id, day_end_ms
FROM settlement_file WHERE provider = $1 AND account = $2 AND day = $3 AND sha256 = $4;

-- name: settlement_file_accepted
SELECT sha256, name, form, state, day, revision, bytes, lines, gross_vnd, faults, crlf, actor,
    received_ms, file_n, has_chain, seq, opening_vnd, closing_vnd, content, previous, moved_vnd,
    provider, account, source_id, signature, pieces, released_by, proposal_id, day_end_ms
FROM settlement_file WHERE provider = $1 AND account = $2 AND day = $3 AND state = 'accepted';

-- name: settlement_file_by_seq
SELECT sha256, name, form, state, day, revision, bytes, lines, gross_vnd, faults, crlf, actor,
    received_ms, file_n, has_chain, seq, opening_vnd, closing_vnd, content, previous, moved_vnd,
    provider, account, source_id, signature, pieces, released_by, proposal_id, day_end_ms
FROM settlement_file
WHERE provider = $1 AND account = $2 AND seq = $3 AND state = 'accepted' AND has_chain = 1
ORDER BY file_n DESC LIMIT 1;

-- What was accepted at an instant: for a day, under a number, and whether under any earlier number.
-- name: settlement_file_at
SELECT sha256, name, form, state, day, revision, bytes, lines, gross_vnd, faults, crlf, actor,
    received_ms, file_n, has_chain, seq, opening_vnd, closing_vnd, content, previous, moved_vnd,
    provider, account, source_id, signature, pieces, released_by, proposal_id, day_end_ms
FROM settlement_file
WHERE provider = $1 AND account = $2 AND day = $3 AND accepted_ms > 0 AND accepted_ms <= $4
    AND (superseded_ms = 0 OR superseded_ms > $4)
ORDER BY file_n DESC LIMIT 1;

-- name: settlement_file_seq_at
SELECT sha256, name, form, state, day, revision, bytes, lines, gross_vnd, faults, crlf, actor,
    received_ms, file_n, has_chain, seq, opening_vnd, closing_vnd, content, previous, moved_vnd,
    provider, account, source_id, signature, pieces, released_by, proposal_id, day_end_ms
FROM settlement_file
WHERE provider = $1 AND account = $2 AND seq = $3 AND has_chain = 1 AND accepted_ms > 0
    AND accepted_ms <= $4 AND (superseded_ms = 0 OR superseded_ms > $4)
ORDER BY file_n DESC LIMIT 1;

-- name: settlement_file_before
SELECT COUNT(*) FROM settlement_file
WHERE provider = $1 AND account = $2 AND seq > 0 AND seq < $3 AND has_chain = 1
    AND accepted_ms > 0 AND accepted_ms <= $4 AND (superseded_ms = 0 OR superseded_ms > $4);

-- name: settlement_file_list
SELECT sha256, name, form, state, day, revision, bytes, lines, gross_vnd, faults, crlf, actor,
    received_ms, file_n, has_chain, seq, opening_vnd, closing_vnd, content, previous, moved_vnd,
    provider, account, source_id, signature, pieces, released_by, proposal_id, day_end_ms
FROM settlement_file WHERE provider = $1 AND account = $2 AND day = $3 AND state <> 'received'
ORDER BY received_ms DESC, file_n DESC LIMIT $4;

-- By its own number; and by what it is found with.
-- name: settlement_file_by_number
SELECT sha256, name, form, state, day, revision, bytes, lines, gross_vnd, faults, crlf, actor,
    received_ms, file_n, has_chain, seq, opening_vnd, closing_vnd, content, previous, moved_vnd,
    provider, account, source_id, signature, pieces, released_by, proposal_id, day_end_ms
FROM settlement_file WHERE file_n = $1;

-- name: settlement_file_newest
SELECT sha256, name, form, state, day, revision, bytes, lines, gross_vnd, faults, crlf, actor,
    received_ms, file_n, has_chain, seq, opening_vnd, closing_vnd, content, previous, moved_vnd,
    provider, account, source_id, signature, pieces, released_by, proposal_id, day_end_ms
FROM settlement_file
WHERE (received_ms < $1 OR (received_ms = $1 AND file_n < $2)) AND state <> 'received'
ORDER BY received_ms DESC, file_n DESC LIMIT $3;

-- name: settlement_file_newest_of_state
SELECT sha256, name, form, state, day, revision, bytes, lines, gross_vnd, faults, crlf, actor,
    received_ms, file_n, has_chain, seq, opening_vnd, closing_vnd, content, previous, moved_vnd,
    provider, account, source_id, signature, pieces, released_by, proposal_id, day_end_ms
FROM settlement_file
WHERE state = $4 AND (received_ms < $1 OR (received_ms = $1 AND file_n < $2))
ORDER BY received_ms DESC, file_n DESC LIMIT $3;

-- Accepted files of a source in a span of days.
-- name: settlement_file_days
SELECT DISTINCT day FROM settlement_file
WHERE provider = $1 AND account = $2 AND day >= $3 AND day <= $4 AND state = 'accepted'
ORDER BY day;

-- Two persons take it as it is.
-- name: settlement_file_release
UPDATE settlement_file SET state = 'accepted', released_by = $2, proposal_id = $3, run_wanted = 1,
    accepted_ms = $4
WHERE file_n = $1 AND state = 'quarantined';

-- name: settlement_file_want_run
UPDATE settlement_file SET run_wanted = $2 WHERE file_n = $1;

-- name: settlement_file_unrun
SELECT file_n FROM settlement_file WHERE run_wanted = 1 ORDER BY file_n LIMIT 1;

-- name: settlement_file_count_state
SELECT COUNT(*) FROM settlement_file WHERE state = $1;

-- name: settlement_piece_insert
INSERT INTO settlement_piece (file_n, piece, bytes, sealed) VALUES ($1, $2, $3, $4);

-- name: settlement_piece_load
SELECT bytes, sealed FROM settlement_piece WHERE file_n = $1 AND piece = $2;

-- name: settlement_piece_drop
DELETE FROM settlement_piece WHERE file_n = $1;

-- name: settlement_line_insert
INSERT INTO settlement_line (file_n, n, kind, portal_txn, merchant_ref, original_ref, dossier, body,
    account, bank, gross_vnd, fee_vnd, net_vnd, moved_vnd, currency, success, code, txn_at_ms,
    treasury_ref, treasury_status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20);

-- name: settlement_line_drop
DELETE FROM settlement_line WHERE file_n = $1;

-- name: settlement_fetch_claim
INSERT INTO settlement_fetch (provider, account, day, until_ms) VALUES ($1, $2, $3, $4)
ON CONFLICT (provider, account, day) DO UPDATE SET until_ms = excluded.until_ms
    WHERE settlement_fetch.until_ms <= $5;
