-- Exceptions have owners, and a history that is never changed.
ALTER TABLE reconcile_exception ADD COLUMN stage TEXT NOT NULL DEFAULT 'open'; -- finance/exception.def
ALTER TABLE reconcile_exception ADD COLUMN source TEXT NOT NULL DEFAULT 'settlement'; -- what told of it
ALTER TABLE reconcile_exception ADD COLUMN file_n BIGINT NOT NULL DEFAULT 0; -- the file of its line
ALTER TABLE reconcile_exception ADD COLUMN owner TEXT NOT NULL DEFAULT ''; -- staff:<name>, or empty
ALTER TABLE reconcile_exception ADD COLUMN remark TEXT NOT NULL DEFAULT ''; -- the newest
ALTER TABLE reconcile_exception ADD COLUMN break_on TEXT NOT NULL DEFAULT ''; -- carried until then
ALTER TABLE reconcile_exception ADD COLUMN action TEXT NOT NULL DEFAULT ''; -- newest proposal's
ALTER TABLE reconcile_exception ADD COLUMN proposal_id TEXT NOT NULL DEFAULT ''; -- newest proposal
ALTER TABLE reconcile_exception ADD COLUMN raised_ms BIGINT NOT NULL DEFAULT 0; -- 0 not raised
ALTER TABLE reconcile_exception ADD COLUMN events BIGINT NOT NULL DEFAULT 0; -- rows of its history
ALTER TABLE reconcile_exception ADD COLUMN closed_class TEXT NOT NULL DEFAULT ''; -- when it was closed
ALTER TABLE reconcile_exception ADD COLUMN closed_vnd BIGINT NOT NULL DEFAULT 0; -- difference then
UPDATE reconcile_exception SET stage = 'auto_resolved' WHERE state = 'resolved';
UPDATE reconcile_exception SET stage = 'closed', closed_class = 'OK_W', closed_vnd = difference_vnd
WHERE class = 'OK_W' AND state <> 'resolved';

CREATE UNIQUE INDEX reconcile_exception_by_id ON reconcile_exception (id);
CREATE INDEX reconcile_exception_by_stage
    ON reconcile_exception (stage, priority, first_seen_ms, id);
CREATE INDEX reconcile_exception_by_dossier ON reconcile_exception (dossier);
CREATE INDEX reconcile_exception_by_order ON reconcile_exception (agency_id, order_id);
CREATE INDEX reconcile_exception_by_txn ON reconcile_exception (portal_txn);
CREATE INDEX reconcile_exception_by_reference ON reconcile_exception (reference);

CREATE TABLE exception_event (
    exception_id TEXT NOT NULL, -- the exception
    seq BIGINT NOT NULL, -- number within it, from 1
    at_ms BIGINT NOT NULL, -- when
    event TEXT NOT NULL, -- see finance/exception.def
    from_stage TEXT NOT NULL, -- stage before
    to_stage TEXT NOT NULL, -- stage after
    actor TEXT NOT NULL, -- staff:<name>, client:<id>, or system
    remark TEXT NOT NULL, -- why
    proposal_id TEXT NOT NULL, -- the proposal it is about, or empty
    PRIMARY KEY (exception_id, seq)
);

-- Movements of money that two persons decided about: each once, in whosever books it went.
CREATE TABLE exception_movement (
    movement TEXT NOT NULL PRIMARY KEY, -- "came:" or "lost:", account and number
    exception_id TEXT NOT NULL, -- by which exception
    at_ms BIGINT NOT NULL -- when
);

-- Credits without a payment are told to officers once; what payers wrote is erased after its time.
ALTER TABLE transfer ADD COLUMN told BIGINT NOT NULL DEFAULT 0; -- 1: there is an exception of it
ALTER TABLE transfer ADD COLUMN erased BIGINT NOT NULL DEFAULT 0; -- 1: its narrative
CREATE INDEX transfer_by_told ON transfer (order_id, told, account, bank_txn);
CREATE INDEX transfer_by_erased ON transfer (erased, told_ms);
