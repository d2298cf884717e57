-- Receipts are signed, corrected, reported, and numbered in ranges where others issue them.
ALTER TABLE receipt ADD COLUMN replaces TEXT NOT NULL DEFAULT ''; -- id of the one it takes the place of
ALTER TABLE receipt ADD COLUMN replaced_by TEXT NOT NULL DEFAULT ''; -- id of the one that took its place
ALTER TABLE receipt ADD COLUMN delegate_name TEXT NOT NULL DEFAULT ''; -- who issued it in the body's name, or empty
ALTER TABLE receipt ADD COLUMN delegate_address TEXT NOT NULL DEFAULT ''; -- their address
ALTER TABLE receipt ADD COLUMN reported_day TEXT NOT NULL DEFAULT ''; -- day of the summary it stands in, or empty
ALTER TABLE receipt ADD COLUMN reported_n BIGINT NOT NULL DEFAULT 0; -- number of that summary on its day
CREATE INDEX receipt_by_report ON receipt (reported_day, agency_id, issued_ms);
CREATE INDEX receipt_by_number ON receipt (number, serial);
CREATE INDEX receipt_by_reference ON receipt (reference);
CREATE INDEX receipt_by_transaction ON receipt (portal_txn);
CREATE INDEX receipt_by_time ON receipt (issued_ms, id);

CREATE TABLE receipt_paper (
    agency_id TEXT NOT NULL, -- of the receipt
    receipt_id TEXT NOT NULL, -- the receipt
    next_ms BIGINT NOT NULL, -- when signing is tried next, 0 signed
    failure TEXT NOT NULL, -- name of the last error, or empty
    signed_ms BIGINT NOT NULL, -- when it was signed, 0 not yet
    signer TEXT NOT NULL, -- subject of the certificate
    signer_serial TEXT NOT NULL, -- number of the certificate
    signer_until_ms BIGINT NOT NULL, -- its last moment
    xml_sha256 TEXT NOT NULL, -- of the signed XML
    xml_sealed BYTEA, -- the signed XML, sealed
    pdf_sha256 TEXT NOT NULL, -- of the signed PDF
    pdf_sealed BYTEA, -- the signed PDF, sealed
    PRIMARY KEY (agency_id, receipt_id),
    CHECK ((signed_ms > 0) = (next_ms = 0))
);
INSERT INTO receipt_paper (agency_id, receipt_id, next_ms, failure, signed_ms, signer,
    signer_serial, signer_until_ms, xml_sha256, xml_sealed, pdf_sha256, pdf_sealed)
SELECT agency_id, id, issued_ms, '', 0, '', '', 0, '', NULL, '', NULL
FROM receipt;
CREATE INDEX receipt_paper_by_next ON receipt_paper (next_ms);
CREATE INDEX receipt_paper_by_xml ON receipt_paper (xml_sha256);
CREATE INDEX receipt_paper_by_pdf ON receipt_paper (pdf_sha256);

CREATE TABLE receipt_notice (
    agency_id TEXT NOT NULL, -- of the receipt
    receipt_id TEXT NOT NULL, -- the receipt that has an error: once each
    at_ms BIGINT NOT NULL, -- when it was notified
    kind TEXT NOT NULL CHECK (kind IN ('explained', 'replaced')), -- column "kind" of 04/SS-CTDT
    reason TEXT NOT NULL, -- what is wrong, no personal data
    proposal_id TEXT NOT NULL, -- who proposed and who approved
    reported_day TEXT NOT NULL, -- day of the summary it stands in, or empty
    reported_n BIGINT NOT NULL, -- number of that summary on its day
    PRIMARY KEY (agency_id, receipt_id)
);
CREATE INDEX receipt_notice_by_report ON receipt_notice (reported_day, agency_id, at_ms);

CREATE TABLE receipt_unit (
    agency_id TEXT NOT NULL, -- the collecting body
    unit TEXT NOT NULL, -- client that issues in its name
    name TEXT NOT NULL, -- the delegate, as printed
    address TEXT NOT NULL, -- its address, as printed
    document TEXT NOT NULL, -- number and date of the written delegation
    made_ms BIGINT NOT NULL, -- when it was entered
    PRIMARY KEY (agency_id, unit)
);

CREATE TABLE receipt_range (
    agency_id TEXT NOT NULL, -- whose numbers
    form TEXT NOT NULL, -- code of the form
    serial TEXT NOT NULL, -- serial, with the year
    year BIGINT NOT NULL, -- of the numbers
    first BIGINT NOT NULL, -- first number
    last BIGINT NOT NULL, -- last number
    unit TEXT NOT NULL, -- who uses it
    used BIGINT NOT NULL, -- how many are used, from the first on
    made_ms BIGINT NOT NULL, -- when it was split off
    PRIMARY KEY (agency_id, form, serial, year, first),
    CHECK (first > 0 AND last >= first AND last <= 99999999),
    CHECK (used BETWEEN 0 AND last - first + 1)
);
CREATE INDEX receipt_range_by_unit ON receipt_range (agency_id, unit, year, first);

CREATE TABLE receipt_summary (
    agency_id TEXT NOT NULL, -- the collecting body
    day TEXT NOT NULL, -- local day, YYYY-MM-DD
    n BIGINT NOT NULL CHECK (n > 0), -- number on that day, from 1: later ones are supplements
    made_ms BIGINT NOT NULL, -- when
    lines BIGINT NOT NULL CHECK (lines > 0), -- lines in it
    total_vnd BIGINT NOT NULL, -- of the receipts in it
    xml TEXT NOT NULL, -- the file; no personal data in it
    sha256 TEXT NOT NULL, -- of it
    signed_ms BIGINT NOT NULL, -- when it was signed, 0 not yet
    sent_ms BIGINT NOT NULL, -- when it was handed over last, 0 never
    tries BIGINT NOT NULL, -- how often
    acked_ms BIGINT NOT NULL, -- when the tax authority had confirmed it, 0 not yet
    acked_by TEXT NOT NULL, -- who entered that
    PRIMARY KEY (agency_id, day, n)
);
CREATE INDEX receipt_summary_by_ack ON receipt_summary (acked_ms, day);
