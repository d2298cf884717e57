-- Clients of today's protocols: one document each, in the names of RFC 7591 (auth/client.def).

CREATE TABLE client_entry (
    client_id           TEXT NOT NULL PRIMARY KEY, -- [a-z0-9-]{3,64}
    secret_hash         BYTEA,           -- SHA-256 of the secret; NULL: none
    old_secret_hash     BYTEA,           -- of the one before, while it is still taken
    old_secret_until_ms BIGINT NOT NULL, -- until when; 0: there is none
    registration_hash   BYTEA,           -- SHA-256 of the registration access token; NULL: none
    profile             TEXT NOT NULL,   -- set of protocol rules
    metadata            TEXT NOT NULL,   -- JSON object: what is registered
    disabled            BIGINT NOT NULL CHECK (disabled IN (0, 1)), -- 1: nothing works for it
    tokens_from_s       BIGINT NOT NULL, -- tokens made before this second are refused
    created_ms          BIGINT NOT NULL, -- when it was registered
    updated_ms          BIGINT NOT NULL  -- when it was last changed
);

-- Counts changes, so that a process learns by one number whether what it knows is old.
CREATE TABLE client_version (
    one     BIGINT NOT NULL PRIMARY KEY CHECK (one = 1), -- there is one row
    version BIGINT NOT NULL                              -- of the last change
);

INSERT INTO client_version (one, version) VALUES (1, 1);

-- Initial access tokens of dynamic registration.
CREATE TABLE client_invite (
    invite_hash BYTEA NOT NULL PRIMARY KEY, -- SHA-256 of the token
    note        TEXT NOT NULL,   -- for whom it was made
    profile     TEXT NOT NULL,   -- what it may register
    scopes      TEXT NOT NULL,   -- space-separated: the most a client made with it may ask for
    uses_left   BIGINT NOT NULL CHECK (uses_left >= 0), -- how many clients it may still make
    created_ms  BIGINT NOT NULL, -- when it was made
    expires_ms  BIGINT NOT NULL  -- when it ends
);

CREATE INDEX client_invite_by_end ON client_invite (expires_ms);

-- What was registered keeps its rules: ES256, its sector, and no binding, PAR or PKCE but for
-- public clients. The forms checked until now allow no character in addresses, lists and sectors
-- that JSON would escape.
INSERT INTO client_entry (client_id, secret_hash, old_secret_until_ms, profile, metadata, disabled,
    tokens_from_s, created_ms, updated_ms)
SELECT c.client_id, c.secret_hash, 0, 'oidc',
    '{"client_name":"' || replace(replace(c.name_vi, '\', '\\'), '"', '\"')
    || '","client_name#en":"' || replace(replace(c.name_en, '\', '\\'), '"', '\"')
    || '","scope":"' || c.scopes
    || '","grant_types":["' || replace(replace(trim(c.grants), '  ', ' '), ' ', '","')
    || '"],"sector":"' || c.sector
    || '","id_token_signed_response_alg":"ES256","authorization_signed_response_alg":"ES256"'
    || ',"token_endpoint_auth_method":"'
    || CASE WHEN c.secret_hash IS NULL THEN 'none' ELSE 'client_secret_basic' END
    || '","redirect_uris":['
    || COALESCE((SELECT '"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 0), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 1), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 2), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 3), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 4), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 5), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 6), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 7), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 8), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 9), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 10), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 11), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 12), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 13), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 14), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'redirect' AND u.place = 15), '')
    || '],"post_logout_redirect_uris":['
    || COALESCE((SELECT '"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 0), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 1), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 2), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 3), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 4), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 5), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 6), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 7), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 8), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 9), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 10), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 11), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 12), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 13), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 14), '')
    || COALESCE((SELECT ',"' || u.uri || '"' FROM client_uri u
        WHERE u.client_id = c.client_id AND u.use = 'post_logout' AND u.place = 15), '')
    || ']}',
    0, 0, c.created_ms, c.created_ms
FROM client c;

DROP TABLE client_uri;
DROP TABLE client;
ALTER TABLE client_entry RENAME TO client;
