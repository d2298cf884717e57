-- Mandates: auth/mandate.
-- name: mandate_insert
INSERT INTO mandate (mandate_id, organisation_id, giver, receiver_index, receiver, state, powers,
                     functions, amount_limit_vnd, from_ms, until_ms, given_ms)
VALUES ($1, $2, $3, $4, $5, 'given', $6, $7, $8, $9, $10, $11);

-- name: mandate_load
SELECT mandate_id, organisation_id, giver, receiver_index, receiver, receiver_account, state,
       powers, functions, amount_limit_vnd, from_ms, until_ms, given_ms
FROM mandate WHERE mandate_id = $1;

-- What counts stands first in these two: whoever gives many that nobody accepts hides none.
-- name: mandate_received
SELECT mandate_id, organisation_id, giver, receiver_index, receiver, receiver_account, state,
       powers, functions, amount_limit_vnd, from_ms, until_ms, given_ms
FROM mandate WHERE receiver_index = $1
ORDER BY CASE state WHEN 'accepted' THEN 0 WHEN 'given' THEN 1 ELSE 2 END, mandate_id DESC
LIMIT $2;

-- name: mandate_given
SELECT mandate_id, organisation_id, giver, receiver_index, receiver, receiver_account, state,
       powers, functions, amount_limit_vnd, from_ms, until_ms, given_ms
FROM mandate WHERE organisation_id = $1
ORDER BY CASE state WHEN 'accepted' THEN 0 WHEN 'given' THEN 1 ELSE 2 END, mandate_id DESC
LIMIT $2;

-- name: mandate_open_count
SELECT COUNT(*) FROM mandate WHERE organisation_id = $1 AND state IN ('given', 'accepted');

-- name: mandate_all
SELECT mandate_id, organisation_id, giver, receiver_index, receiver, receiver_account, state,
       powers, functions, amount_limit_vnd, from_ms, until_ms, given_ms
FROM mandate WHERE mandate_id > $1 ORDER BY mandate_id DESC LIMIT $2;

-- name: mandate_of_giver
SELECT mandate_id, organisation_id, giver, receiver_index, receiver, receiver_account, state,
       powers, functions, amount_limit_vnd, from_ms, until_ms, given_ms
FROM mandate WHERE organisation_id = $1 AND giver = $2 AND state IN ('given', 'accepted')
ORDER BY mandate_id DESC LIMIT $3;

-- name: mandate_due
SELECT mandate_id, organisation_id, giver, receiver_index, receiver, receiver_account, state,
       powers, functions, amount_limit_vnd, from_ms, until_ms, given_ms
FROM mandate WHERE state IN ('given', 'accepted') AND until_ms <= $1 ORDER BY until_ms LIMIT $2;

-- Those whose giver's own ground is gone, should nobody have ended them yet. SQLite takes the tables
-- of a CROSS JOIN in the order written.
-- name: mandate_orphan
SELECT m.mandate_id, m.organisation_id, m.giver, m.receiver_index, m.receiver, m.receiver_account,
       m.state, m.powers, m.functions, m.amount_limit_vnd, m.from_ms, m.until_ms, m.given_ms
FROM representation r CROSS JOIN mandate m
WHERE r.ended_ms IS NOT NULL AND m.organisation_id = r.organisation_id AND m.giver = r.account_id
  AND m.state IN ('given', 'accepted')
ORDER BY m.mandate_id LIMIT $1;

-- name: mandate_move
UPDATE mandate SET state = $3, receiver_account = COALESCE($4, receiver_account)
WHERE mandate_id = $1 AND state = $2;

-- name: mandate_past_put
INSERT INTO mandate_step (mandate_id, place, state, at_ms, role)
SELECT $1, COUNT(*), $2, CAST($3 AS BIGINT), $4 FROM mandate_step WHERE mandate_id = $1;

-- name: mandate_past
SELECT state, at_ms, role FROM mandate_step WHERE mandate_id = $1 ORDER BY place LIMIT $2;
