-- A day of one source on its way to its signed end: finance/run.def. Revisions stay.
CREATE TABLE run_day (
    provider TEXT NOT NULL, -- with account the source
    account TEXT NOT NULL,
    day TEXT NOT NULL, -- local business day, YYYY-MM-DD
    revision BIGINT NOT NULL CHECK (revision > 0), -- 1, 2 ... : opened again by two persons
    state TEXT NOT NULL CHECK (state IN ('open', 'matching', 'review', 'awaiting_approval',
        'closed', 'reopened')),
    outcome_hash TEXT NOT NULL, -- of the last run, or empty
    cut_ms BIGINT NOT NULL, -- our side as it was known then
    proposal_id TEXT NOT NULL, -- that awaits approval, or the last one; or empty
    submitted_by TEXT NOT NULL, -- staff:<name>, or empty
    closed_by TEXT NOT NULL, -- who approved, or empty
    changed_ms BIGINT NOT NULL, -- last change of its state
    closed_ms BIGINT NOT NULL, -- 0 not
    manifest TEXT NOT NULL, -- canonical JSON, written when it was closed; or empty
    manifest_hash TEXT NOT NULL, -- SHA-256 of it
    signature TEXT NOT NULL, -- detached JWS over it
    signer TEXT NOT NULL, -- the public key that made it, JWK: keys leave the ring, days stay
    steps BIGINT NOT NULL, -- rows of history
    PRIMARY KEY (provider, account, day, revision),
    CHECK ((state IN ('closed', 'reopened')) = (closed_ms > 0)),
    CHECK ((state IN ('closed', 'reopened')) = (signature <> '')),
    CHECK (closed_by = '' OR closed_by <> submitted_by)
);
CREATE INDEX run_day_by_day ON run_day (day, provider, account, revision);

-- History: never changed, never deleted.
CREATE TABLE run_step (
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    day TEXT NOT NULL,
    revision BIGINT NOT NULL,
    seq BIGINT NOT NULL, -- number within the revision, from 1
    at_ms BIGINT NOT NULL,
    event TEXT NOT NULL, -- see finance/run.def
    to_state TEXT NOT NULL,
    actor TEXT NOT NULL, -- staff:<name>, or system
    detail TEXT NOT NULL, -- hash of the outcome, id of the proposal, or empty
    PRIMARY KEY (provider, account, day, revision, seq)
);


-- Our side is frozen by one snapshot now, not by rows.
DROP TABLE reconcile_ours;
CREATE INDEX refund_by_paid ON refund (account, state, updated_ms);
