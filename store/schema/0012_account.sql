-- Accounts of organisations are looked for by their number too: when somebody who is to represent
-- one is vouched for, and by administrators. The index of 0002 holds citizens only.
CREATE INDEX account_by_index ON account (id_index);
