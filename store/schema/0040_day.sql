-- A day of a million lines: what its rows cost is mostly their indexes. Lines are matched in memory,
-- and what is asked of a file by a payment's reference finds it by the reference alone.
DROP INDEX settlement_line_by_key;
CREATE INDEX settlement_line_odd ON settlement_line (file_n, kind, n)
    WHERE kind > 0 OR merchant_ref = '';

-- Payments of a payout, in the order of its list; the narrower the cheaper.
DROP INDEX payout_item_by_payout;
CREATE INDEX payout_item_by_payout ON payout_item (payout_n, agency_id, line);
