-- Filters that officers keep: finance/saved_filter.

-- name: saved_put
INSERT INTO saved_filter (officer, list, name, path, query, is_default, made_ms)
VALUES ($1, $2, $3, $4, $5, 0, $6)
ON CONFLICT (officer, list, name) DO UPDATE SET path = excluded.path, query = excluded.query,
    made_ms = excluded.made_ms;

-- name: saved_count
SELECT COUNT(*) FROM saved_filter WHERE officer = $1 AND list = $2 AND name <> $3;

-- name: saved_list
SELECT name, path, query, is_default FROM saved_filter WHERE officer = $1 AND list = $2
ORDER BY name LIMIT $3;

-- name: saved_drop
DELETE FROM saved_filter WHERE officer = $1 AND list = $2 AND name = $3;

-- name: saved_default
UPDATE saved_filter SET is_default = CASE WHEN name = CAST($3 AS TEXT) THEN 1 ELSE 0 END
WHERE officer = $1 AND list = $2;
