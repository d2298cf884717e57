-- Filters of lists that officers keep under a name, each for themselves.
CREATE TABLE saved_filter (
    officer TEXT NOT NULL, -- name of the staff account
    list TEXT NOT NULL, -- name of the list
    name TEXT NOT NULL, -- as the officer called it
    path TEXT NOT NULL, -- address of the list
    query TEXT NOT NULL, -- its query string, with the '?'
    is_default BIGINT NOT NULL CHECK (is_default IN (0, 1)), -- 1: how the list opens
    made_ms BIGINT NOT NULL, -- when it was kept last
    PRIMARY KEY (officer, list, name)
);

-- Lists of all payments, by time and by amount, and searches by one number.
CREATE INDEX orders_by_time ON orders (created_ms, id);
CREATE INDEX orders_by_amount ON orders (total_vnd, id);
CREATE INDEX orders_by_dossier ON orders (reference, created_ms);
CREATE INDEX attempt_by_capture ON attempt (captured_ms) WHERE captured_ms > 0;
CREATE INDEX refund_by_end ON refund (updated_ms) WHERE state = 'succeeded';
CREATE INDEX posting_by_account ON posting (account, agency_id, slot, journal_n);
CREATE INDEX journal_by_time ON journal (at_ms, agency_id, slot, n);
CREATE INDEX settlement_line_by_reference ON settlement_line (merchant_ref);

-- Long work that a page started and that goes on without it: one row each, kept for a week.
CREATE TABLE work (
    id TEXT NOT NULL PRIMARY KEY, -- "wrk_" and a sortable id
    kind TEXT NOT NULL, -- see web/progress.def
    officer TEXT NOT NULL, -- who started it
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    done BIGINT NOT NULL, -- steps so far
    total BIGINT NOT NULL, -- of so many, 0 nobody knows
    word TEXT NOT NULL, -- what came of it: canonical JSON or an error's name
    made_ms BIGINT NOT NULL, -- when it was asked for
    due_ms BIGINT NOT NULL, -- not before; the end of the lease while it runs
    ended_ms BIGINT NOT NULL -- when it came to an end, 0 not yet
);
CREATE INDEX work_by_due ON work (due_ms) WHERE state IN ('waiting', 'running');
CREATE INDEX work_by_kind ON work (kind, made_ms);
CREATE INDEX work_by_end ON work (ended_ms) WHERE ended_ms > 0;
