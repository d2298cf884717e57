-- Organisations: auth/organisation.
-- name: organisation_put
INSERT INTO organisation (organisation_id, code_index, kind, profile, pay_only, checked_ms,
                          created_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (organisation_id) DO UPDATE
SET kind = excluded.kind, profile = excluded.profile, pay_only = excluded.pay_only,
    checked_ms = excluded.checked_ms;

-- name: organisation_load
SELECT organisation_id, code_index, kind, profile, pay_only, checked_ms, created_ms
FROM organisation WHERE organisation_id = $1;

-- name: organisation_of_bill
SELECT organisation_id FROM organisation WHERE code_index = $1;
