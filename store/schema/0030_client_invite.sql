-- What an invitation to register leaves open, beside profile and scopes.
ALTER TABLE client_invite ADD COLUMN grants TEXT NOT NULL DEFAULT ''; -- the most it may register, space-separated; empty: any
ALTER TABLE client_invite ADD COLUMN name TEXT NOT NULL DEFAULT ''; -- what the client is called; empty: as it says
