-- A refund that the bank sent back is noted whatever else is under way for the same capture; asking
-- for another one still waits for its end.
DROP INDEX refund_open;
CREATE UNIQUE INDEX refund_open ON refund (agency_id, order_id, attempt_n)
    WHERE state NOT IN ('rejected', 'cancelled', 'succeeded', 'failed', 'returned');
