-- What takes two persons: one proposes, another decides on exactly what was proposed. Rows are
-- never deleted, and changed once, when they are decided.
CREATE TABLE proposal (
    agency_id TEXT NOT NULL, -- whose money or rule it is; empty: of the whole installation
    id TEXT NOT NULL, -- "ppl_" and a sortable id
    kind TEXT NOT NULL, -- see payments/proposal.def
    subject TEXT NOT NULL, -- what it is about: a refund, an attempt, a fee table ...
    content TEXT NOT NULL, -- canonical JSON of what would be done, no personal data
    hash TEXT NOT NULL, -- SHA-256 over kind, agency, subject, amount and content
    amount_vnd BIGINT NOT NULL CHECK (amount_vnd >= 0), -- against which limits are held; 0: none
    state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'rejected', 'withdrawn')),
    maker TEXT NOT NULL, -- "staff:<name>" or "client:<id>"
    made_ms BIGINT NOT NULL, -- when
    remark TEXT NOT NULL, -- the maker's reason
    decided_by TEXT NOT NULL, -- who decided, or empty
    decided_ms BIGINT NOT NULL, -- when, 0 not yet
    decision_remark TEXT NOT NULL, -- why
    PRIMARY KEY (agency_id, id),
    CHECK ((state = 'open') = (decided_ms = 0)),
    CHECK (state NOT IN ('approved', 'rejected') OR (decided_by <> '' AND decided_by <> maker))
);
CREATE UNIQUE INDEX proposal_by_id ON proposal (id);
CREATE UNIQUE INDEX proposal_open ON proposal (kind, subject) WHERE state = 'open';
CREATE INDEX proposal_by_state ON proposal (state, made_ms, id);
CREATE INDEX proposal_by_subject ON proposal (subject, made_ms);
