-- Long work that pages start: finance/work.

-- name: work_insert
INSERT INTO work (id, kind, officer, state, done, total, word, made_ms, due_ms, ended_ms)
VALUES ($1, $2, $3, 'waiting', 0, 0, '', $4, $4, 0);

-- name: work_open
SELECT id FROM work WHERE kind = $1 AND state IN ('waiting', 'running') ORDER BY made_ms LIMIT 1;

-- name: work_load
SELECT id, kind, officer, state, done, total, word, made_ms, ended_ms FROM work WHERE id = $1;

-- name: work_last
SELECT id, kind, officer, state, done, total, word, made_ms, ended_ms FROM work
WHERE kind = $1 ORDER BY made_ms DESC LIMIT 1;

-- name: work_claim
UPDATE work SET state = 'running', due_ms = $2
WHERE id = (SELECT id FROM work WHERE state IN ('waiting', 'running') AND due_ms <= $1
        ORDER BY due_ms LIMIT 1)
    AND due_ms <= $1
RETURNING id, kind, officer, state, done, total, word, made_ms, ended_ms;

-- name: work_tell
UPDATE work SET done = $2, total = $3, due_ms = $4 WHERE id = $1 AND state = 'running';

-- name: work_end
UPDATE work SET state = $2, word = $3, ended_ms = $4 WHERE id = $1 AND state = 'running';

-- name: work_purge
DELETE FROM work WHERE id IN
    (SELECT id FROM work WHERE ended_ms > 0 AND ended_ms < $1 ORDER BY ended_ms LIMIT 100);
