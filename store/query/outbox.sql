-- name: outbox_insert
INSERT INTO outbox (agency_id, id, kind, subject, state, tries, due_ms, created_ms, done_ms,
    failure)
VALUES ($1, $2, $3, $4, 'waiting', 0, $5, $5, 0, '');

-- name: outbox_claim
UPDATE outbox SET due_ms = $2, tries = tries + 1
WHERE (agency_id, id) = (SELECT agency_id, id FROM outbox
        WHERE state = 'waiting' AND due_ms <= $1 ORDER BY due_ms LIMIT 1)
    AND state = 'waiting' AND due_ms <= $1
RETURNING agency_id, id, kind, subject, tries;

-- What came of it stands elsewhere; one row for each capture would only pile up here.
-- name: outbox_done
DELETE FROM outbox WHERE agency_id = $1 AND id = $2 AND state = 'waiting';

-- name: outbox_again
UPDATE outbox SET state = $3, due_ms = $4, failure = $5
WHERE agency_id = $1 AND id = $2 AND state = 'waiting';

-- name: outbox_bill_insert
INSERT INTO portal_bill (agency_id, reference, at_ms, sha256, bytes, pdf_sealed)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING;
