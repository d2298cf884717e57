-- Which schema changes this database has had: see store/migrate.c, which makes the table.

-- name: migration_load
SELECT digest FROM schema_migration WHERE name = $1;

-- name: migration_list
SELECT name, digest FROM schema_migration ORDER BY name;

-- name: migration_insert
INSERT INTO schema_migration (name, digest, applied_ms) VALUES ($1, $2, $3);
