-- Only of open orders that a job looks at. The state as a column of the index made PostgreSQL, whose
-- statistics lag behind, look through all open orders for the one that is to change.
DROP INDEX orders_by_expiry;
CREATE INDEX orders_by_expiry ON orders (expire_next_ms) WHERE state = 'open' AND expire_next_ms > 0;
