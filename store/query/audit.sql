-- The audit log and the heads of its chains: see store/audit.c.

-- The last of so many next numbers of a chain, and the hash to go on from; holds the row until the
-- commit.
-- name: audit_head_take
UPDATE audit_head SET seq = seq + $2 WHERE slot = $1 RETURNING seq, hash;

-- name: audit_head_insert
INSERT INTO audit_head (slot, seq, hash) VALUES ($1, 0, $2) ON CONFLICT (slot) DO NOTHING;

-- name: audit_head_save
UPDATE audit_head SET hash = $2 WHERE slot = $1;

-- name: audit_head_list
SELECT slot, seq, hash FROM audit_head ORDER BY slot;

-- name: audit_log_insert
INSERT INTO audit_log (slot, seq, at_ms, actor, action, subject, request_id, ip, port, detail, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: audit_log_page
SELECT seq, at_ms, actor, action, subject, request_id, ip, port, detail, hash
  FROM audit_log WHERE slot = $1 AND seq > $2 ORDER BY seq LIMIT $3;

-- A row of a chain that has no head.
-- name: audit_log_stray
SELECT slot, seq FROM audit_log WHERE slot NOT IN (SELECT slot FROM audit_head)
 ORDER BY slot, seq LIMIT 1;


-- One actor's rows of the kinds that are shown to it, the newest first, from a place downwards.
-- name: audit_log_of_actor
SELECT at_ms, slot, seq, action, subject, ip, detail FROM audit_log
 WHERE actor = $1 AND at_ms >= $2 AND at_ms <= $3
   AND (at_ms < $3 OR slot < $4 OR (slot = $4 AND seq < $5))
   AND action IN ('login.ok', 'login.client', 'login.out', 'login.refused', 'login.failed')
 ORDER BY at_ms DESC, slot DESC, seq DESC LIMIT $6;

-- Questions to the registers about one or another number, as keyed digests.
-- name: audit_log_of_register
SELECT at_ms, slot, seq, action, subject, ip, detail FROM audit_log
 WHERE subject IN ($1, $6) AND at_ms >= $2 AND at_ms <= $3
   AND (at_ms < $3 OR slot < $4 OR (slot = $4 AND seq < $5))
   AND action IN ('person.query', 'person.answer', 'business.query', 'business.answer')
 ORDER BY at_ms DESC, slot DESC, seq DESC LIMIT $7;

-- Rows of a time before a place, the newest first; by whom; about what.
-- name: audit_view_all
SELECT slot, seq, at_ms, actor, action, subject, request_id, ip, port, detail FROM audit_log
 WHERE at_ms >= $1 AND (at_ms, slot, seq) < ($2, $3, $4)
 ORDER BY at_ms DESC, slot DESC, seq DESC LIMIT $5;

-- name: audit_view_actor
SELECT slot, seq, at_ms, actor, action, subject, request_id, ip, port, detail FROM audit_log
 WHERE at_ms >= $1 AND (at_ms, slot, seq) < ($2, $3, $4) AND actor = $6
 ORDER BY at_ms DESC, slot DESC, seq DESC LIMIT $5;

-- name: audit_view_subject
SELECT slot, seq, at_ms, actor, action, subject, request_id, ip, port, detail FROM audit_log
 WHERE at_ms >= $1 AND (at_ms, slot, seq) < ($2, $3, $4) AND subject = $6
 ORDER BY at_ms DESC, slot DESC, seq DESC LIMIT $5;
