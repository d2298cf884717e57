-- name: notice_quarantine
INSERT INTO quarantine (agency_id, id, at_ms, reason, ip, request_id, body_hash, body_bytes,
    body_sealed)
VALUES ('', $1, $2, $3, $4, $5, $6, $7, $8);
