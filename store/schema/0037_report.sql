-- Figures for supervision. Sums are kept by following the chains of the ledger, which only grow: what
-- was added up is told by report_cursor, so that each journal counts once, whenever it is posted and
-- whatever day it is of.
CREATE TABLE report_cursor (
    agency_id TEXT NOT NULL, -- whose books; empty: the row that is taken by whoever adds up
    slot BIGINT NOT NULL, -- the chain; -1 of the empty agency
    n BIGINT NOT NULL, -- the last journal that was added up
    PRIMARY KEY (agency_id, slot)
);

-- Both sides of each account, by day, procedure and channel: in sum the ledger itself.
CREATE TABLE report_sum (
    agency_id TEXT NOT NULL, -- whose books
    day TEXT NOT NULL, -- business day of the journals, YYYY-MM-DD
    procedure_code TEXT NOT NULL, -- of the order, or empty
    channel TEXT NOT NULL, -- of the attempt, or empty
    kind TEXT NOT NULL, -- of the journals: J2, J2b ...
    account BIGINT NOT NULL, -- see payments/account.def
    debit_vnd BIGINT NOT NULL, -- sum of that side
    credit_vnd BIGINT NOT NULL, -- sum of that side
    PRIMARY KEY (agency_id, day, procedure_code, channel, kind, account)
);
CREATE INDEX report_sum_by_day ON report_sum (day, agency_id);

-- How long captures took, in steps of finance/report_sum.h.
CREATE TABLE report_wait (
    agency_id TEXT NOT NULL, -- whose books
    day TEXT NOT NULL, -- of the capture, YYYY-MM-DD
    procedure_code TEXT NOT NULL, -- of the order
    channel TEXT NOT NULL, -- of the attempt
    step BIGINT NOT NULL CHECK (step BETWEEN 0 AND 7), -- from the start of the attempt
    n BIGINT NOT NULL, -- captures
    PRIMARY KEY (agency_id, day, procedure_code, channel, step)
);
CREATE INDEX report_wait_by_day ON report_wait (day, agency_id);

-- A dossier as the indicators of Decision 766 see it: what the one-stop system told (synced_*), what
-- the orders here tell (ours, due_vnd, level), and what follows. Nobody's name or number is kept.
CREATE TABLE report_dossier (
    agency_id TEXT NOT NULL, -- DonViXuLy, or the collecting agency
    reference TEXT NOT NULL, -- MaHoSo
    procedure_code TEXT NOT NULL, -- MaTTHC
    received_on TEXT NOT NULL, -- NgayTiepNhan, else the day it was handed in, YYYY-MM-DD
    started_on TEXT NOT NULL, -- first day of processing, else the same
    synced BIGINT NOT NULL CHECK (synced IN (0, 1)), -- whether the one-stop system told of it
    synced_ms BIGINT NOT NULL, -- when, 0 never
    status BIGINT NOT NULL, -- TrangThaiHoSo, -1 not told
    synced_fee BIGINT NOT NULL CHECK (synced_fee BETWEEN -1 AND 2), -- 0 no lines, 1 every Gia 0, 2 some Gia
    synced_online BIGINT NOT NULL CHECK (synced_online BETWEEN -1 AND 2), -- DuocThanhToanTrucTuyen
    synced_verified BIGINT NOT NULL CHECK (synced_verified BETWEEN -1 AND 1), -- TaiKhoanDuocXacThucVoiVNeID
    -- of the orders, the highest: 0 none, 1 withdrawn, 2 exempt, 3 not paid, 4 paid back, 5 paid at a
    -- counter, 6 paid by a gateway of ours, 7 paid by the national portal
    ours BIGINT NOT NULL CHECK (ours BETWEEN 0 AND 7),
    due_vnd BIGINT NOT NULL CHECK (due_vnd >= 0), -- assessed here and not withdrawn
    level BIGINT NOT NULL, -- highest identity level among the orders
    -- 0 nothing is known of a fee, 1 every fee is 0, 2 there is something to pay
    fee BIGINT GENERATED ALWAYS AS (
        CASE WHEN synced_fee = 2 OR due_vnd > 0 THEN 2 WHEN synced_fee = 1 OR ours = 2 THEN 1
            ELSE 0 END) STORED,
    -- why it counts as paid online (portal, own) or not
    why TEXT GENERATED ALWAYS AS (
        CASE WHEN synced_fee <> 2 AND due_vnd = 0 AND (synced_fee = 1 OR ours = 2) THEN 'zero'
            WHEN ours = 7 THEN 'portal' WHEN ours = 6 THEN 'own' WHEN ours = 5 THEN 'counter'
            WHEN ours = 4 THEN 'refunded' WHEN ours = 1 THEN 'withdrawn'
            WHEN synced_online = 1 THEN 'portal' WHEN synced_online = 2 THEN 'own'
            WHEN synced_fee <> 2 AND due_vnd = 0 THEN 'no_fee' ELSE 'unpaid' END) STORED,
    -- whether the citizen's account was verified with VNeID
    verified BIGINT GENERATED ALWAYS AS (
        CASE WHEN synced_verified = 1 OR level > 0 THEN 1 ELSE 0 END) STORED,
    PRIMARY KEY (agency_id, reference)
);
CREATE INDEX report_dossier_by_start ON report_dossier
    (started_on, agency_id, procedure_code, fee, why, verified, reference);
CREATE INDEX report_dossier_by_receipt ON report_dossier
    (received_on, agency_id, procedure_code, fee, why, verified, reference);

-- Reports as they were made. Rows are never changed: made anew is another revision.
CREATE TABLE report_kept (
    kind TEXT NOT NULL CHECK (kind IN ('day', 'month')), -- how long its period is
    from_day TEXT NOT NULL, -- first day, YYYY-MM-DD
    to_day TEXT NOT NULL, -- last day, YYYY-MM-DD
    revision BIGINT NOT NULL CHECK (revision > 0), -- from 1
    made_ms BIGINT NOT NULL, -- when
    made_by TEXT NOT NULL, -- staff:<name>, or system
    body TEXT NOT NULL, -- canonical JSON of all tables
    sha256 TEXT NOT NULL, -- of the body
    PRIMARY KEY (kind, from_day, revision)
);
CREATE INDEX report_kept_by_day ON report_kept (from_day, kind, revision);

-- Proofs of the books, one a day.
CREATE TABLE report_check (
    day TEXT NOT NULL PRIMARY KEY, -- local day, YYYY-MM-DD
    at_ms BIGINT NOT NULL, -- when it began
    holds BIGINT NOT NULL CHECK (holds IN (0, 1)), -- whether they hold
    fault TEXT NOT NULL, -- the first thing that does not, or empty
    journals BIGINT NOT NULL -- how many were proved
);
