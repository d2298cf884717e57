-- Days of sources: see finance/run.h.

-- The newest revision, taken until the end of the transaction.
-- name: run_day_take
UPDATE run_day SET steps = steps WHERE provider = $1 AND account = $2 AND day = $3
    AND revision = (SELECT MAX(m.revision) FROM run_day m
        WHERE m.provider = $1 AND m.account = $2 AND m.day = $3)
RETURNING revision, state, outcome_hash, cut_ms, proposal_id, submitted_by, closed_by, changed_ms,
    closed_ms, manifest, manifest_hash, signature, steps, signer;

-- Newest revision first.
-- name: run_day_load
SELECT revision, state, outcome_hash, cut_ms, proposal_id, submitted_by, closed_by, changed_ms,
    closed_ms, manifest, manifest_hash, signature, steps, signer
FROM run_day WHERE provider = $1 AND account = $2 AND day = $3
ORDER BY revision DESC LIMIT $4;

-- name: run_day_insert
INSERT INTO run_day (provider, account, day, revision, state, outcome_hash, cut_ms, proposal_id,
    submitted_by, closed_by, changed_ms, closed_ms, manifest, manifest_hash, signature, steps, signer)
VALUES ($1, $2, $3, $4, 'open', '', 0, '', '', '', $5, 0, '', '', '', 0, '')
ON CONFLICT (provider, account, day, revision) DO NOTHING;

-- name: run_day_save
UPDATE run_day SET state = $5, outcome_hash = $6, cut_ms = $7, proposal_id = $8,
    submitted_by = $9, closed_by = $10, changed_ms = $11, closed_ms = $12, manifest = $13,
    manifest_hash = $14, signature = $15, steps = $16, signer = $17
WHERE provider = $1 AND account = $2 AND day = $3 AND revision = $4;

-- name: run_step_insert
INSERT INTO run_step (provider, account, day, revision, seq, at_ms, event, to_state, actor, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: run_step_list
SELECT revision, event, to_state, actor, detail, at_ms FROM run_step
WHERE provider = $1 AND account = $2 AND day = $3 ORDER BY revision, seq LIMIT $4;

-- The nearest earlier day.
-- name: run_day_before
SELECT state FROM run_day WHERE provider = $1 AND account = $2 AND day < $3
ORDER BY day DESC, revision DESC LIMIT 1;

-- The nearest earlier day that was closed by then.
-- name: run_closed_before
SELECT manifest_hash FROM run_day
WHERE provider = $1 AND account = $2 AND day < $3 AND closed_ms > 0 AND closed_ms <= $4
ORDER BY day DESC, revision DESC LIMIT 1;

-- Days of all sources in a span, newest revision of each last.
-- name: run_day_span
SELECT provider, account, day, revision, state, manifest, manifest_hash, signature, closed_ms,
    outcome_hash, signer
FROM run_day WHERE day >= $1 AND day <= $2
    AND (day, provider, account, revision) > ($3, $4, $5, $6)
ORDER BY day, provider, account, revision LIMIT $7;

-- What the audit log says of who signed a day.
-- name: run_signed
SELECT seq FROM audit_log WHERE subject = $1 AND action = 'run.signed' AND detail = $2 LIMIT 1;

-- Days of all sources in a span with what their last run left: newest revisions, and the value of
-- what is open.
-- name: run_squares
SELECT d.provider, d.account, d.day, d.revision, d.state, COALESCE(r.verdict, 'none'),
    COALESCE(r.captured_count, 0), COALESCE(r.matched_count, 0), COALESCE(r.file_count, 0),
    (SELECT COUNT(*) FROM reconcile_exception x WHERE x.provider = d.provider
        AND x.account = d.account AND x.day = d.day AND x.state <> 'resolved'
        AND x.stage NOT IN ('closed', 'auto_resolved')),
    (SELECT CAST(COALESCE(SUM(ABS(x.difference_vnd)), 0) AS BIGINT) FROM reconcile_exception x
        WHERE x.provider = d.provider AND x.account = d.account AND x.day = d.day
        AND x.state <> 'resolved' AND x.stage NOT IN ('closed', 'auto_resolved'))
FROM run_day d
LEFT JOIN reconcile_run r ON r.provider = d.provider AND r.account = d.account AND r.day = d.day
    AND r.run_n = (SELECT MAX(n.run_n) FROM reconcile_run n WHERE n.provider = d.provider
        AND n.account = d.account AND n.day = d.day)
WHERE d.day >= $1 AND d.day <= $2
    AND d.revision = (SELECT MAX(m.revision) FROM run_day m WHERE m.provider = d.provider
        AND m.account = d.account AND m.day = d.day)
ORDER BY d.day, d.provider, d.account LIMIT $3;
