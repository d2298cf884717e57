-- The portal's files of the day, what they were matched with, and what did not agree. A day is
-- (provider, account, day); files and runs have numbers of their own, so that lines stay narrow.
-- None of this is kept per agency: a file holds the movements of all of them.
CREATE TABLE settlement_number (
    kind TEXT NOT NULL PRIMARY KEY,
    n BIGINT NOT NULL
);
INSERT INTO settlement_number (kind, n) VALUES ('file', 0), ('run', 0);

CREATE TABLE settlement_file (
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    day TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    file_n BIGINT NOT NULL,
    name TEXT NOT NULL,
    form BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'accepted', 'superseded', 'quarantined')),
    revision BIGINT NOT NULL,
    has_chain BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    opening_vnd BIGINT NOT NULL,
    closing_vnd BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    gross_vnd BIGINT NOT NULL,
    moved_vnd BIGINT NOT NULL,
    content TEXT NOT NULL,
    previous TEXT NOT NULL,
    faults TEXT NOT NULL,
    crlf BIGINT NOT NULL,
    actor TEXT NOT NULL,
    received_ms BIGINT NOT NULL,
    PRIMARY KEY (provider, account, day, sha256)
);
CREATE UNIQUE INDEX settlement_file_accepted ON settlement_file (provider, account, day)
    WHERE state = 'accepted';
CREATE INDEX settlement_file_by_seq ON settlement_file (provider, account, seq);

CREATE TABLE settlement_line (
    file_n BIGINT NOT NULL,
    n BIGINT NOT NULL CHECK (n > 0),
    kind BIGINT NOT NULL CHECK (kind BETWEEN 0 AND 4),
    portal_txn TEXT NOT NULL,
    merchant_ref TEXT NOT NULL,
    original_ref TEXT NOT NULL,
    dossier TEXT NOT NULL,
    body TEXT NOT NULL,
    account TEXT NOT NULL,
    bank TEXT NOT NULL,
    gross_vnd BIGINT NOT NULL,
    fee_vnd BIGINT NOT NULL,
    net_vnd BIGINT NOT NULL,
    moved_vnd BIGINT NOT NULL,
    currency TEXT NOT NULL,
    success BIGINT NOT NULL,
    code TEXT NOT NULL,
    txn_at_ms BIGINT NOT NULL,
    treasury_ref TEXT NOT NULL,
    treasury_status TEXT NOT NULL,
    PRIMARY KEY (file_n, n)
);
-- The order in which lines are matched: those of one payment side by side.
CREATE INDEX settlement_line_by_key
    ON settlement_line (file_n, merchant_ref, portal_txn, kind, gross_vnd, n);

-- Our side as it stood when a run began, so that payments of the meantime do not change its result.
CREATE TABLE reconcile_ours (
    run_n BIGINT NOT NULL,
    reference TEXT NOT NULL,
    agency_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    dossier TEXT NOT NULL,
    portal_txn TEXT NOT NULL,
    amount_vnd BIGINT NOT NULL,
    captured BIGINT NOT NULL,
    in_day BIGINT NOT NULL,
    portal_day TEXT NOT NULL,
    late BIGINT NOT NULL,
    twice BIGINT NOT NULL,
    taken BIGINT NOT NULL,
    PRIMARY KEY (run_n, reference)
);
CREATE INDEX reconcile_ours_by_txn ON reconcile_ours (run_n, portal_txn);
CREATE INDEX attempt_by_portal_txn ON attempt (portal_txn);

-- What a run under way has found; becomes reconcile_exception when it ends.
CREATE TABLE reconcile_found (
    run_n BIGINT NOT NULL,
    id TEXT NOT NULL,
    class TEXT NOT NULL,
    priority BIGINT NOT NULL,
    reference TEXT NOT NULL,
    portal_txn TEXT NOT NULL,
    dossier TEXT NOT NULL,
    agency_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    line BIGINT NOT NULL,
    ours_vnd BIGINT NOT NULL,
    theirs_vnd BIGINT NOT NULL,
    difference_vnd BIGINT NOT NULL,
    PRIMARY KEY (run_n, id),
    CHECK (difference_vnd = ours_vnd - theirs_vnd)
);

CREATE TABLE reconcile_exception (
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    day TEXT NOT NULL,
    id TEXT NOT NULL,
    class TEXT NOT NULL,
    priority BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('new', 'persisting', 'resolved')),
    reference TEXT NOT NULL,
    portal_txn TEXT NOT NULL,
    dossier TEXT NOT NULL,
    agency_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    line BIGINT NOT NULL,
    ours_vnd BIGINT NOT NULL,
    theirs_vnd BIGINT NOT NULL,
    difference_vnd BIGINT NOT NULL,
    first_seen_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL,
    resolved_ms BIGINT NOT NULL,
    PRIMARY KEY (provider, account, day, id),
    CHECK (difference_vnd = ours_vnd - theirs_vnd)
);

-- A run that ended: never updated, and never deleted.
CREATE TABLE reconcile_run (
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    day TEXT NOT NULL,
    run_n BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    captured_vnd BIGINT NOT NULL,
    captured_count BIGINT NOT NULL,
    file_vnd BIGINT NOT NULL,
    file_count BIGINT NOT NULL,
    matched_vnd BIGINT NOT NULL,
    matched_count BIGINT NOT NULL,
    difference_vnd BIGINT NOT NULL,
    residual_vnd BIGINT NOT NULL,
    open_count BIGINT NOT NULL,
    manifest TEXT NOT NULL,
    manifest_hash TEXT NOT NULL,
    run_ms BIGINT NOT NULL,
    PRIMARY KEY (provider, account, day, run_n)
);

-- Whose turn it is to fetch the file of a day.
CREATE TABLE settlement_fetch (
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    day TEXT NOT NULL,
    until_ms BIGINT NOT NULL,
    PRIMARY KEY (provider, account, day)
);
