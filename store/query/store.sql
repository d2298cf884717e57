-- Is anybody there?

-- name: store_ping
SELECT 1;
