-- Browsers in which somebody is signed in, the portals they lead to, and what portals are to be told.

CREATE TABLE session (
    sid        TEXT NOT NULL PRIMARY KEY, -- its public name: stands in ID and access tokens
    kept_as    TEXT NOT NULL,   -- name of its copy in the short-lived store: digest of the cookie
    account_id TEXT NOT NULL,   -- who is signed in
    upstream   TEXT NOT NULL,   -- issuer that said who it is
    agent      TEXT NOT NULL,   -- browser and system in two words, for the person's own list
    created_ms BIGINT NOT NULL, -- when the person was signed in, or last signed in anew
    seen_ms    BIGINT NOT NULL, -- last use, to about a sixteenth of the idle limit
    due_ms     BIGINT NOT NULL, -- when it is over: the idle or the absolute limit, whichever is first
    ended_ms   BIGINT NOT NULL  -- 0: live; else it has ended, and the row waits to be swept
        CONSTRAINT session_ended CHECK (ended_ms >= 0),
    reason     TEXT NOT NULL    -- why it ended; empty while it is live
);

-- The person's own list.
CREATE INDEX session_by_account ON session (account_id, created_ms);
-- What is over and has to be ended.
CREATE INDEX session_by_due ON session (due_ms) WHERE ended_ms = 0;
-- What has ended and has to be swept.
CREATE INDEX session_by_end ON session (ended_ms) WHERE ended_ms > 0;

-- To which portals a session has led, and as whom: they are told when it ends.
CREATE TABLE session_client (
    sid       TEXT NOT NULL REFERENCES session (sid) ON DELETE CASCADE, -- which session
    client_id TEXT NOT NULL,   -- which portal
    sub       TEXT NOT NULL,   -- the subject that this portal was given
    acting    TEXT NOT NULL,   -- the organisation acted for, or empty: for oneself
    since_ms  BIGINT NOT NULL, -- first time in this session
    PRIMARY KEY (sid, client_id, sub)
);

-- Browsers that a person has used, newest some only: a sign-in from another one is told.
CREATE TABLE session_agent (
    account_id TEXT NOT NULL,   -- whose
    agent      TEXT NOT NULL,   -- as in session
    last_ms    BIGINT NOT NULL, -- last sign-in with it
    PRIMARY KEY (account_id, agent)
);

-- What others are to be told once a transaction has committed; written in that transaction.
CREATE TABLE outgoing (
    id         TEXT NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL    -- back-channel logout, a sign-in from a new browser, a person's answer to a counter
        CONSTRAINT outgoing_kind CHECK (kind IN ('logout', 'sign_in', 'ping')),
    client_id  TEXT NOT NULL,   -- which portal is told; of a sign-in: where it led, or empty
    account_id TEXT NOT NULL,   -- about whom
    sid        TEXT NOT NULL,   -- about which session; of a ping: which approval
    sub        TEXT NOT NULL,   -- the subject that the receiver knows; empty: made when it is sent
    agent      TEXT NOT NULL,   -- of a sign-in: as in session
    state      TEXT NOT NULL
        CONSTRAINT outgoing_state CHECK (state IN ('waiting', 'delivered', 'untold', 'dead')),
    tries      BIGINT NOT NULL, -- how often it was sent
    due_ms     BIGINT NOT NULL, -- not before; the end of the lease while it is being sent
    created_ms BIGINT NOT NULL, -- when it happened
    done_ms    BIGINT NOT NULL, -- 0 while waiting
    drop_ms    BIGINT NOT NULL, -- when the row goes; 0 while waiting
    failure    TEXT NOT NULL    -- why the last try failed: an error's name or a status
);

CREATE INDEX outgoing_by_due ON outgoing (due_ms) WHERE state = 'waiting';
CREATE INDEX outgoing_by_drop ON outgoing (drop_ms) WHERE drop_ms > 0;
CREATE INDEX outgoing_by_sid ON outgoing (sid);
CREATE INDEX outgoing_by_time ON outgoing (created_ms, id);
