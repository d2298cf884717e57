-- What portals are to be told: auth/outgoing.

-- name: outgoing_insert
INSERT INTO outgoing (id, kind, client_id, account_id, sid, sub, agent, state, tries, due_ms,
                      created_ms, done_ms, drop_ms, failure)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, $8, $8, 0, 0, '');

-- name: outgoing_due
SELECT id FROM outgoing WHERE state = 'waiting' AND due_ms <= $1 ORDER BY due_ms LIMIT 1;

-- name: outgoing_claim
UPDATE outgoing SET due_ms = $2, tries = tries + 1
 WHERE id = (SELECT id FROM outgoing WHERE state = 'waiting' AND due_ms <= $1
              ORDER BY due_ms LIMIT 1)
   AND state = 'waiting' AND due_ms <= $1
RETURNING id, kind, client_id, account_id, sid, sub, agent, tries, created_ms;

-- name: outgoing_done
UPDATE outgoing SET state = $2, done_ms = $3, drop_ms = $4, failure = $5
 WHERE id = $1 AND state = 'waiting';

-- name: outgoing_again
UPDATE outgoing SET due_ms = $2, failure = $3 WHERE id = $1 AND state = 'waiting';

-- An administrator has one sent once more.
-- name: outgoing_revive
UPDATE outgoing SET state = 'waiting', due_ms = $2, done_ms = 0, drop_ms = 0
 WHERE id = $1 AND state = 'dead';

-- A portal that does not answer is asked for one thing at a time.
-- name: outgoing_postpone
UPDATE outgoing SET due_ms = $3
 WHERE kind = $1 AND client_id = $2 AND state = 'waiting' AND due_ms < $3;

-- name: outgoing_purge
DELETE FROM outgoing WHERE id IN
    (SELECT id FROM outgoing WHERE drop_ms > 0 AND drop_ms <= $1 ORDER BY drop_ms, id LIMIT $2);

-- name: outgoing_of_session
SELECT id, kind, client_id, account_id, sid, state, tries, due_ms, created_ms, done_ms, failure
  FROM outgoing WHERE sid = $1 AND kind = 'logout' ORDER BY created_ms, id LIMIT $2;

-- name: outgoing_page
SELECT id, kind, client_id, account_id, sid, state, tries, due_ms, created_ms, done_ms, failure
  FROM outgoing
 WHERE (CAST($1 AS TEXT) = '' OR client_id = $1) AND (CAST($2 AS TEXT) = '' OR state = $2)
   AND (created_ms < $3 OR (created_ms = $3 AND id < $4))
 ORDER BY created_ms DESC, id DESC LIMIT $5;

-- name: outgoing_count
SELECT COUNT(*) FROM outgoing;
