-- Files as they came: the source each is of, its bytes in sealed pieces, and who released it.
ALTER TABLE settlement_file ADD COLUMN source_id TEXT NOT NULL DEFAULT 'PP';
ALTER TABLE settlement_file ADD COLUMN signature TEXT NOT NULL DEFAULT ''; -- its detached JWS, or empty
ALTER TABLE settlement_file ADD COLUMN day_end_ms BIGINT NOT NULL DEFAULT 0; -- what came before was made too early
ALTER TABLE settlement_file ADD COLUMN pieces BIGINT NOT NULL DEFAULT 0;
ALTER TABLE settlement_file ADD COLUMN released_by TEXT NOT NULL DEFAULT ''; -- staff:<name>, who approved
ALTER TABLE settlement_file ADD COLUMN proposal_id TEXT NOT NULL DEFAULT ''; -- of the release
ALTER TABLE settlement_file ADD COLUMN run_wanted BIGINT NOT NULL DEFAULT 0; -- 1: the day waits for a run
CREATE UNIQUE INDEX settlement_file_by_number ON settlement_file (file_n);
CREATE INDEX settlement_file_by_time ON settlement_file (received_ms, file_n);
CREATE INDEX settlement_file_by_state ON settlement_file (state, received_ms, file_n);
CREATE INDEX settlement_file_run_wanted ON settlement_file (file_n) WHERE run_wanted = 1;

-- The bytes of a file: zlib, sealed with its digest and the number of the piece as place.
CREATE TABLE settlement_piece (
    file_n BIGINT NOT NULL,
    piece BIGINT NOT NULL CHECK (piece >= 0),
    bytes BIGINT NOT NULL CHECK (bytes > 0), -- before compression; all but the last: 262144
    sealed BYTEA NOT NULL,
    PRIMARY KEY (file_n, piece)
);
