-- Sessions of citizens and the portals they lead to: auth/session_rows.

-- name: session_insert
INSERT INTO session (sid, kept_as, account_id, upstream, agent, created_ms, seen_ms, due_ms,
                     ended_ms, reason)
VALUES ($1, $2, $3, $4, $5, $6, $6, $7, 0, '');

-- The same session under another cookie.
-- name: session_renew
UPDATE session SET kept_as = $2, agent = $3, created_ms = $4, seen_ms = $5, due_ms = $6
 WHERE sid = $1 AND ended_ms = 0;

-- name: session_seen
UPDATE session SET seen_ms = $2, due_ms = $3 WHERE sid = $1 AND ended_ms = 0;

-- Takes a live session, so that it does not end meanwhile.
-- name: session_take
UPDATE session SET seen_ms = seen_ms WHERE sid = $1 AND ended_ms = 0 RETURNING account_id;

-- name: session_client_insert
INSERT INTO session_client (sid, client_id, sub, acting, since_ms) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (sid, client_id, sub) DO NOTHING;

-- One that this portal knows already: its end is told there whatever comes now.
-- name: session_joined
SELECT s.sid FROM session s JOIN session_client c ON c.sid = s.sid
 WHERE s.sid = $1 AND s.ended_ms = 0 AND c.client_id = $2 AND c.sub = $3;

-- name: session_client_list
SELECT client_id, sub, acting, since_ms FROM session_client WHERE sid = $1
 ORDER BY since_ms, client_id, sub;

-- Whoever acts for an organisation through a person's sessions.
-- name: session_client_acting
SELECT c.sid, c.client_id, c.sub FROM session_client c JOIN session s ON s.sid = c.sid
 WHERE s.account_id = $1 AND s.ended_ms = 0 AND c.acting = $2 ORDER BY c.sid, c.client_id, c.sub;

-- name: session_client_delete
DELETE FROM session_client WHERE sid = $1 AND client_id = $2 AND sub = $3;

-- Ends a live session; $4 may name the account that it must be of.
-- name: session_end
UPDATE session SET ended_ms = $2, reason = $3
 WHERE sid = $1 AND ended_ms = 0 AND (CAST($4 AS TEXT) = '' OR account_id = $4)
RETURNING account_id, kept_as;

-- Ends one that is over.
-- name: session_expire
UPDATE session SET ended_ms = $1, reason = $2
 WHERE sid = (SELECT sid FROM session WHERE ended_ms = 0 AND due_ms <= $1 ORDER BY due_ms LIMIT 1)
   AND ended_ms = 0 AND due_ms <= $1
RETURNING sid, account_id;

-- name: session_over
SELECT sid FROM session WHERE ended_ms = 0 AND due_ms <= $1 ORDER BY due_ms LIMIT 1;

-- name: session_ended
SELECT sid, kept_as FROM session WHERE ended_ms > 0 ORDER BY ended_ms, sid LIMIT $1;

-- name: session_delete
DELETE FROM session WHERE sid = $1 AND ended_ms > 0;

-- name: session_list
SELECT sid, agent, upstream, created_ms, seen_ms FROM session
 WHERE account_id = $1 AND ended_ms = 0 AND due_ms > $2
 ORDER BY created_ms DESC, sid LIMIT $3;

-- name: session_ids
SELECT sid FROM session WHERE account_id = $1 AND ended_ms = 0 ORDER BY sid LIMIT $2;

-- name: session_agent_save
INSERT INTO session_agent (account_id, agent, last_ms) VALUES ($1, $2, $3)
ON CONFLICT (account_id, agent) DO NOTHING;

-- name: session_agent_touch
UPDATE session_agent SET last_ms = $3 WHERE account_id = $1 AND agent = $2;

-- Keeps the newest of a person.
-- name: session_agent_trim
DELETE FROM session_agent WHERE account_id = $1 AND agent NOT IN
    (SELECT agent FROM session_agent WHERE account_id = $1 ORDER BY last_ms DESC, agent LIMIT $2);

-- For the figures and the tests.
-- name: session_count
SELECT COUNT(*) FROM session;

-- name: session_client_count
SELECT COUNT(*) FROM session_client;

-- name: session_agent_count
SELECT COUNT(*) FROM session_agent;
