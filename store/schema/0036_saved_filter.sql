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
