-- What is needed to run a day again as it was known at its cut: see finance/reconcile.h.
ALTER TABLE settlement_file ADD COLUMN accepted_ms BIGINT NOT NULL DEFAULT 0; -- 0: never, or not known
ALTER TABLE settlement_file ADD COLUMN superseded_ms BIGINT NOT NULL DEFAULT 0; -- 0: not, or not known
UPDATE settlement_file SET accepted_ms = received_ms WHERE state = 'accepted';

-- What a run said of an exception until a later run said something else. Rows are never changed.
CREATE TABLE exception_figure (
    exception_id TEXT NOT NULL,
    until_ms BIGINT NOT NULL, -- when the later run ended
    class TEXT NOT NULL, -- recon/match.def
    difference_vnd BIGINT NOT NULL, -- 0: it was not found then
    PRIMARY KEY (exception_id, until_ms)
);
