-- Grants that act for an organisation: auth/acting.
-- name: acting_put
INSERT INTO acting_grant (grant_id, organisation_id, account_id, mandate_id, sid, client_id,
                          expires_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (grant_id) DO UPDATE SET expires_ms = excluded.expires_ms;

-- name: acting_by_mandate
SELECT grant_id, sid, client_id FROM acting_grant WHERE mandate_id = $1
ORDER BY grant_id LIMIT $2;

-- name: acting_by_person
SELECT grant_id, sid, client_id FROM acting_grant
WHERE organisation_id = $1 AND account_id = $2 AND mandate_id IS NULL
ORDER BY grant_id LIMIT $3;

-- A stretch of them, and which of those have lost their ground, should nobody have taken them back.
-- name: acting_stretch
SELECT g.grant_id,
       CASE WHEN (g.mandate_id IS NOT NULL AND m.state <> 'accepted')
              OR (g.mandate_id IS NULL AND r.ended_ms IS NOT NULL) THEN 1 ELSE 0 END
FROM acting_grant g
LEFT JOIN mandate m ON m.mandate_id = g.mandate_id
LEFT JOIN representation r ON r.organisation_id = g.organisation_id AND r.account_id = g.account_id
WHERE g.grant_id > $1 ORDER BY g.grant_id LIMIT $2;

-- name: acting_drop
DELETE FROM acting_grant WHERE grant_id = $1;

-- name: acting_purge
DELETE FROM acting_grant WHERE grant_id IN
    (SELECT grant_id FROM acting_grant WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT $2);
