-- name: proposal_insert
INSERT INTO proposal (agency_id, id, kind, subject, content, hash, amount_vnd, state, maker,
    made_ms, remark, decided_by, decided_ms, decision_remark)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10, '', 0, '');

-- name: proposal_by_id
SELECT agency_id, id, kind, subject, content, hash, amount_vnd, state, maker, made_ms, remark,
    decided_by, decided_ms, decision_remark
FROM proposal WHERE id = $1;

-- name: proposal_lock
UPDATE proposal SET made_ms = made_ms WHERE id = $1
RETURNING agency_id, id, kind, subject, content, hash, amount_vnd, state, maker, made_ms, remark,
    decided_by, decided_ms, decision_remark;

-- name: proposal_decide
UPDATE proposal SET state = $2, decided_by = $3, decided_ms = $4, decision_remark = $5
WHERE id = $1 AND state = 'open';

-- name: proposal_of_subject
SELECT agency_id, id, kind, subject, content, hash, amount_vnd, state, maker, made_ms, remark,
    decided_by, decided_ms, decision_remark
FROM proposal WHERE subject = $1 ORDER BY made_ms DESC, id DESC LIMIT $2;

-- name: proposal_of_state
SELECT agency_id, id, kind, subject, content, hash, amount_vnd, state, maker, made_ms, remark,
    decided_by, decided_ms, decision_remark
FROM proposal WHERE state = $1 AND (made_ms < $2 OR (made_ms = $2 AND id < $3))
ORDER BY made_ms DESC, id DESC LIMIT $4;
