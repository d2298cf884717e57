-- name: notice_quarantine
INSERT INTO quarantine (agency_id, id, at_ms, reason, ip, request_id, body_hash, body_bytes,
    body_sealed)
VALUES ('', $1, $2, $3, $4, $5, $6, $7, $8);

-- Ids sort by time: $1 is one of the day until which they may go.
-- name: notice_quarantine_purge
DELETE FROM quarantine WHERE agency_id = '' AND id IN
    (SELECT id FROM quarantine WHERE agency_id = '' AND id < $1 ORDER BY id LIMIT $2);
