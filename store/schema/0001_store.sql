-- The audit log: append-only rows in hash chains, one chain per slot (see store/audit.h).

-- Where each chain ends. The row is taken (UPDATE ... RETURNING) by whoever appends.
CREATE TABLE audit_head (
    slot BIGINT NOT NULL PRIMARY KEY,   -- number of the chain: sql_slot() of its writers
    seq  BIGINT NOT NULL                -- number of the chain's last row, 0 before the first
        CONSTRAINT audit_head_seq CHECK (seq >= 0),
    hash BYTEA NOT NULL                 -- that row's hash; 32 zero bytes before the first
        CONSTRAINT audit_head_hash CHECK (length(hash) = 32)
);

CREATE TABLE audit_log (
    slot       BIGINT NOT NULL,         -- the chain
    seq        BIGINT NOT NULL          -- number within the chain, from 1, without gaps
        CONSTRAINT audit_log_seq CHECK (seq >= 1),
    at_ms      BIGINT NOT NULL,         -- when, ms since 1970 UTC
    actor      TEXT NOT NULL,           -- who: citizen:<account>, client:<id>, staff:<id>, system
    action     TEXT NOT NULL,           -- what: dotted, lower case, as login.ok
    subject    TEXT NOT NULL,           -- to what: an account, an order, a keyed digest
    request_id TEXT NOT NULL,           -- of the request, as in the log; empty for jobs
    ip         TEXT NOT NULL,           -- where from; empty for jobs
    port       BIGINT NOT NULL          -- source port, 0 for jobs
        CONSTRAINT audit_log_port CHECK (port >= 0 AND port <= 65535),
    detail     TEXT NOT NULL,           -- canonical JSON object without personal data, or empty
    hash       BYTEA NOT NULL           -- SHA-256 of the row before's hash and this row
        CONSTRAINT audit_log_hash CHECK (length(hash) = 32),
    CONSTRAINT audit_log_key PRIMARY KEY (slot, seq)
);

-- What happened to one thing, in order of time.
CREATE INDEX audit_log_subject ON audit_log (subject, at_ms);
-- What one person or program did.
CREATE INDEX audit_log_actor ON audit_log (actor, at_ms);
