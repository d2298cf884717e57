-- Who acts for an organisation on a ground of their own: auth/organisation.
-- name: representation_put
INSERT INTO representation (organisation_id, account_id, role, since_ms, checked_ms)
VALUES ($1, $2, $3, $4, $4)
ON CONFLICT (organisation_id, account_id) DO UPDATE
SET role = excluded.role, checked_ms = excluded.checked_ms, ended_ms = NULL, ended_why = NULL,
    since_ms = CASE WHEN representation.ended_ms IS NULL THEN representation.since_ms
                    ELSE excluded.since_ms END;

-- name: representation_find
SELECT role, since_ms, checked_ms, ended_ms
FROM representation WHERE organisation_id = $1 AND account_id = $2;

-- name: representation_list
SELECT organisation_id FROM representation
WHERE account_id = $1 AND ended_ms IS NULL
ORDER BY since_ms, organisation_id LIMIT $2;

-- name: representation_end
UPDATE representation SET ended_ms = $3, ended_why = $4
WHERE organisation_id = $1 AND account_id = $2 AND ended_ms IS NULL;
