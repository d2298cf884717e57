-- An administrator may keep an account from signing in.

ALTER TABLE account ADD COLUMN blocked_ms BIGINT NOT NULL DEFAULT 0; -- since when; 0: it is not
